import { describe, expect, it } from "vitest";
import { PendingInvalidations } from "../../src/library/pending-invalidations.ts";
import { createManualClock } from "../../src/testing/index.ts";

/** Invalidations that fail as long as `down` says so. */
function pendingOn(state: { down: boolean; readonly duringTry?: () => unknown }, limit = 100) {
  const clock = createManualClock();
  const tries: string[][] = [];
  const failures: string[] = [];
  const pending = new PendingInvalidations({
    clock,
    random: { next: () => 0, token: () => "" },
    limit,
    invalidate: async (names) => {
      tries.push([...names]);
      state.duringTry?.();
      if (state.down) throw new Error("away");
    },
    onFailure: (error) => failures.push((error as Error).message),
  });
  return { pending, clock, tries, failures };
}

describe("an invalidation that failed", () => {
  it("is tried again with a growing pause until it succeeds", async () => {
    const state = { down: true };
    const { pending, clock, tries } = pendingOn(state);
    pending.retry(["a"]);
    await clock.advance(100);
    expect(tries).toHaveLength(1);
    await clock.advance(199);
    expect(tries).toHaveLength(1);
    await clock.advance(1);
    expect(tries).toHaveLength(2);
    state.down = false;
    await clock.advance(10_000);
    expect(tries).toHaveLength(3);
    expect(pending.size).toBe(0);
  });

  it("costs one try for all that failed meanwhile", async () => {
    const state = { down: true };
    const { pending, clock, tries } = pendingOn(state);
    for (const name of ["a", "b", "a", "c"]) pending.retry([name]);
    await clock.advance(100);
    expect(tries).toEqual([["a", "b", "c"]]);
  });

  it("stays to be tried when it fails again during its own try", async () => {
    // 1. the try of the first failure runs · 2. a second mutation writes and fails · 3. the try succeeds, too early for it
    const { pending, clock, tries } = pendingOn({
      down: false,
      duringTry: () => tries.length === 1 && pending.retry(["a"]),
    });
    pending.retry(["a"]);
    await clock.advance(10_000);
    expect(tries).toEqual([["a"], ["a"]]);
    expect(pending.size).toBe(0);
  });

  it("is dropped, and told, when too many wait already", async () => {
    const { pending, failures } = pendingOn({ down: true }, 2);
    pending.retry(["a", "b", "c"]);
    expect(pending.size).toBe(2);
    expect(failures).toEqual(["2 invalidations wait to be tried again already; 1 more were dropped."]);
  });
});

describe("close", () => {
  it("tries at once, and waits until everything is done", async () => {
    const state = { down: false };
    const { pending, tries } = pendingOn(state);
    pending.retry(["a"]);
    expect(await pending.close(1000)).toEqual([]);
    expect(tries).toEqual([["a"]]);
  });

  it("waits for a repetition that is due in time, and does a later one at once", async () => {
    const state = { down: false };
    const { pending, clock, tries } = pendingOn(state);
    pending.repeat(["soon"], 500);
    pending.repeat(["late"], 5000);
    const closed = pending.close(1000);
    await clock.advance(0);
    expect(tries).toEqual([["late"]]);
    await clock.advance(500);
    expect(await closed).toEqual([]);
    expect(tries).toEqual([["late"], ["soon"]]);
  });

  it("says what could not be done in time", async () => {
    const { pending, clock } = pendingOn({ down: true });
    pending.retry(["a"]);
    const closed = pending.close(1000);
    await clock.advance(1000);
    expect(await closed).toEqual(["a"]);
  });
});
