import { describe, expect, it } from "vitest";
import { shop } from "./support.ts";

const typeDefs = /* GraphQL */ `
  type Query {
    product(id: ID!): Product
    search(filter: Filter, first: Int = 10, word: String, sort: Sort): String @cacheTTL(seconds: 60)
    tracked(word: String, trace: String): String @cacheTTL(seconds: 60, ignoreArgs: ["trace"])
    odd(of: Anything): String @cacheTTL(seconds: 60)
  }
  type Mutation { product(id: ID!): Product }
  scalar Anything
  enum Sort { UP DOWN }
  input Filter { a: String, b: String }
  type Product @key(fields: "id") {
    id: ID!
    house: String
    price(currency: String = "EUR"): Int @cacheTTL(seconds: 60)
    dims(unit: String): Dims @cacheTTL(seconds: 60, selection: true)
    gone: Int @cacheTTL(seconds: 60)
    stock: Int @cacheTTL(seconds: 60, tags: ["warehouse:{parent.house}", "unit:{value}"])
  }
  type Dims { width(in: String): Int, height: Int }
`;

interface PriceShopOptions {
  readonly isOn?: (coordinate: string) => boolean;
  /** Runs between the reading of a product and its fields. */
  readonly afterParent?: () => Promise<void>;
}

async function priceShop({ afterParent, ...more }: PriceShopOptions = {}) {
  const loads: unknown[] = [];
  const product = (_: unknown, { id }: { id: string }) => ({ id, house: "berlin" });
  const made = await shop({
    typeDefs,
    resolvers: {
      Query: {
        product: async (_: unknown, { id }: { id: string }) => {
          const row = id === "none" ? {} : product(_, { id });
          await afterParent?.();
          return row;
        },
        search: (_: unknown, args: unknown) => `${JSON.stringify(args)} ${loads.push(args)}`,
        tracked: () => String(loads.push("tracked")),
        odd: () => String(loads.push("odd")),
      },
      Mutation: { product },
      Sort: { UP: 1, DOWN: -1 },
      Product: {
        price: () => loads.push("price"),
        dims: () => ({ width: loads.push("dims"), height: 2 }),
        gone: () => {
          loads.push("gone");
          throw new Error("the source is away");
        },
        stock: () => loads.push("stock"),
      },
    },
    ...more,
  });
  return { ...made, loads };
}

describe("a cached field", () => {
  it("is loaded once and then served from its entry", async () => {
    const { ask, loads } = await priceShop();
    const cold = await ask(`{ product(id: 1) { price } }`);
    const warm = await ask(`{ product(id: 1) { price } }`);
    expect(cold).toMatchObject({ data: { product: { price: 1 } }, reads: ["Product.price miss"] });
    expect(warm).toMatchObject({ data: { product: { price: 1 } }, reads: ["Product.price hit"] });
    expect(loads).toHaveLength(1);
  });

  it("has the key of the contract", async () => {
    const { ask, entries } = await priceShop();
    await ask(`{ product(id: 42) { price } }`);
    expect(await entries()).toEqual([
      expect.stringMatching(
        /^shop:\{Product:42\}:price:v1\.[0-9a-zA-Z_-]+:%7B%22currency%22%3A%22EUR%22%7D$/,
      ),
    ]);
  });

  it("is one entry under every alias, operation name, blank, fragment and header", async () => {
    const { ask, loads } = await priceShop();
    await ask(`{ product(id: 1) { price } }`);
    await ask(
      `query Named($id: ID!) { other: product(id: $id) { cost: price } }`,
      { header: "x" },
      { id: 1 },
    );
    await ask(`{product(id:"1"){...F}} fragment F on Product{\n price(currency: "EUR")\n}`, { header: "y" });
    expect(loads).toHaveLength(1);
  });

  it("does not serve one fragment's fields for those of another document's fragment of the same name", async () => {
    const { ask } = await priceShop();
    const one = await ask(`{ product(id: 1) { dims { ...F } } } fragment F on Dims { width }`);
    const other = await ask(`{ product(id: 1) { dims { ...F } } } fragment F on Dims { height }`);
    expect(one.data.product.dims).toEqual({ width: 1 });
    expect(other.data.product.dims).toEqual({ height: 2 });
  });

  it("fails as its resolver does, stores no error and records a miss", async () => {
    const { ask, entries } = await priceShop();
    const { data, errors, reads } = await ask(`{ product(id: 1) { gone price } }`);
    expect(data.product).toEqual({ gone: null, price: 2 });
    expect(errors).toEqual(["the source is away"]);
    expect([...reads].sort()).toEqual(["Product.gone miss", "Product.price miss"]);
    expect(await entries()).toHaveLength(1);
  });

  it("is reached by its tags: of the parent, and of the value", async () => {
    const { ask, cache, loads } = await priceShop();
    const stock = async () => (await ask(`{ product(id: 1) { stock } }`)).data.product.stock;
    expect([await stock(), await stock()]).toEqual([1, 1]);
    await cache.invalidate(["__tag:warehouse:berlin"]);
    expect(await stock()).toBe(2);
    await cache.invalidate(["__tag:unit:1"]);
    expect(await stock()).toBe(2);
    await cache.invalidate(["__tag:unit:2"]);
    expect(await stock()).toBe(3);
    expect(loads).toHaveLength(3);
  });

  it.each(["Product:1", "__type:Product", "__field:Product.price"])("is forgotten with %s", async (name) => {
    const { ask, cache, loads } = await priceShop();
    await ask(`{ product(id: 1) { price } }`);
    await cache.invalidate([name]);
    await ask(`{ product(id: 1) { price } }`);
    expect(loads).toHaveLength(2);
  });
});

