import {
  ApolloServer,
  type ApolloServerOptions,
  type ApolloServerPlugin,
  type BaseContext,
} from "@apollo/server";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { afterEach, describe, expect, it } from "vitest";
import { createFieldCache, typeDefs as directives, type FieldCacheOptions } from "../../src/index.ts";

const typeDefs = /* GraphQL */ `
  type Query {
    product(id: ID!): Product @cacheTTL(seconds: 60)
    products: [Product!]! @cacheTTL(seconds: 60)
    viewer: Viewer @cacheTTL(seconds: 60, scope: PRIVATE)
    hits: [Hit!]! @cacheTTL(seconds: 60)
    brief: String @cacheTTL(seconds: 10)
    plain(id: ID): Product
  }
  union Hit = Product | Viewer
  type Product @cacheTTL(seconds: 60) {
    id: ID!
    name: String
    price(currency: String = "EUR"): Int @cacheTTL(seconds: 30)
    title: String @cacheTTL(seconds: 60, vary: ["locale"])
    shout: String
  }
  type Viewer @key(fields: "id") { id: ID!, name: String }
  type Mutation { rename(id: ID!): Product @invalidates(entity: "Product", id: "{args.id}") }
`;

interface Context extends BaseContext {
  readonly user?: string;
  readonly locale?: string;
}

interface ShopOptions {
  readonly cache?: Partial<FieldCacheOptions<Context>>;
  readonly server?: Pick<ApolloServerOptions<BaseContext>, "fieldResolver">;
  readonly plugins?: readonly ApolloServerPlugin<BaseContext>[];
}

const servers: ApolloServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())));

/** A shop behind Apollo Server; `executed` counts the operations that graphql-js has seen. */
async function shop({ cache: options = {}, server: config = {}, plugins = [] }: ShopOptions = {}) {
  const calls: string[] = [];
  const names = new Map([
    ["1", "Tea"],
    ["2", "Cup"],
  ]);
  const events: Record<string, number> = {};
  const cache = createFieldCache<Context>({
    secret: "0123456789abcdef0123456789abcdef",
    principal: ({ user }) => user,
    vary: { locale: ({ locale }) => locale ?? "en" },
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    onEvent: (event) => {
      if (event.type !== "read") return;
      const name = `${event.coordinate} ${event.outcome}`;
      events[name] = (events[name] ?? 0) + (event.count ?? 1);
    },
    ...options,
  });
  cache.entity("Product", {
    load: async (ids) => {
      calls.push(`load ${ids.join()}`);
      return ids.map((id) => ({ id, name: names.get(String(id)) }));
    },
  });
  const ids = () => [...names.keys()].map((id) => ({ id }));
  const schema = cache.apply(
    makeExecutableSchema({
      typeDefs: [directives, typeDefs],
      resolvers: {
        Query: {
          product: (_: unknown, { id }: { id: string }) => (names.has(id) ? { id } : null),
          products: ids,
          viewer: (_: unknown, _args: unknown, { user }: Context) => ({ id: user, name: `user ${user}` }),
          hits: () => [
            { __typename: "Product", id: "1" },
            { __typename: "Viewer", id: "9", name: "nine" },
          ],
          brief: () => "brief",
          plain: (_: unknown, { id }: { id: string }) => ({ id, name: "plain" }),
        },
        Product: {
          price: ({ id }: { id: string }, { currency }: { currency: string }) => Number(id) * currency.length,
          title: ({ id }: { id: string }, _: unknown, { locale }: Context) => `${id} in ${locale ?? "en"}`,
          shout: ({ name }: { name: string }) => name.toUpperCase(),
        },
        Mutation: {
          rename(_: unknown, { id }: { id: string }) {
            names.set(id, `${names.get(id)}!`);
            return { id, name: names.get(id) };
          },
        },
      },
    }),
  );
  let executed = 0;
  const counting: ApolloServerPlugin<BaseContext> = {
    requestDidStart: async () => ({
      async executionDidStart() {
        executed += 1;
      },
    }),
  };
  const server = new ApolloServer<BaseContext>({
    schema,
    plugins: [counting, cache.plugin(), ...plugins],
    ...config,
  });
  servers.push(server);
  await server.start();

  async function ask(query: string, contextValue: Context = {}, variables: Record<string, unknown> = {}) {
    const before = executed;
    const { body, http } = await server.executeOperation(
      { query, variables },
      { contextValue: { ...contextValue } },
    );
    if (body.kind !== "single") throw new Error("not a single result");
    // Whoever fills answers before what it loaded is stored.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    return {
      text: JSON.stringify(body.singleResult.data),
      data: body.singleResult.data as Record<string, unknown>,
      errors: body.singleResult.errors,
      headers: Object.fromEntries(http.headers),
      isAssembled: executed === before,
    };
  }
  /** The third answer: the first fills, the second is kept. */
  async function warm(query: string, context?: Context, variables?: Record<string, unknown>) {
    const cold = await ask(query, context, variables);
    const second = await ask(query, context, variables);
    const third = await ask(query, context, variables);
    expect([second.text, third.text]).toEqual([cold.text, cold.text]);
    return third;
  }
  return { ask, warm, cache, calls, names, events, server };
}

