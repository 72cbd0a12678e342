import { expect, test } from "vitest";
import { createCache } from "../../src/engine/cache.ts";
import type { CacheEvent } from "../../src/engine/events.ts";
import { ForwardingStore } from "../../src/store/forwarding-store.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { counted, gateway, keys, planFor, turns } from "./support.ts";

const value = counted(() => ({ value: "price" }));

/** A store whose entries lie in this process. */
async function near() {
  const store = createMemoryStore({ keys });
  const events: CacheEvent[] = [];
  const cache = createCache({ store, keys, emit: (event) => events.push(event) });
  await cache.ready();
  await cache.read(planFor(cache), value.load);
  await cache.drain(1000);
  return { cache, events };
}

/** A store that has to be waited for. */
async function far() {
  const store = createMemoryStore({ keys });
  const made = await gateway(new ForwardingStore(store));
  await made.cache.read(planFor(made.cache), value.load);
  await made.cache.drain(1000);
  return made;
}

test("what lies in this process is served without waiting, and told as a read like any other", async () => {
  const { cache, events } = await near();
  events.length = 0;
  expect(cache.readNow(planFor(cache))).toMatchObject({ value: "price", outcome: "hit" });
  expect(events).toEqual([{ type: "read", coordinate: "Product.price", outcome: "hit" }]);
});

test("each caller has a copy of its own", async () => {
  const { cache } = await near();
  const plan = { ...planFor(cache), key: keys.entry({ home: "Product:42", field: "list", version: "v1" }) };
  await cache.read(plan, async () => ({ value: [1], tags: [] }));
  await cache.drain(1000);
  expect(cache.readNow(plan)?.value).toEqual([1]);
  expect(cache.readNow(plan)?.value).not.toBe(cache.readNow(plan)?.value);
});

test("nothing is, once an invalidation has resolved", async () => {
  const { cache } = await near();
  await cache.invalidate(["Product:42"]);
  expect(cache.readNow(planFor(cache))).toBeUndefined();
});

test("nothing is, for a request that does not read, nor where its entry is excepted", async () => {
  const { cache } = await near();
  const blind = cache.session({ read: false });
  expect(cache.readNow(planFor(cache, { session: blind }))).toBeUndefined();
  const { entryId = "" } = cache.readNow(planFor(cache)) ?? {};
  expect(cache.readNow({ ...planFor(cache), except: entryId })).toBeUndefined();
});

test("a store that has to be waited for is waited for, unless this very request has looked early", async () => {
  const { cache } = await far();
  const session = cache.session();
  expect(cache.readNow(planFor(cache, { session }))).toBeUndefined();
  cache.lookEarly([planFor(cache, { session })]);
  expect(cache.readNow(planFor(cache, { session }))).toBeUndefined();
  await turns();
  expect(cache.readNow(planFor(cache, { session }))).toMatchObject({ value: "price", outcome: "hit" });
  expect(cache.readNow(planFor(cache))).toBeUndefined();
});
