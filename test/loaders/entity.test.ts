import { type ExecutionResult, parse, subscribe } from "graphql";
import { describe, expect, it } from "vitest";
import type { EntityOptions } from "../../src/loaders/entity.ts";
import { createTestCache, type TestCacheOptions } from "../../src/testing/index.ts";

type Context = { readonly user?: string; readonly locale?: string };

/** A cache with the one entity `Product`, and the keys of each call of its `load`. */
function productCache(
  type: string,
  entity: Partial<EntityOptions> = {},
  options: Partial<TestCacheOptions> = {},
) {
  const test = createTestCache({
    typeDefs: `type Query { product(id: ID!): Product }  ${type}`,
    entities: { Product: { load: async (keys) => keys.map((id) => ({ id })), ...entity } },
    ...options,
  });
  return {
    ...test,
    products: test.loaders["Product"]!,
    calls: () => test.recorder.batches.map(({ keys }) => keys),
  };
}

const KEPT = "type Product @cacheTTL(seconds: 60) { id: ID! }";

describe("rows through the cache", () => {
  it("are loaded once for all requests, until their time is over", async () => {
    const { products, calls, settle, clock } = productCache(KEPT);
    await products.loader({}).load(1);
    await settle();
    expect(await products.loader({}).load(1)).toEqual({ id: 1 });
    expect(calls()).toEqual([[1]]);
    await clock.advance(60_000);
    await products.loader({}).load(1);
    expect(calls()).toEqual([[1], [1]]);
  });

  it("lie under the entity's name", async () => {
    const { products, settle, recorder } = productCache(KEPT, {}, { namespace: "shop" });
    await products.get(42);
    await settle();
    expect(recorder.keys).toEqual([expect.stringMatching(/^shop:\{Product:42\}:__row:v1\.[\w-]+$/)]);
  });

  it("reach load as one call for all requests that miss in one wave, each key once, in order", async () => {
    const { products, calls } = productCache(KEPT);
    const rows = await Promise.all([
      products.loader({}).loadMany([3, 1]),
      products.loader({}).loadMany([1, 2]),
      products.loader({}).load(2),
    ]);
    expect(rows).toEqual([[{ id: 3 }, { id: 1 }], [{ id: 1 }, { id: 2 }], { id: 2 }]);
    expect(calls()).toEqual([[3, 1, 2]]);
  });

  it("split a wave by maxBatch", async () => {
    const { products, calls } = productCache(KEPT, { maxBatch: 2 });
    await Promise.all([products.loader({}).loadMany([1, 2]), products.loader({}).load(3)]);
    expect(calls()).toEqual([[1, 2], [3]]);
  });

  it("are each request's own copy, and one object within the request", async () => {
    const { products, settle } = productCache(KEPT);
    const [one, two] = [products.loader({}), products.loader({})];
    const [mine, again, theirs] = (await Promise.all([one.load(1), one.load(1), two.load(1)])) as object[];
    expect(again).toBe(mine);
    expect(theirs).not.toBe(mine);
    Object.assign(mine!, { spoilt: true });
    await settle();
    expect(theirs).toEqual({ id: 1 });
    expect(await products.get(1)).toEqual({ id: 1 });
  });

  it("are one for a row's 42 and an argument's \"42\"", async () => {
    const { products, calls } = productCache(KEPT);
    const loader = products.loader({});
    const [number, text] = await Promise.all([loader.load(42), loader.load("42")]);
    expect(number).toBe(text);
    expect(calls()).toEqual([[42]]);
  });

  it("are not loaded in the name of a batch that another one made fail: a failed key fails alone", async () => {
    const { products, calls, settle } = productCache(KEPT, {
      load: async (keys) => keys.map((id) => (id === 2 ? new Error("no 2") : { id })),
    });
    const [one, two] = await Promise.allSettled([products.get(1), products.get(2)]);
    expect(one).toMatchObject({ status: "fulfilled", value: { id: 1 } });
    expect(two).toMatchObject({ status: "rejected", reason: { message: "no 2" } });
    await settle();
    expect(await products.get(1)).toEqual({ id: 1 });
    expect(calls()).toEqual([[1, 2]]);
  });

  it("that do not exist are remembered for nullSeconds", async () => {
    const { products, calls, settle, clock } = productCache(
      "type Product @cacheTTL(seconds: 60, nullSeconds: 7) { id: ID! }",
      { load: async (keys) => keys.map(() => null) },
    );
    expect(await products.get(1)).toBeNull();
    await settle();
    await clock.advance(6_999);
    expect(await products.get(1)).toBeNull();
    expect(calls()).toEqual([[1]]);
    await clock.advance(1);
    await products.get(1);
    expect(calls()).toEqual([[1], [1]]);
  });

  it("are refreshed behind a stale one, with the background's context and nobody's loader", async () => {
    let version = 1;
    const contexts: unknown[] = [];
    const background = { background: true };
    const { products, settle, clock } = productCache(
      "type Product @cacheTTL(seconds: 10, staleSeconds: 50) { id: ID! }",
      {
        load: async (keys, context) => {
          contexts.push(context);
          return keys.map((id) => ({ id, version }));
        },
      },
      { backgroundContext: () => background },
    );
    const mine = {};
    await products.get(1, mine);
    await settle();
    version = 2;
    await clock.advance(10_000);
    expect(await products.get(1, {})).toEqual({ id: 1, version: 1 });
    await settle();
    expect(contexts).toEqual([mine, background]);
    expect(contexts[1]).toBe(background);
    expect(await products.get(1, {})).toEqual({ id: 1, version: 2 });
  });

  it("are each refreshed with a memo of its own, also where one request sets off several", async () => {
    let brand = "old";
    const { loaders, settle, clock } = createTestCache({
      typeDefs: `type Query { product(id: ID!): Product }
        type Product @cacheTTL(seconds: 10, staleSeconds: 50) { id: ID!  brand: String }
        type Brand { id: ID! }`,
      entities: {
        Brand: { load: async (keys) => keys.map((id) => ({ id, name: brand })) },
        Product: {
          load: async (keys, context) => {
            const { name } = await loaders["Brand"]!.loader(context).load(1);
            return keys.map((id) => ({ id, brand: name }));
          },
        },
      },
      backgroundContext: () => ({}),
    });
    const products = loaders["Product"]!;
    await products.getMany([1, 2], {});
    await settle();
    await clock.advance(10_000);
    const context = {};
    await products.get(1, context);
    await settle();
    brand = "new";
    await products.get(2, context);
    await settle();
    expect(await products.get(2, {})).toEqual({ id: 2, brand: "new" });
  });

  it("are loaded anew by every request when they have no policy", async () => {
    const { products, calls, recorder } = productCache("type Product { id: ID! }");
    await Promise.all([products.get(1, {}), products.get(1, {})]);
    expect(calls()).toEqual([[1], [1]]);
    expect(recorder.fills).toEqual([]);
    expect(recorder.reads).toEqual([]);
  });

  it("out of the order of the keys are served, not stored, and named", async () => {
    const { products, settle, recorder } = productCache(KEPT, {
      load: async (keys) => keys.map((id) => ({ id })).reverse(),
    });
    await products.getMany([1, 2]);
    await settle();
    expect(recorder.keys).toEqual([]);
    expect(recorder.warnings).toContainEqual(expect.stringContaining("in the order of the keys"));
  });
});

