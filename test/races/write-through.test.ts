import { beforeEach, describe, expect, test } from "vitest";
import { deferred } from "../../src/base/deferred.ts";
import type { WriteRequest } from "../../src/engine/writer.ts";
import { createMemoryStore, type MemoryStore } from "../../src/store/memory/memory-store.ts";
import { createManualClock } from "../../src/testing/manual-clock.ts";
import { counted, type Gateway, gateway, held, keys, planFor, turns } from "../engine/support.ts";

// The interleavings of docs/protocol.md, "Write-through". A and B are gateways; the source is one variable, which each save
// replaces. Law: who begins after a write resolved is answered with what the source has.

let server: MemoryStore;
let a: Gateway;
let b: Gateway;
let source: unknown;

beforeEach(async () => {
  server = createMemoryStore({ keys });
  source = "old";
  a = await gateway(server);
  b = await gateway(server);
});

const now = counted(() => ({ value: source })).load;

/** A write that takes no time, unless `save` says otherwise. */
function writing(
  value: unknown,
  more: Partial<WriteRequest<unknown>> = {},
): WriteRequest<unknown> & { readonly unreached: unknown[] } {
  const unreached: unknown[] = [];
  return {
    names: ["Product:42", "__any:Product"],
    entry: planFor(a.cache),
    save: async () => {
      source = value;
      return value;
    },
    written: async (saved) => ({ names: ["Product:42"], loaded: { value: saved, tags: [] } }),
    onUnreached: (error) => unreached.push(error),
    unreached,
    ...more,
  };
}

/** A save that ends when told; what it writes is written at that moment. */
function heldSave(value: unknown) {
  const begun = deferred<void>();
  const go = deferred<void>();
  return {
    begun: begun.promise,
    go: () => go.resolve(),
    fail: (error: Error) => go.reject(error),
    save: async () => {
      begun.resolve();
      await go.promise;
      source = value;
      return value;
    },
  };
}

/** Everybody sees what the source has. Answers how often it was loaded for that. */
async function expectSource(): Promise<number> {
  const load = counted(() => ({ value: source }));
  for (const { cache } of [a, b]) {
    expect((await cache.read(planFor(cache), load.load)).value).toBe(source);
    await cache.drain(1000);
  }
  return load.loads();
}

describe("a write by itself", () => {
  test("puts what was written into its entry: nobody loads it", async () => {
    await a.cache.read(planFor(a.cache), now);
    await a.cache.drain(1000);
    expect(await a.cache.write(writing("new"))).toBe("new");
    expect(await expectSource()).toBe(0);
  });

  test("takes every other entry under its names along", async () => {
    const parts = { field: "name" };
    await b.cache.read(planFor(b.cache, parts), now);
    await b.cache.drain(1000);
    await a.cache.write(writing("new"));
    expect((await b.cache.read(planFor(b.cache, parts), now)).value).toBe("new");
  });

  test("fills its entry again and again: the write before it is no reason not to", async () => {
    for (const value of ["one", "two", "three"]) await a.cache.write(writing(value));
    expect(await expectSource()).toBe(0);
  });

  test("is only invalidated without an entry, and where the answer shows a name that nobody knew before", async () => {
    await a.cache.write(writing("new", { entry: undefined }));
    expect(await expectSource()).toBe(1);
    const shown = async (value: unknown) => ({
      names: ["Product:42", "Product@sku:t"],
      loaded: { value, tags: ["Product@sku:t"] },
    });
    await a.cache.write(writing("newer", { written: shown }));
    expect(await expectSource()).toBe(1);
  });
});

describe("a save that rejects", () => {
  test("is its caller's error, and whoever reads next loads: it may have been written all the same", async () => {
    await a.cache.read(planFor(a.cache), now);
    await a.cache.drain(1000);
    const failed = writing("new", {
      save: async () => {
        source = "new";
        throw new Error("the connection was lost");
      },
    });
    await expect(a.cache.write(failed)).rejects.toThrow("the connection was lost");
    expect(await expectSource()).toBe(1);
  });
});

