import type { Redis } from "ioredis";
import { afterAll, beforeAll } from "vitest";
import { createKeys } from "../../src/keys/grammar.ts";
import { createRedisStore } from "../../src/store/redis/redis-store.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
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
    passes,
    clear: async () => void (await admin.flushall()),
    close: () => store.close(),
  };
});

/** Time goes by for what lies there: every end comes nearer, in expiries, marks and announcements. No test waits. */
async function passes(ms: number): Promise<void> {
  for (const key of await admin.keys("*")) {
    if (key === keys.logAnnounced) {
      for (const announcement of await admin.zrange(key, "0", "-1"))
        await admin.zincrby(key, -ms, announcement);
    } else if (key.endsWith(":__pass")) {
      const [stamp, kind, failures, until, ...text] = ((await admin.get(key)) ?? "").split(" ");
      await admin.set(key, [stamp, kind, failures, Number(until) - ms, ...text].join(" "), "KEEPTTL");
    }
    const left = await admin.pttl(key);
    if (left > ms) await admin.pexpire(key, left - ms);
    else await admin.del(key);
  }
}