describe("loader(context)", () => {
  it("is found again before and after the context was copied", () => {
    const { products } = productCache(KEPT);
    const before = {};
    const loader = products.loader(before);
    expect(products.loader({ ...before })).toBe(loader);
    expect(products.loader(Object.assign(Object.create(null), before))).toBe(loader);
    expect(products.loader({})).not.toBe(loader);
  });

  it("hands load the context that was given last", async () => {
    const seen: unknown[] = [];
    const { products } = productCache(KEPT, {
      load: async (keys, context) => {
        seen.push(context);
        return keys.map((id) => ({ id }));
      },
    });
    const context = {};
    products.loader(context);
    const copy = { ...context, user: "late" };
    await products.loader(copy).load(1);
    expect(seen[0]).toBe(copy);
  });

  it("is a fresh one without a context", async () => {
    const { products, calls, settle } = productCache(KEPT);
    expect(await products.loader().load(1)).toEqual({ id: 1 });
    await settle();
    expect(await products.getMany([1, 2])).toEqual([{ id: 1 }, { id: 2 }]);
    expect(calls()).toEqual([[1], [2]]);
  });

  it("reads nothing from the cache in a mutation", async () => {
    const { run, calls, settle } = productCache(
      `type Product @cacheTTL(seconds: 60) { id: ID! }  type Mutation { touch(id: ID!): Product }`,
      {},
      {
        resolvers: (loaders) => ({
          Query: { product: (_, { id }, context) => loaders["Product"]!.loader(context).load(id) },
          Mutation: { touch: (_, { id }, context) => loaders["Product"]!.loader(context).load(id) },
        }),
      },
    );
    await run("{ product(id: 1) { id } }");
    await settle();
    await run("mutation { touch(id: 1) { id } }");
    expect(calls()).toEqual([["1"], ["1"]]);
  });
});

