import type { Clock } from "../base/clock.ts";
import { ANNOUNCED_MS } from "../store/store.ts";

/** Kept at a time, at most: the oldest end by themselves first. */
const MOST = 1000;

export interface LeftAnnouncement {
  readonly token: string;
  readonly names: readonly string[];
}

/**
 * Announcements of rounds that failed: they stand in the store, or may still get there, and keep their names from being stored
 * until they end. When the store can be told again they are taken away.
 *
 * Each round has a token of its own all the same:
 * 1. the announcement of round 2 is evicted · 2. a fill sees none, and stores · 3. that of round 1 arrives, late · 4. round 2 would
 * find its own in place, and believe that it had stood all the time.
 */
export class LeftAnnouncements {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #left = new Map<string, { readonly names: readonly string[]; readonly until: number }>();

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  add(token: string, names: readonly string[]): void {
    const [oldest] = this.#left.keys();
    if (this.#left.size >= MOST && oldest !== undefined) this.#left.delete(oldest);
    this.#left.set(token, { names, until: this.#clock.monotonic() + ANNOUNCED_MS });
  }

  /** Those that have not ended by themselves; nothing is left. */
  take(): readonly LeftAnnouncement[] {
    const now = this.#clock.monotonic();
    const left = [...this.#left].flatMap(([token, { names, until }]) =>
      until > now ? [{ token, names }] : [],
    );
    this.#left.clear();
    return left;
  }
}
