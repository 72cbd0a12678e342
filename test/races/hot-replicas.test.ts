import { beforeEach, describe, expect, test } from "vitest";
import { parseEntry } from "../../src/engine/entry.ts";
import { StampCopies } from "../../src/keys/stamp-copies.ts";
import { createMemoryStore, type MemoryStore } from "../../src/store/memory/memory-store.ts";
import type { Store } from "../../src/store/store.ts";
import type { Stop } from "../engine/gated-store.ts";
import { counted, type Gateway, gateway, keys, type PlanParts, planFor, turns } from "../engine/support.ts";

// The interleavings of docs/protocol.md, "Hot entities". C is a copier: it makes the stamps of a replica's bucket, looks at
// home, reads the log, stores. I is an invalidation by a gateway that knows of nothing hot. R' is a request that begins after
// I resolved. Law: R' never gets what was loaded before I, wherever it looks.

const HOME = "Product:42";
const TYPE = "__type:Product";
const PERSON = "Person:7";

let memory: MemoryStore;
let copies: StampCopies;
/** Copies. */
let a: Gateway;
/** Invalidates: its store drops in two steps. */
let b: Gateway;
/** Between the two steps of I's drop; there is none unless a test makes one. */
let betweenDrops: (() => Promise<void>) | undefined;
/** Which bucket I drops first. */
let first: "home" | "replicas";
/** Tokens under which I announced. */
let announced: string[];

beforeEach(async () => {
  announced = [];
  memory = createMemoryStore({ keys, buckets: 3 });
  copies = new StampCopies(keys, memory);
  betweenDrops = undefined;
  first = "replicas";
  const apart: Store = {
    ...memory,
    announce(token, names) {
      announced.push(token);
      return memory.announce(token, names);
    },
    async dropStamps(stampKeys) {
      const bucketOf = (key: string) => memory.bucketOf(key.slice(key.indexOf("{") + 1, key.indexOf("}")));
      const isFirst = (key: string) => (bucketOf(key) === memory.bucketOf(HOME)) === (first === "home");
      await memory.dropStamps(stampKeys.filter(isFirst));
      await betweenDrops?.();
      return memory.dropStamps(stampKeys.filter((key) => !isFirst(key)));
    },
  };
  a = await gateway(memory);
  b = await gateway(apart);
});

const OLD = counted(() => ({ value: "old", tags: [PERSON] }));
const NEW = counted(() => ({ value: "new", tags: [PERSON] })).load;
const hot: PlanParts = { hot: true };

const copied = (of: Gateway) => of.events.flatMap((event) => (event.type === "copy" ? [event.stored] : []));

/** Home has the old value; C has begun, and has come to the stop. */
async function copyUntil(stop: Stop): Promise<void> {
  await b.cache.read(planFor(b.cache), OLD.load);
  await b.cache.drain(1000);
  let arrived = false;
  void stop.arrived.then(() => {
    arrived = true;
  });
  while (!arrived) {
    expect((await a.cache.read(planFor(a.cache, hot), NEW)).value).toBe("old");
    await turns(8);
  }
}

/** The same until C has looked at home, and is not told yet what it saw. */
async function copyUntilLooked(): Promise<Stop> {
  const begin = a.store.stopAfter("begin");
  await copyUntil(begin);
  const look = a.store.stopAfter("read");
  begin.go();
  await look.arrived;
  return look;
}

/** C goes on to its end. */
async function go(stop: Stop): Promise<void> {
  stop.go();
  await turns(20);
}

/** R', wherever it may look, through each gateway. */
async function expectNew(): Promise<void> {
  for (let at = 0; at < 6; at++) {
    for (const { cache } of [a, b]) {
      expect((await cache.read(planFor(cache, hot), NEW)).value).toBe("new");
      await turns(8);
    }
  }
}

const NAMES = [HOME, TYPE, PERSON];

describe("16. C has looked at home · I drops everything and resolves · C stores", () => {
  test.each(NAMES)("by %s: the stamps of the replica are its own, and gone", async (name) => {
    const put = a.store.stopBefore("put");
    await copyUntil(put);
    await b.cache.invalidate([name]);
    await go(put);
    // Its own stamp is compared inside the store, the others by whoever reads it.
    expect(copied(a)).toEqual([name === HOME ? "refused" : "stored"]);
    await expectNew();
  });
});

