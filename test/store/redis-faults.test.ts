import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createKeys } from "../../src/keys/grammar.ts";
import { positionParts } from "../../src/store/newest-position.ts";
import type { Timeouts } from "../../src/store/redis/connection.ts";
import { createRedisStore } from "../../src/store/redis/create-redis-store.ts";
import type { RedisTarget } from "../../src/store/redis/redis-target.ts";
import {
  type BeginRequest,
  type LogPosition,
  type Store,
  StoreFailure,
  type StoreState,
} from "../../src/store/store.ts";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { freePort, type RedisServer, type RedisServerOptions, startRedis } from "../support/redis-server.ts";
import { invalidated, putOf, slotIn } from "./store-suite.ts";

const keys = createKeys("shop");
const slot = (id = "42") => slotIn(keys, id, "price");

let cleanups: (() => unknown)[] = [];
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown) => unhandled.push(reason);

beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", onUnhandled);
});
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
  await new Promise(setImmediate);
  process.off("unhandledRejection", onUnhandled);
  expect(unhandled).toEqual([]);
});

async function redis(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await startRedis(options);
  cleanups.push(() => server.stop());
  return server;
}

async function proxyTo(server: RedisServer): Promise<FaultProxy> {
  const proxy = await startFaultProxy(server.port);
  cleanups.push(() => proxy.close());
  return proxy;
}

interface Watched {
  readonly store: Store;
  readonly events: { readonly status: StoreState["status"]; readonly detail: string }[];
  /** Resolves when the store has that status, at once if it has it now. */
  becomes(status: StoreState["status"]): Promise<void>;
}

function open(target: RedisTarget, timeouts: Partial<Timeouts> = {}): Watched {
  const events: Watched["events"] = [];
  const waiting = new Map<string, () => void>();
  const store = createRedisStore({
    redis: target,
    keys,
    timeouts: { readMs: 200, connectMs: 500, ...timeouts },
    onState(status, detail) {
      // While it is down it is told why anew.
      if (events.at(-1)?.status !== status) events.push({ status, detail });
      waiting.get(status)?.();
    },
  });
  cleanups.push(() => store.close());
  return {
    store,
    events,
    becomes: (status) =>
      new Promise((resolve) => {
        if (store.state().status === status) resolve();
        else waiting.set(status, resolve);
      }),
  };
}

const read = (store: Store, request: BeginRequest) =>
  store.read({ entryKeys: [request.entryKey], stampKeys: [request.stampKey], log: false });

/** Why a read failed; "answered" when it did not. */
const readFailure = async (store: Store): Promise<string> => {
  const { entries } = await read(store, slot());
  return entries[0] instanceof StoreFailure ? entries[0].reason : "answered";
};

async function fill(store: Store, request: BeginRequest): Promise<string> {
  const [reply] = await store.begin([request]);
  if (reply === undefined || reply instanceof StoreFailure || reply.kind !== "own") {
    throw new Error(`not ours: ${JSON.stringify(reply)}`);
  }
  const put = putOf(request, reply.stamp);
  expect(await store.put([put])).toEqual([true]);
  return put.text;
}

function epochOf(position: LogPosition): string {
  return positionParts(position)!.log;
}

async function position(store: Store): Promise<LogPosition> {
  const { log } = await store.read({ entryKeys: [], stampKeys: [], log: true });
  if (log === undefined || log instanceof StoreFailure) throw new Error(`no position: ${log?.message}`);
  return log;
}

const reasons = (replies: readonly unknown[]) =>
  replies.map((reply) => (reply instanceof StoreFailure ? reply.reason : reply));

