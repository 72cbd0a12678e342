import { describe, expect, it } from "vitest";
import type { EntityOptions } from "../../src/loaders/entity.ts";
import { createTestCache, type TestCacheOptions } from "../../src/testing/index.ts";

interface Product {
  readonly id: number | string;
  readonly name?: string;
  readonly upc?: string;
  readonly author?: number;
}

/** A cache over one table, and what was asked of the table. */
function shop(
  type = "type Product @cacheTTL(seconds: 60) { id: ID!  name: String }",
  entity: Partial<EntityOptions> = {},
  options: Partial<TestCacheOptions> = {},
) {
  const table = new Map<string, Product>([["1", { id: 1, name: "Tea" }]]);
  const asked: string[] = [];
  const invalidated: (readonly string[])[] = [];
  const test = createTestCache({
    typeDefs: `type Query { product(id: ID!): Product }  ${type}`,
    entities: {
      Product: {
        load: (ids) => {
          asked.push(`load ${ids.join()}`);
          return ids.map((id) => table.get(String(id)) ?? null);
        },
        write: (rows: readonly Product[]) => {
          asked.push(`write ${rows.map(({ id }) => id).join()}`);
          for (const row of rows) table.set(String(row.id), row);
          return rows.map(({ id }) => ({ ...table.get(String(id)) }));
        },
        remove: (ids: readonly unknown[]) => {
          asked.push(`remove ${ids.join()}`);
          for (const id of ids) table.delete(String(id));
        },
        ...entity,
      },
    },
    ...options,
    onEvent: (event) => {
      if (event.type === "invalidate") invalidated.push(event.names);
    },
  });
  return { ...test, products: test.loaders["Product"]!, table, asked, invalidated };
}

describe("entity.write", () => {
  it("gives the row to the source and then to everybody: nobody loads it", async () => {
    const { products, asked, settle } = shop();
    await products.get(1);
    await settle();
    expect(await products.write({ id: 1, name: "Coffee" })).toEqual({ id: 1, name: "Coffee" });
    expect(await products.get("1")).toEqual({ id: 1, name: "Coffee" });
    expect(asked).toEqual(["load 1", "write 1"]);
  });

  it("shows what the source made of the row, not what was given", async () => {
    const { products } = shop(undefined, { write: async () => [{ id: 1, name: "by the source" }] });
    await products.write({ id: 1, name: "given" });
    expect(await products.get(1)).toEqual({ id: 1, name: "by the source" });
  });

  it("gives each write a token of its own", async () => {
    const tokens: string[] = [];
    const { products } = shop(undefined, {
      write: (rows, batch) => {
        tokens.push(...batch.tokens);
        return rows;
      },
    });
    await Promise.all([products.write({ id: 1 }), products.write({ id: 1 })]);
    expect(new Set(tokens).size).toBe(2);
  });

  it("reaches what was remembered as missing", async () => {
    const { products, settle } = shop();
    expect(await products.get(2)).toBeNull();
    await settle();
    await products.write({ id: 2, name: "Milk" });
    expect(await products.get(2)).toEqual({ id: 2, name: "Milk" });
  });

  it("drops the entity and what counts all of its type, and nothing of its neighbours", async () => {
    const { products, invalidated, asked, settle } = shop();
    await products.get(2);
    await settle();
    await products.write({ id: 1 });
    expect(invalidated).toEqual([["Product:1", "__any:Product"]]);
    await products.get(2);
    expect(asked).toEqual(["load 2", "write 1"]);
  });

  it("reaches the entity by each key that the row shows, before the write or after it", async () => {
    const type =
      'type Product @key(fields: "id") @key(fields: "upc") @cacheTTL(seconds: 60) { id: ID!  upc: String }';
    const { products, invalidated } = shop(type, { write: () => [{ id: 1, upc: "b" }] });
    await products.write({ id: 1, upc: "a" });
    expect(new Set(invalidated.flat())).toEqual(
      new Set(["Product:1", "Product@upc:a", "Product@upc:b", "__any:Product"]),
    );
  });

  it("keeps the row under the tags that it shows", async () => {
    const type =
      'type Product @cacheTTL(seconds: 60, tags: ["author:{value.author}"]) { id: ID!  author: Int }';
    const { products, cache, asked } = shop(type);
    await products.write({ id: 1, author: 7 });
    await products.get(1);
    await cache.invalidate({ tags: ["author:7"] });
    await products.get(1);
    expect(asked).toEqual(["write 1", "load 1"]);
  });

  it("lasts as long as a row that was loaded", async () => {
    const { products, asked, clock } = shop();
    await products.write({ id: 1 });
    await clock.advance(59_000);
    await products.get(1);
    expect(asked).toEqual(["write 1"]);
    await clock.advance(2_000);
    await products.get(1);
    expect(asked).toEqual(["write 1", "load 1"]);
  });

  it.each([
    ["that is not kept", "type Product { id: ID! }", {}],
    [
      "kept for each who asks",
      "type Product @cacheTTL(seconds: 60, scope: PRIVATE) { id: ID! }",
      { principal: () => "me" },
    ],
    [
      "kept for each locale",
      'type Product @cacheTTL(seconds: 60, vary: ["locale"]) { id: ID! }',
      { vary: { locale: () => "fr" } },
    ],
    ["that is turned off", "type Product @cacheTTL(seconds: 60) { id: ID! }", { enabled: false }],
  ])("of a row %s invalidates, and stores nothing", async (_, type, options) => {
    const { products, asked, invalidated } = shop(type, {}, options);
    await products.write({ id: 1 });
    await products.get(1, {});
    expect(asked).toEqual(["write 1", "load 1"]);
    expect(invalidated.length).toBe(1);
  });

  it("stores nothing for others once load has looked at who asks", async () => {
    const { products, asked, table, settle } = shop(
      undefined,
      {
        load: (ids, context) => {
          asked.push("load");
          return ids.map((id) => ({ ...table.get(String(id)), mine: context.user }));
        },
      },
      { principal: (context) => context.user },
    );
    await products.get(1, { user: "a" });
    await settle();
    await products.write({ id: 1, name: "Coffee" });
    await products.get(1, { user: "b" });
    expect(asked).toEqual(["load", "write 1", "load"]);
  });

  it("is in the loader of the request that wrote, by each of its keys, and in no other memo", async () => {
    const { products, asked } = shop();
    const [mine, theirs] = [{}, {}];
    await products.loader(mine).load(1);
    await products.loader(theirs).load(1);
    const saved = await products.write({ id: 1, name: "Coffee" }, mine);
    expect(await products.loader(mine).load("1")).toBe(saved);
    expect(await products.loader(theirs).load(1)).toMatchObject({ name: "Tea" });
    expect(asked.filter((one) => one.startsWith("write"))).toEqual(["write 1"]);
  });
});

