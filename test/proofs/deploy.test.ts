import { setTimeout as sleep } from "node:timers/promises";
import { type GraphQLSchema, graphql } from "graphql";
import { expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { type CacheEvent, createFieldCache, type FieldCache } from "../../src/index.ts";
import { startRedis } from "../support/redis-server.ts";
import { prove } from "./support/prove.ts";
import { startRedisWorld } from "./support/redis-world.ts";
import { shopOver } from "./support/shop.ts";
import { seed, size } from "./support/size.ts";
import { Source } from "./support/source.ts";

// A deploy that changes the shape of two types: the others stay warm, and old and new gateways are right side by side.

test("guarantee 3 holds between a new gateway and two old ones", { timeout: 18_000_000 }, async () => {
  const random = seededRandom(seed);
  const world = await startRedisWorld(3, random, { next: true });
  try {
    // In so few schedules an invalidation need not meet a running load: no-resurrection has more of them.
    await prove("deploy", world, random, 12 * size, ["hits", "joined", "stale", "refused"]);
  } finally {
    await world.close();
  }
});

const IDS = Array.from({ length: 20 }, (_, id) => String(id));
/** Shelf and Product change their shape; Bundle and lists of Reviews do not. */
const CHANGED = IDS.map((id) => `{ product(id: "${id}") { maker } shelf(id: "${id}") { seen } }`);
const UNCHANGED = IDS.map((id) => `{ bundle(id: "${id}") { seen } reviews(ids: ["${id}"]) { seen } }`);

interface Deployed {
  readonly cache: FieldCache;
  readonly schema: GraphQLSchema;
  /** Reads that were no hit, by coordinate. */
  readonly misses: Map<string, number>;
}

function deploy(redis: string, isNext: boolean): Deployed {
  const misses = new Map<string, number>();
  const cache = createFieldCache({
    redis,
    namespace: "deploy",
    secret: "a secret of thirty-two bytes or more",
    principal: ({ user }: { readonly user?: string }) => user,
    backgroundContext: () => ({}),
    policies: { Product: { seconds: 600 } },
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    readTimeoutMs: 5000,
    writeTimeoutMs: 5000,
    onEvent(event: CacheEvent) {
      if (event.type !== "read" || event.outcome === "hit") return;
      misses.set(event.coordinate, (misses.get(event.coordinate) ?? 0) + 1);
    },
  });
  const source = new Source(seededRandom(seed), () => performance.now());
  return { cache, schema: shopOver(cache, source, isNext), misses };
}

async function ask({ schema, cache }: Deployed, operations: readonly string[]): Promise<void> {
  const answers = await Promise.all(
    operations.map((source) => graphql({ schema, source, contextValue: {} })),
  );
  for (const { errors } of answers) expect(errors).toBeUndefined();
  while (cache.stats().running.fills > 0) await sleep(1);
}

test("under load, a deploy cools the types whose shape it changes; the hit rate of the others does not move", async () => {
  const server = await startRedis();
  const old = deploy(server.url, false);
  await ask(old, [...CHANGED, ...UNCHANGED]);
  await ask(old, [...CHANGED, ...UNCHANGED]);
  old.misses.clear();

  // The old one is busy all the while.
  let isOver = false;
  const load = (async () => {
    while (!isOver) await ask(old, [...CHANGED, ...UNCHANGED]);
  })();
  const next = deploy(server.url, true);
  await next.cache.ready();
  await ask(next, [...CHANGED, ...UNCHANGED]);
  // Rows that several operations read at once are waited for: only the lists can be counted.
  expect([...next.misses.keys()].toSorted()).toEqual(["Product", "Query.shelf"]);
  expect(next.misses.get("Query.shelf")).toBe(20);
  next.misses.clear();
  await ask(next, [...CHANGED, ...UNCHANGED]);
  isOver = true;
  await load;
  expect([...next.misses, ...old.misses]).toEqual([]);

  // What either invalidates is gone for both.
  for (const [one, other] of [
    [old, next],
    [next, old],
  ] as const) {
    await one.cache.invalidate([
      { entity: "Product", id: "3" },
      { tags: ["shelf:4"] },
      { entity: "Review", id: "5" },
    ]);
    for (const { cache, misses } of [one, other]) {
      misses.clear();
      await cache.ready();
    }
    await ask(one, [...CHANGED, ...UNCHANGED]);
    await ask(other, [...CHANGED, ...UNCHANGED]);
    expect(one.misses.get("Query.shelf")).toBeGreaterThan(0);
    expect(other.misses.get("Query.shelf")).toBeGreaterThan(0);
    expect(one.misses.get("Query.reviews")).toBe(1);
    await ask(one, [...CHANGED, ...UNCHANGED]);
    await ask(other, [...CHANGED, ...UNCHANGED]);
  }
  await Promise.all([old.cache.close(), next.cache.close()]);
  await server.stop();
});
