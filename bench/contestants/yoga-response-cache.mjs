// GraphQL Yoga with its response cache on Redis.
import { createServer } from "node:http";
import { createRedisCache } from "@envelop/response-cache-redis";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { useResponseCache } from "@graphql-yoga/plugin-response-cache";
import { createYoga } from "graphql-yoga";
import { Redis } from "ioredis";
import { resolvers, SECONDS, typeDefs } from "../catalog.mjs";
import { createLoaders, createSource } from "../loaders.mjs";

export async function start({ port, sourceUrl, redisUrl }) {
  const source = createSource(sourceUrl);
  const yoga = createYoga({
    schema: makeExecutableSchema({ typeDefs, resolvers }),
    logging: false,
    graphiql: false,
    context: () => ({ loaders: createLoaders(source) }),
    plugins: [
      useResponseCache({
        session: () => null,
        cache: createRedisCache({ redis: new Redis(redisUrl) }),
        ttl: SECONDS.product * 1000,
        ttlPerType: {
          Product: SECONDS.product * 1000,
          Review: SECONDS.reviews * 1000,
          User: SECONDS.user * 1000,
          Price: SECONDS.price * 1000,
        },
        ttlPerSchemaCoordinate: { "Product.inventory": SECONDS.inventory * 1000 },
      }),
    ],
  });
  const server = createServer(yoga);
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { close: () => server.close() };
}
