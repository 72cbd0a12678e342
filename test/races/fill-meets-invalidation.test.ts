import { beforeEach, describe, expect, test } from "vitest";
import { createMemoryStore, type MemoryStore } from "../../src/store/memory/memory-store.ts";
import { counted, type Gateway, gateway, held, keys, planFor, turns } from "../engine/support.ts";

// The interleavings of docs/protocol.md, "Why it holds". F is a fill of request R, I an invalidation by another gateway,
// R' a request that begins after I resolved. Law: R' never gets what was loaded, or made of what was loaded, before I.

let server: MemoryStore;
let a: Gateway;
let b: Gateway;

/** What was announced to the server. */
let announced: (readonly [token: string, names: readonly string[]])[];

beforeEach(async () => {
  announced = [];
  const memory = createMemoryStore({ keys });
  server = {
    ...memory,
    announce(token, names) {
      announced.push([token, names]);
      return memory.announce(token, names);
    },
  };
  a = await gateway(server);
  b = await gateway(server);
});

const NEW = counted(() => ({ value: "new" })).load;

/** R', through each gateway. */
async function expectNew(parts: Parameters<typeof planFor>[1] = {}): Promise<void> {
  for (const { cache } of [a, b]) expect((await cache.read(planFor(cache, parts), NEW)).value).toBe("new");
}

describe("1. old load, late store", () => {
  test.each([
    ["the entity", "Product:42"],
    ["a tag", "__type:Product"],
  ])("F loads old · I by %s resolves · F may not store what a reader could take", async (_, name) => {
    const load = held();
    const read = a.cache.read(planFor(a.cache), load.load);
    await load.begun;
    await b.cache.invalidate([name]);
    load.give("old");
    expect((await read).value).toBe("old");
    await a.cache.drain(1000);
    await expectNew();
  });

  test("F's put has left · I resolves · the put arrives: refused inside the store", async () => {
    const put = a.store.stopBefore("put");
    await a.cache.read(planFor(a.cache), counted(() => ({ value: "old" })).load);
    await put.arrived;
    await b.cache.invalidate(["Product:42"]);
    put.go();
    await a.cache.drain(1000);
    expect(a.events.find(({ type }) => type === "fill")).toMatchObject({ stored: "refused" });
    await expectNew();
  });

  test("the put of a fill under a tag arrives after I dropped the tag: stored, and dead", async () => {
    const put = a.store.stopBefore("put");
    await a.cache.read(planFor(a.cache), counted(() => ({ value: "old" })).load);
    await put.arrived;
    await b.cache.invalidate(["__type:Product"]);
    put.go();
    await a.cache.drain(1000);
    expect(a.events.find(({ type }) => type === "fill")).toMatchObject({ stored: "stored" });
    await expectNew();
  });

  test("F finds the log clean · I by a tag resolves · F stores: dead, as the stamps are those seen before the load", async () => {
    const check = a.store.stopAfter("logSince");
    const read = a.cache.read(planFor(a.cache), counted(() => ({ value: "old" })).load);
    await check.arrived;
    await b.cache.invalidate(["__type:Product"]);
    check.go();
    await read;
    await a.cache.drain(1000);
    await expectNew();
  });

  test("a refresh loads old · I resolves · neither the refreshed nor the stale value is served", async () => {
    const lifetimes = { freshMs: 1, staleMs: 60_000 };
    const refresh = held();
    await a.cache.read(planFor(a.cache, { lifetimes }), counted(() => ({ value: "old" })).load);
    await a.cache.drain(1000);
    const end = server.now("Product:42") + 2000;
    while (server.now("Product:42") < end) await turns(1);
    await a.cache.read(planFor(a.cache, { lifetimes }), NEW, refresh.load);
    await refresh.begun;
    await b.cache.invalidate(["Product:42"]);
    refresh.give("old");
    await a.cache.drain(1000);
    await expectNew({ lifetimes: { freshMs: 60_000, staleMs: 60_000 } });
  });
});

