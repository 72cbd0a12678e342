/** Where time comes from. Injected, so that a test can hold it still. */
export interface Clock {
  /** Milliseconds since the epoch, fractional. May step when the machine's clock is set. */
  now(): number;
  /** Milliseconds since an arbitrary point, fractional. Never steps back. For durations. */
  monotonic(): number;
  /**
   * Calls `fn` once after `ms`; the returned function cancels. With `background` the timer does not keep the process
   * alive: for upkeep that nobody waits for.
   */
  setTimer(fn: () => void, ms: number, options?: { readonly background?: boolean }): () => void;
}

// Node takes a longer one for one that is due at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now() {
    const wall = Date.now();
    const fine = performance.timeOrigin + performance.now();
    // The fine clock stands still while the machine sleeps and does not follow when it is set: then the wall decides.
    return Math.abs(fine - wall) < 20 ? fine : wall;
  },
  monotonic: () => performance.now(),
  setTimer(fn, ms, options) {
    const timer = setTimeout(fn, Math.min(ms, LONGEST_TIMER_MS));
    if (options?.background) timer.unref();
    return () => clearTimeout(timer);
  },
};
