import type { Redis } from "ioredis";
import { afterAll, beforeAll } from "vitest";
import { type Clock, systemClock } from "../../../src/base/clock.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { createKeys } from "../../../src/keys/grammar.ts";
import { createNearStore } from "../../../src/store/near/near-store.ts";
import { createRedisStore } from "../../../src/store/redis/create-redis-store.ts";
import { until } from "../../engine/support.ts";
import { type RedisServer, startRedis } from "../../support/redis-server.ts";
import { passesInRedis } from "../redis-time.ts";
import { storeSuite } from "../store-suite.ts";
import { ageSessions } from "./sessions.ts";

const keys = createKeys("shop");
let server: RedisServer;
let admin: Redis;

beforeAll(async () => {
  server = await startRedis();
  admin = server.client();
});
afterAll(() => server.stop());

const timeouts = { readMs: 5000, writeMs: 5000, invalidateMs: 5000 };

storeSuite("the Redis store with near copies", async () => {
  await admin.flushall();
  let passed = 0;
  const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + passed };
  const redis = createRedisStore({ redis: server.url, keys, timeouts });
  const copies = { lifeMs: 60_000, maxBytes: 10_000_000 };
  const store = createNearStore(redis, redis.openBus(), { clock, random: systemRandom, copies });
  /** Nothing is held: what was there before is another session's. */
  const reopened = async () => {
    await until(() => store.state().near!.open);
    await ageSessions(admin, keys);
  };
  await store.ready();
  await reopened();
  return {
    store,
    keys,
    async passes(ms) {
      passed += ms;
      await passesInRedis(admin, keys, ms);
      await reopened();
    },
    async clear() {
      await admin.flushall();
      passed += 60_000;
      await reopened();
    },
    close: () => store.close(),
  };
});
