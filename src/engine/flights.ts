import { type Deferred, deferred } from "../base/deferred.ts";
import type { ReadPlan } from "./read-plan.ts";
import { copyOfError } from "./source-error.ts";

/** How a flight ends for those who joined it. */
export type FlightEnd =
  /** Here is the value, as text: each makes its own copy. */
  | {
      readonly kind: "value";
      readonly payload: string;
      readonly remainingMs?: number;
      readonly reason?: string;
    }
  | { readonly kind: "error"; readonly error: unknown; readonly reason: string }
  /** Start again at R1: the entry may be there by now, or what was loaded may be too old for who joined late. */
  | { readonly kind: "again" }
  /** Load without storing; one load may serve all of this process. */
  | { readonly kind: "share"; readonly reason: string }
  /** The value is for its own caller only: each loads its own. */
  | { readonly kind: "alone"; readonly reason: string };

/** The names and stamps of a look. */
export interface Seen {
  readonly names: readonly string[];
  readonly stamps: readonly (string | null)[];
}

/**
 * One fill of one key in this process, from before F1 until its value is stored.
 *
 * Who joins gets what the runner loads, as a copy, once the log has been found clean: `end` is settled after that.
 */
export class Flight {
  readonly plan: ReadPlan;
  #under: Seen | undefined;
  #born = 0;
  #open = true;
  #storing = false;
  #joinedEarly = false;
  readonly #end: Deferred<FlightEnd> = deferred();
  readonly #landed: Deferred<void> = deferred();

  constructor(plan: ReadPlan) {
    this.plan = plan;
  }

  /** How it ends for one who joins it now. */
  join(): Promise<FlightEnd> {
    this.#joinedEarly ||= this.#under === undefined;
    return this.#end.promise.then((end) =>
      end.kind === "error" ? { ...end, error: copyOfError(end.error) } : end,
    );
  }

  /**
   * Somebody joined before F1 was answered: it has not shown that it began before the stamps of this flight were dropped.
   *
   * 1. R, with an old input, sends F1; the store runs it and finds the log clean · 2. I announces, drops, logs, resolves
   * 3. R' begins and joins · 4. the answer of F1 arrives. So the log is asked again before R' is told.
   */
  get wasJoinedEarly(): boolean {
    return this.#joinedEarly;
  }

  /** Settled when nothing of this flight is under way any more. */
  get landed(): Promise<void> {
    return this.#landed.promise;
  }

  /** The load is done and its value on the way to the store: soon a look will show it. */
  get isStoring(): boolean {
    return this.#storing;
  }

  /**
   * R3. Before F1 was answered anybody may join: the load begins later than they did. After it only who has just read
   * the very stamps that it began under.
   *
   * 1. R misses, begins a flight under stamp A · 2. I deletes A and resolves · 3. R' begins, reads no stamp, or B
   * 4. R' does not join: what R loads may be what I was about.
   *
   * Nor does anybody whose plan has other tags, as an entry under other tags is not for it: 1. R sees its parent under
   * tag a · 2. the parent moves to b, I by b resolves · 3. R' sees it under b: no stamp of R's flight tells of I.
   */
  admits(plan: ReadPlan, seen: Seen): boolean {
    if (!this.#open || !isSame(plan.tags, this.plan.tags)) return false;
    const under = this.#under;
    return (
      under === undefined || under.names.every((name, at) => stampOf(seen, name, at) === under.stamps[at])
    );
  }

  /** F2. The load begins now, under these stamps. */
  takeOff(under: Seen, born: number): void {
    this.#under = under;
    this.#born = born;
  }

  isOlderThan(born: number): boolean {
    return this.#under !== undefined && this.#born < born;
  }

  /** Nobody joins any more. */
  close(): void {
    this.#open = false;
  }

  /** F4. The load is done. Closed before the log is read, see docs/protocol.md, "Why it holds", 6. */
  store(): void {
    this.#open = false;
    this.#storing = true;
  }

  /** Tells those who joined. Only the first call counts. */
  settle(end: FlightEnd): void {
    this.#open = false;
    this.#end.resolve(end);
  }

  land(): void {
    this.#open = false;
    this.#landed.resolve();
  }
}

/** The fills of this process, at most one per full key that can be joined. */
export class Flights {
  readonly #byKey = new Map<string, Flight>();

  get size(): number {
    return this.#byKey.size;
  }

  keys(): IterableIterator<string> {
    return this.#byKey.keys();
  }

  of(key: string): Flight | undefined {
    return this.#byKey.get(key);
  }

  /** A new flight; one that nobody may join any more gives way to it. */
  open(plan: ReadPlan): Flight {
    const flight = new Flight(plan);
    this.#byKey.get(plan.key)?.close();
    this.#byKey.set(plan.key, flight);
    void flight.landed.then(() => {
      if (this.#byKey.get(plan.key) === flight) this.#byKey.delete(plan.key);
    });
    return flight;
  }

  /**
   * This process has just served an entry of this key that was born later: whoever joined an older flight now would
   * see the key go back in time.
   *
   * 1. A begins · 2. A's lock is evicted · 3. B begins elsewhere, stores, is served here · 4. B's entry is evicted
   * 5. a reader misses and would join A.
   */
  passed(key: string, born: number): void {
    const flight = this.#byKey.get(key);
    if (flight?.isOlderThan(born)) flight.close();
  }

  /** An invalidation of these names: what runs may be answered to its own callers, and to nobody who comes now. */
  closeUnder(names: ReadonlySet<string>): void {
    for (const flight of this.#byKey.values()) {
      const { home, tags } = flight.plan;
      if (names.has(home) || tags.some((tag) => names.has(tag))) flight.close();
    }
  }
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some === others || (some.length === others.length && some.every((name, at) => name === others[at]));
}

function stampOf(seen: Seen, name: string, expected: number): string | null | undefined {
  const place = seen.names[expected] === name ? expected : seen.names.indexOf(name);
  return place < 0 ? undefined : seen.stamps[place];
}