describe("a tag of the value", () => {
  it("is found where the value is only promised", async () => {
    let loads = 0;
    const { ask, cache } = await shop({
      typeDefs: /* GraphQL */ `
        type Query {
          book: Book @cacheTTL(seconds: 60, tags: ["author:{value.author.id}"])
          books: [Book] @cacheTTL(seconds: 60, tags: ["{value[].kind}:{value[].author.id}"])
        }
        type Book { title: String, kind: String, author: Author }
        type Author { id: String }
      `,
      resolvers: {
        Query: {
          book: () => ({ title: ++loads, author: Promise.resolve({ id: "7" }) }),
          books: () => [
            Promise.resolve({ title: ++loads, kind: Promise.resolve("author"), author: { id: "7" } }),
          ],
        },
      },
    });
    const query = `{ book { title } books { title } }`;
    await ask(query, {});
    expect((await ask(query, {})).reads).toEqual(["Query.book hit", "Query.books hit"]);
    await cache.invalidate(["__tag:author:7"]);
    expect((await ask(query, {})).reads).toEqual(["Query.book miss", "Query.books miss"]);
  });
});

describe("arguments in the key", () => {
  const distinct = [
    `{ search }`,
    `{ search(word: null) }`,
    `{ search(word: "null") }`,
    `{ search(word: "") }`,
    `{ search(first: null) }`,
    `{ search(first: 1) }`,
    `{ search(word: "1") }`,
    `{ search(filter: {}) }`,
    `{ search(filter: null) }`,
    `{ search(filter: { a: "1b:2" }) }`,
    `{ search(filter: { a: "1", b: "2" }) }`,
    `{ search(filter: { a: "1", b: null }) }`,
    `{ search(sort: UP) }`,
    `{ search(sort: DOWN) }`,
    `{ odd(of: 1) }`,
    `{ odd(of: "1") }`,
    `{ odd(of: [1]) }`,
    `{ odd(of: { a: 1 }) }`,
    `{ odd(of: true) }`,
    `{ odd(of: "${"x".repeat(2000)}") }`,
  ];

  it("tell different arguments apart, each as its own entry", async () => {
    const { ask, loads, entries } = await priceShop();
    for (const source of distinct) await ask(source);
    for (const source of distinct)
      expect((await ask(source)).reads).toEqual([expect.stringMatching(/ hit$/)]);
    expect(loads).toHaveLength(distinct.length);
    expect(Math.max(...(await entries()).map((key) => key.length))).toBeLessThan(150);
  });

  it.each([
    [`{ search }`, `{ search(first: 10) }`],
    [`{ search(filter: { a: "1", b: "2" }) }`, `{ search(filter: { b: "2", a: "1" }) }`],
    [`{ odd(of: { a: 1, b: 2 }) }`, `{ odd(of: { b: 2, a: 1 }) }`],
    [`{ tracked(word: "w", trace: "1") }`, `{ tracked(word: "w", trace: "2") }`],
  ])("are equal however they are written: %s and %s", async (one, other) => {
    const { ask, loads } = await priceShop();
    await ask(one);
    await ask(other);
    expect(loads).toHaveLength(1);
  });

  it("count by value where a variable gives them", async () => {
    const { ask, loads } = await priceShop();
    await ask(`{ search(filter: { a: "1" }) }`);
    await ask(`query($filter: Filter) { search(filter: $filter) }`, {}, { filter: { a: "1" } });
    await ask(`query($a: String) { search(filter: { a: $a }) }`, {}, { a: "1" });
    expect(loads).toHaveLength(1);
  });
});

