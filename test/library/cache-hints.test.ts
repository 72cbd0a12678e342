import { ApolloServer, HeaderMap } from "@apollo/server";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { expect, it } from "vitest";
import { typeDefs as directives } from "../../src/directives/definitions.ts";
import type { FieldCacheControl } from "../../src/library/cache-hints.ts";
import { createFieldCache } from "../../src/library/create-field-cache.ts";

type Say = (cacheControl: FieldCacheControl) => void;

/** A PUBLIC field whose resolver answers who asked, and says in its own way that this is nobody else's. */
function serverThatSays(say: Say) {
  const cache = createFieldCache();
  const schema = makeExecutableSchema({
    typeDefs: [directives, "type Query { who: String @cacheTTL(seconds: 60) }"],
    resolvers: {
      Query: {
        who: (_parent: unknown, _args: unknown, { user }: { user: string }, info: never) => {
          say((info as { cacheControl: FieldCacheControl }).cacheControl);
          return user;
        },
      },
    },
  });
  const server = new ApolloServer<{ user: string }>({
    schema: cache.apply(schema),
    plugins: [cache.plugin()],
  });
  server.startInBackgroundHandlingStartupErrorsByLoggingAndFailingAllRequests();
  return async (user: string): Promise<unknown> => {
    const { body } = await server.executeHTTPGraphQLRequest({
      context: async () => ({ user }),
      httpGraphQLRequest: {
        method: "POST",
        headers: new HeaderMap([["content-type", "application/json"]]),
        search: "",
        body: { query: "{ who }" },
      },
    });
    return body.kind === "complete" ? JSON.parse(body.string).data.who : undefined;
  };
}

it.each<[string, Say]>([
  ["setCacheHint, scope", ({ setCacheHint }) => setCacheHint({ scope: "PRIVATE" })],
  ["cacheHint.restrict, scope", ({ cacheHint }) => cacheHint.restrict({ scope: "PRIVATE" })],
  ["cacheHint.replace, scope", ({ cacheHint }) => cacheHint.replace({ scope: "PRIVATE" })],
  ["cacheHint.restrict, maxAge", ({ cacheHint }) => cacheHint.restrict({ maxAge: 0 })],
  ["cacheHint.replace, maxAge", ({ cacheHint }) => cacheHint.replace({ maxAge: 0 })],
  [
    "cacheHint.scope, assigned",
    ({ cacheHint }) => {
      cacheHint.scope = "PRIVATE";
    },
  ],
  [
    "cacheHint.maxAge, assigned",
    ({ cacheHint }) => {
      cacheHint.maxAge = 0;
    },
  ],
])("keeps from everybody else what its resolver called theirs by %s", async (_way, say) => {
  const ask = serverThatSays(say);
  expect(await ask("ann")).toBe("ann");
  expect(await ask("bob")).toBe("bob");
});

it("shares what nobody restricted, whoever looked at its hint", async () => {
  const ask = serverThatSays(({ cacheHint }) => void cacheHint.policyIfCacheable());
  await ask("ann");
  expect(await ask("bob")).toBe("ann");
});
