import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createCache } from "../../src/engine/cache.ts";
import { createKeys } from "../../src/keys/grammar.ts";
import { hashSlot } from "../../src/keys/hash-slot.ts";
import { createRedisStore } from "../../src/store/redis/create-redis-store.ts";
import { type Store, StoreFailure } from "../../src/store/store.ts";
import { counted, planFor, until } from "../engine/support.ts";
import { type Cluster, startCluster } from "../support/redis-cluster.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { passesInRedis } from "./redis-time.ts";
import { slotIn, storeSuite } from "./store-suite.ts";

const keys = createKeys("shop");
/** Generous where time is not what is looked at. */
const timeouts = { readMs: 5000, writeMs: 5000, invalidateMs: 5000 };

let cluster: Cluster;
/** With replicas; it loses a master. */
let mortal: Cluster;
let admins: Redis[];

beforeAll(async () => {
  [cluster, mortal] = await Promise.all([startCluster(), startCluster({ replicas: true })]);
  admins = cluster.masters.map((master) => master.client());
}, 60_000);
afterAll(async () => void (await Promise.all([cluster.stop(), mortal.stop()])));

const everywhere = (step: (admin: Redis) => Promise<unknown>) => Promise.all(admins.map(step));

storeSuite("a cluster of three", async () => {
  await everywhere((admin) => admin.flushall());
  const store = createRedisStore({ redis: cluster.url, keys, timeouts });
  return {
    store,
    keys,
    passes: async (ms) => void (await everywhere((admin) => passesInRedis(admin, keys, ms))),
    clear: async () => void (await everywhere((admin) => admin.flushall())),
    close: () => store.close(),
  };
});

