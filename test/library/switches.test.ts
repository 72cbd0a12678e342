import { describe, expect, it } from "vitest";
import { createTestCache, type TestCacheOptions } from "../../src/testing/index.ts";

function shop(options: Partial<TestCacheOptions> = {}) {
  const test = createTestCache({
    typeDefs: `
      type Query { product(id: ID!): Product  total: Int @cacheTTL(seconds: 60) }
      type Product @cacheTTL(seconds: 60) { id: ID!  price: Int @cacheTTL(seconds: 60) }
    `,
    entities: { Product: { load: async (keys) => keys.map((id) => ({ id })) } },
    resolvers: (loaders) => ({
      Query: {
        product: (_, { id }, context) => loaders["Product"]!.loader(context).load(id),
        total: () => 1,
      },
      Product: { price: () => 5 },
    }),
    ...options,
  });
  /** Coordinates that were answered from an entry, after a first request had the chance to make them. */
  const hits = async () => {
    await test.run("{ product(id: 1) { price } total }");
    await test.settle();
    test.recorder.clear();
    await test.run("{ product(id: 1) { price } total }");
    return test.recorder.reads
      .filter(({ outcome }) => outcome === "hit")
      .map(({ coordinate }) => coordinate)
      .sort();
  };
  return { ...test, hits };
}

const ALL = ["Product", "Product.price", "Query.total"];

describe("the kill switch", () => {
  it("is on by default", async () => {
    expect(await shop().hits()).toEqual(ALL);
  });

  it("keeps everything from the store with enabled: false, which reads and writes nothing", async () => {
    const { hits, recorder } = shop({ enabled: false });
    expect(await hits()).toEqual([]);
    expect(recorder.fills).toEqual([]);
    expect(recorder.count("bypass")).toBe(recorder.reads.length);
  });

  it("asks a function for each coordinate", async () => {
    expect(await shop({ enabled: (coordinate: string) => coordinate !== "Product.price" }).hits()).toEqual([
      "Product",
      "Query.total",
    ]);
  });

  it.each([
    [undefined, []],
    ["Product", ["Query.total"]],
    ["Product.price", ["Product", "Query.total"]],
    ["Query.total", ["Product", "Product.price"]],
  ])("turns off %s at run time, and on again", async (coordinate, left) => {
    const { cache, hits } = shop();
    cache.disable(coordinate);
    expect(await hits()).toEqual(left);
    cache.enable(coordinate);
    expect(await hits()).toEqual(ALL);
  });

  it("turns on at run time what the option had off", async () => {
    const { cache, hits } = shop({ enabled: false });
    cache.enable();
    expect(await hits()).toEqual(ALL);
  });

  it("lets invalidations out all the same", async () => {
    const { cache } = shop({ enabled: false });
    await cache.invalidate({ entity: "Product", id: 1 });
    expect(cache.stats().invalidations.done).toBe(1);
  });
});
