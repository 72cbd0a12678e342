import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hmacDigest } from "../../src/base/digest.ts";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { type Answer, type DemoServer, PATIENT, SECRET, startDemo } from "./support/demo-server.ts";
import { together } from "./support/together.ts";

const size = Number(process.env["FIELDGATE_PROOF_SIZE"] ?? 1);
const seed = Number(process.env["FIELDGATE_PROOF_SEED"] ?? Date.now() % 1_000_000);
/** What each user does, one after the other; all users at once. */
const STEPS = 12 * size;

const USERS = Array.from({ length: 12 }, (_, at) => String(at + 1));
const FEATURES = ["a", "abbr", "all", "array"];
const PRIVATE_FIELDS = ["Feature.myRating", "Feature.watched", "Query.viewer", "Viewer.watchlist"];

/** What one user alone may see, as it is after what they did. */
interface Own {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly watches: Set<string>;
  readonly stars: Map<string, number | null>;
}

/** A way to ask for what is private, and where its answer has it. */
interface Question {
  readonly query: string;
  /** Of one feature, `$id`. */
  readonly mark?: (data: Answered) => { stars: unknown; watched: unknown };
  /** Of many features. */
  readonly list?: (data: Answered) => readonly { id: string; myRating: unknown; watched: unknown }[];
  readonly viewer?: (
    data: Answered,
  ) => { id?: unknown; email?: unknown; watches?: readonly string[]; count?: number } | null;
}
// biome-ignore lint/suspicious/noExplicitAny: an answer has the shape of its operation
type Answered = any;

const watchesOf = (list: Answered): string[] => list.edges.map((edge: Answered) => edge.node.id);

const QUESTIONS: readonly Question[] = [
  {
    query: `query ($id: ID!) { feature(id: $id) { id myRating watched } }`,
    mark: ({ feature }) => ({ stars: feature.myRating, watched: feature.watched }),
  },
  {
    query: `query ($id: ID!) { s: feature(id: $id) { secret: myRating other: watched again: myRating } }`,
    mark: ({ s }) => ({ stars: s.secret === s.again ? s.secret : "differ", watched: s.other }),
  },
  {
    query: `query ($id: ID!) { resource(kind: FEATURE, id: $id) { name ...Mine } } fragment Mine on Feature { ...Stars ... { watched } } fragment Stars on Feature { mine: myRating }`,
    mark: ({ resource }) => ({ stars: resource.mine, watched: resource.watched }),
  },
  {
    query: `query ($with: Boolean = true) { features(first: 12) { nodes { id myRating watched @include(if: $with) rating { count } } } }`,
    list: ({ features }) => features.nodes,
  },
  {
    query: `{ viewer { id email locale user { name } } }`,
    viewer: ({ viewer }) => viewer,
  },
  {
    query: `{ me: viewer { ...Me } also: viewer { address: email } } fragment Me on Viewer { id email }`,
    viewer: ({ me, also }) => me && { ...me, email: me.email === also.address ? me.email : "differ" },
  },
  {
    query: `{ viewer { id list: watchlist(first: 100) { totalCount edges { node { id } watchedSince } } } }`,
    viewer: ({ viewer }) =>
      viewer && { id: viewer.id, watches: watchesOf(viewer.list), count: viewer.list.totalCount },
  },
  {
    query: `query ($id: ID!) { viewer { ...W } feature(id: $id) { w: watched m: myRating } } fragment W on Viewer { email watchlist(first: 100) { totalCount edges { node { id name watched } } } }`,
    mark: ({ feature }) => ({ stars: feature.m, watched: feature.w }),
    viewer: ({ viewer }) =>
      viewer && {
        email: viewer.email,
        watches: watchesOf(viewer.watchlist),
        count: viewer.watchlist.totalCount,
      },
  },
];

let redis: RedisServer;
let eyes: Redis;
let demo: DemoServer;
const owners = new Map<string, Own>();

