import { buildSchema } from "graphql";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createFieldCache, type EntityLoader, type FieldCache } from "../../src/index.ts";
import { createKeys } from "../../src/keys/grammar.ts";
import { createRedisStore } from "../../src/store/redis/create-redis-store.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";

const PATIENT = { readTimeoutMs: 5000, writeTimeoutMs: 5000 };

let redis: RedisServer;
const caches: FieldCache[] = [];
afterEach(async () => {
  await Promise.all(caches.splice(0).map((cache) => cache.close()));
  await redis.stop();
});

/** One database behind all gateways. */
const database = { running: 0, most: 0 };

async function load(keys: readonly string[]): Promise<readonly object[]> {
  database.running += 1;
  database.most = Math.max(database.most, database.running);
  await new Promise((resolve) => setTimeout(resolve, 2));
  database.running -= 1;
  return keys.map((id) => ({ id }));
}

/** A gateway of a fleet that may ask the database six times at a time. */
function gateway(): { readonly cache: FieldCache; readonly products: EntityLoader } {
  const cache = createFieldCache({
    ...PATIENT,
    redis: redis.url,
    namespace: "fleet",
    sources: { database: { concurrency: 4, fleetConcurrency: 6 } },
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  caches.push(cache);
  const products = cache.entity("Product", { load, maxBatch: 1 });
  cache.apply(buildSchema("type Product { id: ID! } type Query { product: Product }"));
  return { cache, products };
}

const limitsOf = (fleet: readonly { readonly cache: FieldCache }[]) =>
  fleet.map(({ cache }) => cache.stats().sources["database"]?.limit);

/** All gateways ask for forty products at once; how many times at a time the database was asked. */
async function crowd(fleet: readonly { readonly products: EntityLoader }[]): Promise<number> {
  database.most = 0;
  const ids = Array.from({ length: 40 }, (_, i) => String(i));
  await Promise.all(fleet.flatMap(({ products }) => ids.map((id) => products.get(id))));
  return database.most;
}

describe("a limit of the fleet", () => {
  it("is divided among the gateways that live, and stays divided while Redis is away", {
    timeout: 40_000,
  }, async () => {
    redis = await startRedis();
    const first = gateway();
    await vi.waitFor(() => expect(limitsOf([first])).toEqual([4]), { timeout: 10_000 });
    const fleet = [first, gateway(), gateway()];
    await vi.waitFor(() => expect(limitsOf(fleet)).toEqual([2, 2, 2]), { timeout: 10_000 });
    expect(await crowd(fleet)).toBe(6);

    await redis.kill();
    await vi.waitFor(() =>
      expect(fleet.map(({ cache }) => cache.stats().store.status)).toEqual(["down", "down", "down"]),
    );
    expect(await crowd(fleet)).toBe(6);
    expect(limitsOf(fleet)).toEqual([2, 2, 2]);
  });

  it("counts a gateway that died until its lease is over, and one that closed no longer", {
    timeout: 40_000,
  }, async () => {
    redis = await startRedis();
    const keys = createKeys("fleet");
    const dead = createRedisStore({ redis: redis.url, keys });
    await dead.ready();
    expect(await dead.enrol?.("dead", 500)).toBe(1);
    expect(await dead.enrol?.("closed", 60_000)).toBe(2);
    const fleet = [gateway()];
    await vi.waitFor(() => expect(limitsOf(fleet)).toEqual([2]), { timeout: 10_000 });
    expect(await dead.enrol?.("closed", 0)).toBeLessThanOrEqual(2);
    await dead.close();
    // Both are gone; that it stays so for a lease has to be seen.
    await vi.waitFor(() => expect(limitsOf(fleet)).toEqual([4]), { timeout: 20_000, interval: 50 });
    expect(await redis.client().pttl(keys.gateways)).toBeGreaterThan(0);
  });

  it("is nobody else's where there is no Redis", async () => {
    redis = await startRedis();
    const cache = createFieldCache({ sources: { database: { concurrency: 9, fleetConcurrency: 6 } } });
    caches.push(cache);
    await vi.waitFor(() => expect(limitsOf([{ cache }])).toEqual([6]));
  });
});
