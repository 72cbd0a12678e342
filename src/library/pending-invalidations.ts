import { type Backoff, backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";

const BACKOFF: Backoff = { firstMs: 100, maxMs: 5_000 };

export interface PendingInvalidationsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly invalidate: (names: readonly string[]) => Promise<void>;
  /** Told of each try that failed, and of names that found no room. */
  readonly onFailure: (error: unknown, names: readonly string[]) => void;
  /** Names waiting at a time, at most. */
  readonly limit: number;
}

interface Repetition {
  readonly names: readonly string[];
  readonly dueAt: number;
  readonly cancel: () => void;
}

/**
 * Invalidations that no caller waits for: those that failed, tried until they succeed, and those to be repeated after
 * a while. All that failed are one set, so that a store which is away for an hour costs one try every few seconds,
 * however many mutations ran meanwhile.
 */
export class PendingInvalidations {
  readonly #options: PendingInvalidationsOptions;
  readonly #waiting = new Set<string>();
  /** Of the try that is running. A name that fails again meanwhile is in both: its write may be younger than the try. */
  #trying: readonly string[] = [];
  readonly #repetitions = new Set<Repetition>();
  #attempt = 0;
  #cancelTry: (() => void) | undefined;
  #whenIdle: (() => void) | undefined;

  constructor(options: PendingInvalidationsOptions) {
    this.#options = options;
  }

  /** Names that are still to be invalidated. */
  get size(): number {
    return this.#left().size;
  }

  /** Tries until it succeeds. */
  retry(names: readonly string[]): void {
    this.#add(names);
    this.#schedule();
  }

  /** Once, after `ms`; until it succeeds from then on. */
  repeat(names: readonly string[], ms: number): void {
    const { clock } = this.#options;
    const cancel = clock.setTimer(() => this.#begin(repetition), ms, { background: true });
    const repetition: Repetition = { names, dueAt: clock.monotonic() + ms, cancel };
    this.#repetitions.add(repetition);
  }

  /** Resolves with the names that could not be invalidated within `ms`. A repetition that is due later is done at once. */
  async close(ms: number): Promise<readonly string[]> {
    const { clock } = this.#options;
    const deadline = clock.monotonic() + ms;
    for (const repetition of this.#repetitions) if (repetition.dueAt >= deadline) this.#begin(repetition);
    this.#attempt = 0;
    void this.#try();
    if (this.size > 0) {
      await new Promise<void>((resolve) => {
        const cancel = clock.setTimer(resolve, ms);
        this.#whenIdle = () => {
          cancel();
          resolve();
        };
      });
    }
    this.#cancelTry?.();
    for (const { cancel } of this.#repetitions) cancel();
    return [...this.#left()];
  }

  #begin(repetition: Repetition): void {
    repetition.cancel();
    this.#repetitions.delete(repetition);
    this.#add(repetition.names);
    void this.#try();
  }

  #add(names: readonly string[]): void {
    const room = this.#options.limit - this.#waiting.size;
    const fresh = names.filter((name) => !this.#waiting.has(name));
    for (const name of fresh.slice(0, room)) this.#waiting.add(name);
    if (fresh.length <= room) return;
    const dropped = fresh.slice(room);
    const problem = `${this.#options.limit} invalidations wait to be tried again already`;
    this.#options.onFailure(new Error(`${problem}; ${dropped.length} more were dropped.`), dropped);
  }

  #schedule(): void {
    if (this.#waiting.size === 0 || this.#trying.length > 0 || this.#cancelTry !== undefined) return;
    const { clock, random } = this.#options;
    const ms = backoffMs(BACKOFF, this.#attempt + 1, random.next());
    this.#cancelTry = clock.setTimer(() => void this.#try(), ms, { background: true });
  }

  async #try(): Promise<void> {
    if (this.#waiting.size === 0 || this.#trying.length > 0) return;
    this.#cancelTry?.();
    this.#cancelTry = undefined;
    this.#trying = [...this.#waiting];
    this.#waiting.clear();
    try {
      await this.#options.invalidate(this.#trying);
      this.#attempt = 0;
    } catch (error) {
      this.#attempt++;
      this.#options.onFailure(error, this.#trying);
      for (const name of this.#trying) this.#waiting.add(name);
    }
    this.#trying = [];
    if (this.size === 0) this.#whenIdle?.();
    this.#schedule();
  }

  #left(): Set<string> {
    return new Set([
      ...this.#waiting,
      ...this.#trying,
      ...[...this.#repetitions].flatMap(({ names }) => names),
    ]);
  }
}
