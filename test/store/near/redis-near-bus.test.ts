import type { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { createKeys } from "../../../src/keys/grammar.ts";
import { LEASE_MS } from "../../../src/store/near/lease.ts";
import { createNearStore } from "../../../src/store/near/near-store.ts";
import { createRedisStore } from "../../../src/store/redis/create-redis-store.ts";
import type { Store } from "../../../src/store/store.ts";
import { until } from "../../engine/support.ts";
import { startFaultProxy } from "../../support/fault-proxy.ts";
import { type RedisServer, startRedis } from "../../support/redis-server.ts";
import { slotIn } from "../store-suite.ts";
import { ageSessions } from "./sessions.ts";

// What only a real Redis can do to near copies. The interleavings have tests of their own: test/races/near-copies.test.ts.

const keys = createKeys("shop");
const timeouts = { readMs: 5000, writeMs: 5000, invalidateMs: 5000 };
const request = slotIn(keys, "42", "price");
const wanted = { entryKeys: [], stampKeys: [request.stampKey], log: false };

let server: RedisServer;
let admin: Redis;
let stores: Store[];

beforeEach(async () => {
  server = await startRedis();
  admin = server.client();
  stores = [];
});
afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await server.stop();
});

async function open(url = server.url): Promise<Store> {
  const redis = createRedisStore({ redis: url, keys, timeouts });
  const copies = { lifeMs: 60_000, maxBytes: 1_000_000 };
  const store = createNearStore(redis, redis.openBus(), { clock: systemClock, random: systemRandom, copies });
  stores.push(store);
  await store.ready();
  await until(() => store.state().near!.open);
  await ageSessions(admin, keys);
  return store;
}

async function holds(store: Store): Promise<void> {
  await until(() => store.state().near!.open);
  await store.stamps([{ stampKey: request.stampKey, lifeMs: 60_000 }]);
  await store.read(wanted);
  expect(store.peek!(wanted)).toBeDefined();
}

async function took(work: Promise<unknown>): Promise<number> {
  const begun = performance.now();
  expect(await work).toBeUndefined();
  return performance.now() - begun;
}

describe("gateways on one Redis", () => {
  test("drop their copies before an invalidation of any of them resolves", async () => {
    const [g, other] = [await open(), await open()];
    for (let round = 0; round < 20; round++) {
      await holds(g);
      await other.dropStamps([request.stampKey]);
      expect(g.peek!(wanted)).toBeUndefined();
    }
    expect(g.state().near).toMatchObject({ revocations: 20, losses: 0 });
  });

  test("that close make nobody wait", async () => {
    const [g, other] = [await open(), await open()];
    await holds(g);
    await g.close();
    expect(await admin.zrangebyscore(keys.nearSessions, 0, "+inf")).toHaveLength(1);
    await other.dropStamps([request.stampKey]);
    expect(other.state().near).toMatchObject({ revocations: 0 });
  });
});

describe("copies are gone at once, and kept again later, when", () => {
  test.each<[string, () => Promise<void>]>([
    [
      "the connection by which revocations come is closed",
      async () => void (await admin.client("KILL", "TYPE", "PUBSUB")),
    ],
    [
      "the connection by which commands go is closed",
      async () => void (await admin.client("KILL", "TYPE", "NORMAL")),
    ],
  ])("%s", async (_, harm) => {
    const g = await open();
    await holds(g);
    await harm();
    await until(() => g.state().near!.losses === 1);
    await until(() => g.state().near!.open);
    expect(g.peek!(wanted)).toBeUndefined();
    await holds(g);
  });

  test("Redis is killed and started again", async () => {
    const g = await open();
    await holds(g);
    const { port } = server;
    await server.kill();
    await until(() => g.peek!(wanted) === undefined);
    server = await startRedis({ port });
    await holds(g);
  });

  test("FLUSHALL took the list of sessions: within a renewal", async () => {
    const g = await open();
    await holds(g);
    await admin.flushall();
    await until(() => g.state().near!.losses === 1);
    expect(g.peek!(wanted)).toBeUndefined();
    await holds(g);
  });
});

