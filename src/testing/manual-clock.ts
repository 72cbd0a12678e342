import type { Clock } from "../base/clock.ts";

/** A clock that stands still until the test moves it. */
export interface ManualClock extends Clock {
  /**
   * Moves time by `ms` and runs what falls due on the way, in its order; resolves when that has had its turn.
   *
   * @example
   * await clock.advance(60_000); // entries of 60 seconds have expired
   */
  advance(ms: number): Promise<void>;
}

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** `startAt`: ms since the epoch. Default the beginning of 2026, UTC. */
export function createManualClock(startAt: number = Date.UTC(2026, 0, 1)): ManualClock {
  let now = startAt;
  const timers = new Set<Timer>();

  function nextDue(until: number): Timer | undefined {
    return [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
  }

  return {
    now: () => now,
    monotonic: () => now,
    setTimer(run, ms) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      if (!(ms >= 0)) throw new TypeError(`clock.advance(ms) takes 0 or more milliseconds, but got: ${ms}.`);
      // What was begun before belongs to the time before.
      await turns();
      const until = now + ms;
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        timers.delete(timer);
        now = Math.max(now, timer.at);
        timer.run();
        await turns();
      }
      now = until;
      await turns();
    },
  };
}

/** Look, begin, stamps, log, put and what comes back: a fill on the embedded store takes fewer turns of the event loop. */
const TURNS_OF_A_FILL = 10;

/** Lets what has been begun go on, as far as it waits for nothing but the cache. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS_OF_A_FILL; turn++) await new Promise((resolve) => setImmediate(resolve));
}
