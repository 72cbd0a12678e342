import { describe, expect, it } from "vitest";
import type { Clock } from "../../src/base/clock.ts";
import { createKeys } from "../../src/keys/grammar.ts";
import { ForwardingStore } from "../../src/store/forwarding-store.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createTestCache, wireTestCache } from "../../src/testing/create-test-cache.ts";
import type { TestCacheOptions } from "../../src/testing/index.ts";

const typeDefs = /* GraphQL */ `
  type Query {
    feature(id: ID!): Feature
    features(first: Int = 50): Page! @cacheTTL(seconds: 60)
    found: [Hit!]! @cacheTTL(seconds: 60)
    people: [Person!]! @cacheTTL(seconds: 60)
    resource(id: ID!): Resource
    now: Int
  }
  type Mutation { touch(id: ID!): Feature }
  type Page { nodes: [Feature!]!, edges: [Edge!]! }
  type Edge { node: Feature! }
  interface Resource { id: ID! }
  union Hit = Feature | Group | Person
  type Feature implements Resource @key(fields: "id") @cacheTTL(seconds: 60) {
    id: ID!
    name: String!
    replacement: Feature
    noteCount(kind: String = "all"): Int! @cacheTTL(seconds: 60, tags: ["notes:{parent.id}"])
    rating: Float @cacheTTL(seconds: 60)
    title: String @cacheTTL(seconds: 60, vary: ["locale"])
    mine: String @cacheTTL(seconds: 60, scope: PRIVATE)
    groups: [Group!]! @cacheTTL(seconds: 60)
    never: Int @cacheTTL(seconds: 0)
    owner: String @cacheTTL(seconds: 60, tags: ["owner:{parent.name}"])
  }
  type Group @key(fields: "id") @cacheTTL(seconds: 60) { id: ID!, name: String!, size: Int @cacheTTL(seconds: 60) }
  type Person @key(fields: "id") { id: ID!, name: String!, friend: Person, age: Int @cacheTTL(seconds: 60) }
`;

interface Run {
  readonly context?: Context;
  readonly variables?: Readonly<Record<string, unknown>>;
}

interface Context {
  readonly user?: string;
  readonly locale?: string;
}

/** Features and groups have a loader, people are held by value. Counts what goes to a store that has to be waited for. */
function platform(options: Partial<TestCacheOptions> = {}) {
  const waves: number[] = [];
  const ids = { features: Array.from({ length: 50 }, (_, at) => `f${at}`), groups: ["g1", "g2"] };
  const friend = { id: 2, name: "bob" };
  const keys = createKeys("fieldgate");
  const slow = (clock: Clock) => new ForwardingStore(createMemoryStore({ keys, clock }));
  const test = wireTestCache(
    {
      typeDefs,
      principal: ({ user }: Context) => user,
      vary: { locale: ({ locale }: Context) => locale ?? "en" },
      entities: {
        Feature: {
          load: async (keys) =>
            keys.map((id) => ({ id, name: `feature ${id}`, replacement: id === "f1" ? { id: "f7" } : null })),
        },
        Group: { load: async (keys) => keys.map((id) => ({ id, name: `group ${id}` })) },
      },
      resolvers: (loaders) => {
        const feature = (_: unknown, { id }: { id: string }, context: object) =>
          loaders["Feature"]!.loader(context).load(id);
        const row = (id: string) => ({ id });
        return {
          Query: {
            feature,
            resource: feature,
            features: (_: unknown, { first }: { first: number }) => ({
              nodes: ids.features.slice(0, first).map(row),
              edges: ids.features.slice(0, first).map((id) => ({ node: row(id) })),
            }),
            found: () => [
              { __typename: "Feature", id: "f3" },
              { __typename: "Group", id: "g2" },
              { __typename: "Person", id: 2, name: "bob" },
            ],
            people: () => [{ id: 1, name: "ann", friend }, friend],
            now: () => 1,
          },
          Mutation: { touch: feature },
          Resource: { __resolveType: () => "Feature" },
          Feature: {
            noteCount: ({ id }: { id: string }, { kind }: { kind: string }) => id.length + kind.length,
            rating: () => 4.5,
            title: ({ id }: { id: string }, _: unknown, { locale }: Context) => `${id} in ${locale ?? "en"}`,
            mine: ({ id }: { id: string }, _: unknown, { user }: Context) => `${id} of ${user ?? "nobody"}`,
            groups: () => ids.groups.map(row),
            never: () => 0,
            owner: ({ name }: { name: string }) => name,
          },
          Group: { size: () => 9 },
          Person: { age: ({ id }: { id: number }) => 40 + id },
        };
      },
      ...options,
      onEvent(event) {
        if (event.type === "wave") waves.push(event.keys);
      },
    },
    slow,
  );
  /** The answer of an operation, and the keys of each wave that it took. */
  async function once(source: string, { context, variables }: Run = {}) {
    waves.length = 0;
    const { data, errors } = await test.run(source, {
      context: { ...context },
      ...(variables && { variables }),
    });
    await test.settle();
    expect(errors).toBeUndefined();
    return { waves: [...waves], data: JSON.parse(JSON.stringify(data)) };
  }
  /** The same of the third time: what is loaded the first time is learnt the second time. */
  async function warm(source: string, run: Run = {}) {
    await once(source, run);
    await once(source, run);
    return once(source, run);
  }
  return { ...test, ids, once, warm };
}