describe("selection: true", () => {
  const same = [
    `{ product(id: 1) { dims { width(in: "cm") height } } }`,
    `{ product(id: 1) { dims { height w: width(in: "cm") } } }`,
    `query($u: String = "cm") { product(id: 1) { dims { ...A ... on Dims { height } } } } fragment A on Dims { width(in: $u) }`,
    `{ product(id: 1) { dims { height height x: width(in: "cm") y: width(in: "mm") @skip(if: true) } } }`,
  ];
  it.each(same)("shares the entry of an equal selection: %s", async (source) => {
    const { ask, loads } = await priceShop();
    await ask(same[0]!);
    await ask(source);
    expect(loads).toHaveLength(1);
  });

  it.each([
    `{ product(id: 1) { dims { width(in: "cm") } } }`,
    `{ product(id: 1) { dims { width height } } }`,
    `{ product(id: 1) { dims { width(in: "mm") height } } }`,
    `{ product(id: 1) { dims { width(in: "cm") height @include(if: false) } } }`,
    `{ product(id: 1) { dims { width(in: "cm") height __typename } } }`,
    `{ product(id: 1) { dims { a: width(in: "cm") b: width(in: "mm") height } } }`,
  ])("loads anew for another one: %s", async (source) => {
    const { ask, loads } = await priceShop();
    await ask(same[0]!);
    await ask(source);
    expect(loads).toHaveLength(2);
  });
});

describe("a call that does not reach the cache", () => {
  it("is every call of a mutation, which reads and stores nothing", async () => {
    const { ask, loads, entries, events } = await priceShop();
    await ask(`{ product(id: 1) { price } }`);
    const { data, reads } = await ask(`mutation { product(id: 1) { price } }`);
    expect({ data, reads }).toEqual({
      data: { product: { price: 2 } },
      reads: ["Product.price bypass mutation"],
    });
    expect(events.at(-1)).toEqual({
      type: "read",
      coordinate: "Product.price",
      outcome: "bypass",
      reason: "mutation",
    });
    expect(await entries()).toHaveLength(1);
    expect(loads).toHaveLength(2);
  });

  it("is one whose parent shows no key, which is told once", async () => {
    const { ask, warnings, loads } = await priceShop();
    const first = await ask(`{ product(id: "none") { price } }`);
    await ask(`{ product(id: "none") { price } }`);
    expect(first.reads).toEqual(["Product.price bypass no-identity"]);
    expect(warnings()).toEqual(["no-identity Product.price"]);
    expect(loads).toHaveLength(2);
  });

  it("is one of a coordinate that is switched off at run time", async () => {
    let on = true;
    const { ask, loads } = await priceShop({ isOn: (coordinate) => on || coordinate !== "Product.price" });
    await ask(`{ product(id: 1) { price } }`);
    on = false;
    const { reads } = await ask(`{ product(id: 1) { price } }`);
    expect(reads).toEqual(["Product.price bypass disabled"]);
    on = true;
    expect((await ask(`{ product(id: 1) { price } }`)).reads).toEqual(["Product.price hit"]);
    expect(loads).toHaveLength(2);
  });
});

describe("a request", () => {
  it("begins at its root field: a child of a parent that was read before an invalidation is not stored", async () => {
    const made = await priceShop({ afterParent: () => made.cache.invalidate(["Product:1"]) });
    const { data } = await made.ask(`{ product(id: 1) { price } }`);
    expect(data).toEqual({ product: { price: 1 } });
    expect(await made.entries()).toEqual([]);
  });

  it("is one per operation, although a constant context serves many", async () => {
    const { ask, cache, loads } = await priceShop();
    const context = Object.freeze({ constant: true });
    await ask(`{ product(id: 1) { price } }`, context);
    await cache.invalidate(["Product:1"]);
    await ask(`{ product(id: 1) { price } }`, context);
    const { reads } = await ask(`{ product(id: 1) { price } }`, context);
    expect(reads).toEqual(["Product.price hit"]);
    expect(loads).toHaveLength(2);
  });

  it("keeps its state when the context is copied, and shows it to nobody by name", async () => {
    const { states } = await priceShop();
    class Context {
      user = "ann";
    }
    const context = new Context();
    const state = states.of(context);
    expect(states.of(Object.assign(Object.create(Object.getPrototypeOf(context)), context))).toBe(state);
    expect(states.of({ ...context })).toBe(state);
    expect(Object.keys(context)).toEqual(["user"]);
    expect(JSON.stringify(context)).toBe('{"user":"ann"}');
  });

  it("records path and key while it is debugged", async () => {
    const { ask, states, entries } = await priceShop();
    const context = {};
    states.of(context).debug = true;
    const { state } = await ask(`{ p: product(id: 1) { cost: price } }`, context);
    expect(state.reads).toEqual([
      {
        coordinate: "Product.price",
        outcome: "miss",
        scope: "PUBLIC",
        lifetimes: { freshMs: 60_000, staleMs: 0, staleIfErrorMs: 0, nullMs: 5000 },
        ageMs: 0,
        remainingMs: 60_000,
        path: ["p", "cost"],
        key: (await entries())[0],
      },
    ]);
  });
});
