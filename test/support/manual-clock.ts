import type { Clock } from "../../src/base/clock.ts";

export interface ManualClock extends Clock {
  /** Moves time on; timers that fall due run in their order. */
  advance(ms: number): void;
}

/** A clock that stands still until the test moves it. Begins at 1 000 000 ms. */
export function manualClock(): ManualClock {
  let now = 1_000_000;
  const timers = new Map<number, { readonly at: number; readonly fn: () => void }>();
  let nextId = 1;
  return {
    now: () => now,
    monotonic: () => now,
    setTimer(fn, ms) {
      const id = nextId++;
      timers.set(id, { at: now + ms, fn });
      return () => timers.delete(id);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const due = [...timers].filter(([, timer]) => timer.at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
        if (due === undefined) break;
        timers.delete(due[0]);
        now = Math.max(now, due[1].at);
        due[1].fn();
      }
      now = end;
    },
  };
}