describe("a cluster", () => {
  const open: Store[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((store) => store.close()));
    await everywhere((admin) => admin.flushall());
  });

  async function gateway(redis = cluster.url) {
    const store = createRedisStore({ redis, keys, timeouts });
    open.push(store);
    const cache = createCache({ store, keys, emit: () => {}, limits: { hotReads: 1e9 } });
    await cache.ready();
    const read = async (home: string) => (await cache.read(planFor(cache, { home }), counted().load)).outcome;
    const fill = async (...homes: string[]) => {
      for (const home of homes) await read(home);
      await cache.drain(5000);
    };
    return { store, cache, read, fill };
  }

  /** A home on each master, in their order. */
  const homesOf = (store: Store) => cluster.masters.map((master) => homeOn(store, master));
  const homeOn = (store: Store, master: RedisServer, not: readonly string[] = []) =>
    Array.from({ length: 500 }, (_, id) => `Product:${id}`).find(
      (home) => store.nodeOf(home) === nameOf(master) && !not.includes(home),
    )!;
  const nameOf = ({ port }: RedisServer) => `127.0.0.1:${port}`;
  const errorsOf = async (code: string) =>
    (await everywhere((admin) => admin.info("errorstats")))
      .map((info) => Number(new RegExp(`errorstat_${code}:count=(\\d+)`).exec(String(info))?.[1] ?? 0))
      .reduce((sum, count) => sum + count, 0);

  test("is asked for a wave by one batch a master, whatever the number of slots", async () => {
    const { store, read, fill } = await gateway();
    const homes = Array.from({ length: 60 }, (_, id) => `Product:${id}`);
    await fill(...homes);
    const before = store.state().roundTrips;
    const outcomes = await Promise.all(homes.map(read));
    expect(new Set(outcomes)).toEqual(new Set(["hit"]));
    expect(store.state().roundTrips - before).toBe(3);
  });

  test.each(["one of its servers", "a server that is gone, and one of its own"])(
    "is found by %s",
    async (seeds) => {
      const { port } = cluster.masters[1]!;
      const { store, read, fill } = await gateway(
        seeds === "one of its servers"
          ? `redis+cluster://127.0.0.1:${port}`
          : `redis+cluster://127.0.0.1:1,127.0.0.1:${port}`,
      );
      const homes = homesOf(store);
      await fill(...homes);
      expect(await Promise.all(homes.map(read))).toEqual(["hit", "hit", "hit"]);
    },
  );

  test("that cannot be found is down, with what its servers said, and is found when it is there", async () => {
    const { store, read } = await gateway("redis+cluster://127.0.0.1:1,127.0.0.1:2");
    expect(store.state()).toMatchObject({ status: "down" });
    expect(await read("Product:42")).toBe("bypass");
  });

  test("has a slot that moved cold, on the new master and back on the old one; nothing that was invalidated comes back", async () => {
    const one = await gateway();
    const other = await gateway();
    const [home, , kept] = homesOf(one.store) as [string, string, string];
    const [from, to] = cluster.masters as [RedisServer, RedisServer];
    await one.fill(home, kept);
    expect(await other.read(home)).toBe("hit");
    const crossed = await errorsOf("CROSSSLOT");

    await cluster.reshard([hashSlot(home)], from, to);
    // Whoever still asks the old master is led to the new one within the same wave.
    expect(await one.read(home)).toBe("miss");
    await one.cache.drain(5000);
    expect(one.store.nodeOf(home)).toBe(nameOf(to));
    expect(await one.read(home)).toBe("hit");
    expect(await one.read(kept)).toBe("hit");

    await other.cache.invalidate([home]);
    await cluster.reshard([hashSlot(home)], to, from);
    expect(await one.read(home)).toBe("miss");
    // It has heard of the invalidation by now.
    await one.fill(home);
    expect(await other.read(home)).toBe("hit");
    expect(await errorsOf("CROSSSLOT")).toBe(crossed);
  });

  test("serves what has moved there and back untouched, unless it was invalidated on the way", async () => {
    const one = await gateway();
    const [home] = homesOf(one.store) as [string];
    const [from, to] = cluster.masters as [RedisServer, RedisServer];
    await one.fill(home);
    // Nobody has looked while it was away: its stamp is still the one of the first master.
    await cluster.reshard([hashSlot(home)], from, to);
    await cluster.reshard([hashSlot(home)], to, from);
    expect(await one.read(home)).toBe("hit");
    await cluster.reshard([hashSlot(home)], from, to);
    await (await gateway()).cache.invalidate([home]);
    await cluster.reshard([hashSlot(home)], to, from);
    expect(await one.read(home)).toBe("miss");
  });

  test("drops a stamp that has moved already, while its slot is on the way", async () => {
    const { store, cache, read, fill } = await gateway();
    const [home] = homesOf(store) as [string];
    const [from, to] = cluster.masters as [RedisServer, RedisServer];
    await fill(home);
    const slot = hashSlot(home);
    const [source, target] = [from.client(), to.client()];
    await target.call(
      "CLUSTER",
      "SETSLOT",
      slot,
      "IMPORTING",
      (await source.call("CLUSTER", "MYID")) as string,
    );
    await source.call(
      "CLUSTER",
      "SETSLOT",
      slot,
      "MIGRATING",
      (await target.call("CLUSTER", "MYID")) as string,
    );
    await source.call("MIGRATE", "127.0.0.1", to.port, keys.stamp(home), 0, 5000);
    expect(await source.exists(planFor(cache, { home }).key)).toBe(1);
    await cache.invalidate([home]);
    await cluster.reshard([slot], from, to);
    expect(await target.exists(keys.stamp(home))).toBe(0);
    await cluster.reshard([slot], to, from);
    expect(await read(home)).toBe("miss");
  });

  test("answers a fill's log after its stamps, wherever the two lie", async () => {
    const { store } = await gateway();
    const other = await gateway();
    const logAt = store.nodeOf("__log");
    const home = homesOf(store).find((one) => store.nodeOf(one) !== logAt)!;
    const master = cluster.masters.find((one) => nameOf(one) === store.nodeOf(home))!;
    const request = slotIn(keys, home.slice("Product:".length), "price");
    const position = store.position()!;
    // The entry's master is slow. An invalidation that comes before its answer must be told, though the log's is quick.
    master.pause();
    const begun = store.begin([request]);
    const since = store.logSince({ position, home });
    expect(await other.store.announce("other-token-0000", [home])).toBeUndefined();
    master.resume();
    expect((await begun)[0]).toMatchObject({ kind: "own" });
    expect(await since).toMatchObject({ names: new Set([home]) });
    await other.store.appendLog("other-token-0000", [home]);
  });

  test("has a log that moves with its slot: a gap for who began before, then positions of the new master", async () => {
    const { store, cache, read } = await gateway();
    const slot = hashSlot("__log");
    const from = cluster.masters.find((master) => nameOf(master) === store.nodeOf("__log"))!;
    const to = cluster.masters.find((master) => master !== from)!;
    const position = store.position()!;
    await cache.invalidate(["Product:1"]);
    await cluster.reshard([slot], from, to);
    expect(await store.logSince({ position, home: "Product:42" })).toMatchObject({ names: "gap" });
    await cache.invalidate(["Product:1"]);
    await read("Product:42");
    await cache.drain(5000);
    expect(await read("Product:42")).toBe("hit");
    await cluster.reshard([slot], to, from);
  });

  test("fails what lies on a master that is silent, by itself, and names it", async () => {
    const store = createRedisStore({ redis: cluster.url, keys, timeouts: { ...timeouts, readMs: 300 } });
    open.push(store);
    await store.ready();
    const homes = homesOf(store);
    cluster.masters[1]!.pause();
    const { stamps } = await store.read({ entryKeys: [], stampKeys: homes.map(keys.stamp), log: false });
    cluster.masters[1]!.resume();
    expect(stamps).toEqual([null, expect.any(StoreFailure), null]);
    expect(stamps[1]).toMatchObject({ reason: "timeout", node: nameOf(cluster.masters[1]!) });
  });

  test("never has two slots in one command", async () => {
    expect(await errorsOf("CROSSSLOT")).toBe(0);
  });
});

