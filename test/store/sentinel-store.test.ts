import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createCache } from "../../src/engine/cache.ts";
import { createKeys } from "../../src/keys/grammar.ts";
import { createRedisStore } from "../../src/store/redis/create-redis-store.ts";
import type { Store } from "../../src/store/store.ts";
import { counted, planFor, until } from "../engine/support.ts";
import { type SentinelGroup, startSentinels } from "../support/redis-sentinels.ts";

const keys = createKeys("shop");
const timeouts = { readMs: 5000, writeMs: 5000, invalidateMs: 5000 };

// Sentinels take seconds to find each other.
let groups: readonly SentinelGroup[];
const open: Store[] = [];

beforeAll(async () => {
  groups = await Promise.all([startSentinels(), startSentinels()]);
}, 60_000);
afterEach(() => Promise.all(open.splice(0).map((store) => store.close())));
afterAll(() => Promise.all(groups.map((group) => group.stop())));

async function gateway(group: SentinelGroup) {
  const store = createRedisStore({ redis: group.url, keys, timeouts });
  open.push(store);
  const cache = createCache({ store, keys, emit: () => {} });
  await cache.ready();
  const read = async () => (await cache.read(planFor(cache), counted().load)).outcome;
  return { store, cache, read };
}

describe("the master that sentinels name", () => {
  test("is used, by whichever of them answers", async () => {
    const [group] = groups as [SentinelGroup];
    await group.sentinels[0]!.kill();
    const { cache, read } = await gateway(group);
    expect(await read()).toBe("miss");
    await cache.drain(5000);
    expect(await read()).toBe("hit");
    expect(await group.master.client().dbsize()).toBeGreaterThan(0);
  });

  test("is another epoch after a failover: nothing that its replica has got is served", async () => {
    const [group] = groups as [SentinelGroup];
    const { store, cache, read } = await gateway(group);
    expect(await read()).toBe("hit");
    const position = store.position();
    await group.failOver();
    // The old one was demoted, or is about to be: in neither case does it answer for us once we have heard of it.
    await until(() => store.state().status === "down");
    await until(() => store.state().status === "up");
    expect(await group.masterPort()).toBe(group.replica.port);
    expect(await group.replica.client().exists(planFor(cache).key)).toBe(1);
    expect(await read()).toBe("miss");
    await cache.drain(5000);
    expect(await store.logSince({ position: position!, home: "Product:42" })).toMatchObject({ names: "gap" });
    await until(() => store.position() !== position);
    await read();
    await cache.drain(5000);
    expect(await read()).toBe("hit");
  });

  test("that is killed is replaced without anybody's help", async () => {
    const group = groups[1]!;
    const { store, cache, read } = await gateway(group);
    await read();
    await cache.drain(5000);
    await group.master.kill();
    await until(() => store.state().status === "down");
    expect(await read()).toBe("bypass");
    await until(() => store.state().status === "up");
    expect(await group.masterPort()).toBe(group.replica.port);
    expect(await read()).toBe("miss");
  });
});