describe("a subscription", () => {
  it("gives every event a loader that remembers nothing of the last one", async () => {
    let version = 0;
    const { schema, loaders } = createTestCache({
      typeDefs:
        "type Query { a: Int }  type Subscription { changed: Int }  type Product { id: ID!  version: Int }",
      entities: { Product: { load: async (keys) => keys.map((id) => ({ id, version: ++version })) } },
      resolvers: () => ({
        Subscription: {
          changed: {
            async *subscribe() {
              yield {};
              yield {};
            },
            resolve: async (_: unknown, __: unknown, context: unknown) =>
              ((await loaders["Product"]!.loader(context).load(1)) as { version: number }).version,
          },
        },
      }),
    });
    const events = await subscribe({ schema, document: parse("subscription { changed }"), contextValue: {} });
    const seen: unknown[] = [];
    for await (const { data } of events as AsyncIterable<ExecutionResult>) seen.push(data?.["changed"]);
    expect(seen).toEqual([1, 2]);
  });
});

describe("keys", () => {
  it("of several fields are records, in any order", async () => {
    const { products, calls, settle, recorder } = productCache(
      'type Product @key(fields: "sku region") @cacheTTL(seconds: 60) { sku: ID!  region: String! }',
      { load: async (keys) => keys.map((key) => ({ ...(key as object) })) },
    );
    const loader = products.loader({});
    await Promise.all([loader.load({ sku: 1, region: "eu" }), loader.load({ region: "eu", sku: "1" })]);
    await settle();
    expect(calls()).toEqual([[{ sku: 1, region: "eu" }]]);
    expect(recorder.keys[0]).toContain("{Product:1,eu}");
  });

  it("come from what the application has, by its own function", async () => {
    const { products, calls } = productCache(KEPT, {
      key: (input: { node: { id: number } }) => input.node.id,
    });
    const loader = products.loader({});
    const [one, same] = await Promise.all([
      loader.load({ node: { id: 1 } }),
      loader.load({ node: { id: 1 } }),
    ]);
    expect(one).toBe(same);
    expect(calls()).toEqual([[1]]);
  });

  it("of a second kind reach the same entity's invalidation, either way", async () => {
    const { products, calls, settle, cache } = productCache(
      'type Product @key(fields: "id") @key(fields: "slug") @cacheTTL(seconds: 60) { id: ID!  slug: String! }',
      { load: async (keys) => keys.map(() => ({ id: 1, slug: "tea" })) },
    );
    const bySlug = () => products.get({ slug: "tea" });
    const byId = () => products.get(1);
    await Promise.all([bySlug(), byId()]);
    await settle();
    await cache.invalidate({ entity: "Product", id: 1 });
    await bySlug();
    await settle();
    await cache.invalidate({ entity: "Product", id: { slug: "tea" } });
    await byId();
    expect(calls()).toEqual([[{ slug: "tea" }, 1], [{ slug: "tea" }], [1]]);
  });

  it("that name nothing throw at once", () => {
    const { products } = productCache(KEPT);
    expect(() => products.loader({}).load({ sku: 1 })).toThrow(
      'The id of a "Product" must be a value of its key field or a record { id }, but got: { sku: 1 }.',
    );
  });
});

