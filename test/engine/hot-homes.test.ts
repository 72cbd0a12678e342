import { expect, it } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { HotHomes, type HotHomesOptions } from "../../src/engine/hot-homes.ts";
import { createSteppedClock } from "../../src/testing/manual-clock.ts";

function create(options: Partial<HotHomesOptions> = {}) {
  const clock = createSteppedClock();
  const changes: string[] = [];
  const homes = new HotHomes({
    clock,
    buckets: 12,
    hotReads: 30,
    hotShare: 0.01,
    onChange: (change, home) => changes.push(`${change} ${home}`),
    ...options,
  });
  /** So many reads a second of each home, for so long. */
  const read = (rates: Readonly<Record<string, number>>, seconds: number) => {
    for (let tick = 0; tick < seconds * 10; tick++) {
      for (const [home, rate] of Object.entries(rates)) {
        for (let reads = 0; reads < rate / 10; reads++) homes.count(home);
      }
      clock.step(100);
    }
  };
  return { clock, homes, changes, read };
}

it("one entity with 80 % of the reads is hot within the first hundred", () => {
  const { homes, changes } = create();
  const random = seededRandom(1);
  let reads = 0;
  while (homes.size === 0) {
    homes.count(random.next() < 0.8 ? "Product:42" : `Product:${reads}`);
    reads += 1;
  }
  expect(changes).toEqual(["promoted Product:42"]);
  expect(reads).toBeLessThan(100);
});

it("what becomes hot later, is so within a tenth of a second at 1,000 reads a second", () => {
  const { homes, changes, read } = create();
  const others = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`Product:${n + 100}`, 10]));
  read(others, 60);
  expect(changes).toEqual([]);
  read({ ...others, "Product:42": 1000 }, 0.2);
  expect(changes).toEqual(["promoted Product:42"]);
  expect(homes.spreadOf("Product:42")).toBeGreaterThan(1);
});

it("a home that lies about the threshold is promoted once, and demoted at half of it", () => {
  const { homes, changes, read } = create();
  for (let round = 0; round < 20; round++) {
    read({ "Product:42": 40, "Product:7": 100 }, 5);
    read({ "Product:42": 20, "Product:7": 100 }, 5);
  }
  expect(changes).toEqual(["promoted Product:7", "promoted Product:42"]);
  read({ "Product:42": 10, "Product:7": 100 }, 30);
  expect(changes).toEqual(["promoted Product:7", "promoted Product:42", "demoted Product:42"]);
  expect(homes.spreadOf("Product:42")).toBe(1);
});

it("neither much of little traffic nor little of much is hot", () => {
  const small = create();
  small.read({ "Product:42": 20 }, 60);
  expect(small.changes).toEqual([]);
  const large = create({ hotShare: 0.05 });
  large.read({ "Product:7": 1000, "Product:8": 1000, "Product:42": 80 }, 60);
  expect(large.changes).toEqual(["promoted Product:7", "promoted Product:8"]);
});

it("is spread over more buckets the hotter it is, over fewer when it cools down", () => {
  const { homes, read } = create();
  const spread = () => homes.spreadOf("Product:42");
  read({ "Product:42": 40 }, 20);
  expect(spread()).toBe(3);
  read({ "Product:42": 70 }, 30);
  expect(spread()).toBe(6);
  read({ "Product:42": 200 }, 30);
  expect(spread()).toBe(12);
  read({ "Product:42": 80 }, 30);
  expect(spread()).toBe(12);
  read({ "Product:42": 50 }, 30);
  expect(spread()).toBe(6);
});

it.each([
  [1, [1]],
  [2, [2]],
  [3, [3]],
  [5, [5]],
  [8, [4, 8]],
  [12, [3, 6, 12]],
])("of %i buckets it is spread over %j", (buckets, spreads) => {
  const { homes, read } = create({ buckets });
  const seen = new Set<number>();
  for (let rate = 40; rate < 1000; rate *= 2) {
    read({ "Product:42": rate }, 20);
    seen.add(homes.spreadOf("Product:42"));
  }
  expect([...seen]).toEqual(spreads);
});

it("three gateways that see a third of the reads each agree on what is hot", () => {
  const random = seededRandom(7);
  const fleet = Array.from({ length: 3 }, () => create());
  // 3 % for the first, 2.9 % for the second ... and half of all for what is rare.
  const shares = Array.from({ length: 24 }, (_, n) => 0.03 - n / 1000).filter((share) => share > 0.0125);
  for (let ms = 0; ms < 60_000; ms++) {
    for (const { clock } of fleet) clock.step(1);
    for (let read = 0; read < 12; read++) {
      let left = random.next();
      const nth = shares.findIndex((share) => {
        left -= share;
        return left < 0;
      });
      const home = nth < 0 ? `Product:rare-${Math.floor(random.next() * 1e6)}` : `Product:${nth}`;
      fleet[Math.floor(random.next() * 3)]!.homes.count(home);
    }
  }
  const hot = fleet.map(({ homes }) => Object.keys(homes.rates()).sort());
  expect(hot[0]).toEqual(shares.map((_, n) => `Product:${n}`).sort());
  expect(hot[1]).toEqual(hot[0]);
  expect(hot[2]).toEqual(hot[0]);
});

it("a process that slept forgets what was hot", () => {
  const { clock, homes, changes, read } = create();
  read({ "Product:42": 100 }, 10);
  clock.step(24 * 3_600_000);
  expect(homes.rates()).toEqual({});
  homes.count("Product:42");
  expect(changes).toEqual(["promoted Product:42", "demoted Product:42"]);
});
