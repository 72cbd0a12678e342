import { beforeEach, describe, expect, test } from "vitest";
import { createMemoryStore, type MemoryStore } from "../../src/store/memory/memory-store.ts";
import { counted, type Gateway, gateway, held, keys, planFor, turns, until } from "../engine/support.ts";

// docs/protocol.md, "Why it holds", 8: commands that timed out, and run at any later moment, or never.

let server: MemoryStore;
let a: Gateway;
let b: Gateway;

beforeEach(async () => {
  server = createMemoryStore({ keys });
  a = await gateway(server);
  b = await gateway(server);
});

const read = ({ cache }: Gateway, value: unknown, tags: readonly string[] = []) =>
  cache.read(planFor(cache), counted(() => ({ value, tags })).load);

test("a put that timed out runs after I resolved: refused", async () => {
  const late = a.store.timeOut("put");
  await read(a, "old");
  await a.cache.drain(1000);
  expect(a.events.find(({ type }) => type === "fill")).toMatchObject({ stored: "failed" });
  await b.cache.invalidate(["Product:42"]);
  await late.run();
  expect((await read(b, "new")).value).toBe("new");
});

test("a put that timed out runs after the next holder stored: refused", async () => {
  const late = a.store.timeOut("put");
  const plan = planFor(a.cache);
  await read(a, "old");
  await a.cache.drain(1000);
  await server.dropStamps([keys.lock(plan.key)]);
  await read(b, "newer");
  await b.cache.drain(1000);
  await late.run();
  expect(await read(b, "unread")).toMatchObject({ value: "newer", outcome: "hit" });
});

test("a begin that timed out runs later: an unused lock, which nobody waits for beyond its time", async () => {
  const quick = await gateway(server, { limits: { lockMinMs: 30 } });
  const late = quick.store.timeOut("begin");
  expect(await read(quick, "bypass")).toMatchObject({ outcome: "bypass", reason: "store-down" });
  await turns();
  await late.run();
  expect(await read(b, "new")).toMatchObject({ value: "new", outcome: "miss" });
});

test("stamps that timed out run after I resolved: a fresh stamp, which no older entry names", async () => {
  await read(a, "old", ["Person:7"]);
  await a.cache.drain(1000);
  const late = b.store.timeOut("stamps");
  await b.cache.read(
    planFor(b.cache, { home: "Product:1" }),
    counted(() => ({ value: 1, tags: ["Person:7"] })).load,
  );
  await b.cache.drain(1000);
  expect(b.store.calls.put).toBe(0);
  await b.cache.invalidate(["Person:7"]);
  await late.run();
  expect((await read(a, "new")).value).toBe("new");
});

test("a drop that timed out runs after the next fill stored: a miss, and no more", async () => {
  const late = b.store.timeOut("dropStamps");
  await read(a, "old");
  await a.cache.drain(1000);
  await b.cache.invalidate(["Product:42"]);
  await read(a, "new");
  await a.cache.drain(1000);
  await late.run();
  expect(await read(a, "newest")).toMatchObject({ value: "newest", outcome: "miss" });
});

describe("invalidate", () => {
  test.each(["announce", "dropStamps", "appendLog"] as const)(
    "does not resolve before %s was positively answered",
    async (step) => {
      await read(a, "old");
      await a.cache.drain(1000);
      const lost = b.store.timeOut(step);
      const before = b.store.calls[step];
      await b.cache.invalidate(["Product:42"]);
      await lost.arrived;
      expect(b.store.calls[step]).toBeGreaterThan(before + 1);
      expect((await read(a, "new")).value).toBe("new");
    },
  );
});

test("an announcement that timed out runs later · the invalidation succeeds in another round · its names are stored again at once", async () => {
  const late = b.store.timeOut("announce");
  const drop = b.store.timeOut("dropStamps");
  const invalidated = b.cache.invalidate(["Product:42"]);
  await late.arrived;
  await late.run();
  await drop.arrived;
  await invalidated;
  await turns();
  await read(a, "told"); // hears of the invalidation
  await a.cache.drain(1000);
  await read(a, "new");
  await a.cache.drain(1000);
  expect(await read(a, "unread")).toMatchObject({ value: "new", outcome: "hit" });
});

test("an invalidation gives up · it is asked for once more, and succeeds · nothing of the first one keeps its names from being stored", async () => {
  const impatient = await gateway(server, { limits: { invalidateMs: 1 } });
  const late = impatient.store.timeOut("announce");
  await expect(impatient.cache.invalidate(["Product:42"])).rejects.toThrow("could not");
  await late.run();
  await b.cache.ready();
  await read(b, "met"); // what is announced is not stored
  await b.cache.drain(1000);
  expect(b.events.filter(({ type }) => type === "fill")).toEqual([]);
  await impatient.cache.invalidate(["Product:42"]);
  await turns();
  await read(b, "told");
  await b.cache.drain(1000);
  await read(b, "new");
  await b.cache.drain(1000);
  expect(await read(b, "unread")).toMatchObject({ value: "new", outcome: "hit" });
});

describe("a holder that is too slow", () => {
  test("A stops · its lock ends · B loads new and stores · A's value is answered to A's caller and not stored", async () => {
    const slow = await gateway(server, { limits: { lockMinMs: 20 } });
    const renew = slow.store.stopBefore("renew");
    const load = held();
    const first = slow.cache.read(planFor(slow.cache), load.load);
    await renew.arrived;
    expect(await read(b, "newer")).toMatchObject({ value: "newer", outcome: "miss" });
    await b.cache.drain(1000);
    load.give("old");
    renew.go();
    expect((await first).value).toBe("old");
    await slow.cache.drain(1000);
    expect(slow.events.find(({ type }) => type === "fill")).toMatchObject({ stored: "refused" });
    expect(await read(a, "unread")).toMatchObject({ value: "newer", outcome: "hit" });
  });

  test("A's lock is gone · A is told so at its renewal · later readers of A's process do not join A", async () => {
    const slow = await gateway(server, { limits: { lockMinMs: 20 } });
    const load = held();
    const plan = planFor(slow.cache);
    const first = slow.cache.read(plan, load.load);
    await load.begun;
    await server.dropStamps([keys.lock(plan.key)]);
    const told = slow.store.stopAfter("renew");
    await told.arrived;
    told.go();
    await turns();
    expect(await read(slow, "newer")).toMatchObject({ value: "newer", outcome: "miss" });
    load.give("old");
    await first;
  });

  test("after I nobody waits for a holder that can no longer store: its lock names a dead stamp", async () => {
    const load = held();
    const first = a.cache.read(planFor(a.cache), load.load);
    await load.begun;
    await b.cache.invalidate(["Product:42"]);
    const begins = b.store.calls.begin;
    expect(await read(b, "new")).toMatchObject({ value: "new", outcome: "miss" });
    expect(b.store.calls.begin).toBe(begins + 1);
    load.give("old");
    await first;
  });
});

test("R waits for a holder · a stamp that R saw is evicted · the holder dies · R stores under the stamps of now", async () => {
  const plan = planFor(a.cache);
  const load = held();
  const first = a.cache.read(plan, load.load);
  await load.begun;
  const waiting = read(b, "new");
  await until(() => b.store.calls.begin >= 1);
  await server.dropStamps([keys.stamp("__type:Product"), keys.lock(plan.key)]);
  expect(await waiting).toMatchObject({ value: "new", outcome: "miss" });
  await b.cache.drain(1000);
  expect(await read(b, "unread")).toMatchObject({ value: "new", outcome: "hit" });
  load.give("old");
  await first;
});
