import { describe, expect, it } from "vitest";
import { shop } from "./support.ts";

interface Row {
  readonly id: number;
  readonly name: string;
  readonly [name: string]: unknown;
}

const typeDefs = /* GraphQL */ `
  type Query {
    products: [Product!]! @cacheTTL(seconds: 60)
    maybe: [Product] @cacheTTL(seconds: 60)
    fleeting: [Product!]! @cacheTTL(seconds: 60, staleSeconds: 60)
    best: Product @cacheTTL(seconds: 60)
    page: Page @cacheTTL(seconds: 60)
    found: [Hit!]! @cacheTTL(seconds: 60)
    nodes: [Node!]! @cacheTTL(seconds: 60)
    people: [Person!]! @cacheTTL(seconds: 60)
    family: Person @cacheTTL(seconds: 60)
  }
  type Page { edges: [Edge!]!, total: Int, first: Product }
  type Edge { cursor: String, node: Product }
  interface Node { id: ID! }
  union Hit = Product | Person | Note
  type Product implements Node @key(fields: "id") { id: ID!, name: String }
  type Person implements Node @key(fields: "id") { id: ID!, name: String, friend: Person }
  type Note { text: String }
`;

/** Products have a loader, people are held by value. */
async function catalogue(
  resolvers: Record<string, () => unknown>,
  more: Partial<Parameters<typeof shop>[0]> = {},
) {
  const products = new Map<string, Row>();
  for (const id of [1, 2, 3]) products.set(String(id), { id, name: `product ${id}` });
  const loads: string[] = [];
  const counted = Object.fromEntries(
    Object.entries(resolvers).map(([name, resolve]) => [
      name,
      () => {
        loads.push(name);
        return resolve();
      },
    ]),
  );
  const made = await shop({
    typeDefs,
    resolvers: {
      Query: counted,
      Node: { __resolveType: (value: { kind?: string }) => (value.kind === "person" ? "Person" : "Product") },
      Person: { __isTypeOf: (value: { friends?: unknown }) => "friends" in value },
    },
    entities: { Product: (key) => products.get(String(key)) ?? null },
    ...more,
  });
  const invalidate = (typeName: string, id: unknown) => {
    const { home, aliases } = made.identities.ofId(typeName, id);
    return made.cache.invalidate([home, ...aliases, `__any:${typeName}`]);
  };
  return { ...made, products, loads, invalidate };
}

const three = () => [1, 2, 3].map((id) => ({ id, name: "from the list" }));
const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);