describe("without a server", () => {
  test("the store opens, is down with a reason, answers each call at once, and comes up when the server does", async () => {
    const port = await freePort();
    const { store, becomes } = open(`redis://127.0.0.1:${port}`);
    await store.ready();
    expect(store.state()).toMatchObject({ status: "down", commands: 0, roundTrips: 0 });
    expect(store.state().detail).toContain("ECONNREFUSED");
    const request = slot();
    const down = expect.objectContaining({ reason: "down" });
    expect(
      await store.read({ entryKeys: [request.entryKey], stampKeys: [request.stampKey], log: true }),
    ).toEqual({
      entries: [down],
      stamps: [down],
      log: down,
    });
    expect(await store.begin([request, request])).toEqual([down, down]);
    expect(await store.stamps([{ stampKey: request.stampKey, lifeMs: 1000 }])).toEqual([down]);
    expect(await store.put([putOf(request, "s")])).toEqual([down]);
    expect(await store.release([{ ...request, stamp: "s" }])).toEqual([down]);
    expect(await store.renew([request])).toEqual([down]);
    expect(await store.logSince({ position: "e.0", home: "Product:42" })).toEqual(down);
    expect(await store.dropStamps([request.stampKey])).toEqual(down);
    expect(await store.announce("t", ["a"])).toEqual(down);
    expect(await store.appendLog("t", ["a"])).toEqual(down);
    expect(await store.scan(() => {})).toEqual(down);
    expect(Math.abs(store.now("Product:42") / 1000 - Date.now())).toBeLessThan(5000);

    await redis({ port });
    await becomes("up");
    await fill(store, request);
  });

  test("a host that is no host is down, not a crash, and close ends it", async () => {
    const { store } = open("redis://no-such-host.invalid:6379");
    await store.ready();
    expect(store.state().status).toBe("down");
    await store.close();
    expect(await readFailure(store)).toBe("down");
  });

  test("a port that is no port is down, not a crash", async () => {
    const { store } = open({ host: "127.0.0.1", port: 99_999 });
    await store.ready();
    expect(store.state().status).toBe("down");
  });
});

describe("a server that stands still (SIGSTOP)", () => {
  test("costs one time-out; after it, calls are answered at once; it comes back with its entries", async () => {
    const server = await redis();
    const { store, events, becomes } = open(server.url);
    await store.ready();
    const request = slot();
    const text = await fill(store, request);
    server.pause();
    expect(await readFailure(store)).toBe("timeout");
    expect(store.state()).toMatchObject({ status: "open", detail: "no answer within 200 ms" });
    const { commands } = store.state();
    for (let i = 0; i < 100; i++) expect(await readFailure(store)).toBe("open");
    expect(reasons(await store.begin([slot("1"), slot("2")]))).toEqual(["open", "open"]);
    expect(store.state().commands).toBe(commands);
    server.resume();
    await becomes("up");
    expect((await read(store, request)).entries).toEqual([text]);
    expect(events.map(({ status }) => status)).toEqual(["up", "open", "up"]);
  });

  test("all calls of a wave share the one time-out", async () => {
    const server = await redis();
    const { store } = open(server.url);
    await store.ready();
    server.pause();
    const all = await Promise.all(Array.from({ length: 50 }, () => readFailure(store)));
    expect(new Set(all)).toEqual(new Set(["timeout"]));
    server.resume();
  });

  test("an invalidation still tries, and so is not lost to another call's time-out", async () => {
    const server = await redis();
    const { store } = open(server.url, { invalidateMs: 10_000 });
    await store.ready();
    const request = slot();
    await fill(store, request);
    server.pause();
    expect(await readFailure(store)).toBe("timeout");
    const dropped = store.dropStamps([request.stampKey]);
    server.resume();
    expect(await dropped).toBeUndefined();
    expect(store.state().status).toBe("up");
    expect((await read(store, request)).stamps).toEqual([null]);
  });

  test("stood still so long that the socket was given up, it comes back too", async () => {
    const server = await redis();
    const { store, becomes } = open(server.url, { writeMs: 50 });
    await store.ready();
    server.pause();
    expect(await readFailure(store)).toBe("timeout");
    await becomes("down");
    server.resume();
    await becomes("up");
    await fill(store, slot());
  });

  test("an event loop that stood still is not taken for a server that did", async () => {
    const server = await redis();
    const { store } = open(server.url, { readMs: 30 });
    await store.ready();
    for (let i = 0; i < 5; i++) {
      const answer = readFailure(store);
      // The command leaves with this turn; then nothing runs until long after its time.
      await new Promise(process.nextTick);
      const until = performance.now() + 80;
      while (performance.now() < until);
      expect(await answer).toBe("answered");
    }
    expect(store.state().status).toBe("up");
  });
});

