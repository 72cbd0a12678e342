import { describe, expect, test } from "vitest";
import { Breaker } from "../../src/store/breaker.ts";
import { createSteppedClock } from "../../src/testing/manual-clock.ts";

function open() {
  const clock = createSteppedClock();
  const probes: { readonly at: number; answer(alive: boolean): Promise<void> }[] = [];
  const changes: [boolean, string][] = [];
  let dead = 0;
  const breaker = new Breaker({
    clock,
    random: { next: () => 0, token: () => "" },
    probe: () =>
      new Promise((resolve) => {
        probes.push({
          at: clock.now(),
          async answer(alive) {
            resolve(alive);
            await new Promise(setImmediate);
          },
        });
      }),
    onChange: (isOpen, detail) => changes.push([isOpen, detail]),
    onDead: () => {
      dead += 1;
    },
  });
  return { clock, breaker, probes, changes, dead: () => dead };
}

describe("the breaker", () => {
  test("opens at the first failure, says why, once", () => {
    const { breaker, changes } = open();
    expect(breaker.isOpen).toBe(false);
    breaker.fail("no answer within 50 ms");
    breaker.fail("another");
    expect(breaker.isOpen).toBe(true);
    expect(changes).toEqual([[true, "no answer within 50 ms"]]);
  });

  test("closes at the first probe that is answered", async () => {
    const { clock, breaker, probes, changes } = open();
    breaker.fail("x");
    clock.step(99);
    expect(probes).toHaveLength(0);
    clock.step(1);
    await probes[0]!.answer(true);
    expect(breaker.isOpen).toBe(false);
    expect(changes.map(([isOpen]) => isOpen)).toEqual([true, false]);
    clock.step(100_000);
    expect(probes).toHaveLength(1);
  });

  test("closes at once when what had been given up is answered after all", () => {
    const { breaker, changes } = open();
    breaker.fail("no answer within 50 ms");
    breaker.succeed({ late: true });
    expect(breaker.isOpen).toBe(false);
    expect(changes.map(([isOpen]) => isOpen)).toEqual([true, false]);
  });

  test("does not close and open with every late answer of a store that is slow for good", async () => {
    const { clock, breaker, probes } = open();
    breaker.fail("x");
    breaker.succeed({ late: true });
    clock.step(10);
    breaker.fail("x");
    breaker.succeed({ late: true });
    expect(breaker.isOpen).toBe(true);
    clock.step(200);
    await probes[0]!.answer(true);
    expect(breaker.isOpen).toBe(false);
    breaker.fail("x");
    breaker.succeed({ late: true });
    expect(breaker.isOpen).toBe(true);
  });

  test("takes a late answer for a hiccup again once one was in time", () => {
    const { breaker } = open();
    for (let n = 0; n < 3; n++) {
      breaker.fail("x");
      breaker.succeed({ late: true });
      expect(breaker.isOpen).toBe(false);
      breaker.succeed();
    }
  });

  test("sends one probe at a time, ever more rarely, up to two seconds", async () => {
    const { clock, breaker, probes } = open();
    const waits: number[] = [];
    breaker.fail("x");
    for (let i = 0; i < 8; i++) {
      const from = clock.now();
      while (probes.length === i) clock.step(1);
      waits.push(clock.now() - from);
      // However long it takes, no other leaves meanwhile.
      clock.step(10_000);
      expect(probes).toHaveLength(i + 1);
      await probes[i]!.answer(false);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1600, 2000, 2000, 2000]);
  });

  test("says after each three failed probes that the connection may be dead", async () => {
    const { clock, breaker, probes, dead } = open();
    breaker.fail("x");
    const seen: number[] = [];
    for (let i = 0; i < 6; i++) {
      while (probes.length === i) clock.step(50);
      await probes[i]!.answer(false);
      seen.push(dead());
    }
    expect(seen).toEqual([0, 0, 1, 1, 1, 2]);
  });

  test("a store that fails right after its probe is probed as rarely as before; a good spell forgets that", async () => {
    const { clock, breaker, probes } = open();
    const untilProbe = () => {
      const from = clock.now();
      const before = probes.length;
      while (probes.length === before) clock.step(1);
      return clock.now() - from;
    };
    breaker.fail("x");
    expect(untilProbe()).toBe(100);
    await probes.at(-1)!.answer(true);
    breaker.fail("x");
    expect(untilProbe()).toBe(200);
    await probes.at(-1)!.answer(true);
    clock.step(2001);
    breaker.fail("x");
    expect(untilProbe()).toBe(100);
  });

  test("closes on any other sign of life, and does not hear a probe that was under way", async () => {
    const { clock, breaker, probes, changes } = open();
    breaker.fail("x");
    clock.step(100);
    breaker.succeed();
    expect(breaker.isOpen).toBe(false);
    await probes[0]!.answer(false);
    clock.step(100_000);
    expect(probes).toHaveLength(1);
    expect(changes.map(([isOpen]) => isOpen)).toEqual([true, false]);
  });

  test("a reset closes it without a word", () => {
    const { clock, breaker, probes, changes } = open();
    breaker.fail("x");
    breaker.reset();
    clock.step(100_000);
    expect(breaker.isOpen).toBe(false);
    expect(probes).toHaveLength(0);
    expect(changes).toHaveLength(1);
  });
});