describe("while a save runs", () => {
  test("W drops · the writer dies after its save: the old value is nowhere, and nobody stores one", async () => {
    await a.cache.read(planFor(a.cache), now);
    await a.cache.drain(1000);
    const check = a.store.stopBefore("logSince");
    void a.cache.write(writing("new"));
    await check.arrived;
    expect(await expectSource()).toBe(2);
    expect(b.store.calls.put).toBe(0);
  });

  test("a save outlasts its announcement · another one stands by then: nothing old is stored", async () => {
    const clock = createManualClock();
    server = createMemoryStore({ keys, clock });
    [a, b] = [await gateway(server, { clock }), await gateway(server, { clock })];
    const save = heldSave("new");
    const write = a.cache.write(writing("new", { save: save.save }));
    await save.begun;
    for (let second = 0; second < 40; second++) await clock.advance(1000);
    await b.cache.ready();
    expect((await b.cache.read(planFor(b.cache), now)).value).toBe("old");
    await turns();
    expect(b.store.calls.put).toBe(0);
    save.go();
    await write;
    await b.cache.ready();
    expect((await b.cache.read(planFor(b.cache), now)).value).toBe("new");
    await turns();
    expect(b.store.calls.put).toBe(1);
  });

  test("F began before W · W writes · F stores old: refused", async () => {
    const fill = held();
    const read = b.cache.read(planFor(b.cache), fill.load);
    await fill.begun;
    await a.cache.write(writing("new"));
    fill.give("old");
    await read;
    await b.cache.drain(1000);
    expect(await expectSource()).toBe(0);
  });

  test("F begins between W's drop and its save, with what was before the save: not stored", async () => {
    const save = heldSave("new");
    const write = a.cache.write(writing("new", { save: save.save }));
    await save.begun;
    expect((await b.cache.read(planFor(b.cache), now)).value).toBe("old");
    await b.cache.drain(1000);
    expect(b.store.calls.put).toBe(0);
    save.go();
    await write;
    expect(await expectSource()).toBe(0);
  });

  test("R reads the old row · W writes · R fills a field from it: not stored", async () => {
    const save = heldSave("new");
    const write = a.cache.write(writing("new", { save: save.save }));
    await save.begun;
    const session = b.cache.session();
    const input = source;
    save.go();
    await write;
    const parts = { field: "name" };
    await b.cache.read(planFor(b.cache, { ...parts, session }), counted(() => ({ value: input })).load);
    await b.cache.drain(1000);
    expect(b.store.calls.put).toBe(0);
    expect((await b.cache.read(planFor(b.cache, parts), now)).value).toBe("new");
  });
});

describe("two writers", () => {
  test("A and B drop · A saves · B saves · B ends · A ends: neither stores", async () => {
    const [one, two] = [heldSave("a"), heldSave("b")];
    const writeA = a.cache.write(writing("a", { save: one.save }));
    await one.begun;
    const writeB = b.cache.write(writing("b", { save: two.save }));
    await two.begun;
    const check = a.store.stopBefore("logSince");
    one.go();
    await check.arrived;
    two.go();
    await writeB;
    expect(await expectSource()).toBe(2);
    check.go();
    await writeA;
    await expectSource();
    expect(source).toBe("b");
  });

  test("A saves and asks the log · B drops, saves, ends · A stores: refused, as B dropped the stamp", async () => {
    const prime = a.store.stopBefore("prime");
    const writeA = a.cache.write(writing("a"));
    await prime.arrived;
    await b.cache.write(writing("b"));
    prime.go();
    await writeA;
    await expectSource();
    expect(source).toBe("b");
  });

  test("A stores · B drops · B saves: what A stored is gone before B saves", async () => {
    const log = a.store.stopBefore("appendLog");
    const writeA = a.cache.write(writing("a"));
    await log.arrived;
    await b.cache.write(writing("b"));
    await expectSource();
    log.go();
    await writeA;
    await expectSource();
    expect(source).toBe("b");
  });

  test("B's announcement is lost · A stores what B has replaced · B drops again before it resolves", async () => {
    const save = heldSave("b");
    const lost = createLossy();
    b = await gateway(lost.store);
    const writeB = b.cache.write(writing("b", { save: save.save }));
    await save.begun;
    await lost.loseAnnouncements();
    const prime = a.store.stopBefore("prime");
    const writeA = a.cache.write(writing("a"));
    await prime.arrived;
    prime.go();
    await writeA;
    save.go();
    await writeB;
    expect(source).toBe("b");
    await expectSource();
  });
});