describe("a server that dies", () => {
  test("fails what was under way at once, and comes back as another epoch when it is started again", async () => {
    const server = await redis();
    const { store, becomes, events } = open(server.url);
    await store.ready();
    const before = await position(store);
    server.pause();
    const answer = readFailure(store);
    await server.kill();
    expect(await answer).toBe("down");
    expect(store.state().status).toBe("down");
    await redis({ port: server.port });
    await becomes("up");
    expect(epochOf(await position(store))).not.toBe(epochOf(before));
    await fill(store, slot());
    expect(events.map(({ status }) => status)).toEqual(["up", "down", "up"]);
  });

  test("restored from a snapshot, its stamps and its log are absent, and its entries dead", async () => {
    const dir = await mkdtemp(path.join(tmpdir(), "fieldgate-snapshot-"));
    cleanups.push(() => rm(dir, { recursive: true }));
    const first = await redis({ dir });
    const { store, becomes } = open(first.url);
    await store.ready();
    const stored = slot("1");
    const running = slot("2");
    await fill(store, stored);
    const [begun] = await store.begin([running]);
    const { stamp } = begun as { readonly stamp: string };
    await invalidated(store, ["Product:9"]);
    const before = await position(store);
    await first.client().save();
    // Acknowledged, and lost with the crash.
    expect(await store.dropStamps([stored.stampKey])).toBeUndefined();
    await first.kill();

    const second = await redis({ dir, port: first.port });
    await becomes("up");
    const admin = second.client();
    expect(await admin.exists(stored.stampKey, stored.entryKey, running.lockKey, keys.logHead)).toBe(4);
    const reply = await read(store, stored);
    expect(reply.stamps).toEqual([null]);
    // The fill that was running when it crashed finds its lock and its stamp; what it stores is dead all the same.
    await store.put([putOf(running, stamp)]);
    expect((await read(store, running)).stamps).toEqual([null]);
    expect(await store.logSince({ position: before, home: "Product:42" })).toMatchObject({ names: "gap" });
    expect(epochOf(await position(store))).not.toBe(epochOf(before));
    const [again] = await store.begin([slot("1")]);
    expect(again).toMatchObject({ kind: "own" });
    expect((again as { readonly stamp: string }).stamp).toBe((await read(store, stored)).stamps[0]);
  });

  test("while it loads its data it is down, and up when it is done", async () => {
    const dir = await mkdtemp(path.join(tmpdir(), "fieldgate-snapshot-"));
    cleanups.push(() => rm(dir, { recursive: true }));
    const first = await redis({ dir });
    const admin = first.client();
    for (let i = 0; i < 100; i++) await admin.set(`foreign:${i}`, "x".repeat(2000));
    // Loading answers others only every so many bytes.
    await admin.config("SET", "rdbcompression", "no");
    await admin.save();
    await first.kill();
    const slow = ["--key-load-delay", "20000", "--loading-process-events-interval-bytes", "1024"];
    const second = await redis({ dir, port: first.port, args: slow });
    const { store, becomes, events } = open(second.url);
    await store.ready();
    expect(store.state()).toMatchObject({ status: "down", detail: "the server is loading its data" });
    expect(await readFailure(store)).toBe("down");
    await becomes("up");
    await fill(store, slot());
    expect(events.map(({ status }) => status)).toEqual(["down", "up"]);
  });
});