describe("17. C has looked at home · I drops everything and resolves · C makes the stamps that only the value told it of", () => {
  test.each(NAMES)(
    "by %s: the log is read after them, since a position from before the look",
    async (name) => {
      const look = await copyUntilLooked();
      await b.cache.invalidate([name]);
      await go(look);
      expect(copied(a)).toEqual(["refused"]);
      await expectNew();
    },
  );

  test("and C's process hears of I before it reads the log: the position is the one it knew when it began", async () => {
    const look = await copyUntilLooked();
    await b.cache.invalidate([PERSON]);
    // Its own invalidation of something else tells it the newest position.
    await a.cache.invalidate(["Product:1"]);
    await go(look);
    expect(copied(a)).toEqual(["refused"]);
    await expectNew();
  });
});

describe("18. I has dropped the replica's stamps, and not yet home's · C makes the former anew and finds home valid", () => {
  const meets = async (name: string, stop: Stop): Promise<void> => {
    await copyUntil(stop);
    let goOn = (): void => {};
    const waiting = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    betweenDrops = () => waiting;
    const invalidated = b.cache.invalidate([name]);
    await turns(10);
    await go(stop);
    goOn();
    await invalidated;
  };

  test.each([HOME, TYPE])("by %s, announced: C is told", async (name) => {
    // C has not yet made its stamps.
    await meets(name, a.store.stopBefore("begin"));
    expect(copied(a)).toEqual(["refused"]);
    await expectNew();
  });

  test.each([HOME, TYPE])("by %s, logged by then: C is told", async (name) => {
    const begin = a.store.stopBefore("begin");
    await copyUntil(begin);
    const log = a.store.stopBefore("logSince");
    betweenDrops = async () => {
      await go(begin);
      await log.arrived;
    };
    await b.cache.invalidate([name]);
    await go(log);
    expect(copied(a)).toEqual(["refused"]);
    await expectNew();
  });

  test("home first, then the replicas: C finds nothing at home to copy", async () => {
    first = "home";
    const begin = a.store.stopAfter("begin");
    await meets(HOME, begin);
    expect(copied(a)).toEqual(["not-stored"]);
    await expectNew();
  });
});

describe("19. the announcement is lost", () => {
  test("C is not told and stores · I cannot log, and does all of it again", async () => {
    const begin = a.store.stopBefore("begin");
    await copyUntil(begin);
    betweenDrops = async () => {
      betweenDrops = undefined;
      await memory.appendLog(announced.at(-1)!, []);
      await go(begin);
      expect(copied(a)).toEqual(["stored"]);
    };
    await b.cache.invalidate([HOME]);
    expect(b.store.calls.announce).toBe(2);
    await expectNew();
  });
});

describe("20. commands that time out and run later", () => {
  test("put, after I: refused inside the store", async () => {
    const put = a.store.timeOut("put");
    await b.cache.read(planFor(b.cache), OLD.load);
    await b.cache.drain(1000);
    while (copied(a).length === 0) {
      await a.cache.read(planFor(a.cache, hot), NEW);
      await turns(8);
    }
    expect(copied(a)).toEqual(["failed"]);
    await b.cache.invalidate([HOME]);
    expect(await put.run()).toEqual([false]);
    await expectNew();
  });
});

test("an invalidation by a gateway that has never met the entity drops what others have copied of it", async () => {
  await b.cache.read(planFor(b.cache), OLD.load);
  await b.cache.drain(1000);
  for (let at = 0; at < 8; at++) {
    await a.cache.read(planFor(a.cache, hot), NEW);
    await turns(8);
  }
  expect(copied(a)).toEqual(["stored", "stored"]);
  const c = await gateway(memory);
  await c.cache.invalidate([HOME]);
  await expectNew();
});

test("a copy is not valid under home's stamp, nor is home's entry under a replica's", async () => {
  await b.cache.read(planFor(b.cache), OLD.load);
  await b.cache.drain(1000);
  for (let at = 0; at < 8; at++) {
    await a.cache.read(planFor(a.cache, hot), NEW);
    await turns(8);
  }
  const { key } = planFor(a.cache);
  const places = copies.namesOf(HOME);
  const { entries, stamps } = await memory.read({
    entryKeys: places.map((place) => keys.replica(key, place)),
    stampKeys: places.map((place) => keys.stamp(place)),
    log: false,
  });
  expect(entries.map((text) => parseEntry(text as string)!.homeStamp)).toEqual(stamps);
  expect(new Set(stamps).size).toBe(3);
});
