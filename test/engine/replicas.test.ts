import { beforeEach, describe, expect, test } from "vitest";
import { parseEntry } from "../../src/engine/entry.ts";
import { StampCopies } from "../../src/keys/stamp-copies.ts";
import { createMemoryStore, type MemoryStore } from "../../src/store/memory/memory-store.ts";
import { StoreFailure } from "../../src/store/store.ts";
import { createSteppedClock, type SteppedClock } from "../../src/testing/manual-clock.ts";
import { counted, type Gateway, gateway, held, keys, type PlanParts, planFor, turns } from "./support.ts";

const BUCKETS = 3;
const HOME = "Product:42";

let clock: SteppedClock;
let server: MemoryStore;
let copies: StampCopies;
let a: Gateway;
let b: Gateway;

beforeEach(async () => {
  clock = createSteppedClock();
  server = createMemoryStore({ keys, clock, buckets: BUCKETS });
  copies = new StampCopies(keys, server);
  a = await gateway(server, { clock });
  b = await gateway(server, { clock });
});

const hot: PlanParts = { hot: true };
const read = (from: Gateway, source = counted(), parts = hot) =>
  from.cache.read(planFor(from.cache, parts), source.load);

/** So many reads, each by a request of its own; what they set off has ended. */
async function readOften(from: Gateway, source = counted(), parts = hot, times = 12) {
  const outcomes: string[] = [];
  for (let at = 0; at < times; at++) {
    const { outcome, reason } = await read(from, source, parts);
    outcomes.push(reason === undefined ? outcome : `${outcome} ${reason}`);
    await turns(8);
  }
  return outcomes;
}

const bucketOf = (key: string) => server.bucketOf(key.slice(key.indexOf("{") + 1, key.indexOf("}")));
/** Keys that a gateway asked the store for since `from`, counted by bucket. */
function asked(of: Gateway, from: number): readonly number[] {
  const counts = new Array<number>(BUCKETS).fill(0);
  for (const { entryKeys, stampKeys } of of.store.reads.slice(from)) {
    for (const key of [...entryKeys, ...stampKeys]) counts[bucketOf(key)]! += 1;
  }
  return counts;
}

const keyOf = (field = "price") => keys.entry({ home: HOME, field, version: "v1.abc" });
const replicas = () => copies.namesOf(HOME).filter((home) => home !== HOME);
const textsAt = async (homes: readonly string[], field = "price") =>
  (
    await server.read({
      entryKeys: homes.map((home) => keys.replica(keyOf(field), home)),
      stampKeys: [],
      log: false,
    })
  ).entries as readonly (string | null)[];
const entriesAt = async (homes: readonly string[]) =>
  (await textsAt(homes)).map((text) => (text === null ? undefined : parseEntry(text)));

