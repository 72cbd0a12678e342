import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { createKeys } from "../../src/keys/grammar.ts";
import { createRedisStore } from "../../src/store/redis/create-redis-store.ts";
import { type Store, StoreFailure } from "../../src/store/store.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { invalidated, putOf, slotIn } from "./store-suite.ts";

const keys = createKeys("shop");
const timeouts = { readMs: 5000, writeMs: 5000, invalidateMs: 5000 };
const slot = (id: number) => slotIn(keys, `${id}`, "price");
const slots = (count: number) => Array.from({ length: count }, (_, id) => slot(id));

let server: RedisServer;
let admin: Redis;
let store: Store;
const open: Store[] = [];
const another = () => {
  const opened = createRedisStore({ redis: server.url, keys, timeouts });
  open.push(opened);
  return opened;
};

beforeAll(async () => {
  server = await startRedis();
  admin = server.client();
});
afterAll(() => server.stop());
beforeEach(async () => {
  await admin.flushall();
  store = another();
  await store.ready();
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** Commands and round trips that `act` costs, after scripts and log are known. */
async function cost(act: () => Promise<unknown>): Promise<{ commands: number; roundTrips: number }> {
  const before = store.state();
  await act();
  const after = store.state();
  return { commands: after.commands - before.commands, roundTrips: after.roundTrips - before.roundTrips };
}

const warm = async () => {
  const request = slot(-1);
  const [reply] = await store.begin([request]);
  await store.stamps([{ stampKey: request.stampKey, lifeMs: 1000 }]);
  await store.put([putOf(request, (reply as { readonly stamp: string }).stamp)]);
  await store.renew([request]);
  await store.release([{ ...request, stamp: "" }]);
  const { log } = await store.read({ entryKeys: [], stampKeys: [], log: true });
  if (log === undefined || log instanceof StoreFailure) throw new Error("no position");
  await store.logSince({ position: log, home: "Product:42" });
  await invalidated(store, ["a"]);
  return log;
};

describe("what a batch costs", () => {
  test("a read of 500 entries, their stamps and the log is one MGET", async () => {
    await warm();
    const before = await admin.info("commandstats");
    const read = () =>
      store.read({
        entryKeys: slots(500).map(({ entryKey }) => entryKey),
        stampKeys: slots(499).map(({ stampKey }) => stampKey),
        log: true,
      });
    expect(await cost(read)).toEqual({ commands: 1, roundTrips: 1 });
    const calls = (text: string) => Number(/cmdstat_mget:calls=(\d+)/.exec(text)?.[1] ?? 0);
    expect(calls(await admin.info("commandstats")) - calls(before)).toBe(1);
  });

  test("a read of 2500 keys is three MGETs in one trip", async () => {
    await warm();
    const read = () =>
      store.read({ entryKeys: slots(2500).map(({ entryKey }) => entryKey), stampKeys: [], log: false });
    expect(await cost(read)).toEqual({ commands: 3, roundTrips: 1 });
  });

  test("begin, put, renew, release and stamps are one script call for up to a hundred items", async () => {
    await warm();
    const requests = slots(100);
    expect(await cost(() => store.begin(requests))).toEqual({ commands: 1, roundTrips: 1 });
    expect(await cost(() => store.renew(requests))).toEqual({ commands: 1, roundTrips: 1 });
    expect(await cost(() => store.put(requests.map((request) => putOf(request, "s"))))).toEqual({
      commands: 1,
      roundTrips: 1,
    });
    expect(await cost(() => store.release(requests.map((request) => ({ ...request, stamp: "s" }))))).toEqual({
      commands: 1,
      roundTrips: 1,
    });
    const wanted = requests.map(({ stampKey }) => ({ stampKey, lifeMs: 1000 }));
    expect(await cost(() => store.stamps(wanted))).toEqual({ commands: 1, roundTrips: 1 });
    expect(await cost(() => store.begin(slots(250)))).toEqual({ commands: 3, roundTrips: 1 });
  });

  test("what one turn asks leaves in one trip: F1's lock and stamps, F4's stamps and log", async () => {
    const position = await warm();
    const stamps = [{ stampKey: keys.stamp("__tag:a"), lifeMs: 1000 }];
    expect(await cost(() => Promise.all([store.begin([slot(1)]), store.stamps(stamps)]))).toEqual({
      commands: 2,
      roundTrips: 1,
    });
    expect(
      await cost(() =>
        Promise.all([store.stamps(stamps), store.logSince({ position: position, home: "Product:42" })]),
      ),
    ).toEqual({
      commands: 2,
      roundTrips: 1,
    });
  });

  test("in one turn, what was asked first is done first", async () => {
    const position = await warm();
    const [, since] = await Promise.all([
      store.begin([slot(1)]),
      store.logSince({ position: position, home: "Product:42" }),
    ]);
    expect(since).not.toBeInstanceOf(StoreFailure);
    const request = slot(2);
    const [begun, [stamp]] = await Promise.all([
      store.begin([request]),
      store.stamps([{ stampKey: request.stampKey, lifeMs: 1000 }]),
    ]);
    expect(begun[0]).toMatchObject({ kind: "own", stamp });
  });

  test("an idle store asks the server who it is, and counts none of it as its own", async () => {
    const quiet = store.state();
    const reads = async () =>
      Number(/cmdstat_time:calls=(\d+)/.exec(await admin.info("commandstats"))?.[1] ?? 0);
    const before = await reads();
    while ((await reads()) === before) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(store.state()).toEqual(quiet);
  });
});

describe("what lies in Redis", () => {
  test("every key has an expiry", async () => {
    await warm();
    await store.begin(slots(3));
    const marked = slot(10);
    const [begun] = await store.begin([marked]);
    const { stamp } = begun as { readonly stamp: string };
    const mark = { kind: "error", failures: 1, text: "{}" } as const;
    expect(await store.release([{ ...marked, stamp, mark, forMs: 1000 }])).toEqual([true]);
    await store.announce("token", ["a"]);
    const found = await admin.keys("*");
    expect(found.some((key) => key.endsWith(":__lock"))).toBe(true);
    expect(found.some((key) => key.endsWith(":__pass"))).toBe(true);
    expect(found).toEqual(expect.arrayContaining([keys.logHead, keys.logNames, keys.stamp("Product:1")]));
    for (const key of found) expect([key, (await admin.pttl(key)) > 0]).toEqual([key, true]);
  });

  test("two processes see each other's locks, entries, stamps and log", async () => {
    const other = another();
    await other.ready();
    const position = await warm();
    const request = slot(1);
    const [begun] = await store.begin([request]);
    const { stamp } = begun as { readonly stamp: string };
    expect(await other.begin([slot(1)])).toEqual([expect.objectContaining({ kind: "wait" })]);
    const put = putOf(request, stamp);
    await store.put([put]);
    expect(
      await other.read({ entryKeys: [request.entryKey], stampKeys: [request.stampKey], log: false }),
    ).toEqual({
      entries: [put.text],
      stamps: [stamp],
    });
    await other.dropStamps([request.stampKey]);
    await invalidated(other, ["Product:1"]);
    const { stamps } = await store.read({ entryKeys: [], stampKeys: [request.stampKey], log: false });
    expect(stamps).toEqual([null]);
    expect(await store.logSince({ position: position, home: "Product:42" })).toMatchObject({
      names: new Set(["a", "Product:1"]),
    });
  });

  test("a second start finds the same epoch: what the first stored is still valid", async () => {
    const request = slot(1);
    const [begun] = await store.begin([request]);
    const { stamp } = begun as { readonly stamp: string };
    await store.put([putOf(request, stamp)]);
    await store.close();
    const next = another();
    await next.ready();
    const { stamps } = await next.read({ entryKeys: [], stampKeys: [request.stampKey], log: false });
    expect(stamps).toEqual([stamp]);
  });
});

test("a Unix socket is a way to Redis like any other", async () => {
  const dir = await mkdtemp(path.join(tmpdir(), "fieldgate-socket-"));
  const local = await startRedis({ args: ["--unixsocket", `${dir}/redis.sock`] });
  const near = createRedisStore({ redis: `unix:${dir}/redis.sock?db=1`, keys, timeouts });
  await near.ready();
  expect(await near.begin([slot(1)])).toEqual([expect.objectContaining({ kind: "own" })]);
  await near.close();
  await local.stop();
  await rm(dir, { recursive: true });
});

describe("time", () => {
  test("is Redis' own, however wrong this machine's clock is", async () => {
    const wrong = createRedisStore({
      redis: server.url,
      keys,
      timeouts,
      clock: { ...systemClock, now: () => systemClock.now() + 120_000 },
    });
    open.push(wrong);
    await wrong.ready();
    const [seconds, micros] = await admin.time();
    const redisUs = Number(seconds) * 1e6 + Number(micros);
    expect(Math.abs(wrong.now("Product:42") - redisUs)).toBeLessThan(1_000_000);
    const [begun] = await wrong.begin([slot(1)]);
    expect(Math.abs((begun as { readonly born: number }).born - wrong.now("Product:42"))).toBeLessThan(
      1_000_000,
    );
  });
});

describe("close", () => {
  test("waits for what is under way, refuses what comes after, and leaves a client that was lent open", async () => {
    const lent = new Redis(server.url);
    const borrowing = createRedisStore({ redis: lent, keys, timeouts });
    await borrowing.ready();
    const underWay = borrowing.begin([slot(1)]);
    await borrowing.close();
    expect(await underWay).toEqual([expect.objectContaining({ kind: "own" })]);
    expect(await borrowing.begin([slot(2)])).toEqual([expect.objectContaining({ reason: "down" })]);
    expect(await lent.ping()).toBe("PONG");
    await borrowing.close();
    lent.disconnect();
  });
});
