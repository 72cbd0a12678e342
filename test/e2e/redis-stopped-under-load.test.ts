import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it, vi } from "vitest";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { anyPage, type CountedGateway, Load, startCountedGateway } from "./support/counted-gateway.ts";

/** Long enough to be told from everything else that may take time on a busy machine. */
const READ_MS = 500;
const STOPPED_MS = 5000;
/** Of the source. */
const CONCURRENCY = 8;
const PAGES = 6;

let redis: RedisServer;
let gateway: CountedGateway;
let load: Load;
afterEach(async () => {
  redis?.resume();
  await load?.stop();
  await gateway?.running.close();
  await redis?.stop();
});

it("Redis may stand still for five seconds: no errors, one time-out at most, no more loads at a time than the source allows, and hits at once when it goes on", {
  timeout: 60_000,
}, async () => {
  redis = await startRedis();
  const timeOuts = { batches: 0 };
  gateway = await startCountedGateway({
    sourceMs: 5,
    environment: { REDIS_URL: redis.url },
    cache: { readTimeoutMs: READ_MS, sources: { database: { concurrency: CONCURRENCY } } },
    onEvent: (event) => {
      if (event.type === "store-error" && event.code === "TIMEOUT") timeOuts.batches += 1;
    },
  });
  const { source } = gateway;
  load = new Load(gateway.running.url, 6, () => anyPage(PAGES));
  const { answers } = load;
  await vi.waitFor(
    () => expect(answers.slice(-20).map(({ cache }) => cache)).toEqual(Array(20).fill("HIT")),
    {
      timeout: 20_000,
    },
  );

  const stoppedAt = performance.now();
  const askedBefore = source.asked;
  redis.pause();
  await sleep(STOPPED_MS);
  const resumedAt = performance.now();
  const timedOut = timeOuts.batches;
  redis.resume();
  await vi.waitFor(
    () => expect(answers.slice(-20).map(({ cache }) => cache)).toEqual(Array(20).fill("HIT")),
    {
      timeout: 20_000,
    },
  );
  await load.stop();

  expect(answers.flatMap(({ problem }) => problem ?? [])).toEqual([]);
  const met = answers.filter(({ startedAt, ms }) => startedAt + ms > stoppedAt && startedAt < resumedAt);
  // Who began a second later paid no time-out: what it took is what it takes without the cache.
  const later = met.filter(({ startedAt }) => startedAt > stoppedAt + READ_MS + 500);
  expect(new Set(later.map(({ cache }) => cache))).toEqual(new Set(["BYPASS"]));
  const slowest = Math.max(...met.map(({ ms }) => ms));
  const uncached = Math.max(...later.map(({ ms }) => ms));
  expect(slowest).toBeLessThan(uncached + READ_MS + 300);
  // Only the batches that were under way, not one for each request.
  expect(timedOut).toBeGreaterThan(0);
  expect(timedOut).toBeLessThan(20);
  for (let second = 1; second < STOPPED_MS / 1000; second++) {
    const from = stoppedAt + second * 1000;
    expect(met.some(({ startedAt, ms }) => startedAt + ms > from && startedAt + ms < from + 1000)).toBe(true);
  }
  expect(source.asked).toBeGreaterThan(askedBefore);
  expect(source.most).toBe(CONCURRENCY);
  expect(source.mostOfOne).toBe(1);
  const firstHit = answers.find(({ startedAt, cache }) => startedAt > resumedAt && cache === "HIT")!;
  const backMs = firstHit.startedAt + firstHit.ms - resumedAt;
  expect(backMs).toBeLessThan(1000);
  console.log(
    `Redis stopped under load: ${met.length} requests; slowest ${slowest.toFixed(0)} ms, without time-out ${uncached.toFixed(0)} ms; hits again after ${backMs.toFixed(0)} ms`,
  );
});
