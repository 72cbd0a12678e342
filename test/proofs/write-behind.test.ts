import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { freePort, type RedisServer, startRedis } from "../support/redis-server.ts";
import { type Child, startChild } from "./support/child.ts";
import { seed, size } from "./support/size.ts";

// Write-behind, through the public door: gateways are killed with SIGKILL and started again, so is the Redis that holds what is pending.
// The source is a server of its own, and takes a token once, as docs/patterns/write-behind.md tells it to.

const WRITES = Math.max(400, 100 * size);
const ENTITIES = 5;
const WRITERS = 8;

let dir: string;
let port: number;
let store: RedisServer;
let source: RedisServer;
let rows: Redis;
const gateways: Child[] = [];
const random = seededRandom(seed);

const openStore = () => startRedis({ port, dir, args: ["--appendonly", "yes", "--appendfsync", "always"] });

async function openGateway(at: number): Promise<void> {
  const gateway = startChild("./behind-process.ts", [`redis://127.0.0.1:${port}`, source.url]);
  await gateway.call("ready").catch(() => {});
  gateways[at] = gateway;
}

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "fieldgate-behind-"));
  port = await freePort();
  [store, source] = await Promise.all([openStore(), startRedis()]);
  rows = source.client();
  await Promise.all([openGateway(0), openGateway(1)]);
}, 60_000);
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.end()));
  await Promise.all([store.stop(), source.stop()]);
  await rm(dir, { recursive: true, force: true });
});

/** Moments on this process' clock. */
interface Write {
  readonly id: string;
  readonly kind: "view" | "save";
  /** `<gateway>.<number>`: the number grows with each write to this entity through this gateway. */
  readonly name: string;
  readonly began: number;
  /** undefined: not acknowledged, so that it may have been taken or not. */
  acknowledged?: number;
}

interface Reading {
  readonly id: string;
  readonly kind: "view" | "save";
  readonly seen: string | number;
  readonly began: number;
  readonly ended: number;
}

