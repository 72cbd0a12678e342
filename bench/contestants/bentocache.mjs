// bentocache in the batch functions: a look-up for each key, the missing ones from the source.
import { makeExecutableSchema } from "@graphql-tools/schema";
import { BentoCache, bentostore } from "bentocache";
import { redisDriver } from "bentocache/drivers/redis";
import { Redis } from "ioredis";
import { resolvers, SECONDS, typeDefs } from "../catalog.mjs";
import { createLoaders, createSource } from "../loaders.mjs";
import { startApollo } from "./apollo.mjs";

export async function start({ port, sourceUrl, redisUrl }) {
  const source = createSource(sourceUrl);
  const bento = new BentoCache({
    default: "redis",
    stores: { redis: bentostore().useL2Layer(redisDriver({ connection: new Redis(redisUrl) })) },
  });
  const cachedBatch = (missing) => (kind, keys) =>
    Promise.all(
      keys.map((key) =>
        bento.getOrSet({
          key: `${kind}:${key}`,
          ttl: SECONDS[kind] * 1000,
          factory: () => missing[kind].load(key),
        }),
      ),
    );
  return startApollo({
    port,
    schema: makeExecutableSchema({ typeDefs, resolvers }),
    context: async () => ({ loaders: createLoaders(cachedBatch(createLoaders(source))) }),
  });
}
