import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { beginScript } from "../../src/store/redis/scripts/begin.ts";
import { logSinceScript } from "../../src/store/redis/scripts/log-since.ts";
import { putScript } from "../../src/store/redis/scripts/put.ts";
import { stampsScript } from "../../src/store/redis/scripts/stamps.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { type DemoServer, PATIENT, startDemo } from "./support/demo-server.ts";
import { evict } from "./support/evict.ts";
import { type Monitor, monitor } from "./support/monitor.ts";
import { together } from "./support/together.ts";

/** The page is one entry, each of its features another; then four cached fields of each. */
const LIST = `{
  features(first: 50) {
    nodes {
      id
      name
      rating { average count }
      noteCount
      groups { id name }
      support { version releasedOn }
    }
  }
}`;

const UNRELATED = `{ browser(id: "firefox") { name } }`;

const SCRIPTS = new Map(
  [beginScript, stampsScript, logSinceScript, putScript].map(({ sha, name }) => [sha, name]),
);

let redis: RedisServer;
let demo: DemoServer;
let eyes: Redis;
let sent: Monitor;

beforeAll(async () => {
  redis = await startRedis();
  eyes = redis.client();
  demo = await startDemo({ redisUrl: redis.url, cache: PATIENT });
  // The server knows the scripts from here on: what it does not know is sent twice.
  await demo.ask(UNRELATED);
  await demo.landed();
  sent = await monitor(redis, SCRIPTS);
});
afterAll(async () => {
  await demo.close();
  await redis.stop();
});

/** What a gateway keeps up by itself, now and then: who lives, what was asked lately, what others have left to be written. */
const UPKEEP = ["{__fleet}", "{__near}", "{__memo:", "{__behind"];

/** A fill that takes long on a busy machine extends its lock. */
const isRenewal = (keys: readonly string[]) =>
  keys.length > 0 && keys.every((key) => key.endsWith(":__lock"));

/** What one piece of work makes the gateway send, by what Redis has seen. */
async function counted<T>(work: () => Promise<T>) {
  demo.statements.length = 0;
  await sent.settle();
  sent.commands.length = 0;
  const answer = await work();
  await demo.landed();
  await sent.settle();
  const seen = sent.commands.filter(
    ({ keys }) => !isRenewal(keys) && !keys.some((key) => UPKEEP.some((part) => key.includes(part))),
  );
  return {
    answer,
    statements: [...demo.statements],
    seen: seen.map(({ name, keys }) => ({ name, keys: keys.filter((key) => !key.includes("{__log}")) })),
  };
}

/** Asks until all of the answer comes from entries. */
function warm(demo: DemoServer, query: string): Promise<void> {
  return vi.waitFor(
    async () => {
      expect((await demo.ask(query)).headers.get("x-cache")).toBe("HIT");
      await demo.landed();
    },
    { timeout: 20_000 },
  );
}

const names = (seen: readonly { readonly name: string }[]) => seen.map(({ name }) => name);

