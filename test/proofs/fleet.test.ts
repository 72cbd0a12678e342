import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createKeys } from "../../src/keys/grammar.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { type Fleet, IDS, startFleet } from "./support/fleet.ts";
import type { PageOptions } from "./support/page-process.ts";

// Guarantee 2: one fill in the fleet. Loads are counted at the source, which answers when the test says so.

const PAGE = "{ products { name stock { left } } }";
const REPORT = "{ report }";
/** Requests of each of four gateways: 500 in all. */
const EACH = 125;
/** Each source once, each row once. */
const ONCE = Object.fromEntries([
  ["Query.products", 1],
  ...IDS.map((id) => [`Product:${id}`, 1]),
  ...IDS.map((id) => [`Stock:${id}`, 1]),
]);
/** One batch of each. */
const BATCHES = ["Query.products", "Product", "Stock"];

const STALE = { seconds: 1, staleSeconds: 600 };
/** A process that gets no processor for a second loses its locks, as it must: on a busy machine that is tried again. */
const PATIENT = { retry: 3, timeout: 40_000 };

const keys = createKeys("fleet");
let server: RedisServer;
let redis: Redis;
let fleet: Fleet;
let started: string | undefined;

beforeAll(async () => {
  server = await startRedis();
  redis = server.client();
});
afterAll(async () => {
  await fleet.close();
  await server.stop();
});

/** A fleet that remembers nothing: that of the test before, if it is whole and has the same options. */
async function start(options: Partial<PageOptions> = {}): Promise<void> {
  const all = {
    redis: server.url,
    seconds: 600,
    staleSeconds: 0,
    maxValueBytes: 1000,
    lockWaitMs: 20_000,
    ...options,
  };
  if (started === JSON.stringify(all)) {
    fleet.open();
    await fleet.idle();
    // Without its log a gateway stores nothing until it has heard of the next one.
    for (const key of await redis.keys("fleet:*")) if (!key.startsWith("fleet:{__log}")) await redis.del(key);
    await fleet.forget();
    fleet.hold();
    return;
  }
  await fleet?.close();
  fleet = await startFleet(4, all);
  started = JSON.stringify(all);
}

async function entries(): Promise<readonly string[]> {
  return (await redis.keys(keys.pattern)).filter((key) => keys.parseEntry(key) !== undefined);
}

/** Every entry's time is over. */
async function expire(): Promise<void> {
  for (const key of await entries()) await redis.pexpire(key, 1);
  while ((await entries()).length > 0) await redis.ping();
}

/** Every entry, stored with a second to live, is past its fresh time. */
async function growOld(): Promise<void> {
  const seconds = async () => Number((await redis.time())[0]);
  const end = (await seconds()) + 2;
  while ((await seconds()) < end) await sleep(50);
}

/** 500 requests for the page; no load is answered before all of them have begun. */
async function askForPage() {
  fleet.hold();
  const answers = await fleet.ask(PAGE, EACH);
  fleet.open();
  return answers.all();
}

describe("500 concurrent requests over four gateways", PATIENT, () => {
  test("an uncached page: each source is asked once, in one batch", async () => {
    await start();
    const { answers, requests } = await askForPage();
    expect({ requests, answers: answers.length }).toEqual({ requests: 500, answers: 1 });
    expect(JSON.parse(answers[0]!).data.products[4]).toEqual({ name: "product 4", stock: { left: 4 } });
    expect(fleet.counts()).toEqual(ONCE);
    expect(fleet.loads.map(({ of }) => of)).toEqual(BATCHES);
  });

  test("an expired page: once more, and no more", async () => {
    await start();
    await askForPage();
    await fleet.idle();
    await expire();
    await fleet.forget();
    const { answers } = await askForPage();
    expect(answers).toHaveLength(1);
    expect(fleet.counts()).toEqual(ONCE);
    expect(fleet.loads.map(({ of }) => of)).toEqual(BATCHES);
  });
});

test(
  "100 readers of a value that is too large: two rounds of loads, and one load per gateway",
  PATIENT,
  async () => {
    await start();
    const large = "x".repeat(2000);
    const asked = await fleet.ask(REPORT, 25);
    const [first] = await fleet.held(1);
    fleet.give(first!, large);
    // The others load side by side: if one waited for another, there would never be three.
    for (const load of await fleet.held(3)) fleet.give(load, large);
    const { answers, requests } = await asked.all();
    expect({ requests, answers: answers.length }).toEqual({ requests: 100, answers: 1 });
    expect(fleet.loads.map(({ gateway }) => gateway).sort()).toEqual([0, 1, 2, 3]);
  },
);

test("a holder that is killed: one more load, and everybody else is answered", PATIENT, async () => {
  await start();
  await fleet.ask(REPORT, EACH, [0]);
  const [first] = await fleet.held(1);
  const asked = await fleet.ask(REPORT, EACH, [1, 2, 3]);
  started = undefined;
  fleet.gateways[0]!.signal("SIGKILL");
  const second = (await fleet.held(2)).find((load) => load !== first)!;
  fleet.give(second, "the second load");
  const { answers, requests } = await asked.all();
  expect(answers).toEqual(['{"data":{"report":"the second load"}}']);
  expect(requests).toBe(375);
  expect(fleet.loads).toHaveLength(2);
});

test(
  "500 concurrent requests for a page within its stale window: nobody waits, each source is asked once in the background",
  PATIENT,
  async () => {
    await start(STALE);
    await askForPage();
    await growOld();
    await fleet.idle();
    await fleet.forget();
    fleet.hold();
    const asked = await fleet.ask(PAGE, EACH);
    // No load is answered before all of them are: whoever waited for one would wait for ever.
    const { answers, requests } = await asked.all();
    expect({ requests, answers: answers.length }).toEqual({ requests: 500, answers: 1 });
    fleet.open();
    await fleet.idle();
    expect(fleet.counts()).toEqual(ONCE);
  },
);

test("a holder that is stopped past its lock and resumed: its value is refused", PATIENT, async () => {
  await start(STALE);
  const late = await fleet.ask(REPORT, 1, [0]);
  const [first] = await fleet.held(1);
  fleet.gateways[0]!.signal("SIGSTOP");
  const asked = await fleet.ask(REPORT, EACH, [1, 2, 3]);
  const second = (await fleet.held(2)).find((load) => load !== first)!;
  fleet.give(second, "new");
  expect((await asked.all()).answers).toEqual(['{"data":{"report":"new"}}']);
  await fleet.idle([1, 2, 3]);

  fleet.give(first!, "old");
  fleet.gateways[0]!.signal("SIGCONT");
  expect((await late.all()).answers).toEqual(['{"data":{"report":"old"}}']);
  await fleet.idle([0]);
  expect(await fleet.outcomes([0])).toMatchObject({ "fill refused": 1 });

  const [key] = await entries();
  expect(await redis.get(key!)).toContain('"new"');
  fleet.open();
  const after = await (await fleet.ask(REPORT, 1)).all();
  expect(after.answers.filter((answer) => answer.includes("old"))).toEqual([]);
});
