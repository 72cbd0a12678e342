import { describe, expect, test } from "vitest";
import { ServerClock } from "../../src/store/redis/server-clock.ts";

describe("the server's clock", () => {
  test("is unknown before the first sample, and after a reset", () => {
    const clock = new ServerClock();
    expect(clock.nowUs(0)).toBeUndefined();
    clock.sample(0, 1, 5_000_000);
    expect(clock.nowUs(1)).toBeDefined();
    clock.reset();
    expect(clock.nowUs(1)).toBeUndefined();
  });

  test("is taken to have been read in the middle of the round trip, and goes on with ours", () => {
    const clock = new ServerClock();
    clock.sample(100, 102, 5_000_000_000);
    expect(clock.nowUs(101)).toBe(5_000_000_000);
    expect(clock.nowUs(1101)).toBe(5_001_000_000);
  });

  test("is told by the quickest of the last samples: one that met a busy event loop does no harm", () => {
    const clock = new ServerClock();
    clock.sample(100, 101, 1_000_000);
    clock.sample(200, 900, 1_100_000);
    expect(clock.nowUs(100.5)).toBe(1_000_000);
  });

  test("follows a server whose clock was set, after some samples", () => {
    const clock = new ServerClock();
    clock.sample(0, 0.1, 1_000_000_000);
    for (let i = 1; i <= 8; i++) clock.sample(i * 1000, i * 1000 + 5, 9_000_000_000 + i * 1_000_000);
    expect(Math.abs(clock.nowUs(8000)! - 9_008_000_000)).toBeLessThan(5000);
  });
});