describe("entities with a loader", () => {
  it("come from their own entries, hit and miss alike, in one batch", async () => {
    const { ask, loads, batches } = await catalogue({ products: three });
    const miss = await ask(`{ products { id name } }`);
    const hit = await ask(`{ products { id name } }`);
    expect(names(miss.data.products)).toEqual(["product 1", "product 2", "product 3"]);
    expect(hit.data).toEqual(miss.data);
    expect(loads).toEqual(["products"]);
    expect(batches).toEqual([{ typeName: "Product", keys: ["1", "2", "3"] }]);
  });

  it("are fresh in every list once they are invalidated, and only they are loaded", async () => {
    const { ask, loads, batches, products, invalidate } = await catalogue({
      products: three,
      best: () => ({ id: 2 }),
    });
    await ask(`{ products { name } best { name } }`);
    products.set("2", { id: 2, name: "renamed" });
    await invalidate("Product", 2);
    const { data, reads } = await ask(`{ products { name } best { name } }`);
    expect(names(data.products)).toEqual(["product 1", "renamed", "product 3"]);
    expect(data.best.name).toBe("renamed");
    expect([...reads].sort()).toEqual(["Query.best hit", "Query.products hit"]);
    expect(loads).toEqual(["products", "best"]);
    expect(batches.slice(1)).toEqual([{ typeName: "Product", keys: ["2"] }]);
  });

  it("cost one wave for the list, one for its rows and one for their fields, cold and warm", async () => {
    const ids = Array.from({ length: 50 }, (_, id) => ({ id }));
    const { ask, events, batches } = await catalogue(
      { products: () => ids },
      {
        typeDefs: `${typeDefs}
          extend type Product { a: Int @cacheTTL(seconds: 60), b: Int @cacheTTL(seconds: 60), c: Int @cacheTTL(seconds: 60), d: Int @cacheTTL(seconds: 60) }`,
        resolvers: {
          Query: { products: () => ids },
          Product: Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, () => 1])),
        },
        entities: { Product: (id) => ({ id }) },
      },
    );
    const waves = () => events.filter(({ type }) => type === "wave").length;
    const source = `{ products { id a b c d } }`;
    const cold = await ask(source);
    expect([waves(), batches.length, cold.reads.length]).toEqual([3, 1, 201]);
    const warm = await ask(source);
    expect([waves(), batches.length]).toEqual([6, 1]);
    expect(warm.reads.filter((read) => read.endsWith(" hit"))).toHaveLength(201);
    expect(warm.data).toEqual(cold.data);
  });

  it("are found in connections, nested objects, promises and sets", async () => {
    const { ask, batches } = await catalogue({
      page: () => ({
        total: Promise.resolve(3),
        first: Promise.resolve({ id: 3 }),
        edges: new Set([
          { cursor: "a", node: { id: 1 } },
          Promise.resolve({ cursor: "b", node: Promise.resolve({ id: 2 }) }),
          { cursor: "c", node: null },
        ]),
      }),
    });
    const source = `{ page { total first { name } edges { cursor node { name } } } }`;
    const miss = await ask(source);
    const hit = await ask(source);
    expect(miss.errors).toEqual([]);
    expect(miss.data.page).toEqual({
      total: 3,
      first: { name: "product 3" },
      edges: [
        { cursor: "a", node: { name: "product 1" } },
        { cursor: "b", node: { name: "product 2" } },
        { cursor: "c", node: null },
      ],
    });
    expect(hit).toMatchObject({ data: miss.data, reads: ["Query.page hit"] });
    expect(batches).toHaveLength(1);
  });

  it("keep their type in unions and interfaces", async () => {
    const { ask } = await catalogue({
      found: () => [
        { __typename: "Product", id: 1 },
        { __typename: "Person", id: 1, name: "ann", friends: [] },
        { __typename: "Note", text: "hello" },
      ],
      nodes: () => [{ id: 2 }, { kind: "person", id: 2, name: "bob", friends: [] }],
    });
    const source = `{
      found { __typename ... on Product { name } ... on Person { name } ... on Note { text } }
      nodes { __typename id ... on Product { name } ... on Person { name } }
    }`;
    const miss = await ask(source);
    const hit = await ask(source);
    expect(miss.errors).toEqual([]);
    expect(miss.data).toEqual({
      found: [
        { __typename: "Product", name: "product 1" },
        { __typename: "Person", name: "ann" },
        { __typename: "Note", text: "hello" },
      ],
      nodes: [
        { __typename: "Product", id: "2", name: "product 2" },
        { __typename: "Person", id: "2", name: "bob" },
      ],
    });
    expect(hit).toMatchObject({ data: miss.data, errors: [], reads: ["Query.found hit", "Query.nodes hit"] });
  });

  it("leave the resolver's own objects as they are", async () => {
    const rows = three();
    const page = Object.freeze({
      edges: Object.freeze([Object.freeze({ cursor: "a", node: Object.freeze(rows[0]) })]),
    });
    const { ask } = await catalogue({ products: () => Object.freeze(rows), page: () => page });
    const { errors } = await ask(`{ products { name } page { edges { node { name } } } }`);
    expect(errors).toEqual([]);
    expect(rows).toEqual(three());
  });

  it("spoil nothing but their own place when one fails", async () => {
    const { ask } = await catalogue(
      { maybe: three },
      {
        entities: {
          Product: (key) => (key === "2" ? new Error("no row 2") : { id: key, name: `product ${key}` }),
        },
      },
    );
    const { data, errors } = await ask(`{ maybe { name } }`);
    expect(data.maybe).toEqual([{ name: "product 1" }, null, { name: "product 3" }]);
    expect(errors).toEqual(["no row 2"]);
  });

  it("fail the field when the entity is the whole value", async () => {
    const { ask } = await catalogue(
      { best: () => ({ id: 1 }) },
      { entities: { Product: () => new Error("no row") } },
    );
    const { data, errors } = await ask(`{ best { name } }`);
    expect({ data, errors }).toEqual({ data: { best: null }, errors: ["no row"] });
  });
});

