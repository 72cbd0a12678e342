import { beforeEach, describe, expect, test } from "vitest";
import { createMemoryStore, type MemoryStore } from "../../src/store/memory/memory-store.ts";
import { counted, type Gateway, gateway, held, keys, planFor, turns, until } from "../engine/support.ts";

// docs/protocol.md, R3, R4 and "Why it holds", 6: who may be served with a load that somebody else began.

let server: MemoryStore;
let a: Gateway;
let b: Gateway;

beforeEach(async () => {
  server = createMemoryStore({ keys });
  a = await gateway(server);
  b = await gateway(server);
});

describe("a flight that an invalidation has met", () => {
  test("F loads old · I by another gateway resolves · R' does not wait for F, and is not given its value", async () => {
    const first = held();
    const read = a.cache.read(planFor(a.cache), first.load);
    await first.begun;
    await b.cache.invalidate(["Product:42"]);
    // F is still running: whoever joined it would hang here.
    const next = await a.cache.read(planFor(a.cache), counted(() => ({ value: "new" })).load);
    expect(next).toMatchObject({ value: "new", outcome: "miss" });
    first.give("old");
    expect((await read).value).toBe("old");
  });

  test("the same when I dropped a tag only: every stamp is compared, not the home's alone", async () => {
    const first = held();
    const read = a.cache.read(planFor(a.cache), first.load);
    await first.begun;
    await b.cache.invalidate(["__type:Product"]);
    // The lock is that of the home's stamp, which stands: R' waits for it, then finds a dead entry.
    const next = a.cache.read(planFor(a.cache), counted(() => ({ value: "new" })).load);
    await until(() => a.store.calls.begin >= 2);
    first.give("old");
    expect((await read).value).toBe("old");
    expect((await next).value).toBe("new");
  });

  test("F loads old · I by a value tag resolves · R' joins, F learns the tag: R' starts again", async () => {
    const first = held();
    const read = a.cache.read(planFor(a.cache), first.load);
    await first.begun;
    await b.cache.invalidate(["Person:7"]);
    const joined = a.cache.read(planFor(a.cache), counted(() => ({ value: "new" })).load);
    await until(() => a.store.calls.read >= 3);
    await turns();
    first.give("old", { tags: ["Person:7"] });
    expect((await read).value).toBe("old");
    expect(await joined).toMatchObject({ value: "new", outcome: "miss" });
  });

  test("the store runs F1 of R · I resolves · R' joins before F1 is answered: R' starts again", async () => {
    // R has read its input already; what it loads is as old as that.
    const session = a.cache.session();
    const begin = a.store.stopAfter("begin");
    const read = a.cache.read(planFor(a.cache, { session }), counted(() => ({ value: "old input" })).load);
    await begin.arrived;
    await b.cache.invalidate(["Product:42"]);
    const before = a.store.calls.read;
    const joined = a.cache.read(planFor(a.cache), counted(() => ({ value: "new" })).load);
    await until(() => a.store.calls.read > before);
    await turns();
    begin.go();
    expect((await read).value).toBe("old input");
    expect((await joined).value).toBe("new");
  });

  test("R sees its parent under tag a · the parent moves to b, I by b resolves · R' with b joins neither before nor after F1", async () => {
    for (const stage of ["before", "after"]) {
      const home = `Product:${stage}`;
      const first = held();
      const begin = a.store.stopAfter("begin");
      const read = a.cache.read(planFor(a.cache, { home, tags: ["__tag:a"] }), first.load);
      await begin.arrived;
      if (stage === "after") {
        begin.go();
        await first.begun;
      }
      await b.cache.invalidate(["__tag:b"]);
      const next = a.cache.read(
        planFor(a.cache, { home, tags: ["__tag:a", "__tag:b"] }),
        counted(() => ({ value: "new" })).load,
      );
      await turns();
      begin.go();
      await first.begun;
      first.give("old");
      expect((await read).value).toBe("old");
      expect((await next).value).toBe("new");
    }
  });

  test("F finds the log clean · I by a value tag resolves · R' comes too late to join", async () => {
    const check = a.store.stopAfter("logSince", 1);
    await a.cache.read(planFor(a.cache), counted(() => ({ value: "old", tags: ["Person:7"] })).load);
    await check.arrived;
    await b.cache.invalidate(["Person:7"]);
    const joined = a.cache.read(planFor(a.cache), counted(() => ({ value: "new" })).load);
    await until(() => a.store.calls.read >= 3);
    await turns();
    check.go();
    expect((await joined).value).toBe("new");
  });

  test("R read its input · I resolves · F of R begins · R' joins under the very same stamps: R' starts again", async () => {
    const session = a.cache.session();
    await b.cache.invalidate(["Product:42"]);
    const first = held();
    const read = a.cache.read(planFor(a.cache, { session }), first.load);
    await first.begun;
    const joined = a.cache.read(planFor(a.cache), counted(() => ({ value: "new" })).load);
    await turns();
    first.give("old input");
    expect((await read).value).toBe("old input");
    expect((await joined).value).toBe("new");
  });

  test("this gateway's own invalidation closes it at once, before the store has answered", async () => {
    const first = held();
    const read = a.cache.read(planFor(a.cache), first.load);
    await first.begun;
    const drop = a.store.stopBefore("dropStamps");
    const invalidated = a.cache.invalidate(["Product:42"]);
    await drop.arrived;
    const reads = a.store.calls.read;
    const next = a.cache.read(planFor(a.cache), counted(() => ({ value: "new" })).load);
    // Its stamps are still there: had it joined F, it would hang here.
    await until(() => a.store.calls.read > reads);
    await turns();
    drop.go();
    await invalidated;
    expect((await next).value).toBe("new");
    first.give("old");
    await read;
  });
});

