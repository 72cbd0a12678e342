import { test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { startEmbeddedWorld } from "./support/embedded-world.ts";
import { prove } from "./support/prove.ts";
import { startRedisWorld } from "./support/redis-world.ts";
import { seed, size } from "./support/size.ts";

// Guarantee 3. A request that begins after `invalidate` has resolved is never answered with what was read from the source
// before it was called. Real code through the public door; what happens when is left to chance.

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

test("three streams on one embedded store", { timeout: 5 * HOURS }, async () => {
  const random = seededRandom(seed);
  await prove("embedded", await startEmbeddedWorld(3, random), random, 150 * size);
});
