import type { Clock } from "../base/clock.ts";
import { TopKeys } from "./top-keys.ts";

export interface HotHomesOptions {
  readonly clock: Clock;
  /** Parts of the store: a home is read in one of them, or spread over some. */
  readonly buckets: number;
  /** From so many reads a second by this process a home is hot; 0: none is. */
  readonly hotReads: number;
  /** And from this part of all of this process's reads. */
  readonly hotShare: number;
  readonly onChange: (change: "promoted" | "demoted", home: string) => void;
}

/** Homes counted at a time. Whatever has more than 1/1024 of the reads is among them. */
const COUNTED = 1024;
/** What was read so long ago weighs half. */
const HALF_LIFE_MS = 5000;
/** Rates are not taken over less time than this: a process that has just begun, or slept, knows of nothing else. */
const LEAST_WEIGHT_MS = 1000;
/** A home stays hot until it has less than this part of what made it hot. */
const LEAVE = 0.5;
/** The clock is looked at once in so many reads. */
const READS_PER_LOOK = 64;
const REVIEW_MS = 1000;
/** Fewer buckets than these spread too little: with three servers the busiest had half of the reads, and not a third. */
const LEAST_SPREAD = 3;

/**
 * Which homes are so hot that their reads are to be spread, and how far.
 *
 * Each process decides for itself, by its own reads: nothing goes wrong where two differ. And they differ little, as the
 * share of a home is the same in all that lie behind one balancer, however many they are.
 *
 * A home is promoted as soon as its count has reached what both options ask for, and demoted once a review finds less
 * than half of that: so one that lies about the threshold is not promoted and demoted in turns. How far it is spread is
 * reviewed likewise: twice the reads, twice the buckets.
 */
export class HotHomes {
  readonly #options: HotHomesOptions;
  readonly #reads = new TopKeys(COUNTED);
  readonly #hot = new Map<string, number>();
  /** Possible spreads, smallest first: 3, 6 and 12 of 12. */
  readonly #spreads: readonly number[];
  #untilLook = 0;
  #reviewAt = 0;
  /** Time that the counts stand for, in ms: what lies before the last halving, halved each time. */
  #weighedMs = 0;
  #halvedAt: number;
  #enterAt = Number.POSITIVE_INFINITY;

  constructor(options: HotHomesOptions) {
    this.#options = options;
    this.#spreads = spreadsOf(options.buckets);
    this.#halvedAt = options.clock.monotonic();
  }

  /** Homes that are hot now. */
  get size(): number {
    return this.#hot.size;
  }

  /** Counts a read of this home. */
  count(home: string): void {
    if (this.#untilLook === 0) this.#look();
    this.#untilLook -= 1;
    if (this.#reads.add(home) < this.#enterAt || this.#hot.has(home)) return;
    // With few reads the last look was long ago.
    this.#look();
    const reads = this.#reads.atLeast(home);
    if (reads < this.#enterAt) return;
    this.#hot.set(home, this.#spreadAt(reads / this.#seconds(), this.#spreads[0]!));
    this.#options.onChange("promoted", home);
  }

  /** In how many buckets this home is read; 1: in its own alone. */
  spreadOf(home: string): number {
    return this.#hot.get(home) ?? 1;
  }

  /** Reads a second, lately and by this process, of each home that is hot now; hottest first. */
  rates(): Readonly<Record<string, number>> {
    this.#look();
    const seconds = this.#seconds();
    const rates = Array.from(
      this.#hot.keys(),
      (home) => [home, this.#reads.atLeast(home) / seconds] as const,
    );
    return Object.fromEntries(rates.sort(([, a], [, b]) => b - a));
  }

  /** What the passing of time changes. */
  #look(): void {
    this.#untilLook = READS_PER_LOOK;
    const now = this.#options.clock.monotonic();
    // After sixty halvings nothing is left of a count.
    const halvings = Math.min(60, Math.floor((now - this.#halvedAt) / HALF_LIFE_MS));
    for (let halving = 0; halving < halvings; halving++) {
      this.#reads.halve();
      this.#weighedMs = (this.#weighedMs + HALF_LIFE_MS) / 2;
      this.#halvedAt = halving === 59 ? now : this.#halvedAt + HALF_LIFE_MS;
    }
    const { hotReads, hotShare } = this.#options;
    this.#enterAt = Math.max(hotReads * this.#seconds(), hotShare * this.#reads.total);
    if (now < this.#reviewAt) return;
    this.#reviewAt = now + REVIEW_MS;
    this.#review();
  }

  #review(): void {
    const seconds = this.#seconds();
    for (const [home, spread] of this.#hot) {
      const reads = this.#reads.atLeast(home);
      if (reads >= LEAVE * this.#enterAt) {
        this.#hot.set(home, this.#spreadAt(reads / seconds, spread));
        continue;
      }
      this.#hot.delete(home);
      this.#options.onChange("demoted", home);
    }
  }

  /** The widest spread that these reads are enough for; what is spread already stays so with half of them. */
  #spreadAt(readsPerSecond: number, present: number): number {
    const least = this.#spreads[0]!;
    const isEnough = (spread: number) => {
      const asked = (this.#options.hotReads * spread) / least;
      return readsPerSecond >= (spread <= present ? LEAVE : 1) * asked;
    };
    return this.#spreads.findLast(isEnough) ?? least;
  }

  #seconds(): number {
    const ms = this.#weighedMs + this.#options.clock.monotonic() - this.#halvedAt;
    return Math.max(LEAST_WEIGHT_MS, ms) / 1000;
  }
}

/** All buckets, half of them, a quarter, and so on: what is spread evenly over the buckets is so over the servers. */
function spreadsOf(buckets: number): readonly number[] {
  const spreads = [buckets];
  while (spreads[0]! % 2 === 0 && spreads[0]! / 2 >= LEAST_SPREAD) spreads.unshift(spreads[0]! / 2);
  return spreads;
}