test("a gateway that hears nothing any more is waited for as long as its lease, and has dropped its copies by then", async () => {
  const other = await open();
  const proxy = await startFaultProxy(server.port);
  const g = await open(proxy.url);
  await holds(g);
  proxy.hold("replies");
  expect(await took(other.dropStamps([request.stampKey]))).toBeGreaterThan(LEASE_MS / 2);
  expect(g.peek!(wanted)).toBeUndefined();
  await proxy.close();
});

describe("the list of sessions", () => {
  const bus = () => {
    const redis = createRedisStore({ redis: server.url, keys, timeouts });
    stores.push(redis);
    return { redis, bus: redis.openBus() };
  };
  const nothing = Promise.resolve();

  test("is as old as it is, and names who has joined and not left", async () => {
    const { redis, bus: one } = bus();
    await redis.ready();
    await one.join("a.1", 60_000, undefined);
    await one.join("b.1", 60_000, undefined);
    await one.join("a.2", 60_000, "a.1");
    await one.leave("b.1");
    await ageSessions(admin, keys);
    const seen = await one.sessions(nothing);
    expect(seen).toMatchObject({ live: ["a.2"] });
    expect((seen as { readonly ageMs: number }).ageMs).toBeGreaterThan(LEASE_MS);
  });

  test("is young where its beginning is of another epoch: a snapshot brought it back", async () => {
    const { redis, bus: one } = bus();
    await redis.ready();
    await one.join("a.1", 60_000, undefined);
    await admin.zremrangebyscore(keys.nearSessions, "-inf", 0);
    await admin.zadd(keys.nearSessions, -1, "since:else");
    const { ageMs } = (await one.sessions(nothing)) as { readonly ageMs: number };
    expect(ageMs).toBeLessThan(LEASE_MS);
    expect(await admin.zscore(keys.nearSessions, "since:else")).toBeNull();
  });

  test("renews nobody who is not on it, or whose lease is over", async () => {
    const { redis, bus: one } = bus();
    await redis.ready();
    expect(await one.renew("a.1", 60_000)).toBe(false);
    await one.join("a.1", 60_000, undefined);
    expect(await one.renew("a.1", 60_000)).toBe(true);
    expect(await one.expel(["a.1", "b.1"])).toBeGreaterThan(59_000);
    expect(await one.renew("a.1", 60_000)).toBe(false);
    await one.join("c.1", 1, undefined);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await one.renew("c.1", 60_000)).toBe(false);
  });

  test("names who was expelled until its lease is over, to everybody who asks, and lets it join anew", async () => {
    const { redis, bus: one } = bus();
    await redis.ready();
    await one.join("a.1", 60_000, undefined);
    await one.expel(["a.1"]);
    expect(await one.sessions(nothing)).toMatchObject({ live: ["a.1!"] });
    expect(await one.expel(["a.1"])).toBeGreaterThan(59_000);
    expect(await one.expel(["a.1!"])).toBeGreaterThan(59_000);
    expect(await one.renew("a.1", 60_000)).toBe(false);
    await one.join("a.2", 60_000, "a.1");
    expect(await one.sessions(nothing)).toMatchObject({ live: ["a.2"] });
  });

  test("is begun anew where something else lies", async () => {
    const { redis, bus: one } = bus();
    await redis.ready();
    await admin.set(keys.nearSessions, "junk");
    expect(await one.join("a.1", 60_000, undefined)).toBeUndefined();
    expect(await one.sessions(nothing)).toMatchObject({ live: ["a.1"] });
  });

  test("is kept by a server that is full, and has an expiry", async () => {
    const { redis, bus: one } = bus();
    await redis.ready();
    await admin.config("SET", "maxmemory-policy", "noeviction");
    await admin.config("SET", "maxmemory", "1");
    expect(await one.join("a.1", 60_000, undefined)).toBeUndefined();
    expect(await one.renew("a.1", 60_000)).toBe(true);
    expect(await one.sessions(nothing)).toMatchObject({ live: ["a.1"] });
    expect(await one.expel(["a.1"])).toBeGreaterThan(0);
    expect(await admin.pttl(keys.nearSessions)).toBeGreaterThan(24 * 3600 * 1000);
  });
});