describe("PRIVATE rows", () => {
  const type = "type Product @cacheTTL(seconds: 60, scope: PRIVATE) { id: ID!  of: String }";
  const entity: Partial<EntityOptions> = {
    load: async (keys, context: Context) => keys.map((id) => ({ id, of: context?.user ?? "nobody" })),
  };
  const options = { principal: (context: Context) => context.user, secret: "s".repeat(32) };

  it("are kept per principal, and loaded per principal", async () => {
    const { products, calls, settle } = productCache(type, entity, options);
    const read = (user: string) => products.get(1, { user });
    expect(await Promise.all([read("ann"), read("bob"), read("ann")])).toEqual([
      { id: 1, of: "ann" },
      { id: 1, of: "bob" },
      { id: 1, of: "ann" },
    ]);
    await settle();
    expect(await read("bob")).toEqual({ id: 1, of: "bob" });
    expect(calls()).toEqual([[1], [1]]);
  });

  it("are neither read nor stored nor shared without a principal", async () => {
    const { products, calls, settle, recorder } = productCache(type, entity, options);
    await Promise.all([products.get(1, {}), products.get(1, {})]);
    await settle();
    await products.get(1);
    expect(calls()).toEqual([[1], [1], [1]]);
    expect(recorder.fills).toEqual([]);
    expect(recorder.count("bypass", "Product")).toBe(3);
  });

  it("taint the PUBLIC field that asked for them, whoever called the batch", async () => {
    const test = createTestCache({
      typeDefs: `type Query { names: [String] @cacheTTL(seconds: 60)  other: [String] @cacheTTL(seconds: 60) }  ${type}`,
      entities: { Product: { load: async (keys) => keys.map((id) => ({ id })), ...entity } },
      resolvers: (loaders) => {
        const nameOf = async (_: unknown, __: unknown, context: unknown) => [
          ((await loaders["Product"]!.loader(context).load(1)) as { of: string }).of,
        ];
        return { Query: { names: nameOf, other: nameOf } };
      },
      ...options,
    });
    const ask = (user: string) => test.run("{ names other }", { context: { user } });
    expect((await ask("ann")).data).toEqual({ names: ["ann"], other: ["ann"] });
    await test.settle();
    expect((await ask("bob")).data).toEqual({ names: ["bob"], other: ["bob"] });
  });
});

describe("a PUBLIC row that shows a PRIVATE one", () => {
  it("taints every field that asked for it, not only the first of the batch", async () => {
    const test = createTestCache({
      typeDefs: `
        type Query { one: String @cacheTTL(seconds: 60)  two: String @cacheTTL(seconds: 60) }
        type Product @cacheTTL(seconds: 60) { id: ID!  secret: Secret }
        type Secret @cacheTTL(seconds: 60, scope: PRIVATE) { id: ID!  of: String }
      `,
      entities: {
        Product: { load: async (keys) => keys.map((id) => ({ id, secret: { id } })) },
        Secret: { load: async (keys, { user }: Context) => keys.map((id) => ({ id, of: user })) },
      },
      resolvers: (loaders) => {
        const secretOf = (id: number) => async (_: unknown, __: unknown, context: unknown) =>
          ((await loaders["Product"]!.loader(context).load(id)) as { secret: { of: string } }).secret.of;
        return { Query: { one: secretOf(1), two: secretOf(2) } };
      },
      principal: ({ user }: Context) => user,
      secret: "s".repeat(32),
    });
    const ask = (user: string) => test.run("{ one two }", { context: { user } });
    expect((await ask("ann")).data).toEqual({ one: "ann", two: "ann" });
    await test.settle();
    expect((await ask("bob")).data).toEqual({ one: "bob", two: "bob" });
    expect(test.recorder.keys.filter((key) => key.includes("Query"))).toEqual([]);
  });
});

