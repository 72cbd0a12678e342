import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { type Cache, type CacheLimits, createCache } from "../../src/engine/cache.ts";
import type { CacheEvent } from "../../src/engine/events.ts";
import type { Load } from "../../src/engine/read-plan.ts";
import { type Monitor, monitor } from "../e2e/support/monitor.ts";
import { keys, planFor } from "../engine/support.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { createSpreadStore } from "../support/spread-store.ts";
import { seed } from "./support/size.ts";

// Three masters, and one entity that has 80 % of all reads. One read per batch; counted in keys that each master was asked for.

const READS = 20_000;
/** By then it is found to be hot. */
const PROMOTED_WITHIN = 2000;
const SHARE = 0.8;
const OTHERS = 1000;
const HOT = "Product:hot";

let masters: RedisServer[];
let monitors: Monitor[];

beforeAll(async () => {
  masters = await Promise.all([startRedis(), startRedis(), startRedis()]);
  monitors = await Promise.all(masters.map((master) => monitor(master, new Map())));
});
afterAll(() => Promise.all(masters.map((master) => master.stop())));

interface OpenGateway {
  readonly cache: Cache;
  readonly events: CacheEvent[];
  close(): Promise<void>;
}

const gateways: OpenGateway[] = [];

beforeEach(async () => {
  for (const master of masters) await master.client().flushall();
});
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.close();
});

async function open(limits: CacheLimits = {}): Promise<OpenGateway> {
  const store = createSpreadStore(
    masters.map(({ url }) => url),
    keys,
  );
  const events: CacheEvent[] = [];
  const cache = createCache({ store, keys, emit: (event) => events.push(event), limits });
  await cache.ready();
  const gateway = {
    cache,
    events,
    close: async () => {
      await cache.close(5000);
      await store.close();
    },
  };
  gateways.push(gateway);
  return gateway;
}

async function keysAsked(): Promise<readonly number[]> {
  await Promise.all(monitors.map((one) => one.settle()));
  return monitors.map(({ commands }) =>
    commands.filter(({ name }) => name === "mget").reduce((sum, { keys: asked }) => sum + asked.length, 0),
  );
}

/** Keys that each master is asked for by the reads after the first `PROMOTED_WITHIN`. */
async function load({ cache }: OpenGateway): Promise<readonly number[]> {
  const random = seededRandom(seed);
  const source: Load = async () => ({ value: "value", tags: [] });
  let before: readonly number[] = [];
  for (let at = 0; at < READS; at++) {
    if (at === PROMOTED_WITHIN) before = await keysAsked();
    const home = random.next() < SHARE ? HOT : `Product:${Math.floor(random.next() * OTHERS)}`;
    await cache.read(planFor(cache, { home }), source);
  }
  const after = await keysAsked();
  for (const { commands } of monitors) commands.length = 0;
  return after.map((count, master) => count - before[master]!);
}

const shareOfBusiest = (counts: readonly number[]) =>
  Math.max(...counts) / counts.reduce((sum, count) => sum + count, 0);
const told = (counts: readonly number[]) =>
  `${counts.join(", ")} keys: ${(100 * shareOfBusiest(counts)).toFixed(1)} %`;

describe("20,000 reads, 80 % of them of one entity", { timeout: 120_000 }, () => {
  test("burden one of three masters with more than 80 %, if nothing is replicated", async () => {
    const counts = await load(await open({ hotReads: 0 }));
    console.log(`Without replication: ${told(counts)}`);
    expect(shareOfBusiest(counts)).toBeGreaterThan(0.8);
  });

  test("burden none of them with more than 1.15 times its fair share, once it was found to be hot", async () => {
    const gateway = await open();
    const counts = await load(gateway);
    const promoted = gateway.events.findIndex(({ type }) => type === "hot");
    const reads = gateway.events.slice(0, promoted).filter(({ type }) => type === "read").length;
    const replicaHits = gateway.events.filter((event) => event.type === "read" && event.reason === "replica");
    console.log(
      `With it: ${told(counts)}; promoted after ${reads} reads, ${replicaHits.length} hits at replicas`,
    );
    expect(reads).toBeLessThan(PROMOTED_WITHIN);
    expect(shareOfBusiest(counts)).toBeLessThan(1.15 / 3);
    // The stamps are in it: as many reads, three keys each.
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(3 * (READS - PROMOTED_WITHIN));
  });
});

test("an invalidation of what is hot is never lost, under load, by whichever gateway", {
  timeout: 120_000,
}, async () => {
  const readers = await Promise.all([open(), open()]);
  // It has never read anything.
  const stranger = await open();
  let version = 0;
  let floor = 0;
  const source: Load = async () => ({ value: version, tags: ["Person:7"] });
  let done = false;
  let reads = 0;
  const broken: string[] = [];
  const read = async ({ cache }: OpenGateway) => {
    while (!done) {
      const least = floor;
      const { value } = await cache.read(planFor(cache, { home: HOT }), source);
      reads += 1;
      if ((value as number) < least) broken.push(`${value} after the invalidation of ${least}`);
    }
  };
  const reading = Promise.all(readers.flatMap((reader) => Array.from({ length: 4 }, () => read(reader))));
  for (let at = 0; at < 120; at++) {
    // Long enough that copies are made.
    for (let more = reads + 100; reads < more; ) await new Promise((resolve) => setImmediate(resolve));
    version += 1;
    const by = [stranger, ...readers][at % 3]!;
    await by.cache.invalidate([[HOT, "__type:Product", "Person:7"][Math.floor(at / 3) % 3]!]);
    floor = version;
  }
  done = true;
  await reading;
  const hits = readers.map(({ events }) =>
    events.filter((event) => event.type === "read" && event.reason === "replica"),
  );
  console.log(
    `${reads} reads, ${hits.map(({ length }) => length).join(" and ")} at replicas, 120 invalidations`,
  );
  expect(broken).toEqual([]);
  for (const { length } of hits) expect(length).toBeGreaterThan(reads / 100);
});
