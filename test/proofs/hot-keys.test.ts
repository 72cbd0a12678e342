import { expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { HotHomes } from "../../src/engine/hot-homes.ts";
import { TopKeys } from "../../src/engine/top-keys.ts";
import { createSteppedClock } from "../../src/testing/manual-clock.ts";
import { seed, size } from "./support/size.ts";

const KEYS = 1_000_000;
const TOP = 20;

// 10 million reads in `npm run soak`.
const READS = Math.min(10, size) * 1_000_000;

test("of a Zipf stream over a million keys the true top 20 are found, in constant memory", {
  timeout: 600_000,
}, () => {
  const stream = zipf(seed);
  const top = new TopKeys(1024);
  const truth = new Uint32Array(KEYS);
  for (let read = 0; read < READS; read++) {
    const key = stream();
    truth[key]! += 1;
    top.add(nameOf(key));
  }
  const recall = recallOf(
    top.top(TOP).map(({ key }) => key),
    truth,
  );
  console.log(`Seed ${seed}: ${READS} reads, recall of the top ${TOP} ${recall}, ${top.size} slots.`);
  expect(recall).toBeGreaterThanOrEqual(0.95);
  expect(top.size).toBe(1024);
});

test("what a gateway finds hot on such a stream is hot, and all that is", { timeout: 600_000 }, () => {
  const stream = zipf(seed);
  const clock = createSteppedClock();
  const hotShare = 0.003;
  const homes = new HotHomes({ clock, buckets: 12, hotReads: 30, hotShare, onChange: () => {} });
  const truth = new Uint32Array(KEYS);
  const startedAt = performance.now();
  for (let read = 0; read < READS; read++) {
    const key = stream();
    truth[key]! += 1;
    homes.count(nameOf(key));
    // 50,000 reads a second.
    if (read % 50 === 0) clock.step(1);
  }
  const ns = ((performance.now() - startedAt) / READS) * 1e6;
  const baseline = costOf(() => nameOf(stream()));
  const hot = Object.keys(homes.rates());
  const recall = recallOf(hot, truth);
  console.log(
    `Seed ${seed}: ${READS} reads, ${hot.length} hot, recall of the top ${TOP} ${recall}, ` +
      `${(ns - baseline).toFixed(0)} ns a read (${baseline.toFixed(0)} ns more for the stream itself)`,
  );
  expect(recall).toBeGreaterThanOrEqual(0.95);
  // What was promoted by chance had at least half of what is asked for.
  for (const home of hot) expect(truth[keyOf(home)]! / READS).toBeGreaterThan(hotShare / 2);
});

/** A stream of keys, the n-th of which has a probability proportional to 1/n. */
function zipf(seed: number): () => number {
  const random = seededRandom(seed);
  const below = new Float64Array(KEYS);
  let sum = 0;
  for (let key = 0; key < KEYS; key++) {
    sum += 1 / (key + 1);
    below[key] = sum;
  }
  return () => {
    const wanted = random.next() * sum;
    let low = 0;
    let high = KEYS - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (below[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

function recallOf(found: readonly string[], truth: Uint32Array): number {
  const order = Array.from(truth, (_, key) => key).sort((a, b) => truth[b]! - truth[a]!);
  return order.slice(0, TOP).filter((key) => found.includes(nameOf(key))).length / TOP;
}

function nameOf(key: number): string {
  return `Product:${key}`;
}

function keyOf(name: string): number {
  return Number(name.slice("Product:".length));
}

function costOf(step: () => unknown): number {
  const startedAt = performance.now();
  for (let at = 0; at < READS; at++) step();
  return ((performance.now() - startedAt) / READS) * 1e6;
}