test(`${WRITES} acknowledged writes from two gateways that are killed, with a Redis that is: each is in the source once, in order, and none was ever seen to vanish`, {
  timeout: 3_600_000,
}, async () => {
  const writes: Write[] = [];
  const readings: Reading[] = [];
  const startedAt = performance.now();
  let acknowledged = 0;
  let kills = 0;
  let restarts = 0;
  let refusedReads = 0;
  let isOver = false;
  const pick = () => `${Math.floor(random.next() * ENTITIES)}`;
  const oneOf = () => Math.floor(random.next() * gateways.length);

  // One writer at a time for each gateway and entity, so that "in order" says something.
  const busy = new Set<string>();
  const write = async (): Promise<void> => {
    while (acknowledged < WRITES) {
      const at = oneOf();
      const id = pick();
      const kind = random.next() < 0.5 ? "view" : "save";
      const lane = `${at} ${kind} ${id}`;
      if (busy.has(lane)) {
        await sleep(1);
        continue;
      }
      busy.add(lane);
      const one: Write = {
        id,
        kind,
        name: `${at}.${String(writes.length).padStart(6, "0")}`,
        began: performance.now(),
      };
      writes.push(one);
      const taken = await gateways[at]!.call<boolean>(kind, id, one.name).catch(() => false);
      if (taken) {
        one.acknowledged = performance.now();
        acknowledged += 1;
      }
      // Its gateway is being started again, or Redis is.
      if (!taken) await sleep(200);
      busy.delete(lane);
    }
  };
  const read = async (): Promise<void> => {
    while (!isOver) {
      const id = pick();
      const kind = random.next() < 0.5 ? "view" : "save";
      const began = performance.now();
      const seen = await gateways[oneOf()]!.call<string | number>(
        kind === "view" ? "views" : "text",
        id,
      ).catch(() => undefined);
      if (seen !== undefined) readings.push({ id, kind, seen, began, ended: performance.now() });
      else {
        refusedReads += 1;
        await sleep(20);
      }
    }
  };
  const kill = async (): Promise<void> => {
    for (let turn = 0; !isOver; turn++) {
      await sleep(500 + 1000 * random.next());
      if (isOver) return;
      if (turn % 2 === 1) {
        restarts += 1;
        await store.kill();
        await sleep(100 * random.next());
        store = await openStore();
      } else {
        kills += 1;
        const at = (turn / 2) % 2;
        await gateways[at]!.end();
        await openGateway(at);
      }
    }
  };
  const poisoned = gateways[0]!.call("save", "poisoned", "x").catch(() => {});
  const others = [kill(), read(), read()];
  await Promise.all([poisoned, ...Array.from({ length: WRITERS }, write)]);
  isOver = true;
  await Promise.all(others);

  await expect.poll(() => pendingEntities(), { timeout: 60_000, interval: 100 }).toEqual([]);

  // Each acknowledged write is there once, none twice.
  for (let entity = 0; entity < ENTITIES; entity++) {
    const views = await rows.lrange(`article:${entity}:history`, 0, -1);
    const expected = writes.filter(({ id, kind }) => kind === "view" && id === `${entity}`);
    expect(views.length).toBe(new Set(views).size);
    const lost = expected.filter(({ acknowledged, name }) => acknowledged && !views.includes(name));
    expect(lost).toEqual([]);
    expect(Number(await rows.hget(`article:${entity}`, "views"))).toBe(views.length);

    // Rows that were replaced before they were sent are in effect in what replaced them.
    const history = await rows.lrange(`draft:${entity}:history`, 0, -1);
    const saves = writes.filter((one) => one.kind === "save" && one.id === `${entity}` && one.acknowledged);
    for (const at of [0, 1]) {
      const own = history.filter((name) => name.startsWith(`${at}.`));
      expect(own).toEqual([...own].sort());
    }
    if (saves.length > 0) expect(supersededBy(history.at(-1)!, saves)).toEqual([]);
  }
  expect(vanished(writes, readings)).toEqual([]);

  const again = Number(await rows.get("again"));
  console.log(
    `seed ${seed}: ${writes.length} writes, ${acknowledged} acknowledged; ${readings.length} readings, ${refusedReads} refused; ${kills} gateways and ${restarts} times Redis killed; ${again} changes came again; ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  );
  expect(readings.length).toBeGreaterThan(WRITES / 20);
});

/** Homes with something pending, the poisoned one left out. */
async function pendingEntities(): Promise<readonly string[]> {
  const client = store.client();
  const keys = await client.keys("shop:*:__pending");
  await client.quit();
  return keys.filter((key) => !key.includes("poisoned"));
}

/** Acknowledged writes that the source's last row should have been, as they began after it was acknowledged. */
function supersededBy(last: string, acknowledged: readonly Write[]): readonly Write[] {
  const shown = acknowledged.find(({ name }) => name === last);
  if (shown === undefined) return [];
  return acknowledged.filter(({ began }) => began > shown.acknowledged!);
}

/** Readings that began when a write had been acknowledged, and do not show it; or show what nobody had written by then. */
function vanished(writes: readonly Write[], readings: readonly Reading[]): readonly unknown[] {
  return readings.filter(({ id, kind, seen, began, ended }) => {
    const own = writes.filter((one) => one.id === id && one.kind === kind);
    if (kind === "view") {
      const least = own.filter(({ acknowledged = Number.POSITIVE_INFINITY }) => acknowledged < began).length;
      const most = own.filter((one) => one.began < ended).length;
      return (seen as number) < least || (seen as number) > most;
    }
    const shown = own.find(({ name }) => name === seen);
    const shownAt =
      shown === undefined ? Number.NEGATIVE_INFINITY : (shown.acknowledged ?? Number.POSITIVE_INFINITY);
    return own.some(
      ({ began: later, acknowledged = Number.POSITIVE_INFINITY }) => acknowledged < began && later > shownAt,
    );
  });
}
