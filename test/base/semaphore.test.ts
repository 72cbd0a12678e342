import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { NoRoom, Semaphore } from "../../src/base/semaphore.ts";
import { createManualClock } from "../../src/testing/manual-clock.ts";

const open = (limit: number, queue = 10) =>
  new Semaphore({ clock: systemClock, limit, queue, queueMs: 60_000 });

describe("a semaphore", () => {
  it("lets in as many as its limit, then the others in the order in which they came", async () => {
    const semaphore = open(2);
    const order: string[] = [];
    expect([semaphore.enter(), semaphore.enter()]).toEqual([undefined, undefined]);
    const waits = ["a", "b"].map(async (name) => {
      await semaphore.enter();
      order.push(name);
    });
    expect([semaphore.running, semaphore.waiting]).toEqual([2, 2]);
    semaphore.leave();
    await waits[0];
    expect([order, semaphore.running, semaphore.waiting]).toEqual([["a"], 2, 1]);
    semaphore.leave();
    await waits[1];
    expect(order).toEqual(["a", "b"]);
  });

  it("refuses whoever finds its queue full", async () => {
    const semaphore = open(1, 1);
    semaphore.enter();
    const waits = semaphore.enter();
    await expect(semaphore.enter()).rejects.toThrow(new NoRoom("full"));
    semaphore.leave();
    await waits;
  });

  it("refuses whoever has waited too long, and keeps no place for them", async () => {
    const clock = createManualClock();
    const semaphore = new Semaphore({ clock, limit: 1, queue: 10, queueMs: 500 });
    semaphore.enter();
    const late = expect(semaphore.enter()).rejects.toThrow(new NoRoom("late"));
    await clock.advance(500);
    await late;
    expect(semaphore.waiting).toBe(0);
    semaphore.leave();
    expect(semaphore.running).toBe(0);
  });

  it("lets who comes back in before all others, however many wait", async () => {
    const semaphore = open(1, 0);
    semaphore.enter();
    semaphore.leave();
    semaphore.enter();
    const back = semaphore.reenter();
    expect(back).toBeInstanceOf(Promise);
    semaphore.leave();
    await back;
    expect(semaphore.running).toBe(1);
  });

  it("takes a new limit at once: more come in; those inside stay", async () => {
    const semaphore = open(1);
    semaphore.enter();
    const waits = semaphore.enter();
    semaphore.limit = 2;
    await waits;
    semaphore.limit = 1;
    expect(semaphore.running).toBe(2);
    const next = semaphore.enter();
    semaphore.leave();
    expect([semaphore.running, semaphore.waiting]).toEqual([1, 1]);
    semaphore.leave();
    await next;
  });
});
