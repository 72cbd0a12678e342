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

/** The same for a test that decides itself what has its turn when. */
export interface SteppedClock extends Clock {
  /** Moves time by `ms` and runs the timers that fall due on the way, in their order; nothing else happens meanwhile. */
  step(ms: number): void;
}

const BEGINNING = Date.UTC(2026, 0, 1);

/**
 * A clock for a test, standing at `startAt`: ms since the epoch. Default the beginning of 2026, UTC.
 *
 * `createTestCache` makes one of its own; this is for the timers of code beside it.
 */
export function createManualClock(startAt: number = BEGINNING): ManualClock {
  const time = new ManualTime(startAt);
  return {
    ...clockOf(time),
    async advance(ms) {
      if (!(ms >= 0)) throw new TypeError(`clock.advance(ms) takes 0 or more milliseconds, but got: ${ms}.`);
      // What was begun before belongs to the time before.
      await turns();
      const until = time.now + ms;
      while (time.runNext(until)) await turns();
      time.now = until;
      await turns();
    },
  };
}

export function createSteppedClock(startAt: number = BEGINNING): SteppedClock {
  const time = new ManualTime(startAt);
  return {
    ...clockOf(time),
    step(ms) {
      const until = time.now + ms;
      while (time.runNext(until));
      time.now = until;
    },
  };
}

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

class ManualTime {
  now: number;
  readonly timers = new Set<Timer>();

  constructor(startAt: number) {
    this.now = startAt;
  }

  /** Moves on to the next timer that falls due by then and runs it; false: there is none. */
  runNext(until: number): boolean {
    const [timer] = [...this.timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
    if (timer === undefined) return false;
    this.timers.delete(timer);
    this.now = Math.max(this.now, timer.at);
    timer.run();
    return true;
  }
}

function clockOf(time: ManualTime): Clock {
  return {
    now: () => time.now,
    monotonic: () => time.now,
    setTimer(run, ms) {
      const timer = { at: time.now + ms, run };
      time.timers.add(timer);
      return () => time.timers.delete(timer);
    },
  };
}

/** Look, begin, stamps, log, put and what comes back: a fill on the embedded store takes fewer turns of the event loop. */
const TURNS_OF_A_FILL = 10;

/** Lets what has been begun go on, as far as it waits for nothing but the cache. */
export async function turns(count: number = TURNS_OF_A_FILL): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
