import { makeExecutableSchema } from "@graphql-tools/schema";
import { describe, expect, it } from "vitest";
import { createFieldCache, FieldgateError, typeDefs } from "../../src/index.ts";
import { createTestCache } from "../../src/testing/index.ts";

/** What a call throws, or rejects with, as text. */
async function messageOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(FieldgateError);
    return (error as Error).message;
  }
  throw new Error("It did not fail.");
}

function schemaOf(types = "type Query { a: Int @cacheTTL(seconds: 1) }") {
  return makeExecutableSchema({ typeDefs: [typeDefs, types], resolvers: { Query: { a: () => 1 } } });
}

describe("createFieldCache(options)", () => {
  const wrongOptions: readonly (readonly [string, unknown, string])[] = [
    ["no object", null, "The options must be an object, but got: null."],
    [
      "a misspelt option",
      { principle: () => 1 },
      'There is no option "principle". Did you mean "principal"?',
    ],
    [
      "near copies of another kind",
      { near: { secs: 1 } },
      '"near" must be an object of seconds and maxBytes, but has "secs"',
    ],
    ["near copies of no time", { near: { seconds: 0 } }, '"near" must have positive seconds'],
    ["near copies of no size", { near: { maxBytes: 0.5 } }, '"near" must have a whole number of maxBytes'],
    [
      "near copies by name",
      { near: "hot" },
      '"near" must be true, false or an object of seconds and maxBytes',
    ],
    [
      "a misspelt option that is undefined",
      { Vary: undefined },
      'There is no option "Vary". Did you mean "vary"?',
    ],
    [
      "a principal that is no function",
      { principal: "id" },
      "\"principal\" must be a function, but got: 'id'.",
    ],
    [
      "a vary that is no function",
      { vary: { locale: "de" } },
      '"vary" must be an object of functions, but "locale" is \'de\'',
    ],
    ["a short secret", { secret: "short" }, '"secret" must have 32 bytes or more, but has 5.'],
    ["a secret that is no text", { secret: 5 }, '"secret" must be a string of 32 bytes or more.'],
    [
      "half a codec",
      { codecs: { Money: { encode() {} } } },
      '"codecs" must be an object of { encode, decode }, but "Money" is',
    ],
    [
      "a time that is no number",
      { lockWaitMs: "2s" },
      "\"lockWaitMs\" must be a whole number of milliseconds, at least 1, but got: '2s'.",
    ],
    ["a share that is none", { hotShare: 5 }, '"hotShare" must be a number from 0 to 1, but got: 5.'],
    [
      "a negative size",
      { maxValueBytes: -1 },
      '"maxValueBytes" must be a whole number of bytes, at least 1, but got: -1.',
    ],
    [
      "an unknown choice",
      { onInvalidateError: "warn" },
      '"onInvalidateError" must be "log" or "throw", but got: \'warn\'.',
    ],
    [
      "a logger without methods",
      { logger: { info() {} } },
      '"logger" must have the methods debug, info, warn and error',
    ],
    [
      "a switch that is neither",
      { enabled: "no" },
      "\"enabled\" must be true, false or a function of the coordinate, but got: 'no'.",
    ],
    [
      "names that are none",
      { authDirectives: "auth" },
      "\"authDirectives\" must be an array of directive names, but got: 'auth'.",
    ],
    [
      "a redis that is a number",
      { redis: 6379 },
      '"redis" must be a URL, the options of an ioredis client, or such a client.',
    ],
    [
      "a policy that is a number",
      { policies: { "Product.price": 60 } },
      '"policies" must be an object of policies, but "Product.price" is 60',
    ],
  ];

  it.each(wrongOptions)("refuses %s", async (_title, options, message) => {
    expect(await messageOf(() => createFieldCache(options as never))).toContain(message);
  });

  it("tells all problems at once, and never a secret", async () => {
    const message = await messageOf(() =>
      createFieldCache({ secret: "hunter2", redis: 1, lockWait: 3, shutdownMs: -1 } as never),
    );
    expect(message).toBe(
      "createFieldCache(options) cannot work with these options:\n" +
        '- "secret" must have 32 bytes or more, but has 7.\n' +
        '- "redis" must be a URL, the options of an ioredis client, or such a client.\n' +
        '- There is no option "lockWait". Did you mean "lockWaitMs"?\n' +
        '- "shutdownMs" must be a whole number of milliseconds, at least 0, but got: -1.\n' +
        " Each option is described beside FieldCacheOptions.",
    );
  });

  it("takes an option that is undefined for one that is left out", () => {
    expect(() => createFieldCache({ secret: undefined, principal: undefined } as never)).not.toThrow();
  });

  it("refuses a namespace that cannot begin a key", async () => {
    expect(await messageOf(() => createFieldCache({ namespace: "a{b}" }))).toContain('"namespace"');
  });

  it("refuses a URL of Redis that is none", async () => {
    expect(await messageOf(() => createFieldCache({ redis: "http://localhost" }))).toContain(
      "The URL of Redis must begin with redis://, rediss://, unix:",
    );
  });
});

