import { describe, expect, test } from "vitest";
import type { CacheEvent } from "../../src/engine/events.ts";
import { type EntryPlace, found, Turn } from "../../src/engine/turn.ts";
import { StampCopies } from "../../src/keys/stamp-copies.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { type Store, StoreFailure } from "../../src/store/store.ts";
import { createSteppedClock } from "../../src/testing/manual-clock.ts";
import { gate } from "./gated-store.ts";
import { keys } from "./support.ts";

function at(key: string) {
  return { key, home: "Product:42" };
}

function read(turn: Turn, place: EntryPlace, names: readonly string[]) {
  return found(turn.ask(place, names));
}

function open(change: (store: Store) => Store = (store) => store) {
  const clock = createSteppedClock();
  const store = gate(change(createMemoryStore({ keys, clock })));
  const events: CacheEvent[] = [];
  const turn = new Turn({
    store,
    copies: new StampCopies(keys, store),
    clock,
    emit: (event) => events.push(event),
    logSampleMs: 200,
  });
  return { clock, store, events, turn };
}

describe("a turn of the event loop", () => {
  test("reads each entry and each stamp once, and gives each reader its own", async () => {
    const { store, turn, events } = open();
    const [stamp] = await store.stamps([{ stampKey: keys.stamp("b"), lifeMs: 1000 }]);
    const looks = await Promise.all([
      read(turn, at("one"), ["a", "b"]),
      read(turn, at("two"), ["b", "c"]),
      read(turn, at("one"), ["b"]),
      turn.readStamps("Product:42", ["c", "b"]),
    ]);
    expect(store.reads.map(({ entryKeys, stampKeys }) => ({ entryKeys, stampKeys }))).toEqual([
      { entryKeys: ["one", "two"], stampKeys: ["a", "b", "c"].map(keys.stamp) },
    ]);
    expect(looks).toEqual([
      { text: null, stamps: [null, stamp] },
      { text: null, stamps: [stamp, null] },
      { text: null, stamps: [stamp] },
      { text: null, stamps: [null, stamp] },
    ]);
    expect(events).toEqual([{ type: "wave", keys: 5, failed: false }]);
  });

  test("writes before it reads: what was put in this turn is seen in it", async () => {
    const { store, turn } = open();
    const order: string[] = [];
    for (const step of ["put", "release", "begin", "read"] as const) {
      const stop = store.stopBefore(step);
      void stop.arrived.then(() => order.push(step));
      stop.go();
    }
    const slot = { entryKey: "e", stampKey: "s", lockKey: "l", passKey: "p", token: "t", stamp: "x" };
    await Promise.all([
      read(turn, at("e"), []),
      turn.begin({ ...slot, seenId: "", lockMs: 1, stampMs: 1 }),
      turn.release(slot),
      turn.put({ ...slot, text: "", lifeMs: 1 }),
    ]);
    expect(order).toEqual(["put", "release", "begin", "read"]);
  });

  test("asks for a stamp that several fills want once, for the longest of their times", async () => {
    const { clock, store, turn } = open();
    const [one, two] = await Promise.all([
      turn.stamps("Product:42", ["a", "b"], 10),
      turn.stamps("Product:42", ["b"], 1000),
    ]);
    expect(store.calls.stamps).toBe(1);
    expect((one as string[])[1]).toBe((two as string[])[0]);
    clock.step(500);
    const { stamps } = await store.read({ entryKeys: [], stampKeys: ["a", "b"].map(keys.stamp), log: false });
    expect(stamps).toEqual([null, (two as string[])[0]]);
  });

  test("asks the log once for all who began at one position", async () => {
    const { store, turn } = open();
    await turn.sampleLog();
    const began = turn.newest!;
    const home = "Product:42";
    const [a, b, c] = await Promise.all([
      turn.logSince({ position: began, home }),
      turn.logSince({ position: began, home: "Product:7" }),
      turn.logSince({ position: "other.0", home }),
    ]);
    expect(store.calls.logSince).toBe(2);
    expect(a).toBe(b);
    expect(c).toMatchObject({ names: "gap" });
  });
});

describe("the log's position", () => {
  test("rides along with a read when the last one is older than 200 ms, and never alone", async () => {
    const { clock, store, turn } = open();
    await read(turn, at("e"), []);
    await read(turn, at("e"), []);
    clock.step(199);
    await read(turn, at("e"), []);
    clock.step(1);
    await read(turn, at("e"), []);
    expect(store.reads.map(({ log }) => log)).toEqual([true, false, false, true]);
  });

  test("is asked for again when it was not given", async () => {
    const { store, turn } = open();
    store.timeOut("read");
    await read(turn, at("e"), []);
    await read(turn, at("e"), []);
    expect(store.reads.map(({ log }) => log)).toEqual([true, true]);
    expect(turn.newest).toBeDefined();
  });

  test("is never set back by an answer that was overtaken", async () => {
    const { store, turn } = open();
    await turn.sampleLog();
    const overtaken = store.stopAfter("read");
    const slow = turn.sampleLog();
    await overtaken.arrived;
    await store.announce("token", ["a"]);
    await store.appendLog("token", ["a"]);
    await turn.sampleLog();
    const newest = turn.newest;
    overtaken.go();
    await slow;
    expect(turn.newest).toEqual(newest);
  });
});

describe("a failure", () => {
  test("of a part is that of its reader and of nobody else", async () => {
    const failure = new StoreFailure("timeout", "one node is away");
    const { turn, events } = open((store) => ({
      ...store,
      read: async (request) => {
        const reply = await store.read(request);
        return {
          ...reply,
          stamps: request.stampKeys.map((key) => (key === keys.stamp("b") ? failure : null)),
        };
      },
    }));
    const [good, bad] = await Promise.all([read(turn, at("e"), ["a"]), read(turn, at("e"), ["b"])]);
    expect(good).toEqual({ text: null, stamps: [null] });
    expect(bad).toBe(failure);
    expect(events).toEqual([{ type: "wave", keys: 3, failed: true }]);
  });

  test("by rejection, which the port forbids, is a failure like any other", async () => {
    const { turn } = open((store) => ({
      ...store,
      read: () => Promise.reject(new Error("broken")),
      put: () => Promise.reject(new Error("broken")),
    }));
    const put = {
      entryKey: "e",
      stampKey: "s",
      lockKey: "l",
      passKey: "p",
      token: "t",
      stamp: "x",
      text: "",
      lifeMs: 1,
    };
    expect(await read(turn, at("e"), [])).toMatchObject({ reason: "error", message: "broken" });
    expect(await turn.put(put)).toMatchObject({ reason: "error", message: "broken" });
  });
});
