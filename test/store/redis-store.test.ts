import type { Redis } from "ioredis";
import { afterAll, beforeAll } from "vitest";
import { createKeys } from "../../src/keys/grammar.ts";
import { createRedisStore } from "../../src/store/redis/create-redis-store.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { passesInRedis } from "./redis-time.ts";
import { storeSuite } from "./store-suite.ts";

const keys = createKeys("shop");
let server: RedisServer;
let admin: Redis;

beforeAll(async () => {
  server = await startRedis();
  admin = server.client();
});
afterAll(() => server.stop());

/** Generous: these tests are about what the store does, on a machine that others use too. */
const timeouts = { readMs: 5000, writeMs: 5000, invalidateMs: 5000 };

storeSuite("the Redis store", async () => {
  await admin.flushall();
  const store = createRedisStore({ redis: server.url, keys, timeouts });
  return {
    store,
    keys,
    passes: (ms) => passesInRedis(admin, keys, ms),
    clear: async () => void (await admin.flushall()),
    close: () => store.close(),
  };
});