describe("a network that fails", () => {
  test("connections that are reset fail what was under way, and are made again", async () => {
    const proxy = await proxyTo(await redis());
    const { store, becomes } = open(proxy.url);
    await store.ready();
    const text = await fill(store, slot());
    proxy.hold();
    const answer = readFailure(store);
    proxy.reset();
    expect(await answer).toBe("down");
    await becomes("down");
    await proxy.heal();
    await becomes("up");
    expect((await read(store, slot())).entries).toEqual([text]);
  });

  test("a black hole opens the breaker, then costs the connection; it comes back when the hole closes", async () => {
    const proxy = await proxyTo(await redis());
    const { store, becomes, events } = open(proxy.url, { writeMs: 50 });
    await store.ready();
    proxy.hold();
    expect(await readFailure(store)).toBe("timeout");
    expect(await readFailure(store)).toBe("open");
    await becomes("down");
    expect(await readFailure(store)).toBe("down");
    await proxy.heal();
    await becomes("up");
    expect(await readFailure(store)).toBe("answered");
    expect(events.slice(0, 3).map(({ status }) => status)).toEqual(["up", "open", "down"]);
    expect(proxy.connections).toBeGreaterThan(1);
  });

  test("a connection that is accepted and then silent is given up and tried again", async () => {
    const proxy = await proxyTo(await redis());
    proxy.hold();
    const { store, becomes } = open(proxy.url, { connectMs: 100 });
    await store.ready();
    expect(store.state().status).toBe("down");
    await proxy.heal();
    await becomes("up");
  });

  test("an idle store notices the black hole by itself", async () => {
    const proxy = await proxyTo(await redis());
    const { store, becomes } = open(proxy.url, { writeMs: 50 });
    await store.ready();
    proxy.hold();
    await becomes("open");
    await proxy.heal();
    await becomes("up");
  });

  test("refused connections are tried again until they are accepted", async () => {
    const proxy = await proxyTo(await redis());
    const { store, becomes } = open(proxy.url);
    await store.ready();
    await proxy.refuse();
    await becomes("down");
    await proxy.heal();
    await becomes("up");
    await fill(store, slot());
  });

  test("clients that were cut off together do not come back in one instant", async () => {
    const proxy = await proxyTo(await redis());
    const clients = Array.from({ length: 12 }, () => open(proxy.url));
    await Promise.all(clients.map(({ store }) => store.ready()));
    await proxy.refuse();
    await Promise.all(clients.map(({ becomes }) => becomes("down")));
    // Until they are at tries that are some hundred ms apart.
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await proxy.heal();
    const backAt = await Promise.all(
      clients.map(async ({ becomes }) => {
        await becomes("up");
        return performance.now();
      }),
    );
    backAt.sort((a, b) => a - b);
    const together = backAt.map((at) => backAt.filter((other) => other >= at && other < at + 20).length);
    expect(Math.max(...together)).toBeLessThan(clients.length / 2);
    expect(backAt.at(-1)! - backAt[0]!).toBeGreaterThan(100);
  });

  test("latency within the time-out is no failure", async () => {
    const proxy = await proxyTo(await redis());
    const { store } = open(proxy.url, { readMs: 1000 });
    await store.ready();
    proxy.delay(20);
    expect(await readFailure(store)).toBe("answered");
    expect(store.state().status).toBe("up");
  });
});