beforeAll(async () => {
  redis = await startRedis();
  eyes = redis.client();
  demo = await startDemo({ redisUrl: redis.url, cache: PATIENT });
});
afterAll(async () => {
  await demo.close();
  await redis.stop();
});

describe("PRIVATE over HTTP, without a user", () => {
  it("nothing is read, stored or told, whoever asked before", async () => {
    for (const question of QUESTIONS) {
      for (let time = 0; time < 2; time++) {
        assertStranger(
          question,
          await demo.ask(question.query, { variables: variablesOf(question, "abbr") }),
        );
      }
    }
    await demo.landed();
    const keys = await eyes.keys("*");
    expect(keys.some((key) => key.includes("{Feature:abbr}:__row"))).toBe(true);
    expect(keys.filter(isPrivate)).toEqual([]);
    expect(await eyes.keys("*__principal*")).toEqual([]);
  });

  it("no lifetime, no validator and no word of the cache is for others", async () => {
    const answer = await demo.ask("{ viewer { email } }");
    expect(answer.text).toBe('{"data":{"viewer":null}}\n');
    expect(answer.headers.get("x-cache")).toBe("BYPASS");
    expect(answer.headers.get("cache-control")).toBe("private, no-cache");
    expect(answer.headers.get("vary")).toBe("Authorization, Accept-Language");
  });
});

