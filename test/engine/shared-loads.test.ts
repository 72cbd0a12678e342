import DataLoader from "dataloader";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { SharedLoads } from "../../src/engine/shared-loads.ts";
import { unsharedError } from "../../src/engine/source-error.ts";
import { createSteppedClock } from "../../src/testing/manual-clock.ts";
import { counted, held, turns } from "./support.ts";

describe("loads that are not stored", () => {
  test("those who come in one turn share one, each with a copy of its own", async () => {
    const loads = new SharedLoads(systemClock, 1000);
    const value = { list: [1] };
    const source = counted(() => ({ value }));
    const [first, second] = await Promise.all([
      loads.run("k", 1, source.load),
      loads.run("k", 1, source.load),
    ]);
    expect(source.loads()).toBe(1);
    expect(first!.value).toBe(value);
    expect(second!.value).toEqual(value);
    expect(second!.value).not.toBe(value);
    expect([first!.own, second!.own]).toEqual([true, false]);
  });

  test("one that nobody shares is told so: it need not find out for whom else it might be", async () => {
    const loads = new SharedLoads(systemClock, 1000);
    const told: (boolean | undefined)[] = [];
    const load = async (alone?: boolean) => {
      told.push(alone);
      return { value: 1, tags: [] };
    };
    await loads.run("k", 1, load);
    await Promise.all([loads.run("k", 1, load), loads.run("k", 2, load)]);
    expect(told).toEqual([true, false]);
  });

  test("who comes while one runs shares the next, not that one", async () => {
    const loads = new SharedLoads(systemClock, 1000);
    const running = held();
    const next = counted(() => ({ value: "next" }));
    const first = loads.run("k", 1, running.load);
    await running.begun;
    const later = [loads.run("k", 2, next.load), loads.run("k", 2, next.load)];
    await turns();
    expect(next.loads()).toBe(0);
    running.give("first");
    expect((await first).value).toBe("first");
    expect((await Promise.all(later)).map(({ value }) => value)).toEqual(["next", "next"]);
    expect(next.loads()).toBe(1);
  });

  test("other keys do not wait", async () => {
    const loads = new SharedLoads(systemClock, 1000);
    void loads.run("k", 1, held().load);
    expect((await loads.run("other", 1, counted().load)).value).toBe(1);
  });

  test("those of one turn are one batch of a DataLoader", async () => {
    const loads = new SharedLoads(systemClock, 1000);
    const batches: number[] = [];
    const source = new DataLoader<number, number>(async (keys) => {
      batches.push(keys.length);
      return keys;
    });
    const load = (key: number) => async () => ({ value: await source.load(key), tags: [] });
    const found = await Promise.all([1, 2, 3].map((key) => loads.run(`k${key}`, 1, load(key))));
    expect(found.map(({ value }) => value)).toEqual([1, 2, 3]);
    expect(batches).toEqual([3]);
  });

  test("a running one that hangs is waited for so long and no longer", async () => {
    const clock = createSteppedClock();
    const loads = new SharedLoads(clock, 1000);
    const hanging = held();
    const first = loads.run("k", 1, hanging.load);
    await hanging.begun;
    const source = counted();
    const next = loads.run("k", 2, source.load);
    clock.step(999);
    await turns();
    expect(source.loads()).toBe(0);
    clock.step(1);
    expect((await next).value).toBe(1);
    hanging.give("at last");
    expect((await first).value).toBe("at last");
  });

  test("an error is shared by all, and the next load begins", async () => {
    const loads = new SharedLoads(systemClock, 1000);
    const failing = held();
    const error = new Error("down");
    const failed = Promise.allSettled([loads.run("k", 1, failing.load), loads.run("k", 1, failing.load)]);
    await failing.begun;
    const next = loads.run("k", 2, counted().load);
    failing.fail(error);
    expect(await failed).toEqual([
      { status: "rejected", reason: error },
      { status: "rejected", reason: error },
    ]);
    expect((await next).value).toBe(1);
  });

  test("what a server writes into the extensions of one caller's error is in no other's", async () => {
    const loads = new SharedLoads(systemClock, 1000);
    const failing = held();
    const failed = Promise.allSettled([1, 2, 3].map((order) => loads.run("k", order, failing.load)));
    await failing.begun;
    failing.fail(Object.assign(new Error("down"), { extensions: { code: "DOWN" } }));
    const errors = (await failed).map((one) => (one as PromiseRejectedResult).reason);
    for (const [at, error] of errors.entries()) error.extensions.requestId = at;
    expect(errors.map(({ message, extensions }) => [message, extensions.code, extensions.requestId])).toEqual(
      [0, 1, 2].map((at) => ["down", "DOWN", at]),
    );
  });

  test("an error for its own caller only is met by each in a load of its own", async () => {
    const loads = new SharedLoads(systemClock, 1000);
    const refusing = async () => {
      throw unsharedError(new Error("Forbidden"), "tainted");
    };
    const mine = counted(() => ({ value: "mine" }));
    const answers = await Promise.allSettled([loads.run("k", 2, refusing), loads.run("k", 1, mine.load)]);
    expect(answers[0]).toMatchObject({ reason: { message: "Forbidden" } });
    expect(answers[1]).toMatchObject({ value: { value: "mine", own: true } });
  });

  test("a value for its own caller only is loaded by each", async () => {
    const loads = new SharedLoads(systemClock, 1000);
    const source = counted((load) => ({ value: load, unshared: "tainted" }));
    const all = await Promise.all([1, 2, 3].map(() => loads.run("k", 1, source.load)));
    expect(all.map(({ value }) => value).toSorted()).toEqual([1, 2, 3]);
    expect(all.every(({ own }) => own)).toBe(true);
  });

  test("nothing is kept of what is over", async () => {
    const loads = new SharedLoads(systemClock, 1000);
    await Promise.all(Array.from({ length: 100 }, (_, key) => loads.run(`k${key}`, 1, counted().load)));
    await turns();
    expect(loads.size).toBe(0);
  });
});