describe("a command that timed out and runs later", () => {
  /** Two processes: one behind the proxy, one that sees the server as it is. */
  const pair = async () => {
    const server = await redis();
    const proxy = await proxyTo(server);
    const far = open(proxy.url, { writeMs: 50, invalidateMs: 50 });
    const near = open(server.url);
    await Promise.all([far.store.ready(), near.store.ready()]);
    return { proxy, far, near: near.store };
  };

  test("begin leaves a lock and no value", async () => {
    const { proxy, far, near } = await pair();
    const request = slot();
    proxy.hold();
    expect(reasons(await far.store.begin([request]))).toEqual(["timeout"]);
    await proxy.heal();
    await far.becomes("up");
    expect((await near.begin([slot()]))[0]).toMatchObject({ kind: "wait" });
    expect((await read(near, request)).entries).toEqual([null]);
  });

  test("put is refused by the invalidation that it missed", async () => {
    const { proxy, far, near } = await pair();
    const request = slot();
    const [begun] = await far.store.begin([request]);
    const { stamp } = begun as { readonly stamp: string };
    proxy.hold();
    expect(reasons(await far.store.put([putOf(request, stamp)]))).toEqual(["timeout"]);
    await near.dropStamps([request.stampKey]);
    await proxy.heal();
    await far.becomes("up");
    expect((await read(near, request)).entries).toEqual([null]);
  });

  test("put is refused by the fill that took over, whose value stays", async () => {
    const { proxy, far, near } = await pair();
    const late = { ...slot(), lockMs: 1 };
    const [begun] = await far.store.begin([late]);
    const { stamp } = begun as { readonly stamp: string };
    proxy.hold();
    expect(reasons(await far.store.put([putOf(late, stamp)]))).toEqual(["timeout"]);
    const text = await fill(near, slot());
    await proxy.heal();
    await far.becomes("up");
    expect((await read(near, late)).entries).toEqual([text]);
  });

  test("stamps makes a stamp that no older entry names", async () => {
    const { proxy, far, near } = await pair();
    const request = slot();
    const text = await fill(near, request);
    const [old] = (await read(near, request)).stamps;
    proxy.hold();
    expect(reasons(await far.store.stamps([{ stampKey: request.stampKey, lifeMs: 60_000 }]))).toEqual([
      "timeout",
    ]);
    await near.dropStamps([request.stampKey]);
    await proxy.heal();
    await far.becomes("up");
    const after = await read(near, request);
    expect(after.entries).toEqual([text]);
    expect(after.stamps[0]).not.toBe(old);
  });

  test("dropping stamps is a failure for who asked, and later a miss", async () => {
    const { proxy, far, near } = await pair();
    const request = slot();
    await fill(near, request);
    proxy.hold();
    expect(await far.store.dropStamps([request.stampKey])).toMatchObject({ reason: "timeout" });
    expect((await read(near, request)).stamps[0]).not.toBeNull();
    await proxy.heal();
    await far.becomes("up");
    expect((await read(near, request)).stamps).toEqual([null]);
  });

  test("a reply that comes too late is not taken for the reply to a later call", async () => {
    const { proxy, far, near } = await pair();
    const [one, two] = [slot("1"), slot("2")];
    const [first, second] = [await fill(near, one), await fill(near, two)];
    proxy.hold("replies");
    expect((await read(far.store, one)).entries[0]).toMatchObject({ reason: "timeout" });
    await proxy.heal();
    await far.becomes("up");
    expect((await read(far.store, two)).entries).toEqual([second]);
    expect((await read(far.store, one)).entries).toEqual([first]);
  });
});