const KNOWN = `{ feature(id: "f2") { name noteCount rating groups { name size } } }`;
const LIST = "{ features { nodes { name noteCount rating title groups { id } } } }";
const late = { earlyWaves: false };

describe("a warm operation on a known id", () => {
  it("takes one wave for its row, its cached fields, the entities in those, and theirs", async () => {
    expect((await platform(late).warm(KNOWN)).waves).toHaveLength(4);
    expect((await platform().warm(KNOWN)).waves).toHaveLength(1);
  });

  it("takes one wave for row and fields also where nothing has been learnt of it", async () => {
    const { warm, once } = platform();
    const query = "query ($id: ID!) { feature(id: $id) { name noteCount rating } }";
    await warm(query, { variables: { id: "f1" } });
    const other = platform();
    await other.warm(query, { variables: { id: "f1" } });
    // Its entries are there, read by another operation.
    await other.warm(`{ resource(id: "f2") { ... on Feature { name noteCount rating } } }`);
    expect((await other.once(query, { variables: { id: "f2" } })).waves).toHaveLength(1);
    expect((await once(query, { variables: { id: "f1" } })).waves).toHaveLength(1);
  });

  it.each([
    [
      "aliases, twice the same field",
      `{ a: feature(id: "f1") { x: rating y: rating n: noteCount(kind: "b") } }`,
    ],
    [
      "fragments",
      `{ feature(id: "f1") { ...F } } fragment F on Resource { ... on Feature { rating ... { title } } }`,
    ],
    ["variables", `query ($k: String = "b") { feature(id: "f1") { noteCount(kind: $k) } }`],
    ["several roots", `{ a: feature(id: "f1") { rating } b: feature(id: "f2") { rating } now }`],
    ["what varies", `{ feature(id: "f1") { title } }`, { locale: "de" }],
    ["what is the principal's own", `{ feature(id: "f1") { mine } }`, { user: "ann" }],
    ["an entity in a row", `{ feature(id: "f1") { replacement { name rating } } }`],
  ] as const)("takes one wave with %s", async (_, source, context: Context = {}) => {
    expect((await platform(late).warm(source, { context })).waves.length).toBeGreaterThan(1);
    expect((await platform().warm(source, { context })).waves).toHaveLength(1);
  });

  it("takes what it took where the key depends on more than key and arguments", async () => {
    const source = `{ feature(id: "f2") { owner } }`;
    expect((await platform(late).warm(source)).waves).toEqual((await platform().warm(source)).waves);
  });
});

describe("a warm list", () => {
  it("takes one wave for the page, fifty rows and four cached fields of each, once its entities are known", async () => {
    const off = await platform(late).warm(LIST);
    const on = await platform().warm(LIST);
    expect(off.waves).toHaveLength(4);
    expect(on.waves).toHaveLength(1);
    expect(on.data).toEqual(off.data);
  });

  it("is known to every document that shows it", async () => {
    const { warm, once } = platform();
    await warm("{ features { edges { node { rating } } } }");
    expect((await once("{ features { nodes { rating } } }")).waves).toHaveLength(1);
  });

  it.each([
    [
      "of several types",
      "{ found { ... on Feature { rating } ... on Group { size } ... on Person { age } } }",
    ],
    ["of entities without loader", "{ people { name age friend { age } } }"],
  ])("takes one wave %s", async (_, source) => {
    const off = await platform(late).warm(source);
    const on = await platform().warm(source);
    expect(off.waves.length).toBeGreaterThan(1);
    expect(on.waves).toHaveLength(1);
    expect(on.data).toEqual(off.data);
  });

  it("that has changed costs a wave for what is new, and keys for what is gone", async () => {
    const { warm, once, ids, cache } = platform();
    const before = await warm("{ features(first: 3) { nodes { id rating } } }");
    await warm('{ feature(id: "new") { rating } }');
    ids.features.splice(0, 3, "new", "f1", "f2");
    await cache.invalidate({ field: "Query.features" });
    const during = await once("{ features(first: 3) { nodes { id rating } } }");
    expect(during.data.features.nodes.map(({ id }: { id: string }) => id)).toEqual(["new", "f1", "f2"]);
    await once("{ features(first: 3) { nodes { id rating } } }");
    const after = await once("{ features(first: 3) { nodes { id rating } } }");
    expect(after.waves).toEqual(before.waves);
  });

  it("of too many is looked up early as far as whole waves go", async () => {
    const { warm, ids } = platform();
    const named = (count: number) => Array.from({ length: count }, (_, at) => `f${at}`);
    ids.features = named(300);
    expect((await warm("{ features(first: 300) { nodes { rating } } }")).waves).toHaveLength(2);
    ids.features = named(501);
    expect((await warm("{ features(first: 501) { nodes { rating } } }")).waves).toHaveLength(3);
  });
});