const PAGE = '{ products { id name price title other: price(currency: "X") } product(id: 1) { name } }';

describe("an operation of cached fields and plain properties", () => {
  it("is not executed once all of it was hit, and says the same, headers and counts included", async () => {
    const { warm, ask, events } = await shop();
    const { isAssembled, headers } = await warm(PAGE);
    expect(isAssembled).toBe(true);
    expect(headers).toMatchObject({
      "x-cache": "HIT",
      "cache-control": "no-cache",
      vary: "Authorization, Cookie",
    });
    for (const name of Object.keys(events)) delete events[name];
    const executed = await ask(`${PAGE} # another document`);
    const told = { ...events };
    for (const name of Object.keys(events)) delete events[name];
    const assembled = await ask(PAGE);
    expect([executed.isAssembled, assembled.isAssembled]).toEqual([false, true]);
    expect(events).toEqual(told);
    expect(assembled.headers).toEqual(executed.headers);
    expect(assembled.text).toBe(executed.text);
  });

  it("is told apart by variables, operation name and conditions", async () => {
    const { warm, ask } = await shop();
    const query = "query One($id: ID!, $more: Boolean!) { product(id: $id) { id name @include(if: $more) } }";
    for (const variables of [
      { id: "1", more: true },
      { id: "1", more: false },
      { id: "2", more: true },
      { id: "7", more: true },
    ]) {
      expect((await warm(query, {}, variables)).isAssembled).toBe(true);
    }
    expect((await ask(query, {}, { id: "1", more: false })).data).toEqual({ product: { id: "1" } });
    expect((await ask(query, {}, { id: "7", more: true })).data).toEqual({ product: null });
  });

  it("gives each caller a copy of its own", async () => {
    const { warm, ask } = await shop();
    const { data } = await warm("{ products { name } }");
    (data["products"] as { name: string }[])[0]!.name = "mine";
    expect((await ask("{ products { name } }")).data["products"]).toEqual([{ name: "Tea" }, { name: "Cup" }]);
  });
});

describe("an answer is executed anew as soon as one of its parts is not what it was", () => {
  it("after an invalidation of an entity, a field, a type, a principal", async () => {
    const { warm, ask, cache, names } = await shop();
    const targets = [
      { entity: "Product", id: "2" },
      { field: "Query.products" },
      { entity: "Product" },
    ] as const;
    for (const target of targets) {
      expect((await warm(PAGE)).isAssembled).toBe(true);
      names.set("2", `${names.get("2")}+`);
      await cache.invalidate(target);
      if ("field" in target) await cache.invalidate({ entity: "Product", id: "2" });
      const after = await ask(PAGE);
      expect(after.isAssembled).toBe(false);
      expect(after.text).toContain(names.get("2"));
    }
    const ann = { user: "ann" };
    expect((await warm("{ viewer { name } }", ann)).isAssembled).toBe(true);
    await cache.invalidate({ principal: "ann" });
    expect((await ask("{ viewer { name } }", ann)).isAssembled).toBe(false);
  });

  it("after a mutation that invalidates", async () => {
    const { warm, ask } = await shop();
    await warm(PAGE);
    await ask("mutation { rename(id: 1) { name } }");
    const after = await ask(PAGE);
    expect(after.isAssembled).toBe(false);
    expect(after.text).toContain("Tea!");
  });

  it("when a field, a type or everything is switched off, and not when it is on again", async () => {
    const { warm, ask, cache } = await shop();
    await warm(PAGE);
    for (const coordinate of ["Product.price", "Product", undefined]) {
      cache.disable(coordinate);
      expect((await ask(PAGE)).isAssembled).toBe(false);
      cache.enable(coordinate);
      expect((await ask(PAGE)).isAssembled).toBe(true);
    }
  });

  it("for a trusted request that must not read, and one that asks for the report", async () => {
    const { warm, server } = await shop({ cache: { trusted: () => true } });
    await warm("{ products { name } }");
    for (const [name, value] of [
      ["cache-control", "no-cache"],
      ["cache-control", "no-store"],
      ["x-cache-debug", "1"],
    ] as const) {
      const http = { method: "POST", headers: new Map([[name, value]]) as never, search: "", body: {} };
      const { body } = await server.executeOperation(
        { query: "{ products { name } }", http: http as never },
        { contextValue: {} },
      );
      expect(body.kind === "single" && JSON.stringify(body.singleResult)).toMatch(
        value === "1" ? /"outcome":"hit"/ : /Tea/,
      );
    }
  });
});

