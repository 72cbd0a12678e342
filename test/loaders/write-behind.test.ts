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

describe("the source of what is written behind", () => {
  it("gets each change with a token that sorts behind those before", async () => {
    const seen: string[] = [];
    const { products, clock } = shop({
      write: (rows, { tokens }) => {
        seen.push(...tokens);
        return rows;
      },
    });
    for (const name of ["a", "b", "c"]) {
      await products.write({ id: 1, name });
      await clock.advance(100);
    }
    expect(seen.length).toBe(3);
    expect(seen).toEqual([...new Set(seen)].sort());
  });

  it("gets what it did not take again, the same with the same token, and what came meanwhile after it", async () => {
    const calls: string[] = [];
    const { products, clock } = shop({
      write: (rows: readonly Product[], { tokens }) => {
        calls.push(`${rows[0]?.name} ${tokens[0]}`);
        return calls.length === 1 ? [new Error("no disk")] : rows;
      },
    });
    await products.write({ id: 1, name: "a" });
    await clock.advance(100);
    await products.write({ id: 1, name: "b" });
    expect(await products.get(1)).toMatchObject({ name: "b" });
    await clock.advance(3000);
    expect(calls.map((call) => call[0])).toEqual(["a", "a", "b"]);
    expect(calls[0]).toBe(calls[1]);
  });

  it("does not hear of a refused row for ever: it is set aside, and blocks neither its siblings nor what is behind it", async () => {
    const { products, asked, table, clock, outcomes, cache } = shop(
      {
        write: (rows: readonly Product[]) => {
          asked.push(`write ${rows.map(({ name }) => name).join()}`);
          return rows.map((row) => {
            if (row.name === "poison") return new Error("refused");
            table.set(String(row.id), row);
            return row;
          });
        },
      },
      { flushTries: 3 },
    );
    await products.write({ id: 1, name: "poison" });
    await products.write({ id: 2, name: "good" });
    await clock.advance(100);
    expect(table.get("2")).toMatchObject({ name: "good" });
    await products.write({ id: 1, name: "better" });
    await clock.advance(10_000);
    expect(asked).toEqual(["write poison,good", "write poison", "write poison", "write better"]);
    expect(table.get("1")).toMatchObject({ name: "better" });
    expect(outcomes.filter((outcome) => outcome === "dead").length).toBe(1);
    expect(cache.stats().behind).toMatchObject({ queued: 3, flushed: 2, retried: 2, dead: 1 });
  });

  it("makes no dead letters while it is away", async () => {
    let isAway = true;
    const { products, table, clock, outcomes } = shop(
      {
        load: () => Promise.reject(new Error("away")),
        write: (rows: readonly Product[]) => {
          if (isAway) throw new Error("away");
          for (const row of rows) table.set(String(row.id), row);
          return rows;
        },
      },
      { flushTries: 2 },
    );
    await products.write({ id: 1, name: "a" });
    await products.write({ id: 2, name: "b" });
    await clock.advance(600_000);
    expect(outcomes).not.toContain("dead");
    expect(await products.get(1)).toMatchObject({ name: "a" });
    isAway = false;
    await clock.advance(61_000);
    expect([table.get("1"), table.get("2")]).toMatchObject([{ name: "a" }, { name: "b" }]);
  });

  it("that throws for one row of many is asked for each alone", async () => {
    const { products, table, clock, outcomes } = shop(
      {
        write: (rows: readonly Product[]) => {
          if (rows.some(({ name }) => name === "poison")) throw new Error("constraint");
          for (const row of rows) table.set(String(row.id), row);
          return rows;
        },
      },
      { flushTries: 3 },
    );
    for (const [id, name] of [
      [1, "a"],
      [2, "poison"],
      [3, "c"],
    ] as const)
      await products.write({ id, name });
    await clock.advance(20_000);
    expect([table.get("1"), table.get("3")]).toMatchObject([{ name: "a" }, { name: "c" }]);
    expect(outcomes.filter((outcome) => outcome === "dead").length).toBe(1);
  });
});

describe("entity.remove with mode BEHIND", () => {
  it("is refused at once where the entity has nothing to remove with", async () => {
    const { products, outcomes } = shop({ remove: undefined as never });
    await expect(products.remove(1)).rejects.toThrow('cache.entity("Product", { load, remove })');
    expect(outcomes).toEqual([]);
  });
});

