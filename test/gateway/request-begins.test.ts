import { makeExecutableSchema } from "@graphql-tools/schema";
import { expect, it } from "vitest";
import { defineGateway, startGateway } from "../../src/gateway/index.ts";
import { createFieldCache, typeDefs as directives } from "../../src/index.ts";

it("a request begins before its context function: what that read is not stored over an invalidation", async () => {
  let name = "old";
  let meanwhile = async () => {};
  const gateway = await startGateway(
    defineGateway<{ readonly user: { readonly id: number; readonly name: string } }>({
      start({ cacheOptions }) {
        const cache = createFieldCache({ ...cacheOptions, principal: ({ user }) => user.id });
        const typeDefs = "type Query { me: String @cacheTTL(seconds: 60, scope: PRIVATE) }";
        const resolvers = {
          Query: { me: (_: unknown, _args: unknown, context: never) => context["user"]["name"] },
        };
        return {
          cache,
          schema: cache.apply(makeExecutableSchema({ typeDefs: [directives, typeDefs], resolvers })),
          async context() {
            const user = { id: 7, name };
            await meanwhile();
            return { user };
          },
        };
      },
    }),
    { environment: { LOG_LEVEL: "silent", HOST: "127.0.0.1", PORT: "0", NODE_ENV: "test" }, signals: false },
  );
  const me = async () => {
    const answer = await fetch(`${gateway.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "{ me }" }),
    });
    const { data } = (await answer.json()) as { readonly data: { readonly me: string } };
    return data.me;
  };
  try {
    meanwhile = async () => {
      meanwhile = async () => {};
      name = "new";
      await gateway.cache.invalidate({ principal: 7 });
    };
    expect(await me()).toBe("old");
    expect(await me()).toBe("new");
  } finally {
    await gateway.close();
  }
});
