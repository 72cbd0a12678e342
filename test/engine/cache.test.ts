import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannotRefresh } from "../../src/engine/read-plan.ts";
import { unsharedError } from "../../src/engine/source-error.ts";
import { Unstorable } from "../../src/engine/value-codec.ts";
import { onBothStores, type Server } from "./servers.ts";
import {
  counted,
  type Gateway,
  gateway,
  held,
  keys,
  MINUTE,
  passes,
  planFor,
  turns,
  until,
} from "./support.ts";

onBothStores("the cache", (open) => {
  let server: Server;
  let a: Gateway;
  let b: Gateway;

  beforeEach(async () => {
    server = await open();
    a = await gateway(server.connect());
    b = await gateway(server.connect());
  });
  afterEach(async () => {
    await Promise.all([a.cache.close(1000), b.cache.close(1000)]);
    await server.close();
  });

  const stored = () => Promise.all([a.cache.drain(1000), b.cache.drain(1000)]);

  describe("a hit", () => {
    test("equals the miss", async () => {
      const value = { id: "42", at: new Date(5), n: 12n, none: undefined, list: [0, "", false, null] };
      const source = counted(() => ({ value }));
      const miss = await a.cache.read(planFor(a.cache), source.load);
      const hit = await a.cache.read(planFor(a.cache), source.load);
      await stored();
      const other = await b.cache.read(planFor(b.cache), source.load);
      expect(miss).toMatchObject({ value, outcome: "miss", ageMs: 0 });
      expect(hit).toMatchObject({ value, outcome: "hit" });
      expect(other).toMatchObject({ value, outcome: "hit" });
      expect(source.loads()).toBe(1);
    });

    test.each([[0], [""], [false], [[]], [null]])("is had of %j", async (value) => {
      const source = counted(() => ({ value }));
      await a.cache.read(planFor(a.cache), source.load);
      await stored();
      expect(await a.cache.read(planFor(a.cache), source.load)).toMatchObject({ value, outcome: "hit" });
      expect(source.loads()).toBe(1);
    });

    test("is the caller's own copy, and so is what each of the joined gets", async () => {
      const source = counted(() => ({ value: { list: [1] } }));
      const reads = Array.from({ length: 3 }, () => a.cache.read(planFor(a.cache), source.load));
      reads.push(...reads.map((read) => read.then(() => a.cache.read(planFor(a.cache), source.load))));
      for (const read of reads) {
        const value = (await read).value as { list: number[] };
        expect(value).toEqual({ list: [1] });
        value.list.push(2);
      }
      expect(source.loads()).toBe(1);
    });

    test("tells its age and what is left", async () => {
      await a.cache.read(planFor(a.cache), counted().load);
      await stored();
      await passes(a.store, 20);
      const { ageMs, remainingMs } = await a.cache.read(planFor(a.cache), counted().load);
      expect(ageMs).toBeGreaterThanOrEqual(20);
      expect(ageMs! + remainingMs!).toBeLessThanOrEqual(MINUTE);
      expect(ageMs! + remainingMs!).toBeGreaterThan(0.9 * MINUTE - 1);
    });
  });

  describe("a wave", () => {
    test("is one batch for all reads of the turn, each key once", async () => {
      const ids = Array.from({ length: 200 }, (_, id) => `Product:${id}`);
      const read = (home: string) => a.cache.read(planFor(a.cache, { home }), counted().load);
      await Promise.all(ids.map(read));
      await stored();
      const before = { ...a.store.calls };
      const results = await Promise.all([...ids, ...ids].map(read));
      expect(results.every(({ outcome }) => outcome === "hit")).toBe(true);
      expect(a.store.calls).toEqual({ ...before, read: before.read + 1 });
      expect(a.store.reads.at(-1)!.entryKeys).toHaveLength(200);
      expect(a.store.reads.at(-1)!.stampKeys).toHaveLength(201);
    });

    test("of misses takes all locks at once, loads at once and stores at once", async () => {
      const before = { ...a.store.calls };
      const ids = Array.from({ length: 200 }, (_, id) => `Product:${id}`);
      await Promise.all(ids.map((home) => a.cache.read(planFor(a.cache, { home }), counted().load)));
      await stored();
      const { read, begin, stamps, logSince, put } = a.store.calls;
      expect({
        read: read - before.read,
        begin: begin - before.begin,
        stamps: stamps - before.stamps,
        logSince: logSince - before.logSince,
        put: put - before.put,
      }).toEqual({ read: 1, begin: 1, stamps: 1, logSince: 1, put: 1 });
    });

    test("a request that reads nothing sends nothing", async () => {
      const before = { ...a.store.calls };
      a.cache.session();
      await turns();
      expect(a.store.calls).toEqual(before);
    });
  });

  describe("one fill", () => {
    test("serves a hundred callers of one process", async () => {
      const source = counted();
      const results = await Promise.all(
        Array.from({ length: 100 }, () => a.cache.read(planFor(a.cache), source.load)),
      );
      expect(source.loads()).toBe(1);
      expect(results.map(({ value }) => value)).toEqual(new Array(100).fill(1));
      expect(results.map(({ outcome }) => outcome)).toEqual(["miss", ...new Array(99).fill("wait")]);
    });

    test("serves two processes", async () => {
      const first = held();
      const second = counted();
      const miss = a.cache.read(planFor(a.cache), first.load);
      await first.begun;
      const waiting = Array.from({ length: 50 }, () => b.cache.read(planFor(b.cache), second.load));
      await until(() => b.store.calls.begin >= 2);
      first.give("loaded by a");
      expect((await miss).outcome).toBe("miss");
      for (const read of waiting) expect((await read).value).toBe("loaded by a");
      expect(second.loads()).toBe(0);
    });

    test("that fails tells those who wait in another process: same message, code and extensions", async () => {
      const first = held();
      const second = counted();
      const error = Object.assign(new Error("no stock"), {
        code: "E_STOCK",
        extensions: { code: "OUT", left: 0 },
      });
      const failing = a.cache.read(planFor(a.cache), first.load);
      await first.begun;
      const joined = a.cache.read(planFor(a.cache), second.load);
      const waiting = b.cache.read(planFor(b.cache), second.load);
      await until(() => b.store.calls.begin >= 1);
      first.fail(error);
      await expect(failing).rejects.toBe(error);
      const copy = await joined.catch((caught: unknown) => caught);
      // One caller's server may write into its extensions: see copyOfError.
      expect(copy).not.toBe(error);
      expect(copy).toBeInstanceOf(Error);
      expect(copy).toMatchObject({ message: error.message, code: error.code, extensions: error.extensions });
      const told = await waiting.catch((caught: unknown) => caught);
      expect(told).not.toBe(error);
      expect(told).toMatchObject({
        message: "no stock",
        code: "E_STOCK",
        extensions: { code: "OUT", left: 0 },
      });
      expect(second.loads()).toBe(0);
    });

    test("extends its lock for as long as it runs", async () => {
      const slow = await gateway(server.connect(), { limits: { lockMinMs: 500 } });
      const first = held();
      const second = counted();
      const miss = slow.cache.read(planFor(slow.cache), first.load);
      await first.begun;
      await until(() => slow.store.calls.renew >= 3);
      const waiting = b.cache.read(planFor(b.cache), second.load);
      await until(() => b.store.calls.begin >= 2);
      first.give("slow");
      await miss;
      expect((await waiting).value).toBe("slow");
      expect(second.loads()).toBe(0);
      await slow.cache.close(1000);
    });

    test("is left after lockWaitMs: each process loads once for all its waiters, and stores nothing", async () => {
      const hasty = await gateway(server.connect(), { limits: { lockWaitMs: 30 } });
      const first = held();
      const second = counted(() => ({ value: "its own" }));
      const miss = a.cache.read(planFor(a.cache), first.load);
      await first.begun;
      const results = await Promise.all(
        Array.from({ length: 20 }, () => hasty.cache.read(planFor(hasty.cache), second.load)),
      );
      expect(second.loads()).toBe(1);
      expect(hasty.store.calls.put).toBe(0);
      expect(results[0]).toMatchObject({ value: "its own", reason: "lock-timeout" });
      const counted20 = hasty.events.filter(
        (event) => event.type === "read" && event.reason === "lock-timeout",
      );
      expect(counted20).toHaveLength(20);
      first.give("the fill's");
      await miss;
      await stored();
      expect((await b.cache.read(planFor(b.cache), second.load)).value).toBe("the fill's");
    });

    test("of a holder that died is taken over when its lock ends", async () => {
      const dying = await gateway(server.connect(), { limits: { lockMinMs: 50 } });
      void dying.cache.read(planFor(dying.cache), held().load);
      dying.store.stopBefore("renew");
      await until(() => dying.store.calls.begin === 1);
      const source = counted();
      expect(await b.cache.read(planFor(b.cache), source.load)).toMatchObject({ value: 1, outcome: "miss" });
      await stored();
      expect((await a.cache.read(planFor(a.cache), source.load)).outcome).toBe("hit");
      expect(source.loads()).toBe(1);
    });
  });

  describe("an entry", () => {
    test("lives at most its time, and up to a tenth less", async () => {
      for (let id = 0; id < 40; id++) {
        const read = () => a.cache.read(planFor(a.cache, { home: `Product:${id}` }), counted().load);
        await read();
        await stored();
        const { ageMs, remainingMs } = await read();
        expect(ageMs! + remainingMs!).toBeLessThanOrEqual(MINUTE + 0.001);
        expect(ageMs! + remainingMs!).toBeGreaterThanOrEqual(0.9 * MINUTE - 1);
      }
    });

    test("is loaded again after its time", async () => {
      const source = counted();
      const read = () => a.cache.read(planFor(a.cache, { lifetimes: { freshMs: 30 } }), source.load);
      await read();
      await stored();
      await passes(a.store, 40);
      expect(await read()).toMatchObject({ value: 2, outcome: "miss" });
    });

    test("of a null lives the null's time, and 0 is not stored", async () => {
      const source = counted(() => ({ value: null }));
      const lifetimes = { nullMs: 0 };
      await a.cache.read(planFor(a.cache, { lifetimes }), source.load);
      await stored();
      await a.cache.read(planFor(a.cache, { lifetimes }), source.load);
      expect(source.loads()).toBe(2);
      const { remainingMs } = await a.cache.read(planFor(a.cache, { home: "Product:7" }), source.load);
      expect(remainingMs).toBeLessThanOrEqual(5000);
    });

    test("with a lifetime of 0 is neither looked up nor stored", async () => {
      const source = counted();
      const before = { ...a.store.calls };
      const plan = () => planFor(a.cache, { lifetimes: { freshMs: 0 } });
      expect(await a.cache.read(plan(), source.load)).toMatchObject({ outcome: "bypass", reason: "zero" });
      await a.cache.read(plan(), source.load);
      expect(source.loads()).toBe(2);
      expect(a.store.calls).toEqual(before);
    });

    test("of a load that takes longer than the lifetime still lands", async () => {
      const source = held();
      const read = a.cache.read(planFor(a.cache, { lifetimes: { freshMs: 500 } }), source.load);
      await source.begun;
      await passes(a.store, 600);
      source.give("slow");
      await read;
      await stored();
      expect(
        (await a.cache.read(planFor(a.cache, { lifetimes: { freshMs: 500 } }), counted().load)).outcome,
      ).toBe("hit");
    });

    test("can be given a shorter life by its load", async () => {
      const lifetimes = { freshMs: 1000, staleMs: 0, staleIfErrorMs: 0, nullMs: 0 };
      const { remainingMs } = await a.cache.read(
        planFor(a.cache),
        counted((value) => ({ value, lifetimes })).load,
      );
      expect(remainingMs).toBeLessThanOrEqual(1000);
    });

    test.each([
      ["garbage", "garbage"],
      ["empty", ""],
      ["foreign JSON", '{"value":"foreign"}'],
      ["of a newer format", '2kQ3v9_ZbXw2LmP0a [1,2]\n"newer"'],
      ["with a payload that is none of ours", '1kQ3v9_ZbXw2LmP0a [1,57000,0,0,1,3,0,"x"]\n{]}'],
    ])("that is %s is a miss, and replaced", async (_, text) => {
      const plan = planFor(a.cache);
      await server.poison(plan.key, text);
      const source = counted();
      expect(await a.cache.read(plan, source.load)).toMatchObject({ value: 1, outcome: "miss" });
      await stored();
      expect(await a.cache.read(planFor(a.cache), source.load)).toMatchObject({ value: 1, outcome: "hit" });
    });
  });

  describe("a fill that stores nothing leaves a mark, so that nobody queues:", () => {
    const huge = "x".repeat(1024 * 1024 + 1);
    test.each([
      ["too large", { value: huge }, "too-large"],
      ["unstorable", { value: { f: () => 1 } }, "unstorable"],
      ["tainted", { value: "mine", unshared: "tainted" }, "tainted"],
      [
        "made zero by its load",
        { value: 1, lifetimes: { freshMs: 0, staleMs: 0, staleIfErrorMs: 0, nullMs: 0 } },
        "zero",
      ],
    ])("%s", async (_, loaded, reason) => {
      const source = counted(() => loaded);
      expect(await a.cache.read(planFor(a.cache), source.load)).toMatchObject({ ...shownOf(loaded), reason });
      await stored();
      const begins = b.store.calls.begin;
      const reads = await Promise.all(
        Array.from({ length: 10 }, () => b.cache.read(planFor(b.cache), source.load)),
      );
      expect(reads.every((read) => read.reason === reason)).toBe(true);
      expect(b.store.calls.begin).toBe(begins + 1);
      expect(b.store.calls.put + a.store.calls.put).toBe(0);
      // What can be copied is loaded once for the process; what cannot, by each caller.
      const copied = reason === "too-large" || reason === "zero";
      expect(source.loads()).toBe(1 + (copied ? 1 : 10));
    });

    test("a hundred readers of a value that is too large take one load", async () => {
      const source = counted(() => ({ value: huge }));
      const reads = await Promise.all(
        Array.from({ length: 100 }, () => a.cache.read(planFor(a.cache), source.load)),
      );
      expect(source.loads()).toBe(1);
      expect(reads.every(({ value }) => value === huge)).toBe(true);
    });

    test("what is for its own caller only is loaded by everybody who joined, at once", async () => {
      const first = held();
      const others = Array.from({ length: 5 }, () => held());
      const miss = a.cache.read(planFor(a.cache), first.load);
      await first.begun;
      const joined = others.map(({ load }) => a.cache.read(planFor(a.cache), load));
      await until(() => a.store.calls.read >= 3);
      await turns();
      first.give("for the first", { unshared: "tainted" });
      expect(await miss).toMatchObject({ value: "for the first", reason: "tainted" });
      await Promise.all(others.map(({ begun }) => begun));
      for (const [at, other] of others.entries()) {
        other.give(`for ${at}`);
        expect(await joined[at]).toMatchObject({ value: `for ${at}`, outcome: "miss", reason: "tainted" });
      }
    });

    test("each kind is named with its coordinate", async () => {
      await a.cache.read(planFor(a.cache), counted(() => ({ value: { f: () => 1 } })).load);
      const warnings = a.events.filter((event) => event.type === "warning");
      expect(warnings).toEqual([
        {
          type: "warning",
          code: "unstorable",
          coordinate: "Product.price",
          message: `Product.price: ${new Unstorable(".f", "a function").message}`,
        },
      ]);
    });
  });

  describe("a failing source", () => {
    test("is asked once per back-off, by all processes together", async () => {
      const error = new Error("down");
      const source = counted(() => {
        throw error;
      });
      await expect(a.cache.read(planFor(a.cache), source.load)).rejects.toBe(error);
      await stored();
      const reads = await Promise.allSettled(
        [a, b, a, b].map(({ cache }) => cache.read(planFor(cache), source.load)),
      );
      for (const read of reads) expect(read).toMatchObject({ reason: { message: "down" } });
      expect(source.loads()).toBe(1);
      await passes(a.store, 210);
      await expect(b.cache.read(planFor(b.cache), source.load)).rejects.toThrow("down");
      expect(source.loads()).toBe(2);
      await stored();
      // Twice as long now: 400 ms.
      await passes(a.store, 100);
      await expect(a.cache.read(planFor(a.cache), source.load)).rejects.toThrow("down");
      expect(source.loads()).toBe(2);
    });

    test("leaves its neighbours alone", async () => {
      const failing = counted(() => {
        throw new Error("down");
      });
      const [bad, good] = await Promise.allSettled([
        a.cache.read(planFor(a.cache, { home: "Product:1" }), failing.load),
        a.cache.read(planFor(a.cache, { home: "Product:2" }), counted().load),
      ]);
      expect([bad.status, good.status]).toEqual(["rejected", "fulfilled"]);
      await stored();
      expect((await a.cache.read(planFor(a.cache, { home: "Product:2" }), counted().load)).outcome).toBe(
        "hit",
      );
    });

    test("that throws instead of rejecting is a failing source", async () => {
      const load = () => {
        throw new Error("at once");
      };
      await expect(a.cache.read(planFor(a.cache), load)).rejects.toThrow("at once");
      expect(await a.cache.drain(1000)).toEqual([]);
    });

    test("is covered by an expired entry while stale-if-error allows it", async () => {
      const lifetimes = { freshMs: 30, staleIfErrorMs: MINUTE };
      const good = counted(() => ({ value: "old" }));
      const bad = counted(() => {
        throw new Error("down");
      });
      await a.cache.read(planFor(a.cache, { lifetimes }), good.load);
      await stored();
      await passes(a.store, 40);
      const read = ({ cache }: Gateway) => cache.read(planFor(cache, { lifetimes }), bad.load);
      expect(await read(a)).toMatchObject({ value: "old", outcome: "stale", reason: "source-error" });
      await stored();
      expect(await read(b)).toMatchObject({ value: "old", outcome: "stale", reason: "back-off" });
      expect(bad.loads()).toBe(1);
      await a.cache.invalidate(["Product:42"]);
      await expect(read(b)).rejects.toThrow("down");
      expect(bad.loads()).toBe(2);
    });

    test("that refuses its own caller refuses it also where an expired entry is left", async () => {
      const lifetimes = { freshMs: 30, staleIfErrorMs: MINUTE };
      const refusing = counted(() => {
        throw unsharedError(new Error("not for you"), "tainted");
      });
      await a.cache.read(planFor(a.cache, { lifetimes }), counted(() => ({ value: "old" })).load);
      await stored();
      await passes(a.store, 40);
      const read = a.cache.read(planFor(a.cache, { lifetimes }), refusing.load);
      await expect(read).rejects.toThrow("not for you");
    });
  });

  describe("a stale entry", () => {
    const lifetimes = { freshMs: 30, staleMs: MINUTE };

    test("is served at once while one refresh runs in the whole fleet", async () => {
      const first = counted(() => ({ value: "old" }));
      const refresh = held();
      await a.cache.read(planFor(a.cache, { lifetimes }), first.load);
      await stored();
      await passes(a.store, 40);
      const read = ({ cache }: Gateway) =>
        cache.read(planFor(cache, { lifetimes }), first.load, refresh.load);
      expect(await read(a)).toMatchObject({ value: "old", outcome: "stale" });
      await refresh.begun;
      for (const gate of [a, b, a, b])
        expect(await read(gate)).toMatchObject({ value: "old", outcome: "stale" });
      refresh.give("new");
      await stored();
      expect(await read(b)).toMatchObject({ value: "new", outcome: "hit" });
      expect(refresh.loads()).toBe(1);
      expect(first.loads()).toBe(1);
      const fills = a.events.filter((event) => event.type === "fill");
      expect(fills.map(({ background }) => background)).toEqual([false, true]);
    });

    test("is loaded anew in the foreground when nothing can refresh it in the background", async () => {
      const source = counted();
      await a.cache.read(planFor(a.cache, { lifetimes }), source.load);
      await stored();
      await passes(a.store, 40);
      expect(await a.cache.read(planFor(a.cache, { lifetimes }), source.load)).toMatchObject({
        value: 2,
        outcome: "miss",
      });
    });

    test("is served after lockWaitMs to who would have to load it", async () => {
      const hasty = await gateway(server.connect(), { limits: { lockWaitMs: 30 } });
      const source = counted(() => ({ value: "old" }));
      await a.cache.read(planFor(a.cache, { lifetimes }), source.load);
      await stored();
      await passes(a.store, 40);
      const slow = held();
      void a.cache.read(planFor(a.cache, { lifetimes }), slow.load);
      await slow.begun;
      expect(await hasty.cache.read(planFor(hasty.cache, { lifetimes }), source.load)).toMatchObject({
        value: "old",
        outcome: "stale",
        reason: "lock-timeout",
      });
      expect(source.loads()).toBe(1);
      slow.give("new");
    });

    test("is not served when it was invalidated", async () => {
      const source = counted();
      await a.cache.read(planFor(a.cache, { lifetimes }), source.load, source.load);
      await stored();
      await passes(a.store, 40);
      await b.cache.invalidate(["__type:Product"]);
      expect(await a.cache.read(planFor(a.cache, { lifetimes }), source.load, source.load)).toMatchObject({
        value: 2,
        outcome: "miss",
      });
    });

    test("stays what it is when its refresh fails, and the failing source is left alone", async () => {
      const refresh = counted(() => {
        throw new Error("down");
      });
      await a.cache.read(planFor(a.cache, { lifetimes }), counted(() => ({ value: "old" })).load);
      await stored();
      await passes(a.store, 40);
      for (const { cache } of [a, b, a]) {
        expect(await cache.read(planFor(cache, { lifetimes }), refresh.load, refresh.load)).toMatchObject({
          value: "old",
          outcome: "stale",
        });
        await stored();
      }
      expect(refresh.loads()).toBe(1);
    });

    test("whose refresh cannot run leaves no mark: who has none of its own loads at once", async () => {
      const refresh = counted(() => {
        throw new CannotRefresh(new TypeError("no database"));
      });
      await a.cache.read(planFor(a.cache, { lifetimes }), counted(() => ({ value: "old" })).load);
      await stored();
      await passes(a.store, 40);
      const told = await a.cache.read(planFor(a.cache, { lifetimes }), refresh.load, refresh.load);
      expect(told).toMatchObject({ value: "old", outcome: "stale" });
      await stored();
      const fresh = counted(() => ({ value: "new" }));
      const read = await b.cache.read(planFor(b.cache, { lifetimes }), fresh.load);
      expect(read).toMatchObject({ value: "new", outcome: "miss" });
      expect(a.events.filter(({ type }) => type === "fill-error")).toEqual([]);
    });
  });

  test("a fresh entry is refreshed early, off the request's path, when its fills are slow against what is left", async () => {
    const slow = held();
    const plan = () => planFor(a.cache, { lifetimes: { freshMs: 3000 } });
    const first = a.cache.read(plan(), slow.load);
    await slow.begun;
    await passes(a.store, 400);
    slow.give("old");
    await first;
    await stored();
    const refresh = counted(() => ({ value: "new" }));
    const outcomes = new Set<string>();
    while (refresh.loads() === 0) {
      outcomes.add((await a.cache.read(plan(), refresh.load, refresh.load)).outcome);
    }
    expect([...outcomes]).toEqual(["hit"]);
    await stored();
    expect(await a.cache.read(plan(), refresh.load)).toMatchObject({ value: "new", outcome: "hit" });
  });

  test("refreshes are bounded in number; those beyond are left to a later reader and counted", async () => {
    const few = await gateway(server.connect(), { limits: { maxRefreshes: 2 } });
    const lifetimes = { freshMs: 30, staleMs: MINUTE };
    const homes = ["Product:1", "Product:2", "Product:3"];
    const refreshes = homes.map(() => held());
    const read = (home: string, at: number) =>
      few.cache.read(planFor(few.cache, { home, lifetimes }), counted().load, refreshes[at]!.load);
    await Promise.all(homes.map(read));
    await few.cache.drain(1000);
    await passes(few.store, 40);
    await Promise.all(homes.map(read));
    await Promise.all(refreshes.slice(0, 2).map(({ begun }) => begun));
    expect(few.cache.stats()).toMatchObject({ refreshes: 2, refreshesSkipped: 1 });
    for (const refresh of refreshes) refresh.give("new");
    await few.cache.drain(1000);
    expect(refreshes.map(({ loads }) => loads())).toEqual([1, 1, 0]);
    expect(few.cache.stats()).toMatchObject({ refreshes: 0, fills: 0 });
  });

  describe("an invalidation", () => {
    test.each([
      ["the entity", "Product:42"],
      ["a tag of the plan", "__type:Product"],
      ["a tag of the value", "Person:7"],
    ])("by %s makes the next read of every process fresh", async (_, name) => {
      const source = counted((value) => ({ value, tags: ["Person:7"] }));
      await a.cache.read(planFor(a.cache), source.load);
      await stored();
      expect(await b.cache.read(planFor(b.cache), source.load)).toMatchObject({ value: 1, outcome: "hit" });
      await a.cache.invalidate([name]);
      expect(await a.cache.read(planFor(a.cache), source.load)).toMatchObject({ value: 2, outcome: "miss" });
      await stored();
      expect(await b.cache.read(planFor(b.cache), source.load)).toMatchObject({ value: 2, outcome: "hit" });
    });

    test("of other names leaves the entry alone", async () => {
      const source = counted((value) => ({ value, tags: ["Person:7"] }));
      await a.cache.read(planFor(a.cache), source.load);
      await stored();
      await a.cache.invalidate(["Product:41", "__tag:other", "Person:8"]);
      expect((await a.cache.read(planFor(a.cache), source.load)).outcome).toBe("hit");
    });

    test("of one turn is one batch, and tells what and how long", async () => {
      const before = { ...a.store.calls };
      await Promise.all([
        a.cache.invalidate(["Product:1"]),
        a.cache.invalidate(["Product:2", "__type:Product"]),
      ]);
      expect(a.store.calls.announce - before.announce).toBe(1);
      expect(a.store.calls.dropStamps - before.dropStamps).toBe(1);
      expect(a.store.calls.appendLog - before.appendLog).toBe(1);
      expect(a.events.filter(({ type }) => type === "invalidate")).toMatchObject([
        { names: ["Product:1", "Product:2", "__type:Product"] },
      ]);
    });

    test("of nothing does nothing", async () => {
      const before = { ...a.store.calls };
      await a.cache.invalidate([]);
      await turns();
      expect(a.store.calls).toEqual(before);
    });

    test("rejects with what it could not reach, and repeats until then", async () => {
      const cutOff = await gateway(server.connect(), { limits: { invalidateMs: 100 } });
      cutOff.store.breakDown();
      const failed = await cutOff.cache.invalidate(["Product:42"]).catch((error: unknown) => error);
      expect(failed).toMatchObject({ code: "INVALIDATION_FAILED", names: ["Product:42"] });
      expect(String(failed)).toContain("could not announce them within");
      expect(cutOff.store.calls.announce).toBeGreaterThan(1);
      expect(cutOff.events.find(({ type }) => type === "invalidate")).toHaveProperty("error");
    });
  });

  test("value tags that are not remembered cost a second batch, once per key and process", async () => {
    const source = counted((value) => ({ value, tags: ["Person:7", "Person:8"] }));
    await a.cache.read(planFor(a.cache), source.load);
    await stored();
    const before = b.store.calls.read;
    await b.cache.read(planFor(b.cache), source.load);
    expect(b.store.calls.read - before).toBe(2);
    await b.cache.read(planFor(b.cache), source.load);
    expect(b.store.calls.read - before).toBe(3);
  });

  describe("a session", () => {
    test("that must not read loads from the source and replaces the entry", async () => {
      const source = counted();
      await a.cache.read(planFor(a.cache), source.load);
      await stored();
      const session = () => a.cache.session({ read: false });
      expect(await a.cache.read(planFor(a.cache, { session: session() }), source.load)).toMatchObject({
        value: 2,
      });
      await stored();
      expect(await b.cache.read(planFor(b.cache), source.load)).toMatchObject({ value: 2, outcome: "hit" });
    });

    test("that must not read neither waits for a fill nor joins it", async () => {
      const first = held();
      const miss = a.cache.read(planFor(a.cache), first.load);
      await first.begun;
      for (const { cache } of [a, b]) {
        const plan = planFor(cache, { session: cache.session({ read: false }) });
        expect(await cache.read(plan, counted(() => ({ value: "its own" })).load)).toMatchObject({
          value: "its own",
        });
      }
      const joined = a.cache.read(planFor(a.cache), counted().load);
      first.give("the fill's");
      expect((await miss).value).toBe("the fill's");
      expect((await joined).value).toBe("the fill's");
    });

    test("that must not write is served from entries and stores nothing", async () => {
      const source = counted();
      const plan = () => planFor(a.cache, { session: a.cache.session({ write: false }) });
      expect(await a.cache.read(plan(), source.load)).toMatchObject({
        value: 1,
        outcome: "miss",
        reason: "no-store",
      });
      await stored();
      expect(a.store.calls.begin).toBe(0);
      await a.cache.read(planFor(a.cache), source.load);
      await stored();
      expect(await a.cache.read(plan(), source.load)).toMatchObject({ value: 2, outcome: "hit" });
    });

    test("that may do neither sends the store nothing", async () => {
      const before = { ...a.store.calls };
      const session = a.cache.session({ read: false, write: false });
      const source = counted();
      expect(await a.cache.read(planFor(a.cache, { session }), source.load)).toMatchObject({
        outcome: "bypass",
        reason: "no-cache",
      });
      expect(a.store.calls).toEqual(before);
    });
  });

  describe("without a store", () => {
    test("reads go on from the source, one load for those who come together, and come back by themselves", async () => {
      const source = counted();
      const mend = a.store.breakDown();
      const results = await Promise.all(
        Array.from({ length: 50 }, () => a.cache.read(planFor(a.cache), source.load)),
      );
      expect(source.loads()).toBe(1);
      expect(results.every(({ outcome, reason }) => outcome === "bypass" && reason === "store-down")).toBe(
        true,
      );
      mend();
      await a.cache.read(planFor(a.cache), source.load);
      await stored();
      expect((await a.cache.read(planFor(a.cache), source.load)).outcome).toBe("hit");
    });

    test("after one time-out the rest of the request asks the store for nothing", async () => {
      const session = a.cache.session();
      a.store.timeOut("read");
      await a.cache.read(planFor(a.cache, { session }), counted().load);
      const before = { ...a.store.calls };
      expect(
        await a.cache.read(planFor(a.cache, { session, home: "Product:7" }), counted().load),
      ).toMatchObject({
        outcome: "bypass",
        reason: "store-down",
      });
      expect(a.store.calls).toEqual(before);
    });

    test("an answer to begin that is lost does not keep the fleet waiting", async () => {
      const late = a.store.timeOut("begin");
      const read = a.cache.read(planFor(a.cache), counted().load);
      await late.arrived;
      await late.run();
      expect(await read).toMatchObject({ value: 1, outcome: "bypass" });
      await until(() => a.store.calls.release === 1);
      expect(await b.cache.read(planFor(b.cache), counted().load)).toMatchObject({ outcome: "miss" });
    });

    test("an eviction of any key, or of all, is a miss and no more", async () => {
      const source = counted((value) => ({ value, tags: ["Person:7"] }));
      const plan = planFor(a.cache);
      const all = ["Product:42", "__type:Product", "Person:7"].map(keys.stamp).concat(plan.key);
      let loads = 0;
      for (const key of all) {
        await a.cache.read(planFor(a.cache), source.load);
        await stored();
        loads = source.loads();
        await server.evict(key);
        expect(await a.cache.read(planFor(a.cache), source.load)).toMatchObject({
          value: loads + 1,
          outcome: "miss",
        });
        await stored();
      }
      await server.flush();
      expect(await b.cache.read(planFor(b.cache), source.load)).toMatchObject({
        value: loads + 2,
        outcome: "miss",
      });
    });
  });

  describe("on the way out", () => {
    test("drain waits for fills, refreshes and stores", async () => {
      const source = held();
      const read = a.cache.read(planFor(a.cache), source.load);
      await source.begun;
      const stop = a.store.stopBefore("put");
      const drained = a.cache.drain(MINUTE);
      source.give(1);
      await read;
      await stop.arrived;
      expect(a.cache.stats().fills).toBe(1);
      stop.go();
      expect(await drained).toEqual([]);
      expect((await b.cache.read(planFor(b.cache), counted().load)).outcome).toBe("hit");
    });

    test("drain names what was not done in time", async () => {
      const plan = planFor(a.cache);
      const source = held();
      const read = a.cache.read(plan, source.load);
      await source.begun;
      expect(await a.cache.drain(5)).toEqual([plan.key]);
      source.give(1);
      await read;
    });

    test("after close reads go to their source", async () => {
      await a.cache.close(100);
      expect(await a.cache.read(planFor(a.cache), counted().load)).toMatchObject({
        outcome: "bypass",
        reason: "closed",
      });
    });
  });
});

function shownOf(loaded: { readonly value: unknown }): { readonly value?: unknown } {
  return typeof loaded.value === "object" ? {} : { value: loaded.value };
}
