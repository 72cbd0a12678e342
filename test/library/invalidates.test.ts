import { describe, expect, it } from "vitest";
import { createTestCache, type TestCacheOptions } from "../../src/testing/index.ts";

// What `@invalidates` names is known by what it drops: the stamp names of the event.

interface Mutated {
  /** Stamp names that were invalidated; undefined: nothing was. */
  readonly names: readonly string[] | undefined;
  readonly dropped: number;
  readonly errors: readonly string[];
  readonly data: unknown;
}

interface Mutation {
  readonly directive: string;
  readonly returns?: string;
  readonly resolve?: () => unknown;
  readonly options?: Partial<TestCacheOptions>;
}

async function mutate({
  directive,
  returns = "Payload",
  resolve = () => ({ item: { id: 7, slug: "tea" }, items: [{ id: 1 }, { id: 2 }], none: null }),
  options = {},
}: Mutation): Promise<Mutated> {
  let names: readonly string[] | undefined;
  const { run, cache } = createTestCache({
    typeDefs: `
      type Query { products: [Product!] }
      type Mutation { change(id: ID, input: Input, ids: [ID!]): ${returns} ${directive} }
      input Input { id: ID  tags: [String!] }
      type Payload { item: Item  items: [Item!]  none: Item }
      type Item { id: ID!  slug: String }
      type Product { id: ID!  price: Int }
      type Stock @key(fields: "sku region") { sku: ID!  region: String! }
      interface Named { id: ID! }
      type Book implements Named { id: ID! }
      type Film implements Named { id: ID! }
    `,
    resolvers: { Mutation: { change: resolve } },
    ...options,
    onEvent: (event) => {
      if (event.type === "invalidate") names = event.names;
    },
  });
  const selection = returns === "Payload" ? "{ __typename }" : "";
  const result = await run(
    `mutation { change(id: 42, input: { id: "a", tags: ["x", "y"] }, ids: [3, 4]) ${selection} }`,
  );
  return {
    names,
    dropped: cache.stats().invalidations.droppedTargets,
    errors: (result.errors ?? []).map(({ message }) => message),
    data: result.data,
  };
}

const OF_42 = ["Product:42", "__any:Product"];

const cases: readonly (readonly [string, string, readonly string[] | undefined, number])[] = [
  ["one entity by an argument", '@invalidates(entity: "Product", id: "{args.id}")', OF_42, 0],
  [
    "one entity by a field of an input",
    '@invalidates(entity: "Product", id: "{args.input.id}")',
    ["Product:a", "__any:Product"],
    0,
  ],
  [
    "one entity for each item of a list",
    '@invalidates(entity: "Product", id: "{args.ids[]}")',
    ["Product:3", "Product:4", "__any:Product"],
    0,
  ],
  [
    "one entity by the result",
    '@invalidates(entity: "Product", id: "{result.item.id}")',
    ["Product:7", "__any:Product"],
    0,
  ],
  [
    "one entity for each item of the result",
    '@invalidates(entity: "Product", id: "{result.items[].id}")',
    ["Product:1", "Product:2", "__any:Product"],
    0,
  ],
  [
    "an entity of several key fields",
    '@invalidates(entity: "Stock", id: "{args.id},{args.input.id}")',
    ["Stock:42,a", "__any:Stock"],
    0,
  ],
  [
    "an interface's members",
    '@invalidates(entity: "Named", id: "{args.id}")',
    ["Book:42", "Film:42", "__any:Book", "__any:Film"],
    0,
  ],
  ["all entities of a type", '@invalidates(entity: "Product")', ["__any:Product", "__type:Product"], 0],
  ["a field", '@invalidates(field: "Query.products")', ["__field:Query.products"], 0],
  [
    "tags, one for each item of a list",
    '@invalidates(tags: ["a:{args.input.tags[]}", "all"])',
    ["__tag:a:x", "__tag:a:y", "__tag:all"],
    0,
  ],
  [
    "several targets of several directives",
    '@invalidates(tags: ["all"]) @invalidates(entity: "Product", id: "{args.id}", field: "Query.products")',
    [...OF_42, "__field:Query.products", "__tag:all"],
    0,
  ],
  [
    "nothing for a part that is null, which is counted",
    '@invalidates(entity: "Product", id: "{result.none.id}")',
    undefined,
    1,
  ],
  [
    "the targets without a null part",
    '@invalidates(tags: ["n:{result.none.id}", "i:{args.id}"])',
    ["__tag:i:42"],
    1,
  ],
];