describe("PRIVATE over HTTP, with many users at once", () => {
  beforeAll(async () => {
    demo.gateway.cache.disable();
    for (const user of USERS) owners.set(user, await whatIs(user));
    demo.gateway.cache.enable();
    // They differ, else nobody would notice.
    expect(
      new Set([...owners.values()].map(({ watches }) => [...watches].sort().join())).size,
    ).toBeGreaterThan(8);
  });

  it.each([["cold"], ["hot"]])("each sees what is theirs, all asked in one turn, %s", async () => {
    for (const question of QUESTIONS) {
      const asked = [...USERS, undefined, ...USERS];
      const answers = await together(
        redis,
        demo,
        asked.map(
          (user) => () => demo.ask(question.query, { user, variables: variablesOf(question, "abbr") }),
        ),
      );
      for (const [at, user] of asked.entries()) assertOwn(question, user, "abbr", answers[at]!);
    }
  });

  it("each sees what is theirs, and what they just did, while all read, write and invalidate", {
    timeout: 30_000 + 30_000 * size,
  }, async () => {
    const random = seededRandom(seed);
    const before = demo.gateway.cache.stats();
    let running = true;
    let invalidated = 0;
    const beside = async () => {
      while (running) {
        const question = pick(random, QUESTIONS);
        const variables = variablesOf(question, pick(random, FEATURES));
        assertStranger(question, await demo.ask(question.query, { variables }));
        await demo.gateway.cache.invalidate(targets(random));
        invalidated += 1;
      }
    };
    let reads = 0;
    let writes = 0;
    const live = async (user: string) => {
      for (let step = 0; step < STEPS; step++) {
        const id = pick(random, FEATURES);
        if (random.next() < 0.2) {
          await act(user, id, random);
          writes += 1;
        }
        const question = pick(random, QUESTIONS);
        assertOwn(
          question,
          user,
          id,
          await demo.ask(question.query, { user, variables: variablesOf(question, id) }),
        );
        reads += 1;
      }
    };
    const lives = USERS.map(live);
    const ended = Promise.allSettled(lives).then(() => {
      running = false;
    });
    await Promise.all([...lives, ended, beside()]);
    const after = demo.gateway.cache.stats();
    const hits = PRIVATE_FIELDS.map(
      (name) => (after.fields[name]?.hit ?? 0) - (before.fields[name]?.hit ?? 0),
    );
    const sum = hits.reduce((total, one) => total + one, 0);
    console.log(
      `private: seed ${seed}, ${reads} reads and ${writes} writes of ${USERS.length} users, ${invalidated} invalidations, ${sum} hits of PRIVATE fields`,
    );
    expect(sum).toBeGreaterThanOrEqual(reads / 4);
    expect(writes).toBeGreaterThanOrEqual(reads / 20);
    expect(invalidated).toBeGreaterThanOrEqual(5);
  });

  it("what lies in Redis of somebody lies under the key of that principal alone", async () => {
    const digests = new Map(USERS.map((user) => [user, hmacDigest(SECRET, user)]));
    // All of them once more, so that there is something to find.
    for (const user of USERS)
      for (const { query } of QUESTIONS) await demo.ask(query, { user, variables: { id: "all" } });
    await demo.landed();
    const found = new Set<string>();
    for (const key of await eyes.keys("*")) {
      const text = (await eyes.type(key)) === "string" ? ((await eyes.get(key)) ?? "") : "";
      for (const [user, { email }] of owners) {
        if (!text.includes(email) && !key.includes(email)) continue;
        expect(key).toContain(digests.get(user));
        found.add(user);
      }
      // Under no key for all, and under none of two principals.
      if (isPrivate(key))
        expect([...digests.values()].filter((digest) => key.includes(digest))).toHaveLength(1);
    }
    expect(found.size).toBe(USERS.length);
  });

  it("an answer says that it is private, and by what it differs; one with an error is not kept at all", async () => {
    for (const time of ["cold", "warm"]) {
      const { headers } = await demo.ask("{ viewer { email } }", { user: "3" });
      expect([time, headers.get("cache-control"), headers.get("vary")]).toEqual([
        time,
        "private, no-cache",
        "Authorization, Accept-Language",
      ]);
    }
    const publicPart = await demo.ask(`{ feature(id: "abbr") { name } }`, { user: "3" });
    expect(publicPart.headers.get("cache-control")).toBe("no-cache");
    const failing = await demo.ask(`{ viewer { email watchlist(first: 101) { totalCount } } }`, {
      user: "3",
    });
    expect(failing.errors).toHaveLength(1);
    expect(failing.headers.get("cache-control")).toBe("no-store");
    expect(failing.headers.get("etag")).toBeNull();
    const nobody = await demo.ask("{ viewer { email } }", { user: "999" });
    expect(nobody.errors[0].extensions.code).toBe("UNAUTHENTICATED");
    expect(nobody.headers.get("cache-control")).toBe("no-store");
    const written = await demo.ask(`mutation { watchFeature(featureId: "all") { viewer { email } } }`, {
      user: "3",
    });
    expect(written.headers.get("cache-control")).toBe("no-store");
    owners.get("3")?.watches.add("all");
  });

  it("who holds another's ETag gets their own answer", async () => {
    const get = (user: string, headers: Record<string, string> = {}) =>
      fetch(`${demo.gateway.url}/graphql?${new URLSearchParams({ query: "{ viewer { email } }" })}`, {
        headers: { "apollo-require-preflight": "true", authorization: `Bearer ${user}`, ...headers },
      });
    const etag = String((await get("1")).headers.get("etag"));
    expect((await get("1", { "if-none-match": etag })).status).toBe(304);
    const other = await get("2", { "if-none-match": etag });
    expect(other.status).toBe(200);
    expect(await other.json()).toEqual({ data: { viewer: { email: owners.get("2")?.email } } });
  });
});

function variablesOf(question: Question, id: string): Record<string, unknown> {
  return question.query.includes("$id") ? { id } : {};
}