describe("a write through", () => {
  it("comes after what is pending of its entity", async () => {
    const { run, asked, table } = shop(
      {},
      {
        resolvers: {
          Mutation: { now: (_: unknown, row: Product) => row, later: (_: unknown, row: Product) => row },
        },
      },
      `type Product @cacheTTL(seconds: 60) { id: ID!  name: String }
        type Mutation {
          now(id: ID!, name: String): Product @cacheWrite(entity: "Product")
          later(id: ID!, name: String): Product @cacheWrite(entity: "Product", mode: BEHIND)
        }`,
    );
    expect((await run('mutation { later(id: 1, name: "a") { name } }')).data).toEqual({
      later: { name: "a" },
    });
    expect(asked).toEqual([]);
    expect((await run('mutation { now(id: 1, name: "b") { name } }')).data).toEqual({ now: { name: "b" } });
    expect(asked).toEqual(["write 1 a", "write 1 b"]);
    expect(table.get("1")).toMatchObject({ name: "b" });
  });

  it("is what a write behind becomes when too many are pending, and for a row that cannot be kept", async () => {
    const { products, asked, outcomes, clock } = shop({}, { maxPendingWrites: 1 });
    await products.write({ id: 1, name: "a" });
    await products.write({ id: 2, name: "b" });
    expect(asked).toEqual(["write 2 b"]);
    await products.write({ id: 1, name: "c" });
    expect(asked).toEqual(["write 2 b"]);
    await clock.advance(100);
    await products.write({ id: 3, name: "d", views: (() => 1) as never });
    expect(asked).toEqual(["write 2 b", "write 1 c", "write 3 d"]);
    expect(outcomes.filter((outcome) => outcome === "through").length).toBe(2);
  });

  it("that fails changes nothing, and what was written behind meanwhile goes on", async () => {
    let later: Promise<unknown> | undefined;
    const { run, table, clock, products } = shop(
      {
        write: (rows: readonly Product[]) => {
          if (rows[0]?.name === "bad") {
            later ??= products.write({ id: 1, name: "later" });
            throw new Error("no disk");
          }
          for (const row of rows) table.set(String(row.id), row);
          return rows;
        },
      },
      {
        resolvers: { Mutation: { now: (_: unknown, row: Product) => row } },
      },
      `type Product @cacheTTL(seconds: 60) { id: ID!  name: String }
        type Mutation { now(id: ID!, name: String): Product @cacheWrite(entity: "Product") }`,
    );
    expect((await run('mutation { now(id: 1, name: "bad") { name } }')).errors?.[0]?.message).toBe("no disk");
    await later;
    expect(table.get("1")).toMatchObject({ name: "Tea" });
    await clock.advance(2000);
    expect(table.get("1")).toMatchObject({ name: "later" });
  });
});

describe("what is computed from a row that is written behind", () => {
  it("is computed anew as soon as the write is answered", async () => {
    const { run, products } = shop(
      {},
      {
        resolvers: {
          Product: { label: ({ name }: Product) => `the ${name}` },
          Query: {
            product: (_: unknown, { id }: Product, context: unknown) => products.loader(context).load(id),
          },
        },
      },
      "type Product @cacheTTL(seconds: 60) { id: ID!  name: String  label: String @cacheTTL(seconds: 60) }",
    );
    const label = async () => (await run("{ product(id: 1) { label } }")).data.product.label;
    expect(await label()).toBe("the Tea");
    await products.write({ id: 1, name: "Coffee" });
    expect(await label()).toBe("the Coffee");
  });
});

describe("closing", () => {
  it("sends what is there", async () => {
    const { products, close, table } = shop();
    await products.write({ id: 1, name: "a" });
    const left = await close();
    expect(table.get("1")).toMatchObject({ name: "a" });
    expect(left).toEqual([]);
  });

  it("says what is lost with the process", async () => {
    const { products, close } = shop({ write: () => [new Error("no disk")] });
    await products.write({ id: 1, name: "a" });
    expect(await close()).toEqual(["writes of 1 Product (lost with this process)"]);
  });
});

describe("apply refuses to write behind", () => {
  it.each([
    [
      "a type of several keys",
      'type Product @key(fields: "id") @key(fields: "name") { id: ID!  name: String! }',
      {},
      "has several or none",
    ],
    [
      "PRIVATE rows",
      "type Product @cacheTTL(seconds: 60, scope: PRIVATE) { id: ID! }",
      { principal: () => "me" },
      "not the same for everybody",
    ],
  ])("%s", (_, type, options, message) => {
    expect(() => shop({}, options, type)).toThrow(message);
  });
});
