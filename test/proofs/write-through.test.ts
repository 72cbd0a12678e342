import { afterAll, beforeAll, expect, test } from "vitest";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { type Child, startChild } from "./support/child.ts";
import { seed, size } from "./support/size.ts";
import type { ReadSeen, Run, WriteSeen } from "./support/writer-process.ts";

// Write-through, through the public door, by entity.write and by @cacheWrite. The source numbers its commits, so that of
// two values one is known to be the older.

const ENTITIES = 10;
const ROUNDS = 1000 * size;

let redis: RedisServer;
let gateways: readonly Child[];

beforeAll(async () => {
  redis = await startRedis();
  gateways = [1, 2].map((number) => startChild("./writer-process.ts", [redis.url, String(seed + number)]));
  await Promise.all(gateways.map((gateway) => gateway.call("ready")));
}, 60_000);
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.end()));
  await redis.stop();
});

test(`two processes, ${ROUNDS} writes on ${ENTITIES} entities: cache = source, and no reader went back in time`, {
  timeout: 3_600_000,
}, async () => {
  const startedAt = performance.now();
  const runs = await Promise.all(
    gateways.map((gateway) => gateway.call<Run>("run", ROUNDS / gateways.length, ENTITIES)),
  );
  const writes = runs.flatMap((run) => run.writes);
  const reads = runs.flatMap((run) => run.reads);
  expect(writes.length).toBe(ROUNDS);

  expect(readingsThatWentBack(writes, reads)).toEqual([]);

  const source = redis.client();
  for (let id = 0; id < ENTITIES; id++) {
    const commit = Number(await source.get(`source:${id}`));
    for (const gateway of gateways) {
      const seen = await gateway.call<readonly ReadSeen[]>("look", String(id));
      expect(seen.map((read) => read.commit)).toEqual([commit, commit]);
    }
  }
  await source.quit();
  const hits = await Promise.all(gateways.map((gateway) => gateway.call<number>("hits")));
  console.log(
    `seed ${seed}, ${writes.length} writes and ${reads.length} readings in ${((performance.now() - startedAt) / 1000).toFixed(1)} s, ${hits.join(" and ")} hits`,
  );
  // A cache that stores nothing proves nothing.
  for (const hit of hits) expect(hit).toBeGreaterThan(reads.length / 100);
});

/** Those that began after a write had resolved, and show what was before it. */
function readingsThatWentBack(writes: readonly WriteSeen[], reads: readonly ReadSeen[]): readonly ReadSeen[] {
  const moments = [
    ...writes.map(({ id, commit, resolved }) => ({ at: resolved, id, commit, read: undefined })),
    ...reads.map((read) => ({ at: read.began, id: read.id, commit: read.commit, read })),
  ].sort((a, b) => a.at - b.at);
  const latest = new Map<string, number>();
  return moments.flatMap(({ id, commit, read }) => {
    const least = latest.get(id) ?? 0;
    if (read === undefined) latest.set(id, Math.max(least, commit));
    return read !== undefined && commit < least ? [read] : [];
  });
}
