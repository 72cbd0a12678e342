import { test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { startEmbeddedWorld } from "./support/embedded-world.ts";
import { MET, prove } from "./support/prove.ts";
import { startRedisWorld } from "./support/redis-world.ts";
import { seed, size } from "./support/size.ts";

// The same as `no-resurrection.test.ts`, where everything is hot: read from, and copied to, several parts of the store.

const HOURS = 3_600_000;

test("three gateways on three masters, everything hot", { timeout: 5 * HOURS }, async () => {
  const random = seededRandom(seed);
  const world = await startRedisWorld(3, random, { masters: 3 });
  try {
    await prove("masters", world, random, 25 * size, [...MET, "replicas"]);
  } finally {
    await world.close();
  }
});

test("three streams on an embedded store in three parts, everything hot", {
  timeout: 5 * HOURS,
}, async () => {
  const random = seededRandom(seed);
  const world = await startEmbeddedWorld(3, random, { isHot: true });
  await prove("hot", world, random, 100 * size, [...MET, "replicas"]);
});