describe("nobody gets what is another's", () => {
  it("PRIVATE parts and parts that vary are answered apart", async () => {
    const { warm, ask } = await shop();
    const query = "{ viewer { name } products { title } }";
    const people = [
      { user: "ann", locale: "de" },
      { user: "ann", locale: "fr" },
      { user: "bob", locale: "de" },
    ];
    for (const person of people) expect((await warm(query, person)).isAssembled).toBe(true);
    for (const { user, locale } of people) {
      const { text, headers, isAssembled } = await ask(query, { user, locale });
      expect(isAssembled).toBe(true);
      expect(text).toContain(`user ${user}`);
      expect(text).toContain(`1 in ${locale}`);
      expect(headers["cache-control"]).toBe("private, no-cache");
    }
    expect((await ask(query, { locale: "de" })).isAssembled).toBe(false);
  });

  it("a field resolver of the server that looks at the context is asked each time", async () => {
    const { ask } = await shop({
      server: {
        fieldResolver: (source, _args, { user }: Context, { fieldName }) =>
          `${(source as Record<string, string>)[fieldName]} for ${user ?? "nobody"}`,
      },
    });
    const query = "{ products { name } }";
    for (const user of ["ann", "bob", "ann", "bob", undefined]) {
      const { text, isAssembled } = await ask(query, user === undefined ? {} : { user });
      expect(isAssembled).toBe(false);
      expect(text).toContain(`Tea for ${user ?? "nobody"}`);
    }
  });

  it("one that finds a property of the context absent keeps its answer from those who have it", async () => {
    const { ask, warm } = await shop({
      server: {
        fieldResolver: (source, _args, context: { readonly tier?: string }, { fieldName }) =>
          "tier" in context ? `gold ${fieldName}` : (source as Record<string, string>)[fieldName],
      },
    });
    await warm("{ products { name } }");
    const { text } = await ask("{ products { name } }", { tier: "gold" } as Context);
    expect(text).toContain("gold name");
  });

  it("a resolver that somebody has wrapped after the cache is asked each time", async () => {
    const refused = new Error("refused");
    const { ask, server, warm } = await shop();
    await warm("{ products { name } }");
    // As a plugin does that wraps a served schema in place.
    const { schema } = (
      server as unknown as {
        internals: { state: { schemaManager: { getSchemaDerivedData(): { schema: never } } } };
      }
    ).internals.state.schemaManager.getSchemaDerivedData() as unknown as {
      schema: import("graphql").GraphQLSchema;
    };
    schema.getQueryType()!.getFields()["products"]!.resolve = () => {
      throw refused;
    };
    const { errors, isAssembled } = await ask("{ products { name } }");
    expect([isAssembled, errors?.[0]?.message]).toEqual([false, "refused"]);
  });
});

describe("every other operation is executed", () => {
  it.each<[string, string, ShopOptions?]>([
    ["with a root that is not cached", "{ plain(id: 1) { name } }"],
    ["with a resolver that is not cached", "{ products { shout } }"],
    ["with introspection", "{ __schema { queryType { name } } products { name } }"],
    ["with authorisation by value", PAGE, { cache: { authorize: { "Product.price": () => {} } } }],
    [
      "where a plugin listens to fields",
      PAGE,
      {
        plugins: [
          { requestDidStart: async () => ({ executionDidStart: async () => ({ willResolveField() {} }) }) },
        ],
      },
    ],
    ["where none are kept", PAGE, { cache: { answerBytes: 0 } }],
  ])("%s", async (_, query, options) => {
    const { ask } = await shop(options);
    for (let times = 0; times < 4; times++) expect((await ask(query)).isAssembled).toBe(false);
  });

  it("with an error in its answer", async () => {
    const { ask } = await shop({
      server: {
        fieldResolver: (source, _args, _context, { fieldName }) => {
          if (fieldName === "name") throw new Error("no name");
          return (source as Record<string, unknown>)[fieldName];
        },
      },
    });
    for (let times = 0; times < 4; times++) {
      const { isAssembled, errors, data } = await ask("{ product(id: 1) { id name } }");
      expect([isAssembled, errors?.length, data]).toEqual([false, 1, { product: { id: "1", name: null } }]);
    }
  });

  it("a union is not: its members come from entries", async () => {
    const { warm } = await shop();
    const { isAssembled, data } = await warm(
      "{ hits { __typename ... on Product { name } ... on Viewer { name } } }",
    );
    expect(isAssembled).toBe(true);
    expect(data).toEqual({
      hits: [
        { __typename: "Product", name: "Tea" },
        { __typename: "Viewer", name: "nine" },
      ],
    });
  });
});
