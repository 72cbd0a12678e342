import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createCache } from "../../src/engine/cache.ts";
import type { CacheEvent } from "../../src/engine/events.ts";
import { createKeys } from "../../src/keys/grammar.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createRedisStore } from "../../src/store/redis/create-redis-store.ts";
import { Ring } from "../../src/store/spread/ring.ts";
import { type Store, StoreFailure } from "../../src/store/store.ts";
import { counted, planFor, until } from "../engine/support.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { passesInRedis } from "./redis-time.ts";
import { slotIn, storeSuite } from "./store-suite.ts";

const keys = createKeys("shop");
let servers: RedisServer[];
let admins: Redis[];

beforeAll(async () => {
  servers = await Promise.all([1, 2, 3].map(() => startRedis()));
  admins = servers.map((server) => server.client());
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const urlOf = (ring: readonly RedisServer[]) =>
  `redis+ring://${ring.map(({ port }) => `127.0.0.1:${port}`).join(",")}`;
const everywhere = (step: (admin: Redis) => Promise<unknown>) => Promise.all(admins.map(step));
/** Generous where time is not what is looked at. */
const timeouts = { readMs: 5000, writeMs: 5000, invalidateMs: 5000 };

storeSuite("a ring of three", async () => {
  await everywhere((admin) => admin.flushall());
  const store = createRedisStore({ redis: urlOf(servers), keys, timeouts });
  return {
    store,
    keys,
    passes: async (ms) => void (await everywhere((admin) => passesInRedis(admin, keys, ms))),
    clear: async () => void (await everywhere((admin) => admin.flushall())),
    close: () => store.close(),
  };
});

describe("places in a ring", () => {
  const ringOf = (...names: string[]) =>
    new Ring(names.map((name) => ({ name, store: createMemoryStore({ keys }) })));
  const homes = Array.from({ length: 20_000 }, (_, id) => `Product:${id}`);
  const names = ["10.0.0.1:6379", "10.0.0.2:6379", "10.0.0.3:6379", "10.0.0.4:6379"];

  test("are divided evenly", () => {
    const ring = ringOf(...names);
    const counts = new Map<string, number>();
    for (const home of homes) {
      const { name } = ring.serverOf(home);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const name of names) {
      expect(counts.get(name)).toBeGreaterThan(0.95 * 5000);
      expect(counts.get(name)).toBeLessThan(1.05 * 5000);
    }
  });

  test("do not depend on the order in which its servers are named", () => {
    const one = ringOf(...names);
    const other = ringOf(...names.toReversed());
    for (const home of homes) expect(one.serverOf(home).name).toBe(other.serverOf(home).name);
  });

  test("stay where they are when a server joins, except those that it gets", () => {
    const before = ringOf(...names.slice(0, 3));
    const after = ringOf(...names);
    const moved = homes.filter((home) => before.serverOf(home).name !== after.serverOf(home).name);
    for (const home of moved) expect(after.serverOf(home).name).toBe(names[3]);
    expect(moved.length).toBeLessThan(0.27 * homes.length);
  });
});

describe("a ring", () => {
  const open: Store[] = [];
  let ring: RedisServer[];
  const paused: RedisServer[] = [];
  /** Until the end of the test, or until it goes on by itself. */
  const pause = (server: RedisServer) => {
    server.pause();
    paused.push(server);
  };

  beforeEach(async () => {
    ring = await Promise.all([1, 2, 3].map(() => startRedis()));
  });
  afterEach(async () => {
    for (const server of paused.splice(0)) server.resume();
    await Promise.all(open.splice(0).map((store) => store.close()));
    await Promise.all(ring.map((server) => server.stop()));
  });

  async function gateway(limits: Partial<typeof timeouts> = timeouts) {
    const store = createRedisStore({ redis: urlOf(ring), keys, timeouts: limits });
    open.push(store);
    const events: CacheEvent[] = [];
    const cache = createCache({
      store,
      keys,
      emit: (event) => events.push(event),
      // A loop of reads makes nothing hot.
      limits: { invalidateMs: limits.invalidateMs ?? 1000, hotReads: 1e9 },
    });
    await cache.ready();
    const read = (home: string, session = cache.session()) =>
      cache.read(planFor(cache, { home, session }), counted().load);
    const fill = async (homes: readonly string[]) => {
      for (const home of homes) await read(home);
      await cache.drain(5000);
    };
    return { store, cache, events, read, fill };
  }

  /** One home on each server, in the order of `ring`. */
  const homesOf = (store: Store) =>
    ring.map(
      ({ port }) =>
        Array.from({ length: 200 }, (_, id) => `Product:${id}`).find(
          (home) => store.nodeOf(home) === `127.0.0.1:${port}`,
        )!,
    );

  test("is asked for a wave by one batch a server, whatever the number of keys", async () => {
    const { store, cache, read, fill } = await gateway();
    const homes = Array.from({ length: 60 }, (_, id) => `Product:${id}`);
    await fill(homes);
    const before = store.state().roundTrips;
    const found = await Promise.all(homes.map((home) => read(home)));
    expect(new Set(found.map(({ outcome }) => outcome))).toEqual(new Set(["hit"]));
    expect(store.state().roundTrips - before).toBe(3);
    await cache.close(1000);
  });

  test("has the stamps that all depend on beside each entry: a wave on one server asks that one alone", async () => {
    const { store, read, fill } = await gateway();
    const [home] = homesOf(store);
    await fill([home!]);
    const before = await Promise.all(ring.map((server) => commandsOf(server)));
    expect((await read(home!)).outcome).toBe("hit");
    const after = await Promise.all(ring.map((server) => commandsOf(server)));
    expect(after.map((mgets, at) => mgets - before[at]!)).toEqual([1, 0, 0]);
  });

  test("that lost a server serves what lies on the others, within one request too, and loads what lay there", async () => {
    const { store, cache, read, fill } = await gateway({ readMs: 300 });
    const homes = homesOf(store);
    await fill(homes);
    pause(ring[1]!);
    const session = cache.session();
    const outcomes = async () => Promise.all(homes.map(async (home) => (await read(home, session)).outcome));
    expect(await outcomes()).toEqual(["hit", "bypass", "hit"]);
    // One time-out is enough: the rest of the request does not wait for it again.
    const waits = store.state().roundTrips;
    expect(await outcomes()).toEqual(["hit", "bypass", "hit"]);
    expect(store.state().roundTrips - waits).toBe(2);
    expect(store.state()).toMatchObject({ status: "open" });
    expect(store.state().detail).toContain(`127.0.0.1:${ring[1]!.port}: no answer within 300 ms`);
  });

  test("that lost a server goes on filling on the others", async () => {
    const { store, cache, read } = await gateway();
    const homes = homesOf(store);
    await ring[2]!.kill();
    await until(() => store.state().status === "down");
    for (const home of homes) await read(home);
    await cache.drain(5000);
    const outcomes = [];
    for (const home of homes) outcomes.push((await read(home)).outcome);
    expect(outcomes).toEqual(["hit", "hit", "bypass"]);
  });

  test("that lost a server invalidates on the others at once, and rejects with its name", async () => {
    const one = await gateway({ ...timeouts, invalidateMs: 1500 });
    const other = await gateway();
    const homes = homesOf(one.store);
    await one.fill(homes);
    pause(ring[1]!);
    const invalidated = one.cache.invalidate(["__type:Product"]);
    let settled = false;
    invalidated.catch(() => {}).finally(() => (settled = true));
    for (const home of [homes[0]!, homes[2]!]) {
      let outcome: string;
      do {
        const plan = planFor(other.cache, { home });
        outcome = (await other.cache.read(plan, counted().load)).outcome;
      } while (outcome === "hit" && !settled);
      expect(outcome).toBe("miss");
    }
    expect(settled).toBe(false);
    await expect(invalidated).rejects.toThrow(`127.0.0.1:${ring[1]!.port}`);
  });

  test("has a server forget, when it goes on after a stop, what was invalidated meanwhile", async () => {
    const one = await gateway({ ...timeouts, invalidateMs: 300 });
    const homes = homesOf(one.store);
    await one.fill(homes);
    pause(ring[1]!);
    await expect(one.cache.invalidate([homes[1]!])).rejects.toThrow();
    ring[1]!.resume();
    const other = await gateway();
    // What had been sent while it was stopped comes before what anybody asks it afterwards.
    expect((await other.read(homes[1]!)).outcome).toBe("miss");
    expect((await other.read(homes[0]!)).outcome).toBe("hit");
  });

  test("finds a server that was restarted empty, and the others as they were", async () => {
    const { store, read, fill } = await gateway();
    const homes = homesOf(store);
    await fill(homes);
    const { port } = ring[1]!;
    await ring[1]!.kill();
    await until(() => store.state().status === "down");
    ring[1] = await startRedis({ port });
    await until(() => store.state().status === "up");
    const outcomes = [];
    for (const home of homes) outcomes.push((await read(home)).outcome);
    expect(outcomes).toEqual(["hit", "miss", "hit"]);
  });

  test("has a fill's stamps before it asks the log, on the server of the entry", async () => {
    const { store } = await gateway();
    const [home] = homesOf(store);
    const request = slotIn(keys, home!.slice("Product:".length), "price");
    const position = store.position()!;
    await store.announce("other-token-0000", [home!]);
    const [begun, since] = await Promise.all([
      store.begin([request]),
      store.logSince({ position, home: home! }),
    ]);
    expect(begun[0]).toMatchObject({ kind: "own" });
    expect(since).toMatchObject({ names: new Set([home]) });
  });

  test("tells a gap for a server whose log it has never seen", async () => {
    await ring[2]!.kill();
    const { store } = await gateway();
    const homes = homesOf(store);
    const { port } = ring[2]!;
    const position = store.position()!;
    ring[2] = await startRedis({ port });
    await until(() => store.state().status === "up");
    expect(await store.logSince({ position, home: homes[0]! })).toMatchObject({ names: new Set() });
    expect(await store.logSince({ position, home: homes[2]! })).toMatchObject({ names: "gap" });
  });

  test("fails an item of a lost server by itself, and says which server it was", async () => {
    const { store } = await gateway();
    const homes = homesOf(store);
    await ring[0]!.kill();
    await until(() => store.state().status === "down");
    const stampKeys = homes.map(keys.stamp);
    const { stamps } = await store.read({ entryKeys: [], stampKeys, log: false });
    expect(stamps).toEqual([expect.any(StoreFailure), null, null]);
    expect(stamps[0]).toMatchObject({ reason: "down", node: `127.0.0.1:${ring[0]!.port}` });
  });

  async function commandsOf(server: RedisServer): Promise<number> {
    const info = await server.client().info("commandstats");
    return Number(/cmdstat_mget:calls=(\d+)/.exec(info)?.[1] ?? 0);
  }
});