describe("what a plan calls hot", () => {
  test("is copied after its first hit, to a place in every other bucket, with one load of the source", async () => {
    const source = counted();
    const outcomes = await readOften(a, source);
    expect(outcomes[0]).toBe("miss");
    expect(outcomes.slice(-3).sort()).toEqual(["hit", "hit replica", "hit replica"]);
    expect(replicas()).toHaveLength(2);
    expect(await textsAt(replicas())).not.toContain(null);
    expect(await readOften(b, source)).toContain("hit replica");
    expect(source.loads()).toBe(1);
  });

  test("is asked for evenly: entries, their own stamps and those of their type", async () => {
    await readOften(a);
    const from = a.store.reads.length;
    for (let at = 0; at < 999; at++) await read(a);
    expect(asked(a, from)).toEqual([999, 999, 999]);
  });

  test("is asked for evenly also by every other request, where two kinds of them take turns", async () => {
    await readOften(a);
    const from = a.store.reads.length;
    for (let at = 0; at < 900; at++) {
      await read(a);
      a.cache.session();
    }
    for (const keysAsked of asked(a, from)) expect(Math.abs(keysAsked / 900 - 1)).toBeLessThan(0.02);
  });

  test("asks one bucket for all that a request reads of hot homes", async () => {
    const homes = ["Product:1", "Product:2", "Product:3", HOME];
    for (const home of homes) await readOften(a, counted(), { ...hot, home });
    for (let request = 0; request < 6; request++) {
      const session = a.cache.session();
      const from = a.store.reads.length;
      await Promise.all(homes.map((home) => read(a, counted(), { ...hot, home, session })));
      expect(a.store.reads.length - from).toBe(1);
      expect(asked(a, from).filter((count) => count > 0)).toHaveLength(1);
    }
  });

  test("has copies with the birth and lifetimes of the original, under stamps of their own", async () => {
    await readOften(
      a,
      counted(() => ({ value: "x", tags: ["Person:7", "__tag:sale"] })),
      { ...hot, lifetimes: { staleMs: 5 } },
    );
    const [original, ...others] = await entriesAt([HOME, ...replicas()]);
    expect(original!.tagNames).toEqual(["__type:Product", "Person:7", "__tag:sale"]);
    const stamps = new Set([original, ...others].flatMap((entry) => [entry!.homeStamp, ...entry!.tagStamps]));
    // In the bucket of Person:7 its copy is the name itself, which home's entry depends on as well.
    expect(stamps.size).toBe(4 * BUCKETS - 1);
    for (const entry of others) {
      expect(entry).toEqual({ ...original, homeStamp: entry!.homeStamp, tagStamps: entry!.tagStamps });
    }
  });

  test("has its value's entities fenced beside each copy: their own stamps are asked for by readers at home alone", async () => {
    const tags = ["Person:7", "Person:8", "Person:9"];
    const source = counted(() => ({ value: "x", tags }));
    await readOften(a, source);
    for (const place of [HOME, ...replicas()]) {
      const wanted = tags.map((name) => copies.keyFor(name, place));
      const buckets = new Set(wanted.map(bucketOf));
      if (place === HOME) expect(wanted).toEqual(tags.map((name) => keys.stamp(name)));
      else expect([...buckets]).toEqual([server.bucketOf(place)]);
    }
    const from = a.store.reads.length;
    for (let at = 0; at < 300; at++) await read(a, source);
    const keysAsked = a.store.reads.slice(from).flatMap(({ stampKeys }) => stampKeys);
    expect(keysAsked).toHaveLength(300 * 5);
    for (const place of [HOME, ...replicas()]) {
      expect(keysAsked.filter((key) => key === keys.stamp(place))).toHaveLength(100);
    }
  });

  test("is found in a copy with tags that this process has not met before", async () => {
    const source = counted(() => ({ value: "x", tags: ["Person:7"] }));
    await readOften(a, source);
    expect((await readOften(b, source, hot, 4)).filter((outcome) => outcome === "miss")).toEqual([]);
    expect(source.loads()).toBe(1);
  });
});

