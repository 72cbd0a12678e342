import { describe, expect, it } from "vitest";
import type { EntityOptions } from "../../src/loaders/entity.ts";
import { createTestCache, type TestCacheOptions } from "../../src/testing/index.ts";

interface Product {
  readonly id: number | string;
  readonly name?: string;
  readonly views?: number;
}

/** A cache over one table, and what was asked of the table. */
function shop(
  entity: Partial<EntityOptions> = {},
  options: Partial<TestCacheOptions> = {},
  type = "type Product @cacheTTL(seconds: 60) { id: ID!  name: String  views: Int }",
) {
  const table = new Map<string, Product>([["1", { id: 1, name: "Tea", views: 10 }]]);
  const asked: string[] = [];
  const outcomes: string[] = [];
  const test = createTestCache({
    typeDefs: `type Query { product(id: ID!): Product }  ${type}`,
    entities: {
      Product: {
        mode: "BEHIND",
        load: (ids) => {
          asked.push(`load ${ids.join()}`);
          return ids.map((id) => table.get(String(id)) ?? null);
        },
        write: (rows: readonly Product[]) => {
          asked.push(`write ${rows.map(({ id, name }) => `${id} ${name}`).join()}`);
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
      if (event.type === "behind") outcomes.push(event.outcome);
    },
  });
  return { ...test, products: test.loaders["Product"]!, table, asked, outcomes };
}

/** Views as deltas; the table adds them up. */
function counters(entity: Partial<EntityOptions> = {}) {
  const made = shop({
    merge: (pending: Product, next: Product) => ({
      ...pending,
      views: (pending.views ?? 0) + (next.views ?? 0),
    }),
    write: (rows: readonly Product[]) =>
      rows.map(({ id, views = 0 }) => {
        const before = made.table.get(String(id)) ?? { id, views: 0 };
        const row = { ...before, views: (before.views ?? 0) + views };
        made.asked.push(`write ${id} +${views}`);
        made.table.set(String(id), row);
        return row;
      }),
    ...entity,
  });
  return made;
}

describe("entity.write with mode BEHIND", () => {
  it("is answered before the source is, and shown to everybody from then on", async () => {
    const { products, asked, clock } = shop();
    await products.get(1);
    expect(await products.write({ id: 1, name: "Coffee" })).toEqual({ id: 1, name: "Coffee" });
    expect(await products.get("1")).toEqual({ id: 1, name: "Coffee" });
    expect(asked).toEqual(["load 1"]);
    await clock.advance(100);
    expect(asked).toEqual(["load 1", "write 1 Coffee"]);
    expect(await products.get(1)).toEqual({ id: 1, name: "Coffee" });
    expect(asked.length).toBe(2);
  });

  it("is shown whatever becomes of the entry", async () => {
    const { products, cache } = shop();
    await products.write({ id: 1, name: "Coffee" });
    await cache.invalidate({ entity: "Product", id: 1 });
    expect(await products.get(1)).toMatchObject({ name: "Coffee" });
  });

  it("sends many entities as one call, and of many writes of one the last", async () => {
    const { products, asked, clock } = shop();
    for (const name of ["a", "b", "c"]) await products.write({ id: 1, name });
    await products.write({ id: 2, name: "d" });
    await clock.advance(100);
    expect(asked).toEqual(["write 1 c,2 d"]);
  });

  it("joins deltas by merge, and shows them on top of the row", async () => {
    const { products, asked, clock } = counters();
    expect(await products.write({ id: 1, views: 1 })).toMatchObject({ name: "Tea", views: 11 });
    await Promise.all([products.write({ id: 1, views: 2 }), products.write({ id: 1, views: 3 })]);
    expect(await products.get(1)).toMatchObject({ name: "Tea", views: 16 });
    await clock.advance(100);
    expect(asked.filter((one) => one.startsWith("write"))).toEqual(["write 1 +6"]);
    expect(await products.get(1)).toMatchObject({ name: "Tea", views: 16 });
  });

  it("keeps put and delete in their order", async () => {
    const { products, asked, clock, table } = shop();
    await products.write({ id: 1, name: "a" });
    await products.remove(1);
    expect(await products.get(1)).toBeNull();
    await products.write({ id: 1, name: "b" });
    expect(await products.get(1)).toMatchObject({ name: "b" });
    await clock.advance(2000);
    expect(asked).toEqual(["remove 1", "write 1 b"]);
    expect(table.get("1")).toMatchObject({ name: "b" });
  });
});