describe("cache.entity(name, options)", () => {
  const wrongEntities: readonly (readonly [string, unknown, unknown, string])[] = [
    ["no name", undefined, { load() {} }, "The name must be that of a type, but got: undefined."],
    ["no options", "Product", undefined, 'The options must be an object with "load", but got: undefined.'],
    [
      "no load",
      "Product",
      {},
      '"load" must be a function which accepts Array<key> and returns Promise<Array<row>>, but got: undefined.',
    ],
    [
      "a maxBatch of 0",
      "Product",
      { load() {}, maxBatch: 0 },
      '"maxBatch" must be a positive number, but got: 0.',
    ],
    [
      "a key that is no function",
      "Product",
      { load() {}, key: "id" },
      "\"key\" must be a function, but got: 'id'.",
    ],
    [
      "a misspelt option",
      "Product",
      { load() {}, maxBatchSize: 5 },
      'There is no option "maxBatchSize". Did you mean "maxBatch"?',
    ],
    [
      "a mode that there is not",
      "Product",
      { load() {}, mode: "ASIDE" },
      '"mode" must be "THROUGH" or "BEHIND", but got: \'ASIDE\'.',
    ],
    [
      "a write that is no function",
      "Product",
      { load() {}, write: 1 },
      '"write" must be a function, but got: 1.',
    ],
  ];

  it.each(wrongEntities)("refuses %s", async (_title, name, options, message) => {
    expect(await messageOf(() => createFieldCache().entity(name as never, options as never))).toContain(
      message,
    );
  });

  it("refuses a second loader of one type", async () => {
    const cache = createFieldCache();
    cache.entity("Product", { load: async () => [] });
    expect(await messageOf(() => cache.entity("Product", { load: async () => [] }))).toBe(
      'cache.entity("Product") was called twice. Register it once and share what it returned.',
    );
  });

  it("refuses a loader after apply, and tells what to do", async () => {
    const cache = createFieldCache();
    cache.apply(schemaOf());
    expect(await messageOf(() => cache.entity("Product", { load: async () => [] }))).toBe(
      'cache.entity("Product") was called after cache.apply(schema). Register all entities first: apply decides by them what an entry holds.',
    );
  });

  it("refuses to load before apply", async () => {
    const products = createFieldCache().entity("Product", { load: async () => [] });
    expect(await messageOf(() => products.loader({}))).toBe(
      'A loader of cache.entity("Product") was called before cache.apply(schema). Apply the cache to the schema first: it tells keys and policies.',
    );
  });
});

describe("cache.apply(schema)", () => {
  it("refuses a second schema", async () => {
    const cache = createFieldCache();
    cache.apply(schemaOf());
    expect(await messageOf(() => cache.apply(schemaOf()))).toContain("cache.apply(schema) was called twice.");
  });

  it("refuses a schema that it made, in another cache too", async () => {
    const applied = createFieldCache().apply(schemaOf());
    expect(await messageOf(() => createFieldCache().apply(applied))).toContain(
      "it has been applied to already",
    );
  });

  it("refuses a PRIVATE field without a principal", async () => {
    const schema = schemaOf("type Query { a: Int @cacheTTL(seconds: 1, scope: PRIVATE) }");
    expect(await messageOf(() => createFieldCache().apply(schema))).toContain("nothing tells who asks");
  });

  it("refuses a PRIVATE field in a shared Redis without a secret", async () => {
    const schema = schemaOf("type Query { a: Int @cacheTTL(seconds: 1, scope: PRIVATE) }");
    const cache = createFieldCache({ redis: "redis://localhost:1", principal: () => "me" });
    expect(await messageOf(() => cache.apply(schema))).toContain("CACHE_SECRET");
    await cache.close();
  });
});