function assertOwn(question: Question, user: string | undefined, id: string, answer: Answer): void {
  if (user === undefined) {
    assertStranger(question, answer);
    return;
  }
  const own = owners.get(user)!;
  expect(answer.errors).toBeUndefined();
  for (const [other, { email }] of owners) if (other !== user) expect(answer.text).not.toContain(email);
  const mark = question.mark?.(answer.data);
  if (mark !== undefined) {
    expect({ user, ...mark }).toEqual({
      user,
      stars: own.stars.get(id) ?? null,
      watched: own.watches.has(id),
    });
  }
  for (const { id, myRating, watched } of question.list?.(answer.data) ?? []) {
    const known = { stars: own.stars.get(id) ?? null, watched: own.watches.has(id) };
    expect({ user, id, stars: myRating, watched }).toEqual({ user, id, ...known });
  }
  const viewer = question.viewer?.(answer.data);
  if (viewer !== undefined) {
    expect(viewer).not.toBeNull();
    const { watches, count, id: shown = own.id, email = own.email } = viewer!;
    expect({ id: shown, email }).toEqual({ id: own.id, email: own.email });
    if (watches !== undefined) expect([...watches].sort()).toEqual([...own.watches].sort());
    if (count !== undefined) expect(count).toBe(own.watches.size);
  }
  expect(answer.headers.get("cache-control")).toBe("private, no-cache");
  expect(answer.headers.get("vary")).toBe("Authorization, Accept-Language");
}

function assertStranger(question: Question, answer: Answer): void {
  expect(answer.errors).toBeUndefined();
  if (question.mark !== undefined) expect(question.mark(answer.data)).toEqual({ stars: null, watched: null });
  for (const { myRating, watched } of question.list?.(answer.data) ?? []) {
    expect({ myRating, watched }).toEqual({ myRating: null, watched: null });
  }
  if (question.viewer !== undefined)
    expect(Object.values(answer.data).filter((part) => part === null)).not.toEqual([]);
  expect(answer.text).not.toContain("@");
}

async function whatIs(user: string): Promise<Own> {
  const { data } = await demo.ask(
    `{ viewer { id name email watchlist(first: 100) { edges { node { id } } } } features(first: 60) { nodes { id myRating } } }`,
    { user },
  );
  return {
    ...data.viewer,
    watches: new Set(watchesOf(data.viewer.watchlist)),
    stars: new Map(data.features.nodes.map(({ id, myRating }: Answered) => [id, myRating])),
  };
}

/** One change by a user of what is theirs. */
async function act(user: string, id: string, random: Random): Promise<void> {
  const own = owners.get(user)!;
  const stars = 1 + Math.floor(random.next() * 5);
  const kind = pick(random, ["watch", "unwatch", "rate"]);
  const mutations = {
    watch: `mutation ($id: ID!) { watchFeature(featureId: $id) { viewer { email } feature { watched } } }`,
    unwatch: `mutation ($id: ID!) { unwatchFeature(featureId: $id) { viewer { email } feature { watched } } }`,
    rate: `mutation ($id: ID!) { rateFeature(input: { featureId: $id, stars: ${stars} }) { feature { myRating } } }`,
  } as const;
  const { data, errors } = await demo.ask(mutations[kind as keyof typeof mutations], {
    user,
    variables: { id },
  });
  expect(errors).toBeUndefined();
  if (kind === "watch") own.watches.add(id);
  if (kind === "unwatch") own.watches.delete(id);
  if (kind === "rate") own.stars.set(id, stars);
  if (kind === "rate") expect(data.rateFeature.feature.myRating).toBe(stars);
  else
    expect(data[`${kind}Feature`]).toEqual({
      viewer: { email: own.email },
      feature: { watched: kind === "watch" },
    });
}

function targets(random: Random) {
  return pick(random, [
    { principal: pick(random, USERS) },
    { entity: "Feature", id: pick(random, FEATURES) },
    { entity: "Feature" },
    { field: "Feature.myRating" },
    { field: "Query.viewer" },
    { entity: "Viewer", id: pick(random, USERS) },
    { tags: [`watchlist:${pick(random, USERS)}`, `watches:${pick(random, FEATURES)}`] },
  ]);
}

function isPrivate(key: string): boolean {
  return /\}:(myRating|watched|watchlist):|\{Query\.viewer~/.test(key);
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random.next() * choices.length)] as T;
}