describe("a cluster whose master is lost", () => {
  const open: Store[] = [];
  afterAll(() => Promise.all(open.map((store) => store.close())));

  test("goes on with the replica, of which nothing older is served", async () => {
    const store = createRedisStore({ redis: mortal.url, keys, timeouts });
    open.push(store);
    const cache = createCache({ store, keys, emit: () => {} });
    await cache.ready();
    const read = async (home: string) => (await cache.read(planFor(cache, { home }), counted().load)).outcome;
    const all = Array.from({ length: 30 }, (_, id) => `Product:${id}`);
    for (const home of all) await read(home);
    await cache.drain(5000);
    const [lost, replica] = [mortal.masters[0]!, mortal.replicas[0]!];
    const before = new Map(all.map((home) => [home, store.nodeOf(home)]));
    const ofLost = all.filter((home) => before.get(home) === `127.0.0.1:${lost.port}`);
    const ofOthers = all.filter((home) => !ofLost.includes(home));
    expect(ofLost.length).toBeGreaterThan(0);
    // What it holds, its replica has got.
    await until2(async () => {
      const sizes = await Promise.all([lost.client().dbsize(), replica.client().dbsize()]);
      return sizes[0] === sizes[1];
    });
    await lost.kill();
    await until(() => store.state().status === "down");
    expect(await Promise.all(ofOthers.map(read))).toEqual(ofOthers.map(() => "hit"));
    expect(await Promise.all(ofLost.map(read))).toEqual(ofLost.map(() => "bypass"));

    await mortal.promote(replica);
    await until(() => store.state().status === "up");
    expect(store.nodeOf(ofLost[0]!)).toBe(`127.0.0.1:${replica.port}`);
    expect(await replica.client().exists(planFor(cache, { home: ofLost[0]! }).key)).toBe(1);
    expect(await Promise.all(ofLost.map(read))).toEqual(ofLost.map(() => "miss"));
    await cache.drain(5000);
    for (const home of ofLost) await read(home);
    await cache.drain(5000);
    expect(await Promise.all(all.map(read))).toEqual(all.map(() => "hit"));
  });
});

async function until2(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
