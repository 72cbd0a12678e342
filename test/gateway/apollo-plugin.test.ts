import * as apollo55 from "@apollo/server";
import { makeExecutableSchema } from "@graphql-tools/schema";
import * as apollo50 from "apollo-server-5-0";
import * as apollo51 from "apollo-server-5-1";
import * as apollo52 from "apollo-server-5-2";
import * as apollo53 from "apollo-server-5-3";
import * as apollo54 from "apollo-server-5-4";
import type { GraphQLCompositeType } from "graphql";
import { describe, expect, it } from "vitest";
import { createFieldCache, typeDefs as directives } from "../../src/index.ts";
import type { FieldCacheControl } from "../../src/library/cache-hints.ts";

/** Every minor of Apollo Server 5 that the plugin claims to serve, as far as their types agree. */
const minors = {
  "5.0": apollo50,
  "5.1": apollo51,
  "5.2": apollo52,
  "5.3": apollo53,
  "5.4": apollo54,
  "5.5": apollo55,
};

const typeDefs = /* GraphQL */ `
  enum CacheControlScope { PUBLIC PRIVATE }
  directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
  type Book @key(fields: "id") @cacheControl(maxAge: 40) { id: ID! title: String @cacheControl(maxAge: 30) mine: Int @cacheControl(maxAge: 20, scope: PRIVATE) }
  type Query {
    book(id: ID!): Book @cacheControl(maxAge: 50)
    plain: String
  }
  type Mutation { touch: Int }
`;

type Ask = (info: {
  readonly cacheControl: FieldCacheControl;
  readonly schema: { getType(name: string): unknown };
}) => void;