describe("cache.invalidate(target)", () => {
  const wrongTargets: readonly (readonly [string, unknown, string])[] = [
    [
      "an unknown entity",
      { entity: "Produkt", id: 1 },
      'The schema has no entity "Produkt". Did you mean "Product"?',
    ],
    ["an unknown type", { entity: "Produkt" }, 'The schema has no entity "Produkt". Did you mean "Product"?'],
    ["a type without key", { entity: "Query" }, '"Query" is no entity, as it has no key.'],
    [
      "an id of other fields",
      { entity: "Product", id: { sku: 1 } },
      'The id of a "Product" must be a value of its key field or a record { id }',
    ],
    [
      "an id that is null",
      { entity: "Product", id: null },
      'The id of entity "Product" must not be empty, but got: null.',
    ],
    ["an unknown field", { field: "Product.prize" }, '"Product" has no field "prize". Did you mean "price"?'],
    [
      "a field of an unknown type",
      { field: "Produkt.price" },
      'The schema has no type "Produkt", so no field "Produkt.price". Did you mean "Product"?',
    ],
    ["a field without type", { field: "price" }, "A field is written \"Type.field\", but got: 'price'."],
    ["tags that are one text", { tags: "a" }, "\"tags\" must be an array of texts, but got: 'a'."],
    ["no tags", { tags: [] }, '"tags" must be an array of texts, but got: [].'],
    ["a principal that is null", { principal: null }, '"principal" must be an id, but got: null.'],
    [
      "a misspelt form",
      { entitty: "Product" },
      '{ entitty: \'Product\' } is no target. It has no "entitty". Did you mean "entity"?',
    ],
    [
      "two forms in one",
      { entity: "Product", tags: ["a"] },
      "is no target. Give each form a target of its own.",
    ],
    ["no object", "Product:1", "A target must be an object, but got: 'Product:1'."],
    ["an empty list", [], "An empty list names nothing."],
  ];
  const shop = () =>
    createTestCache({ typeDefs: "type Query { product: Product }  type Product { id: ID!  price: Int }" });

  it.each(wrongTargets)("refuses %s", async (_title, target, message) => {
    expect(await messageOf(() => shop().cache.invalidate(target as never))).toContain(message);
  });

  it("checks the whole list before anything happens", async () => {
    const { cache } = shop();
    const message = await messageOf(() =>
      cache.invalidate([{ entity: "Product", id: 1 }, { field: "Product.prize" }, { entity: "Produkt" }]),
    );
    expect(message).toBe(
      "Nothing was invalidated, because 2 targets are wrong:\n" +
        '- "Product" has no field "prize". Did you mean "price"?\n' +
        '- The schema has no entity "Produkt". Did you mean "Product"?\n' +
        " A target is one of { entity, id }, { entity }, { field }, { tags }, { principal } and { all: true }.",
    );
    expect(cache.stats().invalidations.done).toBe(0);
  });

  it.each([
    ["an unknown option", { dryrun: true }, 'There is no option "dryrun". Did you mean "dryRun"?'],
    [
      "an again that is no time",
      { again: -1 },
      '"again" must be a positive number of milliseconds, but got: -1.',
    ],
    ["a by that is no text", { by: 1 }, '"by" must be a string, but got: 1.'],
    ["a dryRun that is neither", { dryRun: "yes" }, "\"dryRun\" must be true or false, but got: 'yes'."],
  ])("refuses %s", async (_title, options, message) => {
    const call = () => shop().cache.invalidate({ entity: "Product", id: 1 }, options as never);
    expect(await messageOf(call)).toContain(message);
  });
});

describe("cache.disable(coordinate)", () => {
  it("refuses what is not cached", async () => {
    const { cache } = createTestCache({
      typeDefs: "type Query { price: Int @cacheTTL(seconds: 1) }",
      resolvers: { Query: { price: () => 1 } },
    });
    expect(await messageOf(() => cache.disable("Query.prize"))).toBe(
      '"Query.prize" is not cached. Did you mean "Query.price"? Name a cached field, as "Type.field", or a type.',
    );
  });
});

describe("fieldgate/testing", () => {
  it.each([
    ["Produkt.price", 'resolve("Produkt.price"): the schema has no object type "Produkt".'],
    ["Query.prize", 'resolve("Query.prize"): "Query" has no field "prize". Did you mean "price"?'],
  ])("refuses to resolve %s", async (coordinate, message) => {
    const { resolve } = createTestCache({ typeDefs: "type Query { price: Int }" });
    await expect(resolve(coordinate)).rejects.toThrow(message);
  });

  it("refuses to turn the clock back", async () => {
    const { clock } = createTestCache({ typeDefs: "type Query { price: Int }" });
    await expect(clock.advance(-1)).rejects.toThrow(
      "clock.advance(ms) takes 0 or more milliseconds, but got: -1.",
    );
  });
});