describe("rows that show only their second key", () => {
  const type = `type Product @key(fields: "id") @key(fields: "slug") @cacheTTL(seconds: 60) { id: ID!  slug: ID! }`;

  it.each<[string, (id: { slug: string }) => unknown]>([
    ["rows", (key) => key],
    ["nulls", () => null],
  ])("are %s that an invalidation by the first key reaches", async (_, row) => {
    const { products, calls, settle, cache } = productCache(type, {
      load: async (keys) => keys.map((key) => row(key) as object),
    });
    const read = async () => {
      await products.get({ slug: "tea" }, {});
      await settle();
    };
    await read();
    await read();
    expect(calls()).toHaveLength(1);
    await cache.invalidate({ entity: "Product", id: 7 });
    await read();
    expect(calls()).toHaveLength(2);
  });
});

describe("a PUBLIC field that is made of a row", () => {
  const made = (type: string, field: string, options: Partial<TestCacheOptions>) =>
    createTestCache({
      typeDefs: `type Query { text: String ${field} }  type Product ${type} { id: ID!  of: String }`,
      entities: { Product: { load: async (keys, { of }) => keys.map((id) => ({ id, of })) } },
      resolvers: (loaders) => ({
        Query: {
          text: async (_: unknown, __: unknown, context: unknown) =>
            ((await loaders["Product"]!.get(1, context)) as { of: string }).of,
        },
      }),
      secret: "s".repeat(32),
      ...options,
    });

  it("is for its own caller where the rows are PRIVATE, also while those are switched off or nobody asks", async () => {
    const test = made("@cacheTTL(seconds: 60, scope: PRIVATE)", "@cacheTTL(seconds: 60)", {
      principal: ({ user }: Context) => user,
    });
    const ask = async (user: string | undefined, of: string) => {
      const { data } = await test.run("{ text }", { context: { user, of } });
      await test.settle();
      return data;
    };
    expect(await ask(undefined, "nobody's")).toEqual({ text: "nobody's" });
    expect(await ask("ann", "ann's")).toEqual({ text: "ann's" });
    test.cache.disable("Product");
    expect(await ask("bob", "bob's")).toEqual({ text: "bob's" });
    expect(await ask("eve", "eve's")).toEqual({ text: "eve's" });
  });

  it("is for its own caller where the rows vary by more than the field, and stored where it varies alike", async () => {
    const rows = '@cacheTTL(seconds: 60, vary: ["tenant"])';
    const vary = { tenant: ({ tenant }: { readonly tenant: string }) => tenant };
    const outcomes = async (field: string) => {
      const test = made(rows, field, { vary });
      const texts: unknown[] = [];
      for (const tenant of ["a", "b", "a", "b"]) {
        const { data } = await test.run("{ text }", { context: { tenant, of: `of ${tenant}` } });
        await test.settle();
        texts.push((data as { text: string }).text);
      }
      expect(texts).toEqual(["of a", "of b", "of a", "of b"]);
      return test.recorder.keys.filter((key) => key.includes("Query.text")).length;
    };
    expect(await outcomes("@cacheTTL(seconds: 60)")).toBe(0);
    expect(await outcomes('@cacheTTL(seconds: 60, vary: ["tenant"])')).toBe(2);
  });
});

