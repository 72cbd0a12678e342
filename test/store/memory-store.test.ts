import { describe, expect, test } from "vitest";
import { createKeys } from "../../src/keys/grammar.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import type { BeginRequest } from "../../src/store/store.ts";
import { createSteppedClock } from "../../src/testing/manual-clock.ts";
import { putOf, slotIn, storeSuite } from "./store-suite.ts";

const keys = createKeys("shop");

storeSuite("the embedded store", async () => {
  const clock = createSteppedClock();
  const store = createMemoryStore({ keys, clock });
  return {
    store,
    keys,
    passes: async (ms) => clock.step(ms),
    clear: async () => store.clear(),
    close: () => store.close(),
  };
});

test("the embedded store answers a peek, the log's position too, without waiting", async () => {
  const store = createMemoryStore({ keys, clock: createSteppedClock() });
  const request = slotIn(keys, "42", "price");
  const [reply] = await store.begin([request]);
  const put = putOf(request, (reply as { readonly stamp: string }).stamp);
  await store.put([put]);
  expect(store.peek({ entryKeys: [put.entryKey, "none"], stampKeys: [put.stampKey], log: true })).toEqual({
    entries: [put.text, null],
    stamps: [put.stamp],
    log: store.position!(),
  });
});

describe("the embedded store's bounds", () => {
  const open = (maxBytes: number) => {
    const clock = createSteppedClock();
    const store = createMemoryStore({ keys, clock, maxBytes });
    const fill = async (request: BeginRequest, payload = "x", lifeMs = 60_000) => {
      const [reply] = await store.begin([request]);
      return store.put([putOf(request, (reply as { readonly stamp: string }).stamp, lifeMs, payload)]);
    };
    const has = async (request: BeginRequest) =>
      (await store.read({ entryKeys: [request.entryKey], stampKeys: [], log: false })).entries[0] !== null;
    return { clock, store, fill, has };
  };
  const slot = (id: number) => slotIn(keys, `${id}`, "price");

  test("it never holds more bytes than allowed", async () => {
    const { store, fill } = open(100_000);
    for (let i = 0; i < 500; i++) {
      await fill(slot(i), "x".repeat(1000));
      expect(store.state().bytes).toBeLessThanOrEqual(100_000);
    }
    expect(store.state().bytes).toBeGreaterThan(50_000);
  });

  test("when full, the longest unread goes first", async () => {
    const { fill, has } = open(60_000);
    const kept = slot(-1);
    await fill(kept, "x".repeat(1000));
    for (let i = 0; i < 100; i++) {
      await fill(slot(i), "x".repeat(1000));
      expect(await has(kept)).toBe(true);
    }
    expect(await has(slot(0))).toBe(false);
    expect(await has(slot(99))).toBe(true);
  });

  test("an entry larger than the store is not kept, and breaks nothing", async () => {
    const { store, fill, has } = open(10_000);
    await fill(slot(1), "x".repeat(20_000));
    expect(await has(slot(1))).toBe(false);
    expect(store.state().bytes).toBeLessThanOrEqual(10_000);
    await fill(slot(2));
    expect(await has(slot(2))).toBe(true);
  });

  test("an entry larger than the store leaves the others where they are", async () => {
    const { fill, has } = open(10_000);
    await fill(slot(1));
    await fill(slot(2), "x".repeat(20_000));
    expect([await has(slot(1)), await has(slot(2))]).toEqual([true, false]);
  });

  test("an entry whose stamp was evicted reads as one without a stamp: a miss", async () => {
    const { store, fill } = open(3_000);
    const first = slot(1);
    await fill(first);
    for (let i = 2; i < 30; i++) await fill(slot(i));
    const { stamps } = await store.read({ entryKeys: [], stampKeys: [first.stampKey], log: false });
    expect(stamps).toEqual([null]);
  });

  test("what ran out leaves no trace, even where nobody asks for it again", async () => {
    const { clock, store, fill } = open(256 * 1024 * 1024);
    for (let i = 0; i < 20_000; i++) {
      await fill({ ...slot(i), stampMs: 2000 }, "x", 1000);
      clock.step(10);
    }
    // 100 entries and 200 stamps are alive at any time; a sweep runs when twice that, or 1024, has gathered.
    expect(store.state().entries).toBeLessThanOrEqual(1024);
  });

  test("an entry lives to the microsecond of its clock, and not longer", async () => {
    const { clock, fill, has } = open(1_000_000);
    await fill(slot(1), "x", 1000);
    clock.step(999.999);
    expect(await has(slot(1))).toBe(true);
    clock.step(0.001);
    expect(await has(slot(1))).toBe(false);
  });
});