describe("2. old input from the source", () => {
  test("R reads the parent · I resolves · F begins, under new stamps, with the old parent: not stored", async () => {
    const session = a.cache.session();
    const parent = "old parent";
    await b.cache.invalidate(["Product:42"]);
    await a.cache.ready();
    const read = await a.cache.read(planFor(a.cache, { session }), counted(() => ({ value: parent })).load);
    expect(read.value).toBe("old parent");
    await a.cache.drain(1000);
    expect(a.store.calls.put).toBe(0);
    await expectNew();
  });

  test("I by a tag that only the value names: not stored either", async () => {
    const session = a.cache.session();
    await b.cache.invalidate(["Person:7"]);
    const load = counted(() => ({ value: "old parent", tags: ["Person:7"] })).load;
    await a.cache.read(planFor(a.cache, { session }), load);
    await a.cache.drain(1000);
    expect(a.store.calls.put).toBe(0);
    await expectNew();
  });

  test("a refresh with the parent of a request that began before I: not even begun", async () => {
    const lifetimes = { freshMs: 1, staleMs: 60_000 };
    const session = a.cache.session();
    await b.cache.invalidate(["Product:42"]);
    await a.cache.ready();
    await b.cache.read(planFor(b.cache, { lifetimes }), counted(() => ({ value: "between" })).load);
    await b.cache.drain(1000);
    const end = server.now("Product:42") + 2000;
    while (server.now("Product:42") < end) await turns(1);
    const refresh = counted(() => ({ value: "old parent" }));
    await a.cache.read(planFor(a.cache, { lifetimes, session }), NEW, refresh.load);
    await a.cache.drain(1000);
    expect(refresh.loads()).toBe(0);
    expect(a.store.calls.put).toBe(0);
  });

  test("R's position is older than I: nobody waits for its load, its lock is given back before it", async () => {
    const session = a.cache.session();
    await b.cache.invalidate(["Product:42"]);
    const load = held();
    const read = a.cache.read(planFor(a.cache, { session }), load.load);
    await load.begun;
    await a.cache.drain(1000);
    expect(await b.cache.read(planFor(b.cache), NEW)).toMatchObject({ value: "new", outcome: "miss" });
    load.give("old input");
    expect(await read).toMatchObject({ value: "old input", reason: "invalidated" });
    await expectNew();
  });
});

describe("3. old input from an entry", () => {
  const row = { field: "row" };
  const price = { field: "price" };
  const childOf = (parent: unknown) =>
    counted(() => ({ value: parent === "old" ? "old child" : "new" })).load;

  beforeEach(async () => {
    await a.cache.read(planFor(a.cache, row), counted(() => ({ value: "old" })).load);
    await a.cache.drain(1000);
  });

  test("R hits the parent's entry · I resolves · F makes the child of it: not stored", async () => {
    const session = a.cache.session();
    const parent = await a.cache.read(planFor(a.cache, { ...row, session }), NEW);
    expect(parent).toMatchObject({ value: "old", outcome: "hit" });
    await b.cache.invalidate(["Product:42"]);
    await a.cache.ready();
    await a.cache.read(planFor(a.cache, { ...price, session }), childOf(parent.value));
    await a.cache.drain(1000);
    await expectNew(price);
  });

  test("the chain: an entry made of an old input while I runs is no parent for a request that begins after I logged", async () => {
    // 1. R0 reads an old input from the source · 2. I is called · 3. R0 fills an entry with it, at each step of I
    // 4. R1 begins once I has logged, hits what R0 stored, and makes a child of it · 5. the child must not be stored.
    for (const step of ["announce", "dropStamps", "appendLog"] as const) {
      const home = `Product:${step}`;
      const first = a.cache.session();
      const stop = b.store.stopBefore(step);
      const logged = b.store.stopAfter("appendLog");
      const invalidated = b.cache.invalidate([home]);
      await stop.arrived;
      await a.cache.read(
        planFor(a.cache, { ...row, home, session: first }),
        counted(() => ({ value: "old" })).load,
      );
      await a.cache.drain(1000);
      stop.go();
      if (step !== "appendLog") await logged.arrived;
      await a.cache.ready();
      const session = a.cache.session();
      const parent = await a.cache.read(planFor(a.cache, { ...row, home, session }), NEW);
      logged.go();
      await invalidated;
      await a.cache.read(planFor(a.cache, { ...price, home, session }), childOf(parent.value));
      await a.cache.drain(1000);
      await expectNew({ ...price, home });
    }
  });
});