test("A runs · its lock is evicted · B stores and is served here · B's entry is evicted · a reader does not join A", async () => {
  const old = held();
  const plan = planFor(a.cache);
  const read = a.cache.read(plan, old.load);
  await old.begun;
  await server.dropStamps([keys.lock(plan.key)]);
  await b.cache.read(planFor(b.cache), counted(() => ({ value: "newer" })).load);
  await b.cache.drain(1000);
  expect((await a.cache.read(planFor(a.cache), old.load)).value).toBe("newer");
  await server.dropStamps([plan.key]);
  const next = await a.cache.read(planFor(a.cache), counted(() => ({ value: "newest" })).load);
  expect(next.value).toBe("newest");
  old.give("old");
  await read;
});

describe("a load that is not stored (R4)", () => {
  test("R loads, cut off from the store · I resolves · R' does not share R's load", async () => {
    a.store.breakDown();
    const first = held();
    const read = a.cache.read(planFor(a.cache), first.load);
    await first.begun;
    await b.cache.invalidate(["Product:42"]);
    const next = a.cache.read(planFor(a.cache), counted(() => ({ value: "new" })).load);
    await turns();
    first.give("old");
    expect((await read).value).toBe("old");
    expect((await next).value).toBe("new");
  });

  test("two wait for the next load: it runs with the inputs of the request that began last", async () => {
    a.store.breakDown();
    const running = held();
    const first = a.cache.read(planFor(a.cache), running.load);
    await running.begun;
    const early = a.cache.session();
    await b.cache.invalidate(["Product:42"]);
    const late = a.cache.session();
    const loadOf = (parent: string) => counted(() => ({ value: parent }));
    const old = loadOf("old input");
    const fresh = loadOf("new input");
    const reads = [
      a.cache.read(planFor(a.cache, { session: late }), fresh.load),
      a.cache.read(planFor(a.cache, { session: early }), old.load),
    ];
    await turns();
    running.give("running");
    await first;
    expect((await Promise.all(reads)).map(({ value }) => value)).toEqual(["new input", "new input"]);
    expect([fresh.loads(), old.loads()]).toEqual([1, 0]);
  });

  test("a value that cannot be copied is loaded by each who shared, and an error is shared by all", async () => {
    a.store.breakDown();
    const single = counted(() => ({ value: () => 1 }));
    const reads = () => Array.from({ length: 3 }, () => a.cache.read(planFor(a.cache), single.load));
    await Promise.all(reads());
    expect(single.loads()).toBe(3);
    const failing = counted(() => {
      throw new Error("down");
    });
    const failures = await Promise.allSettled(
      Array.from({ length: 3 }, () => a.cache.read(planFor(a.cache), failing.load)),
    );
    expect(failures.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(failing.loads()).toBe(1);
  });
});
