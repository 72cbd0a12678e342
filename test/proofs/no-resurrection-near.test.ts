import { test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { prove } from "./support/prove.ts";
import { startRedisWorld } from "./support/redis-world.ts";
import { seed, size } from "./support/size.ts";

// The same as `no-resurrection.test.ts`, with near copies.

const HOURS = 3_600_000;

test("three gateways with near copies, which are stopped now and then", { timeout: 5 * HOURS }, async () => {
  const random = seededRandom(seed);
  const world = await startRedisWorld(3, random, { near: true });
  try {
    await prove("near", world, random, 12 * size, ["hits", "joined", "near"]);
  } finally {
    await world.close();
  }
});
