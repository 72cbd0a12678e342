import { afterEach, beforeEach, expect, test } from "vitest";
import { onBothStores, type Server } from "./servers.ts";
import { counted, type Gateway, gateway, held, planFor, turns } from "./support.ts";

onBothStores("a look that is made early", (open) => {
  let server: Server;
  let a: Gateway;
  let b: Gateway;

  beforeEach(async () => {
    server = await open();
    a = await gateway(server.connect());
    b = await gateway(server.connect());
  });
  afterEach(async () => {
    await Promise.all([a.cache.close(1000), b.cache.close(1000)]);
    await server.close();
  });

  const price = counted();
  const note = { field: "note" };
  /** Stores what a source gives, through gateway b. */
  const fill = async (value: unknown, parts = {}) => {
    await b.cache.read(planFor(b.cache, parts), counted(() => ({ value })).load);
    await b.cache.drain(1000);
  };

  test("saves the read its own, and every other read of the key in the same request", async () => {
    await fill("price");
    await fill("note", note);
    const session = a.cache.session();
    const before = a.store.calls.read;
    a.cache.lookEarly([planFor(a.cache, { session, ...note })]);
    expect(await a.cache.read(planFor(a.cache, { session }), price.load)).toMatchObject({ value: "price" });
    for (let again = 0; again < 2; again++) {
      expect(await a.cache.read(planFor(a.cache, { session, ...note }), price.load)).toMatchObject({
        value: "note",
        outcome: "hit",
      });
    }
    expect(a.store.calls.read - before).toBe(1);
    expect(a.cache.stats()).toMatchObject({ earlyLooks: 1, earlyLooksUsed: 2 });
  });

  test("serves no other request: one that begins after an invalidation gets what is new", async () => {
    await fill("old");
    const session = a.cache.session();
    a.cache.lookEarly([planFor(a.cache, { session })]);
    await turns();
    await b.cache.invalidate(["Product:42"]);
    const fresh = counted(() => ({ value: "new" }));
    expect(await a.cache.read(planFor(a.cache), fresh.load)).toMatchObject({ value: "new", outcome: "miss" });
    await a.cache.drain(1000);
    // The request that looked began before the invalidation resolved: to it the old value is a valid answer.
    expect(await a.cache.read(planFor(a.cache, { session }), fresh.load)).toMatchObject({ value: "old" });
    expect(await a.cache.read(planFor(a.cache), fresh.load)).toMatchObject({ value: "new" });
  });

  test("is forgotten when this process invalidates: the request itself may have asked for it", async () => {
    await fill("old");
    const session = a.cache.session();
    a.cache.lookEarly([planFor(a.cache, { session })]);
    await turns();
    await a.cache.invalidate(["Product:42"]);
    const fresh = counted(() => ({ value: "new" }));
    expect(await a.cache.read(planFor(a.cache, { session }), fresh.load)).toMatchObject({ value: "new" });
  });

  test("does not do where the read depends on more than it saw", async () => {
    await fill("price", { tags: ["__tag:a", "__type:Product"] });
    const session = a.cache.session();
    a.cache.lookEarly([planFor(a.cache, { session })]);
    await turns();
    const before = a.store.calls.read;
    const plan = planFor(a.cache, { session, tags: ["__tag:a", "__type:Product"] });
    expect(await a.cache.read(plan, price.load)).toMatchObject({ value: "price" });
    expect(a.store.calls.read - before).toBe(1);
  });

  test("that misses leads to a fill, which finds what was stored meanwhile", async () => {
    const session = a.cache.session();
    a.cache.lookEarly([planFor(a.cache, { session })]);
    await turns();
    await fill("stored meanwhile");
    const source = counted();
    expect(await a.cache.read(planFor(a.cache, { session }), source.load)).toMatchObject({
      value: "stored meanwhile",
      outcome: "hit",
    });
    expect(source.loads()).toBe(0);
  });

  test("that misses does not let its fill store over an invalidation which it did not see", async () => {
    const session = a.cache.session();
    a.cache.lookEarly([planFor(a.cache, { session })]);
    await turns();
    await b.cache.invalidate(["Product:42"]);
    const old = counted(() => ({ value: "of an old input" }));
    expect(await a.cache.read(planFor(a.cache, { session }), old.load)).toMatchObject({
      value: "of an old input",
    });
    await a.cache.drain(1000);
    const fresh = counted(() => ({ value: "new" }));
    expect(await a.cache.read(planFor(a.cache), fresh.load)).toMatchObject({ value: "new", outcome: "miss" });
  });

  test("that misses joins the flight that began under the stamps which it saw", async () => {
    const session = a.cache.session();
    const slow = held();
    const runner = a.cache.read(planFor(a.cache), slow.load);
    await slow.begun;
    a.cache.lookEarly([planFor(a.cache, { session })]);
    // A later answer of the same connection: the look has been answered.
    await a.cache.ready();
    const source = counted();
    const joiner = a.cache.read(planFor(a.cache, { session }), source.load);
    await turns();
    slow.give("shared");
    expect(await joiner).toMatchObject({ value: "shared", outcome: "wait" });
    expect(await runner).toMatchObject({ value: "shared", outcome: "miss" });
    expect(source.loads()).toBe(0);
  });

  test("is not made for a request that does not read, nor without a store that answers", async () => {
    const before = a.store.calls.read;
    a.cache.lookEarly([planFor(a.cache, { session: a.cache.session({ read: false }) })]);
    const session = a.cache.session();
    session.down.add("");
    a.cache.lookEarly([planFor(a.cache, { session })]);
    await turns();
    expect(a.store.calls.read).toBe(before);
  });
});