describe("a list of fifty features with four cached fields each", () => {
  beforeEach(() => evict(eyes));

  it("takes, cold, a look-up and a begin for each of its three waves, and one statement per loader", async () => {
    const { answer, statements, seen } = await counted(() => demo.ask(LIST));

    expect(answer.headers.get("x-cache")).toBe("MISS");
    expect(answer.data.features.nodes).toHaveLength(50);
    // The page with its count, the rows of the features, and one for each of the four fields.
    expect(statements).toHaveLength(2 + 1 + 4);

    // What the answer waits for: two round trips a wave. A script takes a hundred items, hence twos in the last one.
    const values = seen.findLastIndex(({ name }) => name === "stamps");
    const path = seen.filter(({ name }, at) => name !== "put" && at < values);
    expect(names(path)).toEqual([
      ...["mget", "begin", "stamps", "log-since"],
      ...["mget", "begin", "stamps", "log-since"],
      ...["mget", "begin", "begin", "stamps", "stamps", "log-since"],
    ]);
    const looks = path.filter(({ name }) => name === "mget").map(({ keys }) => keys.length);
    // Entries, stamps of their slots and of what they share: all, fields, types, and the tags of noteCount and rating.
    expect(looks).toEqual([1 + 1 + 2, 50 + 50 + 2, 200 + 50 + (1 + 1 + 4) + 2 * 50]);
    expect(new Set(seen.filter(({ name }) => name === "begin").flatMap(({ keys }) => keys)).size).toBe(
      4 + 50 * 4 + 200 * 3,
    );

    // What it does not wait for: the puts of each wave, and the stamps of the groups that were found in the values.
    const after = seen.slice(values).filter(({ name }) => name !== "put");
    expect(names(after)).toEqual(["stamps", "log-since"]);
    const puts = seen.filter(({ name }) => name === "put");
    expect(puts.flatMap(({ keys }) => keys)).toHaveLength(4 * (1 + 50 + 200));
  });

  it("takes, warm, one MGET and no statement: what the page showed last time is looked up with it", async () => {
    await warm(demo, LIST);
    const { answer, statements, seen } = await counted(() => demo.ask(LIST));
    expect(answer.headers.get("x-cache")).toBe("HIT");
    expect(statements).toEqual([]);
    expect(names(seen)).toEqual(["mget"]);
    // Each key once; with the stamps of the groups, which are known by now.
    const [{ keys } = { keys: [] }] = seen;
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.filter((key) => !key.endsWith(":__stamp"))).toHaveLength(1 + 50 + 4 * 50);
  });

  it("takes, warm, one MGET for each wave where the gateway has never seen the page, and no statement", async () => {
    // Without the groups: tags that are found in a value are read once more by who meets it for the first time.
    const list = LIST.replace("groups { id name }", "");
    await warm(demo, list);
    const other = await startDemo({ redisUrl: redis.url, cache: PATIENT });
    try {
      await other.gateway.cache.ready();
      other.statements.length = 0;
      const { answer, seen } = await counted(() => other.ask(list));
      expect(answer.headers.get("x-cache")).toBe("HIT");
      expect(other.statements).toEqual([]);
      expect(names(seen)).toEqual(["mget", "mget", "mget"]);
    } finally {
      await other.close();
    }
  });
});

describe("an operation without cached fields", () => {
  it.each([
    ["a field without a policy", "{ serverTime }"],
    ["a field with a lifetime of 0", "{ randomFeature { __typename } }"],
    ["introspection", "{ __schema { queryType { name } } __typename }"],
    ["one that skips what is cached", `{ serverTime feature(id: "abbr") @skip(if: true) { id } }`],
    ["one that is refused", "{ nothing }"],
  ])("sends Redis nothing: %s", async (_name, query) => {
    const { answer, seen } = await counted(() => demo.ask(query));
    expect(answer.status === 200).toBe(answer.errors === undefined);
    expect(seen).toEqual([]);
  });
});

describe("requests of one wave", () => {
  beforeEach(() => evict(eyes));

  it("reach Redis together, and the database as one statement per loader", async () => {
    const ids = ["abbr", "all", "array", "alpha", "alerts", "aside", "article", "address"];
    const { answer, statements, seen } = await counted(() =>
      together(
        redis,
        demo,
        ids.map((id) => () => demo.ask(`{ feature(id: "${id}") { name noteCount rating { count } } }`)),
      ),
    );
    expect(answer.map(({ data }) => typeof data.feature.name)).toEqual(ids.map(() => "string"));
    // The rows by their entity, then noteCount and rating of all eight.
    expect(statements.map(tableOf)).toEqual(["features", "notes", "ratings"].sort());
    // They came in turns of their own, each with its look-up: at the row that the id names, and at its fields. From the
    // first answer on they are one.
    const path = names(seen.filter(({ name }) => name !== "put"));
    const looks = path.findIndex((name) => name !== "mget");
    expect(looks).toBeLessThanOrEqual(ids.length);
    expect(path.slice(looks)).toEqual([
      ...["begin", "stamps", "log-since"],
      ...["begin", "stamps", "log-since"],
    ]);
  });

  it("load what they have in common once", async () => {
    const before = demo.gateway.cache.stats();
    const { answer } = await counted(() =>
      together(
        redis,
        demo,
        [1, 2, 3, 4].map(() => () => demo.ask(LIST)),
      ),
    );
    expect(new Set(answer.map(({ text }) => text)).size).toBe(1);
    const { reads, fills } = demo.gateway.cache.stats();
    // On a busy machine a load may outlast its lock: then another takes its place, and what it loaded is refused.
    const replaced = fills.refused - before.fills.refused;
    // The list, the rows of its features, and the four fields of each: by one of the requests. The others wait, or hit.
    expect(reads.miss - before.reads.miss - replaced).toBe(1 + 50 + 4 * 50);
    expect(reads.bypass - before.reads.bypass).toBe(0);
  });
});

function tableOf(statement: string): string {
  return /from "(\w+)"/.exec(statement)?.[1] ?? statement;
}
