// Fieldgate as it ships: entities through the cache's loaders, fields through the request's own.
import { makeExecutableSchema } from "@graphql-tools/schema";
import { createFieldCache, typeDefs as directives } from "fieldgate";
import { resolvers, SECONDS, typeDefs } from "../catalog.mjs";
import { createLoaders, createSource } from "../loaders.mjs";
import { startApollo } from "./apollo.mjs";

// What is asked for again with the same arguments has an entry of references, as with the peers that cache by field.
const annotated = (stale) =>
  typeDefs
    .replace("product(id: ID!): Product", `product(id: ID!): Product @cacheTTL(seconds: ${SECONDS.product})`)
    .replace("user(id: ID!): User", `user(id: ID!): User @cacheTTL(seconds: ${SECONDS.user})`)
    .replace("related: [Product!]!", `related: [Product!]! @cacheTTL(seconds: ${SECONDS.product})`)
    .replace("author: User!", `author: User! @cacheTTL(seconds: ${SECONDS.user})`)
    .replace(
      "listing(slug: String!): [Product!]!",
      `listing(slug: String!): [Product!]! @cacheTTL(seconds: ${SECONDS.list})`,
    )
    .replace("type Product {", `type Product @cacheTTL(seconds: ${SECONDS.product}${stale}) {`)
    .replace("type User {", `type User @cacheTTL(seconds: ${SECONDS.user}${stale}) {`)
    .replace("price: Price!", `price: Price! @cacheTTL(seconds: ${SECONDS.price}${stale})`)
    .replace("inventory: Int!", `inventory: Int! @cacheTTL(seconds: ${SECONDS.inventory}${stale})`)
    .replace(
      "reviews(first: Int = 5): [Review!]!",
      `reviews(first: Int = 5): [Review!]! @cacheTTL(seconds: ${SECONDS.reviews}${stale})`,
    );

export async function start({ port, sourceUrl, redisUrl, options = {} }) {
  const source = createSource(sourceUrl);
  const cache = createFieldCache({ redis: redisUrl, namespace: "bench", ...options });
  const product = cache.entity("Product", { load: (keys) => source("product", keys) });
  const user = cache.entity("User", { load: (keys) => source("user", keys) });
  const own = {
    ...resolvers,
    Query: {
      ...resolvers.Query,
      // Entries hold references, and rows come from their own entries: keys are all that is needed.
      product: (_, { id }) => ({ id }),
      user: (_, { id }) => ({ id }),
      listing: async (_, { slug }, { loaders }) => (await loaders.list.load(slug)).map((id) => ({ id })),
    },
    Product: { ...resolvers.Product, related: ({ relatedIds }) => relatedIds.map((id) => ({ id })) },
    Review: { author: ({ authorId }) => ({ id: authorId }) },
  };
  const schema = cache.apply(makeExecutableSchema({ typeDefs: [directives, annotated("")], resolvers: own }));
  const started = await startApollo({
    port,
    schema,
    plugins: [cache.plugin()],
    context: async () => {
      const context = {};
      context.loaders = {
        ...createLoaders(source),
        product: product.loader(context),
        user: user.loader(context),
      };
      return context;
    },
  });
  return { ...started, invalidate: (target) => cache.invalidate(target) };
}
