import { beforeEach, describe, expect, it } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { Fleet } from "../../src/engine/fleet.ts";
import { StoreFailure } from "../../src/store/store.ts";
import { createManualClock, type ManualClock } from "../../src/testing/manual-clock.ts";

const AWAY = new StoreFailure("down", "away");

describe("the count of gateways", () => {
  let clock: ManualClock;
  let answer: number | StoreFailure;
  let told: number[];
  let asked: [gateway: string, leaseMs: number][];
  let fleet: Fleet;

  beforeEach(async () => {
    clock = createManualClock();
    told = [];
    asked = [];
    fleet = new Fleet({
      enrol: async (gateway, leaseMs) => {
        asked.push([gateway, leaseMs]);
        return answer;
      },
      clock,
      random: seededRandom(1),
      onCount: (gateways) => told.push(gateways),
    });
    answer = 3;
    await fleet.beat();
  });

  it("is told at first, and once more for each gateway that comes", async () => {
    expect(told).toEqual([3]);
    await clock.advance(3000);
    expect(told).toEqual([3]);
    answer = 4;
    await clock.advance(1000);
    expect(told).toEqual([3, 4]);
    expect(new Set(asked.map(String))).toEqual(new Set([String(asked[0])]));
  });

  it("falls only when it has been lower for a lease", async () => {
    answer = 1;
    await clock.advance(1000);
    await clock.advance(4000);
    expect(told).toEqual([3]);
    // Another one was only late.
    answer = 3;
    await clock.advance(1000);
    answer = 2;
    await clock.advance(5000);
    expect(told).toEqual([3]);
    await clock.advance(1000);
    expect(told).toEqual([3, 2]);
  });

  it("stays while the store does not answer, and a lease longer", async () => {
    answer = AWAY;
    await clock.advance(60_000);
    expect(told).toEqual([3]);
    answer = 1;
    await clock.advance(5000);
    expect(told).toEqual([3]);
    await clock.advance(1000);
    expect(told).toEqual([3, 1]);
  });

  it("is taken leave of: the others are told, and nothing is asked any more", async () => {
    await fleet.close();
    expect(asked.at(-1)).toEqual([asked[0]![0], 0]);
    const before = asked.length;
    await clock.advance(10_000);
    expect(asked).toHaveLength(before);
  });
});
