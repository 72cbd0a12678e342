// Apollo Server with its response cache on Redis, lifetimes by @cacheControl.
import { createRequire } from "node:module";
import { KeyvAdapter } from "@apollo/utils.keyvadapter";
import { makeExecutableSchema } from "@graphql-tools/schema";
import KeyvRedis from "@keyv/redis";
import Keyv from "keyv";
import { resolvers, SECONDS, typeDefs } from "../catalog.mjs";
import { createLoaders, createSource } from "../loaders.mjs";
import { startApollo } from "./apollo.mjs";

const responseCache = createRequire(import.meta.url)("@apollo/server-plugin-response-cache").default;

const annotated = `
  enum CacheControlScope { PUBLIC PRIVATE }
  directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
${typeDefs
  .replace("type Product {", `type Product @cacheControl(maxAge: ${SECONDS.product}) {`)
  .replace("type Review {", `type Review @cacheControl(maxAge: ${SECONDS.reviews}) {`)
  .replace("type User {", `type User @cacheControl(maxAge: ${SECONDS.user}) {`)
  .replace("type Price {", `type Price @cacheControl(maxAge: ${SECONDS.price}) {`)
  .replace("inventory: Int!", `inventory: Int! @cacheControl(maxAge: ${SECONDS.inventory})`)}`;

export async function start({ port, sourceUrl, redisUrl }) {
  const source = createSource(sourceUrl);
  return startApollo({
    port,
    schema: makeExecutableSchema({ typeDefs: annotated, resolvers }),
    cache: new KeyvAdapter(new Keyv({ store: new KeyvRedis(redisUrl) })),
    plugins: [responseCache()],
    context: async () => ({ loaders: createLoaders(source) }),
  });
}
