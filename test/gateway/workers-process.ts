import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { defineGateway, startWorkers } from "../../src/gateway/index.ts";
import { createFieldCache, typeDefs as directives } from "../../src/index.ts";

// Gateways that share a port, in as many workers as the first argument says. Prints its address. `slow` answers once the file exists
// that the second argument names; the third is shutdownMs.
const [workers, gate = "", shutdownMs = "10000"] = process.argv.slice(2);

const typeDefs = /* GraphQL */ `
  type Query {
    price(id: ID!): Int @cacheTTL(seconds: 60)
    "Which process answers."
    pid: Int
    slow: Int
  }
`;

const shop = defineGateway({
  shutdownMs: Number(shutdownMs),
  start({ cacheOptions }) {
    // The tests count, on a busy machine: a late answer of Redis must not become a load.
    const patient = { readTimeoutMs: 5000, writeTimeoutMs: 5000, invalidateTimeoutMs: 5000 };
    const cache = createFieldCache({ ...cacheOptions, ...patient });
    const resolvers = {
      Query: {
        price: (_parent: unknown, { id }: { id: string }) => Number(id),
        pid: () => process.pid,
        async slow() {
          while (!existsSync(gate)) await sleep(10);
          return process.pid;
        },
      },
    };
    return {
      cache,
      schema: cache.apply(makeExecutableSchema({ typeDefs: [directives, typeDefs], resolvers })),
    };
  },
});

try {
  const running = await startWorkers(shop, { workers: Number(workers) });
  if (running.isPrimary) console.log(running.url);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