describe("4. the check and the announcement", () => {
  test("F finds the log clean and stores · I announces, drops and resolves: what F stored is dead", async () => {
    const session = a.cache.session();
    const announcement = b.store.stopBefore("announce");
    const invalidated = b.cache.invalidate(["Product:42"]);
    await announcement.arrived;
    await a.cache.read(planFor(a.cache, { session }), counted(() => ({ value: "old input" })).load);
    await a.cache.drain(1000);
    expect(a.store.calls.put).toBe(1);
    announcement.go();
    await invalidated;
    await expectNew();
  });

  test("the same with the put still on its way when I resolves", async () => {
    const session = a.cache.session();
    const announcement = b.store.stopBefore("announce");
    const put = a.store.stopBefore("put");
    const invalidated = b.cache.invalidate(["Product:42"]);
    await announcement.arrived;
    await a.cache.read(planFor(a.cache, { session }), counted(() => ({ value: "old input" })).load);
    await put.arrived;
    announcement.go();
    await invalidated;
    put.go();
    await a.cache.drain(1000);
    await expectNew();
  });

  test.each(["dropStamps", "appendLog"] as const)(
    "I has announced and comes to %s · F takes its stamp, loads with an old input: told of I, it does not store",
    async (step) => {
      const session = a.cache.session();
      const stop = b.store.stopBefore(step);
      const invalidated = b.cache.invalidate(["Product:42"]);
      await stop.arrived;
      await a.cache.read(planFor(a.cache, { session }), counted(() => ({ value: "old input" })).load);
      await a.cache.drain(1000);
      expect(a.store.calls.put).toBe(0);
      stop.go();
      await invalidated;
      await expectNew();
    },
  );

  test("the announcement is lost · F stores what is made of an old input · I finds it gone and begins again", async () => {
    const session = a.cache.session();
    const append = b.store.stopBefore("appendLog");
    const invalidated = b.cache.invalidate(["Product:42"]);
    await append.arrived;
    const [token] = announced.at(-1)!;
    await server.appendLog(token, []);
    await a.cache.read(planFor(a.cache, { session }), counted(() => ({ value: "old input" })).load);
    await a.cache.drain(1000);
    expect(a.store.calls.put).toBe(1);
    append.go();
    await invalidated;
    expect(b.store.calls.announce).toBe(2);
    await expectNew();
  });
});

describe("5. value tags", () => {
  const old = { value: "old", tags: ["Person:7"] };

  test("F loads old · I by a tag that F does not know yet resolves · F learns the tag: not stored", async () => {
    const load = held();
    const read = a.cache.read(planFor(a.cache), load.load);
    await load.begun;
    await b.cache.invalidate(["Person:7"]);
    load.give("old", { tags: ["Person:7"] });
    await read;
    await a.cache.drain(1000);
    expect(a.store.calls.put).toBe(0);
    await expectNew();
  });

  test("F finds the log clean · I by the tag resolves · F stores: dead, as the tag's stamp existed before the check", async () => {
    const check = a.store.stopAfter("logSince", 1);
    await a.cache.read(planFor(a.cache), counted(() => old).load);
    await check.arrived;
    await b.cache.invalidate(["Person:7"]);
    check.go();
    await a.cache.drain(1000);
    await expectNew();
  });

  test("F has made the tag's stamp · I by the tag resolves · F asks the log: not stored", async () => {
    await a.cache.read(planFor(a.cache, { home: "Product:1" }), counted(() => ({ value: 1 })).load);
    await a.cache.drain(1000);
    const check = a.store.stopBefore("logSince", 1);
    await a.cache.read(planFor(a.cache), counted(() => old).load);
    await check.arrived;
    await b.cache.invalidate(["Person:7"]);
    check.go();
    await a.cache.drain(1000);
    await expectNew();
  });

  test("the entry names a tag that the reader does not remember: it is read before the entry is believed", async () => {
    await a.cache.read(planFor(a.cache), counted(() => old).load);
    await a.cache.drain(1000);
    await a.cache.invalidate(["Person:7"]);
    expect((await b.cache.read(planFor(b.cache), NEW)).value).toBe("new");
  });
});

describe("7. no log", () => {
  test("the server is flushed during the load: nothing is stored", async () => {
    const load = held();
    const read = a.cache.read(planFor(a.cache), load.load);
    await load.begun;
    server.clear();
    load.give("old");
    await read;
    await a.cache.drain(1000);
    expect(a.events.find(({ type }) => type === "fill")).toMatchObject({ stored: "refused" });
    await expectNew();
  });

  test("I · the log is lost · F, begun before, with new stamps and an old input: nothing is stored", async () => {
    const session = a.cache.session();
    await b.cache.invalidate(["Product:42"]);
    server.clear();
    await a.cache.read(planFor(a.cache, { session }), counted(() => ({ value: "old input" })).load);
    await a.cache.drain(1000);
    expect(a.store.calls.put).toBe(0);
  });

  test("a request that began before its process knew a position stores nothing", async () => {
    const down = gateway(server);
    const c = await down;
    const session = { ...c.cache.session(), began: undefined };
    const source = counted(() => ({ value: "old" }));
    expect(await c.cache.read(planFor(c.cache, { session }), source.load)).toMatchObject({
      reason: "no-position",
    });
    await c.cache.drain(1000);
    expect(c.store.calls.begin + c.store.calls.put).toBe(0);
  });

  test("more invalidations than the log holds: it cannot tell, nothing is stored", async () => {
    const session = a.cache.session();
    await b.cache.invalidate(["Product:42"]);
    await b.cache.invalidate(Array.from({ length: 1000 }, (_, id) => `Other:${id}`));
    await a.cache.read(planFor(a.cache, { session }), counted(() => ({ value: "old input" })).load);
    await a.cache.drain(1000);
    expect(a.store.calls.put).toBe(0);
  });
});