describe("what is read often", () => {
  const reads = async (times: number, parts: PlanParts = {}) => {
    for (let at = 0; at < times; at++) await read(a, counted(), parts);
    await turns(8);
  };
  const events = () =>
    a.events.flatMap((event) => (event.type === "hot" ? [`${event.change} ${event.home}`] : []));

  test("becomes hot without a word in the schema, and no longer is when it is read less", async () => {
    await reads(100);
    expect(events()).toEqual(["promoted Product:42"]);
    expect(a.cache.stats().hot).toEqual({ "Product:42": expect.any(Number) });
    expect(await readOften(a, counted(), {})).toContain("hit replica");
    clock.step(59_000);
    await reads(20, { home: "Product:7" });
    expect(a.cache.stats().hot).toEqual({});
    expect(events()).toEqual(["promoted Product:42", "demoted Product:42"]);
    expect(await readOften(a, counted(), {})).not.toContain("hit replica");
  });

  test("is not hot where the limit says so", async () => {
    a = await gateway(server, { clock, limits: { hotReads: 0 } });
    await reads(500);
    expect(events()).toEqual([]);
    expect(await readOften(a)).toContain("hit replica");
  });

  test("leaves at home those of its entries that hardly anybody reads", async () => {
    await reads(100);
    expect(await readOften(a, counted(), { field: "rare" }, 5)).toEqual(["miss", "hit", "hit", "hit", "hit"]);
    expect(await textsAt(replicas(), "rare")).toEqual([null, null]);
    expect(await readOften(a, counted(), { field: "rare" }, 12)).toContain("hit replica");
  });

  test("may be a root field: its slot is a home like another", async () => {
    const parts = { home: "Query.products~10", hot: true };
    expect(await readOften(a, counted(), parts)).toContain("hit replica");
    await b.cache.invalidate(["__type:Product"]);
    expect(
      (
        await read(
          a,
          counted(() => ({ value: "new" })),
          parts,
        )
      ).value,
    ).toBe("new");
  });

  test("stays at home if it is PRIVATE: nobody else would read the copy", async () => {
    const parts: PlanParts = { ...hot, scope: "PRIVATE" };
    expect((await readOften(a, counted(), parts, 50)).slice(1)).toEqual(new Array(49).fill("hit"));
    expect(await textsAt(replicas())).toEqual([null, null]);
    expect(events()).toEqual([]);
  });

  test("stays at home if its plan wants it there, though its home is hot", async () => {
    await reads(100);
    expect(events()).toEqual(["promoted Product:42"]);
    const outcomes = await readOften(a, counted(), { hot: false, field: "label" }, 50);
    expect(outcomes.slice(1)).toEqual(new Array(49).fill("hit"));
    const session = a.cache.session();
    const from = a.store.reads.length;
    a.cache.lookEarly([planFor(a.cache, { hot: false, field: "label", session })]);
    await turns();
    expect(a.store.reads.slice(from).flatMap(({ entryKeys }) => entryKeys)).toEqual([keyOf("label")]);
  });

  test("stays at home in a store of one part", async () => {
    server = createMemoryStore({ keys, clock });
    a = await gateway(server, { clock });
    expect((await readOften(a, counted(), hot, 100)).slice(1)).toEqual(new Array(99).fill("hit"));
    expect(a.cache.stats().hot).toEqual({});
  });
});

