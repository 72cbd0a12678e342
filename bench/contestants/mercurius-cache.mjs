// mercurius with mercurius-cache on Redis.
import Fastify from "fastify";
import { Redis } from "ioredis";
import mercurius from "mercurius";
import mercuriusCache from "mercurius-cache";
import { resolvers, SECONDS, typeDefs } from "../catalog.mjs";
import { createLoaders, createSource } from "../loaders.mjs";

/** The parent's id instead of the whole parent: what its documentation advises. */
const ofParent = ({ self, arg }) => ({ id: self.id, ...arg });

export async function start({ port, sourceUrl, redisUrl }) {
  const source = createSource(sourceUrl);
  const app = Fastify();
  await app.register(mercurius, {
    schema: typeDefs,
    resolvers,
    jit: 1,
    context: async () => ({ loaders: createLoaders(source) }),
  });
  const client = new Redis(redisUrl);
  await app.register(mercuriusCache, {
    ttl: SECONDS.product,
    storage: { type: "redis", options: { client } },
    policy: {
      Query: { product: true, products: true, listing: true, user: { ttl: SECONDS.user } },
      Product: {
        price: { ttl: SECONDS.price, key: ofParent },
        inventory: { ttl: SECONDS.inventory, key: ofParent },
        reviews: { ttl: SECONDS.reviews, key: ofParent },
        related: { key: ofParent },
      },
      Review: { author: { ttl: SECONDS.user, key: ({ self }) => self.authorId } },
    },
  });
  await app.listen({ port, host: "127.0.0.1" });
  return { app, close: () => app.close() };
}