describe("@invalidates", () => {
  it.each(cases)("drops %s", async (_title, directive, names, dropped) => {
    const mutated = await mutate({ directive });
    expect(mutated.names && [...mutated.names].sort()).toEqual(names && [...names].sort());
    expect(mutated).toMatchObject({ dropped, errors: [], data: { change: { __typename: "Payload" } } });
  });

  it.each([
    ["throws", () => Promise.reject(new Error("half done"))],
    ["returns an Error", () => new Error("half done")],
  ])("drops what only needs arguments when the resolver %s", async (_title, resolve) => {
    const directive = '@invalidates(tags: ["i:{args.id}", "r:{result.item.id}"])';
    expect(await mutate({ directive, resolve })).toMatchObject({
      names: ["__tag:i:42"],
      dropped: 0,
      errors: ["half done"],
      data: { change: null },
    });
  });

  const mistakes: readonly (readonly [string, string, string])[] = [
    [
      "an unknown type",
      '@invalidates(entity: "Produkt")',
      '@invalidates cannot work. The schema has no entity "Produkt". Did you mean "Product"?',
    ],
    [
      "an unknown field",
      '@invalidates(field: "Query.produkts")',
      '@invalidates cannot work. "Query" has no field "produkts". Did you mean "products"?',
    ],
    [
      "an unknown argument",
      '@invalidates(tags: ["{args.idd}"])',
      'which names the argument "idd", which the field does not have. Did you mean "id"',
    ],
    ["an unknown root", '@invalidates(tags: ["{value.id}"])', "Mend the template."],
    [
      "an id without entity",
      '@invalidates(id: "{args.id}")',
      '@invalidates has an "id" without an "entity".',
    ],
    ["nothing", "@invalidates", "@invalidates names nothing."],
    [
      "a type without key",
      '@invalidates(entity: "Payload")',
      '@invalidates cannot work, as "Payload" has no key. Give it one, or name the fields that show it',
    ],
    [
      "half a key",
      '@invalidates(entity: "Stock", id: "{args.id}")',
      'a "Stock" has the key fields sku, region. Give a part for each, in this order',
    ],
  ];

  it.each(mistakes)("is an error at start for %s", async (_title, directive, message) => {
    await expect(mutate({ directive })).rejects.toThrow(message);
  });

  it("is a warning where it never takes effect", () => {
    const { recorder } = createTestCache({
      typeDefs: 'type Query { a: Int @invalidates(tags: ["x"]) }',
      resolvers: { Query: { a: () => 1 } },
    });
    expect(recorder.warnings).toEqual([expect.stringContaining("Query.a")]);
    expect(recorder.warnings[0]).toContain("@invalidates never takes effect here.");
  });
});

