import { afterAll, beforeAll, describe } from "vitest";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createRedisStore } from "../../src/store/redis/create-redis-store.ts";
import type { Store } from "../../src/store/store.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { keys } from "./support.ts";

/** What the gateways of one test share. */
export interface Server {
  /** One gateway's connection. */
  connect(): Store;
  /** FLUSHALL. */
  flush(): Promise<void>;
  /** Eviction of one key. */
  evict(key: string): Promise<void>;
  /** Puts a text where an entry would be. */
  poison(key: string, text: string): Promise<void>;
  close(): Promise<void>;
}

/** Generous: these tests count loads, on a machine that others use too. */
const timeouts = { readMs: 5000, writeMs: 5000, invalidateMs: 5000 };

/** Runs the same tests on the embedded store and on a real Redis. */
export function onBothStores(chapter: string, tests: (open: () => Promise<Server>) => void): void {
  describe(`${chapter}, on the embedded store`, () => tests(embedded));
  describe(`${chapter}, on Redis`, () => {
    let redis: RedisServer;
    beforeAll(async () => {
      redis = await startRedis();
    });
    afterAll(() => redis.stop());
    tests(() => onRedis(redis));
  });
}

async function embedded(): Promise<Server> {
  const store = createMemoryStore({ keys });
  return {
    connect: () => store,
    flush: async () => store.clear(),
    evict: async (key) => void (await store.dropStamps([key])),
    async poison(key, text) {
      const slot = {
        lockKey: `${key}:lock`,
        passKey: `${key}:pass`,
        stampKey: `${key}:stamp`,
        token: "0123456789abcdef",
      };
      const [begun] = await store.begin([
        { ...slot, entryKey: `${key}:begin`, seenId: "", lockMs: 1000, stampMs: 1000 },
      ]);
      const { stamp } = begun as { readonly stamp: string };
      await store.put([{ ...slot, entryKey: key, stamp, text, lifeMs: 60_000 }]);
    },
    close: () => store.close(),
  };
}

async function onRedis(redis: RedisServer): Promise<Server> {
  const stores: Store[] = [];
  const admin = redis.client();
  await admin.flushall();
  return {
    connect() {
      const store = createRedisStore({ redis: redis.url, keys, timeouts });
      stores.push(store);
      return store;
    },
    flush: async () => void (await admin.flushall()),
    evict: async (key) => void (await admin.del(key)),
    poison: async (key, text) => void (await admin.set(key, text, "PX", 60_000)),
    close: async () => {
      await Promise.all(stores.map((store) => store.close()));
      await admin.quit();
    },
  };
}