describe("entity.write that fails", () => {
  const failing = (answer: () => unknown) => shop(undefined, { write: answer as never });

  it.each([
    ["rejects", () => Promise.reject(new Error("no disk"))],
    ["answers an Error for the row", () => [new Error("no disk")]],
  ])("with the source's error where write %s; what is read next is what the source has", async (_, write) => {
    const { products, asked, settle } = failing(write);
    await products.get(1);
    await settle();
    await expect(products.write({ id: 1, name: "Coffee" })).rejects.toThrow("no disk");
    expect(await products.get(1)).toEqual({ id: 1, name: "Tea" });
    expect(asked).toEqual(["load 1", "load 1"]);
  });

  it.each([
    ["nothing", () => undefined, /The write function of cache\.entity\("Product"\) must accept Array<row>/],
    ["too few rows", () => [], /of the same length as the Array of rows/],
    ["null for a row", () => [null], /must return each row as it was written, but got: null/],
  ])("where write returns %s", async (_, write, message) => {
    await expect(failing(write).products.write({ id: 1 })).rejects.toThrow(message);
  });

  it("before anything happens, where the row shows no key or the entity has no write", async () => {
    const { products, asked } = shop();
    await expect(products.write({ name: "Coffee" })).rejects.toThrow(
      "A write of cache.entity(\"Product\") takes a row with its key, but got: { name: 'Coffee' }.",
    );
    expect(asked).toEqual([]);
    const { loaders, recorder } = createTestCache({
      typeDefs: "type Query { p: Product }  type Product { id: ID! }",
      entities: { Product: { load: (ids) => ids } },
    });
    await expect(loaders["Product"]!.write({ id: 1 })).rejects.toThrow(
      'cache.entity("Product", { load, write })',
    );
    await expect(loaders["Product"]!.remove(1)).rejects.toThrow('cache.entity("Product", { load, remove })');
    expect(recorder.batches).toEqual([]);
  });
});

describe("entity.remove", () => {
  it("removes from the source and then from everybody's sight", async () => {
    const { products, asked, settle } = shop();
    await products.get(1);
    await settle();
    await products.remove("1");
    expect(await products.get(1)).toBeNull();
    expect(asked).toEqual(["load 1", "remove 1", "load 1"]);
  });

  it("takes the row from the loader of the request that removed it", async () => {
    const { products } = shop();
    const context = {};
    await products.loader(context).load(1);
    await products.remove(1, context);
    expect(await products.loader(context).load(1)).toBeNull();
  });
});