describe("a reference to an entity that is gone", () => {
  it("makes the entry a miss, once", async () => {
    let ids = [1, 2, 3];
    const { ask, products, loads, invalidate } = await catalogue({
      products: () => ids.map((id) => ({ id })),
    });
    await ask(`{ products { name } }`);
    products.delete("2");
    ids = [1, 3];
    await invalidate("Product", 2);
    const again = await ask(`{ products { name } }`);
    expect(again).toMatchObject({ errors: [], reads: ["Query.products miss"] });
    expect(names(again.data.products)).toEqual(["product 1", "product 3"]);
    expect((await ask(`{ products { name } }`)).reads).toEqual(["Query.products hit"]);
    expect(loads).toHaveLength(2);
  });

  it("is loaded once for all who find it", async () => {
    let ids = [1, 2, 3];
    const { ask, products, loads, invalidate } = await catalogue({
      products: () => ids.map((id) => ({ id })),
    });
    await ask(`{ products { name } }`);
    products.delete("2");
    ids = [1, 3];
    await invalidate("Product", 2);
    const all = await Promise.all(Array.from({ length: 20 }, () => ask(`{ products { name } }`)));
    expect(all.map(({ data }) => names(data.products))).toEqual(all.map(() => ["product 1", "product 3"]));
    expect(loads).toHaveLength(2);
  });

  it("is asked for once by all who find it where the source goes on naming it", async () => {
    const { ask, products, loads, invalidate } = await catalogue({ maybe: three });
    await ask(`{ maybe { name } }`);
    products.delete("2");
    await invalidate("Product", 2);
    const all = await Promise.all(Array.from({ length: 20 }, () => ask(`{ maybe { name } }`)));
    expect(all.map(({ data }) => data.maybe[1])).toEqual(all.map(() => null));
    expect(loads).toHaveLength(2);
  });

  it("is not taken from a load that began before it was gone", async () => {
    let ids = [1, 2, 3];
    let gate: Promise<void> | undefined;
    const { ask, products, loads, cache, clock, invalidate } = await catalogue(
      {
        fleeting: async () => {
          const named = ids.map((id) => ({ id }));
          await gate;
          return named;
        },
      },
      { backgroundContext: () => ({}) },
    );
    await ask(`{ fleeting { name } }`);
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    clock.step(60_001);
    const stale = ask(`{ fleeting { name } }`);
    while (loads.length < 2) await new Promise((resolve) => setImmediate(resolve));
    products.delete("2");
    ids = [1, 3];
    await invalidate("Product", 2);
    const answer = ask(`{ fleeting { name } }`);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    open();
    gate = undefined;
    expect(names((await answer).data.fleeting)).toEqual(["product 1", "product 3"]);
    await stale;
    await cache.drain(1000);
    expect(names((await ask(`{ fleeting { name } }`)).data.fleeting)).toEqual(["product 1", "product 3"]);
  });

  it("is null where the source goes on naming it, without asking the source every time", async () => {
    const { ask, products, loads, invalidate } = await catalogue({ maybe: three });
    await ask(`{ maybe { name } }`);
    products.delete("2");
    await invalidate("Product", 2);
    for (let round = 0; round < 3; round++) {
      const { data, errors } = await ask(`{ maybe { name } }`);
      expect(errors).toEqual([]);
      expect(data.maybe).toEqual([{ name: "product 1" }, null, { name: "product 3" }]);
    }
    expect(loads).toHaveLength(2);
  });
});

