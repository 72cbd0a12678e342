import fc from "fast-check";
import { expect, it } from "vitest";
import { TopKeys } from "../../src/engine/top-keys.ts";

// A stream of keys; null halves what has been counted so far.
const streams = fc.array(
  fc.oneof(
    { weight: 30, arbitrary: fc.nat(30) },
    { weight: 10, arbitrary: fc.nat(3) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  { maxLength: 400 },
);
const capacities = fc.integer({ min: 1, max: 12 });

/** What was really counted, and what the slots know of it. */
function run(stream: readonly (number | null)[], capacity: number) {
  const keys = new TopKeys(capacity);
  const truth = new Map<string, number>();
  for (const item of stream) {
    if (item === null) {
      keys.halve();
      for (const [key, count] of truth) truth.set(key, count / 2);
    } else {
      keys.add(String(item));
      truth.set(String(item), (truth.get(String(item)) ?? 0) + 1);
    }
  }
  return { keys, truth };
}

it("a count lies between the true one and the true one plus its error, which is at most total / capacity", () => {
  fc.assert(
    fc.property(streams, capacities, (stream, capacity) => {
      const { keys, truth } = run(stream, capacity);
      for (const { key, count, error } of keys.top(capacity)) {
        const real = truth.get(key)!;
        expect(real).toBeLessThanOrEqual(count);
        expect(real).toBeGreaterThanOrEqual(count - error);
        expect(error).toBeLessThanOrEqual(keys.total / capacity);
        expect(keys.atLeast(key)).toBe(count - error);
      }
    }),
  );
});

it("a key counted more often than total / capacity times has a slot", () => {
  fc.assert(
    fc.property(streams, capacities, (stream, capacity) => {
      const { keys, truth } = run(stream, capacity);
      const known = new Set(keys.top(capacity).map(({ key }) => key));
      for (const [key, count] of truth) {
        if (count > keys.total / capacity) expect(known).toContain(key);
      }
    }),
  );
});

it("the counts of all slots add up to the total: the smallest is replaced, always", () => {
  fc.assert(
    fc.property(streams, capacities, (stream, capacity) => {
      const { keys } = run(stream, capacity);
      const sum = keys.top(capacity).reduce((all, { count }) => all + count, 0);
      expect(sum).toBe(keys.total);
      expect(keys.size).toBe(Math.min(capacity, new Set(stream.filter((item) => item !== null)).size));
    }),
  );
});

it("counts exactly what fits", () => {
  const keys = new TopKeys(3);
  for (const key of "abacab") keys.add(key);
  expect(keys.top(2)).toEqual([
    { key: "a", count: 3, error: 0 },
    { key: "b", count: 2, error: 0 },
  ]);
  expect(keys.add("d")).toBe(1);
  expect(keys.atLeast("c")).toBe(0);
});