describe("nothing is looked up early", () => {
  const rating = `{ feature(id: "f2") { rating } }`;
  const keysOf = async (source: string, run: object = {}, options: Partial<TestCacheOptions> = {}) => {
    const { warm, cache } = platform(options);
    await warm(source, run);
    return cache.stats().running.earlyLooks;
  };

  it("of an operation that needs one wave, or none", async () => {
    expect(await keysOf(`{ feature(id: "f2") { name } }`)).toBe(0);
    expect(await keysOf("{ now }")).toBe(0);
  });

  it("in a mutation", async () => {
    expect(await keysOf(`mutation { touch(id: "f2") { rating } }`)).toBe(0);
  });

  it("of what is skipped", async () => {
    const source = `query ($on: Boolean!) { feature(id: "f2") { rating ...F @include(if: $on) noteCount @skip(if: true) } }
      fragment F on Feature { title }`;
    // Row and rating, and title where it is included; three times.
    expect(await keysOf(source, { variables: { on: false } })).toBe(3 * 2);
    expect(await keysOf(source, { variables: { on: true } })).toBe(3 * 3);
  });

  it("for the principal without one, of a lifetime of 0, of what is switched off", async () => {
    const source = `{ feature(id: "f2") { rating mine never } }`;
    expect(await keysOf(source)).toBe(3 * 2);
    expect(await keysOf(source, { context: { user: "ann" } })).toBe(3 * 3);
    expect(await keysOf(source, {}, { enabled: (coordinate) => coordinate !== "Feature.rating" })).toBe(0);
  });

  it("where it is switched off", async () => {
    expect(await keysOf(rating)).toBe(3 * 2);
    expect(await keysOf(rating, {}, late)).toBe(0);
  });
});

describe("answers", () => {
  const queries = [
    KNOWN,
    LIST,
    `{ feature(id: "f1") { mine title } b: feature(id: "f1") { mine replacement { id rating replacement { name } } } }`,
    "{ found { __typename ... on Feature { rating groups { size } } ... on Person { name age } } }",
    "{ people { age friend { name age } } }",
    `{ resource(id: "f9") { id ... on Feature { noteCount(kind: "x") owner } } features(first: 2) { edges { node { mine } } } }`,
  ];

  it("are the same with and without, cold, warm, and after an invalidation, for each who asks", async () => {
    const [on, off] = [platform(), platform(late)];
    for (const { ids } of [on, off]) ids.features.length = 8;
    for (let round = 0; round < 4; round++) {
      for (const context of [{}, { user: "ann" }, { user: "bob", locale: "de" }]) {
        for (const source of queries) {
          expect((await on.once(source, { context })).data).toEqual(
            (await off.once(source, { context })).data,
          );
        }
      }
      if (round === 1) {
        for (const { cache, ids } of [on, off]) {
          ids.features.reverse();
          ids.groups = ["g3"];
          await cache.invalidate([{ entity: "Feature" }, { field: "Query.features" }]);
        }
      }
    }
    expect(on.cache.stats().running.earlyLooksUsed).toBeGreaterThan(100);
    expect(off.cache.stats().running.earlyLooks).toBe(0);
  });

  it("are new for a request that begins after an invalidation, though another one has looked early", async () => {
    let rating = 1;
    const { cache, run, settle } = createTestCache({
      typeDefs: `
        type Query { feature(id: ID!): Feature }
        type Feature @cacheTTL(seconds: 60) { id: ID!  rating: Int @cacheTTL(seconds: 60) }`,
      entities: { Feature: { load: async (keys) => keys.map((id) => ({ id })) } },
      resolvers: (loaders) => ({
        Query: {
          async feature(_: unknown, { id }: { id: string }, context: { readonly wait?: Promise<void> }) {
            await context.wait;
            return loaders["Feature"]!.loader(context).load(id);
          },
        },
        Feature: { rating: () => rating },
      }),
    });
    const source = `{ feature(id: 1) { rating } }`;
    await run(source);
    await settle();
    let go = () => {};
    const wait = new Promise<void>((resolve) => {
      go = resolve;
    });
    const early = run(source, { context: { wait } });
    await settle();
    expect(cache.stats().running).toMatchObject({ earlyLooks: 2 + 2 });
    rating = 2;
    await cache.invalidate({ entity: "Feature", id: 1 });
    expect((await run(source)).data.feature.rating).toBe(2);
    go();
    expect((await early).data.feature.rating).toBe(2);
  });
});