describe("a copy", () => {
  test("ends after replicaMs, however long home has left; it is made again from home", async () => {
    const source = counted();
    await readOften(a, source);
    clock.step(9_999);
    expect(await textsAt(replicas())).not.toContain(null);
    clock.step(1);
    expect(await textsAt(replicas())).toEqual([null, null]);
    expect((await readOften(a, source)).slice(-3)).toContain("hit replica");
    expect(source.loads()).toBe(1);
  });

  test("is served no longer than home's entry is fresh; what is stale is answered through home", async () => {
    const parts = { ...hot, lifetimes: { freshMs: 4000, staleMs: 60_000 } };
    const source = counted();
    await readOften(a, source, parts);
    clock.step(4000);
    expect(await textsAt(replicas())).toEqual([null, null]);
    const refresh = held();
    for (let at = 0; at < 4; at++) {
      const { outcome } = await a.cache.read(planFor(a.cache, parts), source.load, refresh.load);
      expect(outcome).toBe("stale");
    }
    refresh.give("new");
    await turns();
    expect(refresh.loads()).toBe(1);
    expect(await readOften(a, source, parts)).toContain("hit replica");
  });

  test("is dropped with any name that its entry depends on, by a gateway that knows of nothing hot", async () => {
    const source = counted((load) => ({ value: load, tags: ["Person:7"] }));
    const parts = { ...hot, tags: ["__field:Product.price", "__tag:sale", "__type:Product"] };
    for (const name of [HOME, "Person:7", ...parts.tags]) {
      expect((await readOften(a, source, parts)).slice(-3)).toContain("hit replica");
      const before = source.loads();
      await b.cache.invalidate([name]);
      for (let at = 0; at < 4; at++) {
        expect((await read(a, source, parts)).value).toBeGreaterThan(before);
      }
      clock.step(300);
    }
  });

  test("is not tried of what is never stored", async () => {
    const source = counted(() => ({ value: "x", unshared: "tainted" }));
    await readOften(a, source);
    const begins = a.store.calls.begin;
    await readOften(a, source);
    expect(a.store.calls.put).toBe(0);
    // One for each read: that of home.
    expect(a.store.calls.begin - begins).toBeLessThanOrEqual(12);
  });

  test("is made by one gateway for all", async () => {
    await readOften(a, counted(), hot, 1);
    a.events.length = 0;
    const both = Array.from({ length: 12 }, () => Promise.all([read(a), read(b)]));
    await Promise.all(both);
    await turns(20);
    const stored = [...a.events, ...b.events].filter((event) => event.type === "copy");
    expect(stored.map((event) => event.stored)).toEqual(["stored", "stored"]);
  });

  test("never shows a reader what is older than what it was shown", async () => {
    await readOften(
      a,
      counted(() => ({ value: "old" })),
    );
    clock.step(10);
    // Somebody reloads on purpose: nothing is invalidated, and the copies live on.
    const session = a.cache.session({ read: false });
    await read(
      a,
      counted(() => ({ value: "new" })),
      { session },
    );
    await a.cache.drain(1000);
    for (let at = 0; at < 6; at++) expect((await read(a)).value).toBe("new");
    await turns(20);
    expect(await readOften(a)).toContain("hit replica");
  });

  test("that does not answer is passed by: home answers, or the source", async () => {
    const source = counted();
    await readOften(a, source);
    const mend = a.store.breakDown();
    for (let at = 0; at < 4; at++) expect(await read(a, source)).toMatchObject({ reason: "store-down" });
    mend();
    expect(await readOften(a, source)).toContain("hit replica");
  });

  test("on a server that is away is passed by: home answers, and nobody goes to the source", async () => {
    const source = counted();
    await readOften(a, source);
    const isAway = (key: string) => bucketOf(key) !== server.bucketOf(HOME);
    const failure = new StoreFailure("down", "away");
    const partial = await gateway(
      {
        ...server,
        async read(request) {
          const { entries, stamps, ...rest } = await server.read(request);
          return {
            ...rest,
            entries: entries.map((text, at) => (isAway(request.entryKeys[at]!) ? failure : text)),
            stamps: stamps.map((stamp, at) => (isAway(request.stampKeys[at]!) ? failure : stamp)),
          };
        },
      },
      { clock },
    );
    expect(new Set(await readOften(partial, source))).toEqual(new Set(["hit"]));
    expect(source.loads()).toBe(1);
  });

  test("does not load: after each expiry the source is asked once, by all gateways together", async () => {
    const source = counted();
    const parts = { ...hot, lifetimes: { freshMs: 4000 } };
    for (let expiry = 1; expiry <= 5; expiry++) {
      for (let round = 0; round < 10; round++) {
        let done = false;
        const reading = Promise.all([a, b, a, b, a, b].map((one) => read(one, source, parts)));
        void reading.then(() => {
          done = true;
        });
        // Whoever waits for the other gateway's fill asks again by the clock.
        for (; !done; clock.step(1)) await turns(2);
        await turns(8);
      }
      expect(source.loads()).toBe(expiry);
      clock.step(4001);
    }
    const atReplicas = [...a.events, ...b.events].filter(
      (event) => event.type === "read" && event.reason === "replica",
    );
    expect(atReplicas.length).toBeGreaterThan(100);
  });

  test("is not waited for", async () => {
    await readOften(a, counted(), hot, 1);
    const stop = a.store.stopBefore("put");
    const outcomes = await readOften(a);
    await stop.arrived;
    expect(outcomes).not.toContain("wait");
    stop.go();
  });
});

describe("a look that is made early", () => {
  test("goes where the read will go", async () => {
    await readOften(a);
    for (let request = 0; request < 3; request++) {
      const session = a.cache.session();
      const from = a.store.reads.length;
      a.cache.lookEarly([planFor(a.cache, { ...hot, session })]);
      await read(a, counted(), { ...hot, session });
      expect(a.store.reads.length - from).toBe(1);
    }
    expect(a.cache.stats().earlyLooksUsed).toBe(3);
  });
});
