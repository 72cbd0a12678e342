import { ApolloServer } from "@apollo/server";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { MapperKind, mapSchema } from "@graphql-tools/utils";
import { defaultFieldResolver, type GraphQLSchema, graphql } from "graphql";
import { describe, expect, it } from "vitest";
import { createFieldCache, type FieldCacheOptions, typeDefs } from "../../src/index.ts";

interface Context {
  readonly admin?: boolean;
}

/** What an application's `@auth` does: it wraps the resolver of every field. */
function authTransformer(schema: GraphQLSchema): GraphQLSchema {
  return mapSchema(schema, {
    [MapperKind.QUERY_ROOT_FIELD]: (config) => {
      const resolve = config.resolve ?? defaultFieldResolver;
      return {
        ...config,
        resolve(parent, args, context: Context, info) {
          if (context.admin !== true) throw new Error("For admins only.");
          return resolve(parent, args, context, info);
        },
      };
    },
  });
}

function parts(options: FieldCacheOptions = {}) {
  const cache = createFieldCache(options);
  const schema = makeExecutableSchema({
    typeDefs: [
      typeDefs,
      "directive @auth on FIELD_DEFINITION  type Query { secret: Int @auth @cacheTTL(seconds: 60) }",
    ],
    resolvers: { Query: { secret: () => 42 } },
  });
  const ask = (served: GraphQLSchema, contextValue: Context) =>
    graphql({ schema: served, source: "{ secret }", contextValue });
  return { cache, schema, ask };
}

const bare =
  "Query.secret: @auth looks like authorisation, but nothing wraps the resolver that cache.apply left, so a hit would be served to everybody. " +
  "Apply it after the cache: schema = authTransformer(cache.apply(makeExecutableSchema({ … }))).";

describe("authorisation around the cache", () => {
  it("is asked on a hit as on a miss when it wraps what apply returned", async () => {
    const { cache, schema, ask } = parts();
    const served = authTransformer(cache.apply(schema));
    expect(await ask(served, { admin: true })).toEqual({ data: { secret: 42 } });
    expect((await ask(served, {})).errors?.[0]?.message).toBe("For admins only.");
    expect(await ask(served, { admin: true })).toEqual({ data: { secret: 42 } });
    expect(cache.stats().reads).toMatchObject({ hit: 1, miss: 1 });
  });

  it("inside the cache keeps Apollo Server from starting", async () => {
    const { cache, schema } = parts();
    const server = new ApolloServer({
      schema: cache.apply(authTransformer(schema)),
      plugins: [cache.plugin()],
      stopOnTerminationSignals: false,
    });
    await expect(server.start()).rejects.toThrow(bare);
  });

  it("inside the cache keeps any other server from answering", async () => {
    const { cache, schema, ask } = parts();
    const result = await ask(cache.apply(authTransformer(schema)), { admin: true });
    expect(result.data).toEqual({ secret: null });
    expect(result.errors?.[0]?.message).toContain(bare);
  });

  it("is not looked for where outerDirectives says that it guards elsewhere", async () => {
    const { cache, schema, ask } = parts({ outerDirectives: ["auth"] });
    expect(await ask(cache.apply(schema), {})).toEqual({ data: { secret: 42 } });
  });
});