describe("a mutation", () => {
  const typeDefs = `
    type Query { product(id: ID!): Product }
    type Mutation {
      rename(id: ID!, name: String!): Product @invalidates(entity: "Product", id: "{args.id}")
      renameTagged(id: ID!, name: String!): Product @invalidates(tags: ["products"])
    }
    type Product @cacheTTL(seconds: 60, tags: ["products"]) { id: ID!  name: String!  upper: String! @cacheTTL(seconds: 60, tags: ["products"]) }
  `;

  function shop() {
    let name = "old";
    const rename = async (
      _: unknown,
      args: { readonly id: string; readonly name: string },
      context: object,
    ): Promise<unknown> => {
      // Read before it is written: what the loader remembers is the old row.
      await test.loaders["Product"]!.loader(context).load(args.id);
      name = args.name;
      return { id: args.id, name };
    };
    const test = createTestCache({
      typeDefs,
      entities: { Product: { load: async (keys) => keys.map((id) => ({ id, name })) } },
      resolvers: (loaders) => ({
        Query: { product: (_, { id }, context) => loaders["Product"]!.loader(context).load(id) },
        Mutation: { rename, renameTagged: rename },
        Product: {
          upper: async ({ id }, _, context) =>
            ((await loaders["Product"]!.loader(context).load(id)) as { name: string }).name.toUpperCase(),
        },
      }),
    });
    return test;
  }

  it.each(["rename", "renameTagged"])(
    "by %s shows the new data in its own answer and in the next request's",
    async (field) => {
      const { run, settle } = shop();
      await run("{ product(id: 1) { name upper } }");
      await settle();
      const changed = await run(`mutation { ${field}(id: 1, name: "new") { name upper } }`);
      expect(changed).toMatchObject({ data: { [field]: { name: "new", upper: "NEW" } } });
      expect(await run("{ product(id: 1) { name upper } }")).toMatchObject({
        data: { product: { name: "new", upper: "NEW" } },
      });
    },
  );

  it("forgets rows that show what it changed, too", async () => {
    let name = "old";
    const { run } = createTestCache({
      typeDefs: `
        type Query { a: Int }
        type Mutation { rename: Shelf @invalidates(entity: "Book", id: "1") }
        type Shelf @cacheTTL(seconds: 60) { id: ID!  book: Book! }
        type Book { id: ID!  name: String! }
      `,
      entities: { Shelf: { load: async (keys) => keys.map((id) => ({ id, first: { id: 1, name } })) } },
      resolvers: (loaders) => {
        const shelf = async (context: unknown) =>
          (await loaders["Shelf"]!.loader(context).load(9)) as { first: object };
        return {
          Mutation: {
            rename: async (_, __, context) => {
              await shelf(context);
              name = "new";
              return { id: 9 };
            },
          },
          Shelf: { book: async (_, __, context) => (await shelf(context)).first },
        };
      },
    });
    expect(await run("mutation { rename { book { name } } }")).toMatchObject({
      data: { rename: { book: { name: "new" } } },
    });
  });

  it("waits for a part of its result that is only promised", async () => {
    const { names, dropped } = await mutate({
      directive: '@invalidates(entity: "Product", id: "{result.items[].id}")',
      resolve: () => ({ items: [Promise.resolve({ id: 1 }), { id: Promise.resolve(2) }] }),
    });
    expect({ names, dropped }).toEqual({ names: ["Product:1", "__any:Product", "Product:2"], dropped: 0 });
  });

  it("invalidates before the selection under it is resolved", async () => {
    const order: string[] = [];
    const { run } = createTestCache({
      typeDefs: `
        type Query { a: Int }
        type Mutation { change: Payload @invalidates(tags: ["x"]) }
        type Payload { ok: Boolean }
      `,
      resolvers: {
        Mutation: { change: async () => ({ at: order.push("resolver") }) },
        Payload: { ok: () => order.push("selection") > 0 },
      },
      onEvent: (event) => event.type === "invalidate" && order.push("invalidated"),
    });
    await run("mutation { change { ok } }");
    expect(order).toEqual(["resolver", "invalidated", "selection"]);
  });
});

describe("a key that is no text", () => {
  it.each([
    ["arguments", "{args.on},{args.kind}"],
    ["the result", "{result.on},{result.kind}"],
  ])("is taken from %s as what it is: a Boolean, an enum's own value", async (_, id) => {
    let names: readonly string[] = [];
    const { run, cache } = createTestCache({
      typeDefs: `
        enum Kind { PLAIN FANCY }
        type Query { lamps: [Lamp!] }
        type Mutation { change(on: Boolean!, kind: Kind!): Lamp @invalidates(entity: "Lamp", id: "${id}") }
        type Lamp @key(fields: "on kind") { on: Boolean!  kind: Kind! }
      `,
      resolvers: {
        Kind: { PLAIN: 0, FANCY: 1 },
        Mutation: { change: (_parent: unknown, lamp: object) => lamp },
      },
      onEvent: (event) => {
        if (event.type === "invalidate") names = event.names;
      },
    });
    await run("mutation { change(on: false, kind: FANCY) { __typename } }");
    expect([...names].sort()).toEqual(["Lamp:false,FANCY", "__any:Lamp"]);
    expect(cache.stats().invalidations.droppedTargets).toBe(0);
  });

  it.each([
    ["a nested part", "{args.shop},{args.sku}", "Item:7,x"],
    ["a literal Boolean", "{args.shop},x,true", "Flag:7,x,true"],
  ])("has %s", async (_, id, name) => {
    let names: readonly string[] = [];
    const [entity] = name.split(":");
    const { run, cache } = createTestCache({
      typeDefs: `
        type Query { items: [Item!]  flags: [Flag!] }
        type Mutation { change(shop: ID!, sku: ID!): Int @invalidates(entity: "${entity}", id: "${id}") }
        type Shop { id: ID! }
        type Item @key(fields: "shop { id } sku") { shop: Shop!  sku: ID! }
        type Flag @key(fields: "shop { id } sku on") { shop: Shop!  sku: ID!  on: Boolean! }
      `,
      resolvers: { Mutation: { change: () => 1 } },
      onEvent: (event) => {
        if (event.type === "invalidate") names = event.names;
      },
    });
    await run('mutation { change(shop: 7, sku: "x") }');
    expect([...names].sort()).toEqual([name, `__any:${entity}`].sort());
    expect(cache.stats().invalidations.droppedTargets).toBe(0);
  });
});
