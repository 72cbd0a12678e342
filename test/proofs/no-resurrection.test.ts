import { expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { startEmbeddedWorld } from "./support/embedded-world.ts";
import { Law } from "./support/law.ts";
import { startRedisWorld } from "./support/redis-world.ts";
import { type Outcome, runSchedule, type World } from "./support/schedule.ts";
import { seed, size } from "./support/size.ts";

// Guarantee 3. A request that begins after `invalidate` has resolved is never answered with what was read from the source
// before it was called. Real code through the public door; what happens when is left to chance.

/** What a run must have met, each in at least this part of its schedules: a cache that stores nothing proves nothing. */
const LEAST = 0.05;
const COUNTED = ["hits", "joined", "stale", "refused", "met"] as const;
const HOURS = 3_600_000;

test("three gateways on one Redis", { timeout: 5 * HOURS }, async () => {
  const random = seededRandom(seed);
  const world = await startRedisWorld(3, random);
  try {
    await prove("redis", world, random, 30 * size);
  } finally {
    await world.close();
  }
});

test("three gateways on three masters, everything hot", { timeout: 5 * HOURS }, async () => {
  const random = seededRandom(seed);
  const world = await startRedisWorld(3, random, { masters: 3 });
  try {
    await prove("masters", world, random, 15 * size, [...COUNTED, "replicas"]);
  } finally {
    await world.close();
  }
});

test("three gateways with near copies, which are stopped now and then", { timeout: 5 * HOURS }, async () => {
  const random = seededRandom(seed);
  const world = await startRedisWorld(3, random, { near: true });
  try {
    await prove("near", world, random, 12 * size, ["hits", "joined", "near"]);
  } finally {
    await world.close();
  }
});

test("three streams on one embedded store", { timeout: 5 * HOURS }, async () => {
  const random = seededRandom(seed);
  await prove("embedded", await startEmbeddedWorld(3, random), random, 150 * size);
});

test("three streams on an embedded store in three parts, everything hot", {
  timeout: 5 * HOURS,
}, async () => {
  const random = seededRandom(seed);
  const world = await startEmbeddedWorld(3, random, { isHot: true });
  await prove("hot", world, random, 100 * size, [...COUNTED, "replicas"]);
});

async function prove(
  where: string,
  world: World,
  random: ReturnType<typeof seededRandom>,
  schedules: number,
  counted: readonly Exclude<keyof Outcome, "violations">[] = COUNTED,
): Promise<void> {
  const law = new Law();
  const outcomes: Outcome[] = [];
  const startedAt = performance.now();
  for (let at = 0; at < schedules; at++) {
    const outcome = await runSchedule({ world, random, law, name: `s${at}` });
    outcomes.push(outcome);
    if (outcome.violations.length > 0) {
      throw new Error(
        [`Schedule ${at} of seed ${seed}, ${where}:`, ...outcome.violations.slice(0, 5)].join("\n"),
      );
    }
  }
  const total = (name: Exclude<keyof Outcome, "violations">) =>
    outcomes.reduce((sum, outcome) => sum + outcome[name], 0);
  const share = (name: Exclude<keyof Outcome, "violations">) =>
    outcomes.filter((outcome) => outcome[name] > 0).length / schedules;
  const shares = counted.map((name) => `${name} ${total(name)} in ${(100 * share(name)).toFixed(0)} %`);
  console.log(
    `${where}: seed ${seed}, ${schedules} schedules in ${((performance.now() - startedAt) / 1000).toFixed(1)} s; ` +
      `${total("answers")} answers with ${total("readings")} readings, ${total("invalidations")} invalidations ` +
      `(and ${total("rejected")} that rejected), ${total("stored")} stored, ${total("bypassed")} past the store; ` +
      `of the schedules: ${shares.join(", ")}`,
  );
  for (const name of counted) expect({ name, share: share(name) >= LEAST }).toEqual({ name, share: true });
}