/** A server with the plugin in question; `ask` is called by the resolver of Query.plain, or of Query.book. */
function serverOf(
  { ApolloServer }: Pick<typeof apollo55, "ApolloServer">,
  options: { readonly own?: boolean; readonly ask?: Ask; readonly askBook?: Ask },
) {
  const resolvers = {
    Query: {
      book: (_parent: unknown, { id }: { id: string }, _context: unknown, info: never) => {
        options.askBook?.(info);
        return { id };
      },
      plain: (_parent: unknown, _args: unknown, _context: unknown, info: never) => {
        options.ask?.(info);
        return "plain";
      },
    },
    Book: { title: () => "title", mine: ({ id }: { id: string }) => Number(id) },
    Mutation: { touch: () => 1 },
  };
  const schema = makeExecutableSchema({ typeDefs: [directives, typeDefs], resolvers });
  if (options.own === false) return new ApolloServer({ schema });
  const cache = createFieldCache<{ user?: string }>({
    cacheControl: true,
    principal: ({ user }) => user,
    logger: silent,
  });
  const plugin = cache.plugin({ http: { maxAge: "remaining" } });
  return new ApolloServer<{ user?: string }>({ schema: cache.apply(schema), plugins: [plugin] });
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function headersOf(
  server: Pick<apollo55.ApolloServer<{ user?: string }>, "executeHTTPGraphQLRequest" | "assertStarted">,
  query: string,
  user?: string,
) {
  const { HeaderMap } = apollo55;
  const answer = await server.executeHTTPGraphQLRequest({
    context: async () => (user === undefined ? {} : { user }),
    httpGraphQLRequest: {
      method: "POST",
      headers: new HeaderMap([["content-type", "application/json"]]),
      search: "",
      body: { query },
    },
  });
  return Object.fromEntries(answer.headers);
}

describe.each(Object.entries(minors))("on Apollo Server %s", (_minor, module) => {
  const apollo = module as unknown as typeof apollo55;

  it("the plugin stands in for Apollo's own, which is not installed besides", async () => {
    const server = serverOf(apollo, {});
    await server.start();
    const ids = (
      server as unknown as { internals: { plugins: { __internal_plugin_id__?: string }[] } }
    ).internals.plugins.map((plugin) => plugin.__internal_plugin_id__);
    expect(ids.filter((id) => id === "CacheControl")).toHaveLength(1);
    await server.stop();
  });

  it("it sets the headers of misses, hits, private answers and mutations", async () => {
    const server = serverOf(apollo, {});
    await server.start();
    const query = `{ book(id: "1") { id title } }`;
    const cold = await headersOf(server, query);
    const warm = await headersOf(server, query);
    expect([cold["x-cache"], warm["x-cache"]]).toEqual(["MISS", "HIT"]);
    expect(warm["cache-control"]).toMatch(/^max-age=(2[6-9]|30), public$/);
    const mine = await headersOf(server, `{ book(id: "1") { mine } }`, "eve");
    expect(mine["cache-control"]).toMatch(/^max-age=(1[7-9]|20), private$/);
    expect(mine["vary"]).toBe("Authorization, Cookie");
    const mutation = await headersOf(server, "mutation { touch }");
    expect(mutation["cache-control"]).toBe("no-store");
    expect(mutation["x-cache"]).toBeUndefined();
    await server.stop();
  });
});

describe("info.cacheControl", () => {
  const asked: Record<string, Ask> = {
    "is there": ({ cacheControl }) => expect(cacheControl.cacheHint).toBeDefined(),
    "sets a hint": ({ cacheControl }) => cacheControl.setCacheHint({ maxAge: 12 }),
    "sets a hint, taken apart": ({ cacheControl: { setCacheHint } }) =>
      setCacheHint({ maxAge: 12, scope: "PRIVATE" }),
    "sets it twice": ({ cacheControl }) => {
      cacheControl.setCacheHint({ maxAge: 12 });
      cacheControl.setCacheHint({ maxAge: 90 });
    },
    "restricts the hint": ({ cacheControl }) => {
      cacheControl.setCacheHint({ maxAge: 50 });
      cacheControl.cacheHint.restrict({ maxAge: 9 });
      cacheControl.cacheHint.restrict({ maxAge: 10 });
    },
    "replaces the hint": ({ cacheControl }) => cacheControl.cacheHint.replace({ maxAge: 7 }),
    "sets a scope alone": ({ cacheControl }) => cacheControl.setCacheHint({ scope: "PRIVATE" }),
    "takes the hint of a type": ({ cacheControl, schema }) => {
      const hint = cacheControl.cacheHintFromType(schema.getType("Book") as GraphQLCompositeType);
      cacheControl.setCacheHint({ maxAge: hint?.maxAge ?? 1 });
    },
    "asks what may be kept": ({ cacheControl }) => {
      expect(cacheControl.cacheHint.policyIfCacheable()).toBeNull();
      cacheControl.setCacheHint({ maxAge: 3 });
      expect(cacheControl.cacheHint.policyIfCacheable()).toEqual({ maxAge: 3, scope: "PUBLIC" });
    },
  };

  it.each(Object.entries(asked))(
    "%s, and the policy of the whole is that of Apollo's own plugin",
    async (_how, ask) => {
      const policies = await Promise.all([true, false].map((own) => policyOf(own, "{ plain }", ask)));
      expect(policies[0]).toEqual(policies[1]);
    },
  );

  it("tells a resolver its static hint", async () => {
    let hint: object | undefined;
    await policyOf(true, `{ book(id: "1") { id } }`, undefined, ({ cacheControl }) => {
      hint = { maxAge: cacheControl.cacheHint.maxAge, scope: cacheControl.cacheHint.scope };
    });
    expect(hint).toEqual({ maxAge: 50, scope: "PUBLIC" });
  });

  it("shortens the entry too, so that a hit tells what the miss told", async () => {
    const server = serverOf(apollo55, {
      askBook: ({ cacheControl }) => cacheControl.setCacheHint({ maxAge: 10 }),
    });
    await server.start();
    const query = `{ book(id: "1") { id } }`;
    const [cold, warm] = [await headersOf(server, query), await headersOf(server, query)];
    expect([cold["x-cache"], warm["x-cache"]]).toEqual(["MISS", "HIT"]);
    for (const headers of [cold, warm])
      expect(headers["cache-control"]).toMatch(/^max-age=([89]|10), public$/);
    await server.stop();
  });

  it("is not wrapped around properties, which have nobody to ask", async () => {
    const cache = createFieldCache({ logger: silent });
    const resolvers = { Query: { plain: () => "plain", book: () => ({ id: "1" }) } };
    const schema = cache.apply(makeExecutableSchema({ typeDefs: [directives, typeDefs], resolvers }));
    const server = new apollo55.ApolloServer({ schema, plugins: [cache.plugin()] });
    await server.executeOperation({ query: `{ plain book(id: "1") { id title } }` });
    const book = schema.getType("Book") as unknown as { getFields(): Record<string, { resolve?: unknown }> };
    expect(book.getFields()["id"]?.resolve).toBeUndefined();
    await server.stop();
  });
});

describe("Apollo's @cacheControl", () => {
  const hints = /* GraphQL */ `
    enum CacheControlScope { PUBLIC PRIVATE }
    directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT
    type Author @cacheControl(maxAge: 80) { name: String }
    type Query {
      field: String @cacheControl(maxAge: 60)
      author: Author
      shorter: Author @cacheControl(maxAge: 20)
      mine: Author @cacheControl(scope: PRIVATE)
      nested: Nested @cacheControl(maxAge: 50)
      none: String
    }
    type Nested { inherits: Author2 @cacheControl(inheritMaxAge: true) }
    type Author2 { name: String }
  `;

  it.each([
    ["{ field }", "max-age=60, public"],
    ["{ author { name } }", "max-age=80, public"],
    ["{ shorter { name } field }", "max-age=20, public"],
    ["{ mine { name } }", "max-age=80, private"],
    ["{ nested { inherits { name } } }", "max-age=50, public"],
    ["{ field none }", "no-cache"],
    ["{ ...F } fragment F on Query { field ... on Query { shorter { name } } }", "max-age=20, public"],
  ])("is a hint of its own where nothing is cached by it: %s", async (query, header) => {
    const cache = createFieldCache({ logger: silent });
    const author = () => ({ name: "A" });
    const resolvers = {
      Query: { field: () => "f", author, shorter: author, mine: author, nested: () => ({}), none: () => "n" },
      Nested: { inherits: author },
    };
    const schema = cache.apply(makeExecutableSchema({ typeDefs: [directives, hints], resolvers }));
    const plugins = [cache.plugin({ http: { maxAge: "remaining" } })];
    const server = new apollo55.ApolloServer({ schema, plugins });
    await server.start();
    const headers = await headersOf(server, query);
    expect(headers["cache-control"]).toBe(header);
    expect(headers["x-cache"]).toBeUndefined();
    await server.stop();
  });
});

describe("a document of several operations", () => {
  it("without the name of one is refused by Apollo Server as ever", async () => {
    const server = serverOf(apollo55, {});
    const { body } = await server.executeOperation({ query: "query A { plain } query B { plain }" });
    expect(body).toMatchObject({
      singleResult: { errors: [{ extensions: { code: "OPERATION_RESOLUTION_FAILURE" } }] },
    });
    await server.stop();
  });
});

describe("answers that cannot be described by one word", () => {
  it("those of a batch carry no X-Cache, and the strictest Cache-Control", async () => {
    const cache = createFieldCache({ logger: silent });
    const resolvers = {
      Query: {
        plain: () => {
          throw new Error("fault");
        },
        book: () => ({ id: "1" }),
      },
    };
    const schema = cache.apply(makeExecutableSchema({ typeDefs: [directives, typeDefs], resolvers }));
    const server = new apollo55.ApolloServer({
      schema,
      plugins: [cache.plugin({ http: { maxAge: "remaining" } })],
      allowBatchedHttpRequests: true,
    });
    await server.start();
    const answerOf = async (...queries: string[]) => {
      const { headers } = await server.executeHTTPGraphQLRequest({
        context: async () => ({}),
        httpGraphQLRequest: {
          method: "POST",
          headers: new apollo55.HeaderMap([["content-type", "application/json"]]),
          search: "",
          body: queries.map((query) => ({ query })),
        },
      });
      return [headers.get("cache-control"), headers.get("x-cache")];
    };
    const book = `{ book(id: "1") { id } }`;
    expect(await answerOf(book, book)).toEqual(["no-cache", undefined]);
    expect(await answerOf(book, "{ plain }")).toEqual(["no-store", undefined]);
    expect(await answerOf("{ plain }", book)).toEqual(["no-store", undefined]);
    await server.stop();
  });
});

/** The policy that Apollo Server has of an operation when it is answered. */
async function policyOf(own: boolean, query: string, ask?: Ask, askBook?: Ask) {
  let policy: object | undefined;
  const server = serverOf(apollo55, {
    own,
    ...(ask === undefined ? {} : { ask }),
    ...(askBook === undefined ? {} : { askBook }),
  });
  server.addPlugin({
    async requestDidStart() {
      return {
        async willSendResponse({ overallCachePolicy, errors }) {
          expect(errors).toBeUndefined();
          policy = { maxAge: overallCachePolicy.maxAge, scope: overallCachePolicy.scope };
        },
      };
    },
  });
  await server.executeOperation({ query });
  await server.stop();
  return policy;
}