describe("entities held by value", () => {
  const people = (count: number) =>
    Array.from({ length: count }, (_, id) => ({ id, name: `person ${id}`, friends: [] }));

  it.each([3, 100])("each forget the entry that shows them, of %i", async (count) => {
    const { ask, loads, invalidate } = await catalogue({ people: () => people(count) });
    await ask(`{ people { name } }`);
    await ask(`{ people { name } }`);
    expect(loads).toHaveLength(1);
    await invalidate("Person", 2);
    await ask(`{ people { name } }`);
    expect(loads).toHaveLength(2);
  });

  it("are forgotten with their type", async () => {
    const { ask, loads, cache } = await catalogue({ people: () => people(2) });
    await ask(`{ people { name } }`);
    await cache.invalidate(["__type:Person", "__any:Person"]);
    await ask(`{ people { name } }`);
    expect(loads).toHaveLength(2);
  });

  it("are reached inside one another, in cycles too", async () => {
    const ann: Record<string, unknown> = { id: 1, name: "ann", friends: [] };
    const bob: Record<string, unknown> = { id: 2, name: "bob", friends: [], friend: ann };
    ann["friend"] = bob;
    const { ask, loads, invalidate } = await catalogue({ family: () => ann });
    const source = `{ family { name friend { name friend { name friend { name } } } } }`;
    const miss = await ask(source);
    const hit = await ask(source);
    expect(miss.data.family.friend.friend.friend.name).toBe("bob");
    expect(hit).toMatchObject({ data: miss.data, reads: ["Query.family hit"] });
    await invalidate("Person", 2);
    await ask(source);
    expect(loads).toHaveLength(2);
  });

  it("count as any of their type where they show no key", async () => {
    const { ask, loads, invalidate } = await catalogue({
      people: () => [
        { id: 1, friends: [] },
        { name: "x", friends: [] },
      ],
    });
    await ask(`{ people { name } }`);
    await invalidate("Person", 77);
    await ask(`{ people { name } }`);
    expect(loads).toHaveLength(2);
  });

  it("count as any of their type where they show only its second key, by value and as a parent", async () => {
    let loads = 0;
    const { ask, cache, identities } = await shop({
      typeDefs: /* GraphQL */ `
        type Query { list: [Item] @cacheTTL(seconds: 60), item: Item }
        type Item @key(fields: "id") @key(fields: "upc") { id: ID, upc: ID!, price: Int @cacheTTL(seconds: 60) }
      `,
      resolvers: {
        Query: {
          list: () => {
            loads++;
            return [{ upc: "a" }];
          },
          item: () => ({ upc: "a" }),
        },
        Item: { price: () => ++loads },
      },
    });
    const query = `{ list { upc } item { price } }`;
    await ask(query, {});
    await ask(query, {});
    expect(loads).toBe(2);
    await cache.invalidate([identities.ofId("Item", 7).home, "__any:Item"]);
    await ask(query, {});
    expect(loads).toBe(4);
  });

  it("come back as instances with a codec, and are loaded again where it has changed", async () => {
    class Person {
      readonly #name: string;
      readonly id: number;
      readonly friends = [];
      constructor(id: number, name: string) {
        this.id = id;
        this.#name = name;
      }
      get name() {
        return this.#name;
      }
    }
    let version = 1;
    const { ask, loads, invalidate } = await catalogue(
      {
        family: () => new Person(1, "ann"),
        found: () => [{ __typename: "Note", text: "x" }, new Person(2, "bob")],
      },
      {
        codecs: {
          Person: {
            encode: ({ id, name }: Person) => ({ id, name, version }),
            decode: ({ id, name, version: written }) => {
              if (written !== version) throw new Error("another version");
              return new Person(id, name);
            },
          },
        },
      },
    );
    const source = `{ family { name } found { ... on Person { name } ... on Note { text } } }`;
    const miss = await ask(source);
    const hit = await ask(source);
    expect(miss.data).toEqual({ family: { name: "ann" }, found: [{ text: "x" }, { name: "bob" }] });
    expect(hit).toMatchObject({
      data: miss.data,
      errors: [],
      reads: ["Query.family hit", "Query.found hit"],
    });
    version = 2;
    const after = await ask(source);
    expect(after).toMatchObject({ data: miss.data, errors: [] });
    expect(loads).toHaveLength(4);
    await invalidate("Person", 1);
    await ask(source);
    expect(loads).toHaveLength(5);
  });

  it("are served, and not stored, inside an instance that would not survive", async () => {
    class Page {
      readonly total = 1;
      get edges() {
        return [{ cursor: "a", node: { id: 1, name: "as the resolver gave it" } }];
      }
    }
    const { ask, entries, warnings } = await catalogue({ page: () => new Page() });
    const { data, errors } = await ask(`{ page { total edges { node { name } } } }`);
    expect({ data, errors }).toEqual({
      data: { page: { total: 1, edges: [{ node: { name: "as the resolver gave it" } }] } },
      errors: [],
    });
    expect(await entries()).toEqual([]);
    expect(warnings()).toContain("unstorable Query.page");
  });
});