describe("an invalidation from elsewhere", () => {
  test("the source changes after W's save · I resolves · W stores: refused", async () => {
    const prime = a.store.stopBefore("prime");
    const write = a.cache.write(writing("mine"));
    await prime.arrived;
    source = "theirs";
    await b.cache.invalidate(["Product:42"]);
    prime.go();
    await write;
    await expectSource();
  });

  test("by a tag of the entry, between W's save and its question to the log: not stored", async () => {
    const check = a.store.stopBefore("logSince");
    const write = a.cache.write(writing("mine"));
    await check.arrived;
    source = "theirs";
    await b.cache.invalidate(["__type:Product"]);
    check.go();
    await write;
    expect(a.store.calls.prime).toBe(0);
    await expectSource();
  });

  test("by a tag that only the written row shows: not stored", async () => {
    const written = async (value: unknown) => ({
      names: ["Product:42"],
      loaded: { value, tags: ["__tag:author:1"] },
    });
    const save = heldSave("mine");
    const write = a.cache.write(writing("mine", { written, save: save.save }));
    await save.begun;
    await b.cache.invalidate(["__tag:author:1"]);
    save.go();
    await write;
    expect(a.store.calls.prime).toBe(0);
  });
});

describe("a store that fails", () => {
  test("before the save: it is saved, and invalidated afterwards", async () => {
    await b.cache.read(planFor(b.cache), now);
    await b.cache.drain(1000);
    a.store.timeOut("announce");
    const write = writing("new");
    await a.cache.write(write);
    expect(write.unreached).toEqual([]);
    expect(a.store.calls.prime).toBe(0);
    await expectSource();
  });

  test("altogether: it is saved, and who wrote is told what is not invalidated", async () => {
    a = await gateway(server, { limits: { invalidateMs: 50 } });
    a.store.breakDown();
    const write = writing("new");
    expect(await a.cache.write(write)).toBe("new");
    expect(write.unreached).toEqual([expect.objectContaining({ code: "INVALIDATION_FAILED" })]);
  });

  test("at the log: all of it is done again, and the first announcement is taken away", async () => {
    a.store.timeOut("appendLog");
    await a.cache.write(writing("new"));
    expect(a.store.calls).toMatchObject({ announce: 2, dropStamps: 2, appendLog: 3 });
    expect(await expectSource()).toBe(1);
  });

  test("A's command to store runs late, after B wrote: refused", async () => {
    const late = a.store.timeOut("prime");
    await a.cache.write(writing("a"));
    await b.cache.write(writing("b"));
    await late.run();
    expect(source).toBe("b");
    await expectSource();
  });
});

/** A server whose announcements can be evicted. */
function createLossy() {
  const mine = new Set<string>();
  return {
    store: {
      ...server,
      announce(token: string, names: readonly string[]) {
        mine.add(token);
        return server.announce(token, names);
      },
    },
    async loseAnnouncements() {
      // An announcement leaves by being logged: of a name that nobody has.
      for (const token of mine) await server.appendLog(token, ["__tag:nobody"]);
      await turns(1);
    },
  };
}
