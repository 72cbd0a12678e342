import { createServer } from "node:net";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { describe, expect, it } from "vitest";
import { defineGateway, startGateway } from "../../src/gateway/index.ts";
import { createFieldCache, typeDefs as directives } from "../../src/index.ts";
import { startRedis } from "../support/redis-server.ts";
import { startShop } from "./shop.ts";

const quiet = { LOG_LEVEL: "silent", HOST: "127.0.0.1", PORT: "0", NODE_ENV: "test" };

describe("a start that fails", () => {
  it("rejects with everything wrong in the environment, before anything is opened", async () => {
    let opened = false;
    const gateway = defineGateway({
      start() {
        opened = true;
        throw new Error("unreachable");
      },
    });
    await expect(
      startGateway(gateway, { environment: { PORT: "x", LOG_LEVEL: "x" }, signals: false }),
    ).rejects.toThrow(/PORT must be .*\n {2}LOG_LEVEL must be /s);
    expect(opened).toBe(false);
  });

  it.each([
    ["redis://cache:99999", "The URL of Redis must be a URL"],
    ["redis://cache/first", "The URL of Redis must end with the number of a database"],
  ])("names REDIS_URL where the library refuses it: %s", async (url, problem) => {
    await expect(startShop({ environment: { REDIS_URL: url } })).rejects.toThrow(
      new RegExp(`^The environment cannot be used:\n {2}REDIS_URL: ${problem}`),
    );
  });

  it("rejects with the mistakes of the schema", async () => {
    const gateway = defineGateway({
      start({ cacheOptions }) {
        const cache = createFieldCache(cacheOptions);
        const typeDefs = "type Query { price: Int @cacheTTL(seconds: -1) }";
        return {
          cache,
          schema: cache.apply(makeExecutableSchema({ typeDefs: [directives, typeDefs] })),
        };
      },
    });
    await expect(startGateway(gateway, { environment: quiet, signals: false })).rejects.toThrow(
      "Query.price",
    );
  });

  it("closes again what was opened when the port is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const { port } = taken.address() as { port: number };
    try {
      await expect(startShop({ environment: { PORT: String(port) } })).rejects.toThrow("EADDRINUSE");
    } finally {
      taken.close();
    }
  });

  it("rejects where the store may evict what is written behind", async () => {
    const redis = await startRedis({ args: ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"] });
    const gateway = defineGateway({
      start({ cacheOptions }) {
        const cache = createFieldCache(cacheOptions);
        cache.entity("Note", { mode: "BEHIND", load: (ids) => ids, write: (rows) => [...rows] });
        const typeDefs = "type Query { note: Note }  type Note { id: ID! }";
        return { cache, schema: cache.apply(makeExecutableSchema({ typeDefs: [directives, typeDefs] })) };
      },
    });
    try {
      await expect(
        startGateway(gateway, { environment: { ...quiet, REDIS_URL: redis.url }, signals: false }),
      ).rejects.toThrow("Note cannot be written behind: the store's maxmemory-policy is allkeys-lru");
    } finally {
      await redis.stop();
    }
  });

  it("rejects when a guarded field is wrapped by nothing, and prints the right order", async () => {
    const gateway = defineGateway({
      start({ cacheOptions }) {
        const cache = createFieldCache(cacheOptions);
        const typeDefs = `
          directive @auth on FIELD_DEFINITION
          type Query { salary: Int @auth @cacheTTL(seconds: 60) }
        `;
        const resolvers = { Query: { salary: () => 1 } };
        return {
          cache,
          schema: cache.apply(makeExecutableSchema({ typeDefs: [directives, typeDefs], resolvers })),
        };
      },
    });
    await expect(startGateway(gateway, { environment: quiet, signals: false })).rejects.toThrow(
      /Query\.salary.*@auth.*cache\.apply/s,
    );
  });
});