describe("a server in an odd state", () => {
  test("that forgot its scripts gets them again, within the call", async () => {
    const server = await redis();
    const { store } = open(server.url);
    await store.ready();
    const admin = server.client();
    await fill(store, slot("1"));
    await admin.script("FLUSH");
    await fill(store, slot("2"));
    const before = await position(store);
    await admin.script("FLUSH");
    expect(await invalidated(store, ["a"])).toBe(true);
    await admin.script("FLUSH");
    expect(await store.logSince({ position: before, home: "Product:42" })).toMatchObject({
      names: new Set(["a"]),
    });
  });

  test("with keys of another type in our places reads them as absent, and heals them", async () => {
    const server = await redis();
    const { store } = open(server.url);
    await store.ready();
    const admin = server.client();
    const request = slot();
    for (const key of [request.entryKey, request.stampKey, request.lockKey, request.passKey]) {
      await admin.rpush(key, "not ours");
    }
    const spoilLog = async () => {
      await admin.del(keys.logHead, keys.logNames);
      await admin.hset(keys.logHead, "not", "ours");
      await admin.hset(keys.logNames, "not", "ours");
    };
    await spoilLog();
    expect(await invalidated(store, ["first"])).toBe(true);
    expect(await admin.lrange(keys.logNames, 0, -1)).toEqual(["first"]);
    await spoilLog();
    expect(await read(store, request)).toEqual({ entries: [null], stamps: [null] });
    const text = await fill(store, request);
    expect((await read(store, request)).entries).toEqual([text]);
    const before = await position(store);
    expect(await invalidated(store, ["a"])).toBe(true);
    expect(await store.logSince({ position: before, home: "Product:42" })).toMatchObject({
      names: new Set(["a"]),
    });
    await admin.del(keys.logNames);
    await admin.hset(keys.logNames, "not", "ours");
    expect(await store.logSince({ position: before, home: "Product:42" })).toMatchObject({ names: "gap" });
    expect(await invalidated(store, ["b"])).toBe(true);
    expect(await store.logSince({ position: before, home: "Product:42" })).toMatchObject({ names: "gap" });
  });

  test("that became a replica is down; promoted again it is another epoch", async () => {
    const server = await redis();
    const { store, becomes } = open(server.url);
    await store.ready();
    const request = slot();
    await fill(store, request);
    const admin = server.client();
    await admin.replicaof("127.0.0.1", await freePort());
    // The first write hears of it, if the next look at the server did not come before.
    const [reply] = await store.begin([slot("2")]);
    expect(reply).toBeInstanceOf(StoreFailure);
    await becomes("down");
    expect(store.state().detail).toBe("the server is a replica");
    expect(await readFailure(store)).toBe("down");
    await admin.replicaof("NO", "ONE");
    await becomes("up");
    expect((await read(store, request)).stamps).toEqual([null]);
    await fill(store, slot("2"));
  });

  test("that refuses writes (too few replicas) is read all the same", async () => {
    const server = await redis();
    const { store } = open(server.url);
    await store.ready();
    const request = slot();
    const text = await fill(store, request);
    const admin = server.client();
    await admin.config("SET", "min-replicas-to-write", "1");
    expect(reasons(await store.begin([slot("1"), slot("2")]))).toEqual(["error", "error"]);
    expect(await store.dropStamps([request.stampKey])).toMatchObject({ reason: "error" });
    expect((await read(store, request)).entries).toEqual([text]);
    expect(store.state().status).toBe("up");
    await admin.config("SET", "min-replicas-to-write", "0");
    await fill(store, slot("1"));
  });

  test("that is full is read, and invalidated: the log that it cannot write is forgotten", async () => {
    const server = await redis();
    const { store } = open(server.url);
    await store.ready();
    const request = slot();
    const text = await fill(store, request);
    const before = await position(store);
    const admin = server.client();
    await admin.config("SET", "maxmemory", "1");
    const [begun] = await store.begin([slot("1")]);
    expect(begun).toMatchObject({ reason: "error", message: expect.stringContaining("OOM") });
    expect((await read(store, request)).entries).toEqual([text]);
    expect(await store.dropStamps([request.stampKey])).toBeUndefined();
    expect(await invalidated(store, ["Product:42"])).toBe(true);
    expect(await store.logSince({ position: before, home: "Product:42" })).toMatchObject({
      names: new Set(["Product:42"]),
    });
    expect(store.state().status).toBe("up");
    await admin.config("SET", "maxmemory", "0");
    await fill(store, slot("1"));
  });

  test("one item that fails spoils no other of its batch", async () => {
    const server = await redis();
    const { store } = open(server.url);
    await store.ready();
    const requests = [slot("1"), { ...slot("2"), stampMs: Number.NaN }, slot("3")];
    expect(reasons(await store.begin(requests))).toEqual([
      expect.objectContaining({ kind: "own" }),
      "error",
      expect.objectContaining({ kind: "own" }),
    ]);
  });

  test("that wants a password it was not given is down, says so, and is left alone by no call", async () => {
    const server = await redis({ args: ["--requirepass", "open sesame"] });
    const none = open(server.url);
    const wrong = open(`redis://:nope@127.0.0.1:${server.port}`);
    const right = open(`redis://:${encodeURIComponent("open sesame")}@127.0.0.1:${server.port}/3`);
    await Promise.all([none.store.ready(), wrong.store.ready(), right.store.ready()]);
    expect(none.store.state()).toMatchObject({ status: "down", detail: expect.stringContaining("NOAUTH") });
    expect(wrong.store.state()).toMatchObject({
      status: "down",
      detail: expect.stringContaining("WRONGPASS"),
    });
    expect(await readFailure(none.store)).toBe("down");
    await fill(right.store, slot());
  });

  test("whose user may not run INFO is not used: its epoch could not be known", async () => {
    const server = await redis();
    await server.client().call("ACL", "SETUSER", "cache", "on", ">secret", "~*", "+@all", "-info");
    const { store } = open(`redis://cache:secret@127.0.0.1:${server.port}`);
    await store.ready();
    expect(store.state()).toMatchObject({ status: "down", detail: expect.stringContaining("NOPERM") });
  });
});
