import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { execute, type GraphQLResolveInfo, type GraphQLSchema, parse } from "graphql";
import type { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { systemRandom } from "../../src/base/random.ts";
import { createFieldCache, type FieldCache, setCachePolicy, typeDefs } from "../../src/index.ts";
import { wireFieldCache } from "../../src/library/create-field-cache.ts";
import { createSteppedClock } from "../../src/testing/manual-clock.ts";
import { startRedis } from "../support/redis-server.ts";
import { size } from "./support/size.ts";

// Guarantee 6: what is kept is proportional to what is alive. A million entries (in the long run) go through a window of a
// few thousand, each with a stamp and a lock of its own, now and then invalidated.

const ENTRIES = 10_000 * size;
const BATCH = 200;
const HOUR = 3_600_000;

const types = /* GraphQL */ `
  type Query { items(ids: [ID!]!): [Item!]! }
  type Item { id: ID!  value: String @cacheTTL(seconds: 1, tags: ["shelf:{parent.shelf}"]) }
`;
const ITEMS = parse("query ($ids: [ID!]!) { items(ids: $ids) { value } }");

function itemsOver(cache: FieldCache): GraphQLSchema {
  return cache.apply(
    makeExecutableSchema({
      typeDefs: [typeDefs, types.replace("id: ID!", "id: ID!  shelf: ID")],
      resolvers: {
        Query: {
          items: (_: unknown, { ids }: { ids: string[] }) =>
            ids.map((id) => ({ id, shelf: Math.floor(Number(id) / 100) })),
        },
        Item: {
          value({ id }: { id: string }, _args: unknown, _context: unknown, info: GraphQLResolveInfo) {
            setCachePolicy(info, { seconds: 0.5 });
            return `value of ${id}, which is some hundred characters long so that it weighs something: ${id.repeat(10)}`;
          },
        },
      },
    }),
  );
}

/** Reads that many new items, each of them once, `BATCH` at a time. */
async function churn(
  cache: FieldCache,
  schema: GraphQLSchema,
  from: number,
  count: number,
  after: () => Promise<void>,
) {
  for (let at = from; at < from + count; at += BATCH) {
    const ids = Array.from({ length: BATCH }, (_, nth) => String(at + nth));
    const { errors } = await execute({ schema, document: ITEMS, variableValues: { ids }, contextValue: {} });
    expect(errors).toBeUndefined();
    if (at % (10 * BATCH) === 0)
      await cache.invalidate([{ entity: "Item", id: ids[0]! }, { tags: [`shelf:${ids[1]}`] }]);
    await after();
  }
}

describe("a window of entries that live half a second", () => {
  test("in Redis: every key ends soon after what it is for, and the process keeps nothing of it", {
    timeout: HOUR,
  }, async () => {
    const server = await startRedis();
    const redis = server.client();
    const cache = createFieldCache({
      redis: server.url,
      namespace: "churn",
      readTimeoutMs: 5000,
      writeTimeoutMs: 5000,
    });
    try {
      const schema = itemsOver(cache);
      await cache.ready();
      const heaps: number[] = [];
      const samples: string[] = [];
      let mostKeys = 0;
      let mostBytes = 0;
      for (let part = 0; part < 10; part++) {
        await churn(cache, schema, (part * ENTRIES) / 10, ENTRIES / 10, () => Promise.resolve());
        const keys = await redis.dbsize();
        const bytes = await usedBytes(redis);
        heaps.push(heapBytes());
        mostKeys = Math.max(mostKeys, keys);
        mostBytes = Math.max(mostBytes, bytes);
        samples.push(`${keys} keys, ${mib(bytes)} in Redis, ${mib(heaps.at(-1)!)} of heap`);
      }
      console.log(`${ENTRIES} entries through Redis:\n  ${samples.join("\n  ")}`);
      expect(cache.stats().fills.stored).toBeGreaterThan(ENTRIES * 0.9);
      // A stamp outlives its entry by the longest load, of 30 s. Nothing lives longer but what there is one of: the log, the lists
      // of gateways, the memo of operations.
      const { longest, endless } = await lives(redis);
      expect(endless).toEqual([]);
      expect(longest).toBeLessThanOrEqual(1_000 + 30_000);
      expect(cache.stats().running).toMatchObject({ fills: 0, sharedLoads: 0, refreshes: 0 });
      // However many went through in the second half.
      const grown = heaps.at(-1)! - heaps[4]!;
      expect(grown).toBeLessThan(4 * 1024 * 1024);
      if (size > 1) {
        // The window is over: what is left is the log, and what all share.
        await ended(redis, 100);
        expect(await usedBytes(redis)).toBeLessThan(mostBytes / 4);
        expect(await redis.dbsize()).toBeLessThan(mostKeys / 100);
      }
    } finally {
      await cache.close();
      await server.stop();
    }
  });

  test("in the embedded store: as many keys as live, and at most twice that until it sweeps", {
    timeout: HOUR,
  }, async () => {
    const clock = createSteppedClock();
    const cache = wireFieldCache(
      { logger: { debug() {}, info() {}, warn() {}, error() {} } },
      { clock, random: systemRandom },
    );
    const schema = itemsOver(cache);
    await cache.ready();
    const most = { keys: 0, bytes: 0 };
    // 200 entries in 100 ms: a thousand are alive, and their stamps for half a minute longer.
    await churn(cache, schema, 0, ENTRIES, async () => {
      clock.step(100);
      const { entries = 0, bytes = 0 } = cache.stats().store;
      most.keys = Math.max(most.keys, entries);
      most.bytes = Math.max(most.bytes, bytes);
    });
    console.log(
      `${ENTRIES} entries through the embedded store: at most ${most.keys} keys, ${mib(most.bytes)}`,
    );
    expect(cache.stats().fills.stored).toBeGreaterThan(ENTRIES * 0.9);
    const alive = 5 * BATCH + 310 * BATCH * 1.01;
    expect(most.keys).toBeLessThan(2 * alive + 1024);
    expect(most.bytes).toBeLessThan((2 * alive + 1024) * 512);
    await cache.close();
  });
});

/** The longest life in ms, the log's aside, and keys without an end. */
async function lives(redis: Redis): Promise<{ longest: number; endless: string[] }> {
  let longest = 0;
  const endless: string[] = [];
  for (let cursor = "0"; ; ) {
    const [next, keys] = await redis.scan(cursor, "COUNT", 1000);
    cursor = next;
    const pipeline = redis.pipeline();
    for (const key of keys) pipeline.pttl(key);
    const replies = (await pipeline.exec()) ?? [];
    for (const [at, key] of keys.entries()) {
      const life = replies[at]![1] as number;
      if (life === -1) endless.push(key);
      if (!/^churn:\{__(log|near|fleet|memo)\b/.test(key)) longest = Math.max(longest, life);
    }
    if (cursor === "0") return { longest, endless };
  }
}

/** Resolves when no more keys than that are left. */
async function ended(redis: Redis, most: number): Promise<void> {
  while ((await redis.dbsize()) > most) await new Promise((resolve) => setTimeout(resolve, 500));
}

async function usedBytes(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info("memory"))![1]);
}

/** Of what is reachable: after a collection. */
function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
