import { beforeEach, describe, expect, test } from "vitest";
import { StampCopies } from "../../src/keys/stamp-copies.ts";
import { createMemoryStore, type MemoryStore } from "../../src/store/memory/memory-store.ts";
import { createSteppedClock } from "../../src/testing/manual-clock.ts";
import { counted, type Gateway, gateway, held, keys, planFor } from "./support.ts";

const TYPE = "__type:Product";

let server: MemoryStore;
let copies: StampCopies;
let a: Gateway;
let b: Gateway;
/** One product in each bucket. */
let homes: readonly string[];

beforeEach(async () => {
  server = createMemoryStore({ keys, clock: createSteppedClock(), buckets: 3 });
  copies = new StampCopies(keys, server);
  a = await gateway(server);
  b = await gateway(server);
  const products = Array.from({ length: 100 }, (_, id) => `Product:${id}`);
  homes = [0, 1, 2].map((bucket) => products.find((home) => server.bucketOf(home) === bucket)!);
});

const source = counted((load) => ({ value: load, tags: ["Person:7"] }));
const fill = (home: string) => a.cache.read(planFor(a.cache, { home }), source.load);
const stampsNow = async (stampKeys: readonly string[]) =>
  (await server.read({ entryKeys: [], stampKeys, log: false })).stamps;

describe("a store of three buckets", () => {
  test("is asked for the copies of the entry's own bucket, and for no others", async () => {
    for (const home of homes) await fill(home);
    await a.cache.drain(1000);
    const [first, second, third] = await stampsNow(copies.keysOf(TYPE));
    expect(new Set([first, second, third]).size).toBe(3);
    for (const home of homes) {
      const from = b.store.reads.length;
      expect(await b.cache.read(planFor(b.cache, { home }), source.load)).toMatchObject({ outcome: "hit" });
      const asked = b.store.reads.slice(from).flatMap(({ stampKeys }) => stampKeys);
      expect(asked).toEqual([
        keys.stamp(home),
        copies.keyFor(TYPE, home),
        // An entity shown by value has one stamp, where its own entries lie.
        keys.stamp("Person:7"),
      ]);
    }
  });

  test("has every copy dropped: of a type, of a tag, and of an entity those of its replicas", async () => {
    for (const name of [TYPE, "__tag:sale", "Person:7"]) {
      const all = copies.keysOf(name);
      expect(all).toHaveLength(3);
      await server.stamps(all.map((stampKey) => ({ stampKey, lifeMs: 1000 })));
      await b.cache.invalidate([name]);
      expect(await stampsNow(all)).toEqual([null, null, null]);
    }
  });

  test("loses all entries under a name that many share, in whatever bucket they lie", async () => {
    for (const home of homes) await fill(home);
    await a.cache.drain(1000);
    await b.cache.invalidate([TYPE]);
    for (const home of homes)
      expect(await b.cache.read(planFor(b.cache, { home }), source.load)).toMatchObject({ outcome: "miss" });
  });

  test("fills of one turn ask the log once for each bucket", async () => {
    await Promise.all(homes.flatMap((home) => ["price", "label"].map((field) => fillField(home, field))));
    expect(a.store.calls.begin).toBe(1);
    expect(a.store.calls.stamps).toBe(1);
    expect(a.store.calls.logSince).toBe(3);
  });

  test("an invalidation that meets a fill refuses it, whichever bucket the fill is in", async () => {
    for (const home of homes) {
      const slow = held();
      const reading = a.cache.read(planFor(a.cache, { home }), slow.load);
      await slow.begun;
      await b.cache.invalidate([TYPE]);
      slow.give("old");
      expect((await reading).value).toBe("old");
      await a.cache.drain(1000);
      expect(await b.cache.read(planFor(b.cache, { home }), source.load)).toMatchObject({ outcome: "miss" });
    }
  });
});

const fillField = (home: string, field: string) =>
  a.cache.read(planFor(a.cache, { home, field }), counted().load);
