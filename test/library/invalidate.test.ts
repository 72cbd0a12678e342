import { describe, expect, it } from "vitest";
import { createFieldCache } from "../../src/index.ts";
import { createTestCache } from "../../src/testing/index.ts";

interface Context {
  readonly user?: string;
}

/** A shop whose every field is kept, asked once, so that everything has an entry. */
async function warmShop() {
  const logs: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  const log = (level: string) => (fields: object, message: string) =>
    void logs.push({ level, fields: { ...fields }, message });
  const test = createTestCache({
    typeDefs: `
      type Query {
        products(category: String!): [Product!] @cacheTTL(seconds: 60, tags: ["category:{args.category}"])
        viewer: String @cacheTTL(seconds: 60, scope: PRIVATE)
      }
      interface Named { id: ID! }
      interface Shown { name: String }
      type Banner implements Shown { name: String }
      type Product implements Named & Shown @cacheTTL(seconds: 60) {
        id: ID!
        name: String
        price: Int @cacheTTL(seconds: 60)
        rating: Int @cacheTTL(seconds: 60)
      }
    `,
    entities: { Product: { load: async (keys) => keys.map((id) => ({ id })) } },
    resolvers: {
      Query: {
        products: () => [{ id: "1" }, { id: "2" }],
        viewer: (_: unknown, __: unknown, { user }: Context) => user,
      },
      Product: { price: () => 5, rating: () => 3 },
    },
    principal: ({ user }: Context) => user,
    secret: "s".repeat(32),
    logger: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
  });
  const ask = async (user = "ann") => {
    test.recorder.clear();
    await test.run('{ products(category: "tea") { id price rating } viewer }', { context: { user } });
    await test.settle();
    return [
      ...new Set(
        test.recorder.reads.filter(({ outcome }) => outcome !== "hit").map(({ coordinate }) => coordinate),
      ),
    ].sort();
  };
  await ask();
  expect(await ask()).toEqual([]);
  return { ...test, ask, logs };
}

describe("cache.invalidate", () => {
  it.each([
    ["an entity", { entity: "Product", id: 1 }, ["Product", "Product.price", "Product.rating"]],
    [
      "an entity by its interface",
      { entity: "Named", id: "1" },
      ["Product", "Product.price", "Product.rating"],
    ],
    [
      "an entity by an interface that a type without key has as well",
      { entity: "Shown", id: "1" },
      ["Product", "Product.price", "Product.rating"],
    ],
    ["a type", { entity: "Product" }, ["Product", "Product.price", "Product.rating"]],
    ["a field", { field: "Product.price" }, ["Product.price"]],
    ["a field of an interface's members", { field: "Query.viewer" }, ["Query.viewer"]],
    ["a tag", { tags: ["category:tea"] }, ["Query.products"]],
    ["a principal", { principal: "ann" }, ["Query.viewer"]],
    ["another entity: nothing", { entity: "Product", id: 3 }, []],
    ["another tag: nothing", { tags: ["category:coffee"] }, []],
    ["another principal: nothing", { principal: "bob" }, []],
  ])("reaches %s", async (_title, target, missed) => {
    const { cache, ask } = await warmShop();
    await cache.invalidate(target);
    expect(await ask()).toEqual(missed);
    expect(await ask()).toEqual([]);
  });

  it("takes a list", async () => {
    const { cache, ask } = await warmShop();
    await cache.invalidate([{ field: "Product.price" }, { principal: "ann" }]);
    expect(await ask()).toEqual(["Product.price", "Query.viewer"]);
  });

  it("leaves an audit line of who did what", async () => {
    const { cache, logs } = await warmShop();
    await cache.invalidate({ entity: "Product", id: 1 }, { by: "the price feed" });
    expect(logs.at(-1)).toEqual({
      level: "info",
      fields: { targets: [{ entity: "Product", id: 1 }], by: "the price feed", ms: expect.any(Number) },
      message: "Invalidated.",
    });
  });

  it("works before apply, and in a process that only invalidates", async () => {
    await expect(createFieldCache().invalidate({ entity: "Product", id: 1 })).resolves.toBeUndefined();
  });
});

describe("again", () => {
  it("repeats the invalidation once, after its time", async () => {
    const { cache, ask, clock } = await warmShop();
    await cache.invalidate({ field: "Product.price" }, { again: 500 });
    expect(cache.stats().running.pendingInvalidations).toBe(1);
    expect(await ask()).toEqual(["Product.price"]);
    await clock.advance(499);
    expect(await ask()).toEqual([]);
    await clock.advance(1);
    expect(await ask()).toEqual(["Product.price"]);
    expect(cache.stats().running.pendingInvalidations).toBe(0);
    await clock.advance(10_000);
    expect(await ask()).toEqual([]);
  });
});

describe("dryRun", () => {
  it("counts what would be hit, by coordinate, and leaves it", async () => {
    const { cache, ask } = await warmShop();
    expect(await cache.invalidate({ entity: "Product", id: 1 }, { dryRun: true })).toEqual({
      entries: 3,
      coordinates: { Product: 1, "Product.price": 1, "Product.rating": 1 },
    });
    expect(await cache.invalidate({ entity: "Product" }, { dryRun: true })).toEqual({
      entries: 6,
      coordinates: { Product: 2, "Product.price": 2, "Product.rating": 2 },
    });
    expect(await cache.invalidate({ tags: ["category:tea"] }, { dryRun: true })).toEqual({
      entries: 1,
      coordinates: { "Query.products": 1 },
    });
    expect(await ask()).toEqual([]);
  });

  it("does not count what is dead already", async () => {
    const { cache } = await warmShop();
    await cache.invalidate({ entity: "Product", id: 1 });
    expect(await cache.invalidate({ entity: "Product" }, { dryRun: true })).toMatchObject({ entries: 3 });
  });
});