describe("a load that looks at who asks", () => {
  const options = { principal: (context: Context) => context.user };
  const entity: Partial<EntityOptions> = {
    load: async (keys, context: Context) => keys.map((id) => ({ id, of: context.user })),
  };

  it("answers each of the requests that shared its batch in their own name, and stores nothing", async () => {
    const { products, settle, recorder } = productCache(KEPT, entity, options);
    const rows = await Promise.all(["ann", "bob", "cid"].map((user, at) => products.get(at, { user })));
    expect(rows).toEqual([
      { id: 0, of: "ann" },
      { id: 1, of: "bob" },
      { id: 2, of: "cid" },
    ]);
    await settle();
    expect(recorder.keys).toEqual([]);
    expect(recorder.warnings).toContainEqual(expect.stringContaining("looked at who asks"));
  });

  it("does not give one request's row to another that wanted the same key", async () => {
    const { products } = productCache(KEPT, entity, options);
    const rows = await Promise.all(["ann", "bob"].map((user) => products.get(1, { user })));
    expect(rows).toEqual([
      { id: 1, of: "ann" },
      { id: 1, of: "bob" },
    ]);
  });

  it("does not refuse another request with what it refused one: batch, row, and back-off", async () => {
    const refused = (user: unknown) => (user === undefined ? new Error("Forbidden") : undefined);
    const asWhole: Partial<EntityOptions> = {
      load: async (keys, { user }: Context) => {
        if (refused(user)) throw refused(user);
        return keys.map((id) => ({ id }));
      },
    };
    const byRow: Partial<EntityOptions> = {
      load: async (keys, { user }: Context) => keys.map((id) => refused(user) ?? { id }),
    };
    for (const one of [asWhole, byRow]) {
      const { products } = productCache(KEPT, one, options);
      const together = await Promise.allSettled([products.get(1, {}), products.get(1, { user: "ann" })]);
      expect(together.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
      await expect(products.get(2, {})).rejects.toThrow("Forbidden");
      expect(await products.get(2, { user: "ann" })).toEqual({ id: 2 });
    }
  });
});

describe("rows that vary", () => {
  it("are one per value, and a batch per value", async () => {
    const { products, calls } = productCache(
      'type Product @cacheTTL(seconds: 60, vary: ["locale"]) { id: ID! }',
      { load: async (keys, { locale }: Context) => keys.map((id) => ({ id, locale })) },
      { vary: { locale: (context: Context) => context.locale } },
    );
    const rows = await Promise.all(
      ["de", "fr", "de"].map((locale, at) => products.get(at === 2 ? 2 : 1, { locale })),
    );
    expect(rows).toEqual([
      { id: 1, locale: "de" },
      { id: 1, locale: "fr" },
      { id: 2, locale: "de" },
    ]);
    expect(calls()).toEqual([[1, 2], [1]]);
  });
});

describe("rows of a class", () => {
  class Money {
    constructor(readonly id: number) {}
    get text() {
      return `${this.id} EUR`;
    }
  }
  const entity: Partial<EntityOptions> = { load: async (keys) => keys.map((id) => new Money(id as number)) };

  it("come back as they were through their codec", async () => {
    const { products, calls, settle } = productCache(KEPT, entity, {
      codecs: { Product: { encode: ({ id }: Money) => ({ id }), decode: ({ id }) => new Money(id) } },
    });
    await products.get(5);
    await settle();
    const row = await products.get(5);
    expect(row).toBeInstanceOf(Money);
    expect(row.text).toBe("5 EUR");
    expect(calls()).toEqual([[5]]);
  });

  it("that their codec refuses are served as they are, not stored, and named", async () => {
    const refuse = () => {
      throw new Error("too rich");
    };
    const { products, settle, recorder } = productCache(KEPT, entity, {
      codecs: { Product: { encode: refuse, decode: refuse } },
    });
    expect(await products.get(5)).toBeInstanceOf(Money);
    await settle();
    expect(recorder.keys).toEqual([]);
    expect(recorder.warnings).toContainEqual(expect.stringContaining("its codec refuses (too rich)"));
  });

  it("without a codec are served, not stored, and named", async () => {
    const { products, settle, recorder } = productCache(KEPT, entity);
    expect((await products.get(5)).text).toBe("5 EUR");
    await settle();
    expect(recorder.keys).toEqual([]);
    expect(recorder.warnings).toContainEqual(expect.stringContaining("Money"));
  });
});
