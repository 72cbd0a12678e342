import { makeExecutableSchema } from "@graphql-tools/schema";
import { type ExecutionResult, graphql } from "graphql";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createFieldCache, type FieldCache, type FieldCacheOptions, typeDefs } from "../../src/index.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";

// The whole library on a real Redis. `gateway()` is one process' worth of it: its own connection, engine and schema.

let redis: RedisServer;
const caches: FieldCache[] = [];
const errors: string[] = [];

beforeAll(async () => {
  redis = await startRedis();
});

afterEach(async () => {
  await Promise.all(caches.splice(0).map((cache) => cache.close()));
  errors.length = 0;
});

afterAll(() => redis.stop());

let namespaces = 0;

function gateway(options: FieldCacheOptions = {}, source = { price: 5, loads: 0 }) {
  const cache = createFieldCache({
    redis: redis.url,
    namespace: `test${namespaces}`,
    logger: { debug() {}, info() {}, warn() {}, error: (_, message) => errors.push(message) },
    // The machine may be busy: what is tested here is not how fast it is.
    readTimeoutMs: 2000,
    writeTimeoutMs: 2000,
    ...options,
  });
  caches.push(cache);
  const products = cache.entity("Product", {
    load: async (keys: readonly (string | number)[]) => {
      source.loads += keys.length;
      return keys.map((id) => ({ id, price: source.price }));
    },
  });
  const schema = cache.apply(
    makeExecutableSchema({
      typeDefs: [
        typeDefs,
        `type Query { product(id: ID!): Product }
         type Mutation { setPrice(id: ID!, price: Int!): Product @invalidates(entity: "Product", id: "{args.id}") }
         type Product @cacheTTL(seconds: 60) { id: ID!  price: Int! }`,
      ],
      resolvers: {
        Query: { product: (_, { id }, context) => products.loader(context).load(id) },
        Mutation: {
          setPrice: (_, { id, price }, context) => {
            source.price = price;
            return products.loader(context).load(id);
          },
        },
      },
    }),
  );
  const run = (query: string): Promise<ExecutionResult> =>
    graphql({ schema, source: query, contextValue: {} });
  return { cache, products, run, source };
}

async function stored(cache: FieldCache): Promise<void> {
  while (cache.stats().running.fills > 0) await new Promise((resolve) => setImmediate(resolve));
}

describe("two gateways on one Redis", () => {
  it("share entries, from the first request of each process on", async () => {
    namespaces++;
    const [one, two] = [gateway(), gateway()];
    expect(await one.run("{ product(id: 1) { price } }")).toEqual({ data: { product: { price: 5 } } });
    await stored(one.cache);
    expect(await two.run("{ product(id: 1) { price } }")).toEqual({ data: { product: { price: 5 } } });
    expect(one.source.loads + two.source.loads).toBe(1);
    expect(two.cache.stats().reads).toMatchObject({ hit: 1 });
    expect(two.cache.stats().store).toMatchObject({ kind: "redis", status: "up" });
  });

  it("see each other's mutations", async () => {
    namespaces++;
    const source = { price: 5, loads: 0 };
    const [one, two] = [gateway({}, source), gateway({}, source)];
    await one.run("{ product(id: 1) { price } }");
    await stored(one.cache);
    await two.run("mutation { setPrice(id: 1, price: 6) { price } }");
    expect(await one.run("{ product(id: 1) { price } }")).toEqual({ data: { product: { price: 6 } } });
  });
});

describe("a Redis that is not there", () => {
  const away: FieldCacheOptions = { redis: "redis://127.0.0.1:1", invalidateTimeoutMs: 50, shutdownMs: 100 };

  it("does not keep requests from their source", async () => {
    const { run, cache } = gateway(away);
    expect(await run("{ product(id: 1) { price } }")).toEqual({ data: { product: { price: 5 } } });
    expect(cache.stats().reads).toMatchObject({ bypass: 1 });
    expect(cache.stats().store.status).not.toBe("up");
  });

  it("leaves the answer of a mutation as it is, and its invalidation to be tried again", async () => {
    const { run, cache } = gateway(away);
    expect(await run("mutation { setPrice(id: 1, price: 6) { price } }")).toEqual({
      data: { setPrice: { price: 6 } },
    });
    expect(errors).toContain("An invalidation failed; it is tried again in the background.");
    expect(cache.stats().running.pendingInvalidations).toBe(2);
    expect(cache.stats().invalidations.failed).toBe(1);
  });

  it('fails the mutation with onInvalidateError: "throw"', async () => {
    const { run } = gateway({ ...away, onInvalidateError: "throw" });
    const { data, errors } = await run("mutation { setPrice(id: 1, price: 6) { price } }");
    expect(data).toEqual({ setPrice: null });
    expect(errors?.[0]?.message).toContain("invalidate must reach the store");
  });

  it("makes invalidate reject", async () => {
    const { cache } = gateway(away);
    await expect(cache.invalidate({ entity: "Product", id: 1 })).rejects.toMatchObject({
      code: "INVALIDATION_FAILED",
    });
  });

  it("is told at close, with what was left", async () => {
    const { run, cache } = gateway(away);
    await run("mutation { setPrice(id: 1, price: 6) { price } }");
    expect([...(await cache.close())].sort()).toEqual([
      "invalidation of Product:1",
      "invalidation of __any:Product",
    ]);
  });
});
