// What a team writes first: `redis.get` in every resolver's way to its source.
import { makeExecutableSchema } from "@graphql-tools/schema";
import { Redis } from "ioredis";
import { resolvers, SECONDS, typeDefs } from "../catalog.mjs";
import { createLoaders, createSource } from "../loaders.mjs";
import { startApollo } from "./apollo.mjs";

export async function start({ port, sourceUrl, redisUrl }) {
  const source = createSource(sourceUrl);
  const redis = new Redis(redisUrl);
  const cached = (kind, loader) => ({
    async load(id) {
      const key = `hand:${kind}:${id}`;
      const hit = await redis.get(key);
      if (hit !== null) return JSON.parse(hit);
      const value = await loader.load(id);
      await redis.set(key, JSON.stringify(value), "EX", SECONDS[kind]);
      return value;
    },
    loadMany(ids) {
      return Promise.all(ids.map((id) => this.load(id)));
    },
  });
  return startApollo({
    port,
    schema: makeExecutableSchema({ typeDefs, resolvers }),
    context: async () => ({
      loaders: Object.fromEntries(
        Object.entries(createLoaders(source)).map(([kind, loader]) => [kind, cached(kind, loader)]),
      ),
    }),
  });
}
