import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";

export interface BreakerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Asks the store for a sign of life. Never rejects; true closes the breaker. */
  readonly probe: () => Promise<boolean>;
  /** Called at each change; `detail` says what opened it. */
  readonly onChange: (open: boolean, detail: string) => void;
  /** Called when that many probes in a row (`deadAfter`) found nothing: the connection itself may be dead. */
  readonly onDead: () => void;
  readonly deadAfter?: number;
  /** First and longest time between two probes. Default 100 and 2000. */
  readonly firstMs?: number;
  readonly maxMs?: number;
}

/**
 * Keeps commands back from a store that does not answer, so that requests do not each pay a time-out.
 *
 * One time-out opens it. While open, one probe at a time looks whether the store is back, ever more rarely; its first
 * success closes. A store that answers the probe and fails at once again is probed as rarely as before.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  #open = false;
  #failedProbes = 0;
  #attempt = 0;
  #closedAt = Number.NEGATIVE_INFINITY;
  /** Something was answered in time since it opened last; and whether that was so when it opened. */
  #inTime = true;
  #hiccup = true;
  #cancel: (() => void) | undefined;
  /** Changes with each reset, so that a probe that is under way then is not heard any more. */
  #round = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  fail(detail: string): void {
    if (this.#open) return;
    this.#open = true;
    this.#hiccup = this.#inTime;
    this.#inTime = false;
    this.#failedProbes = 0;
    if (this.#options.clock.monotonic() - this.#closedAt > this.#maxMs) this.#attempt = 0;
    this.#schedule();
    this.#options.onChange(true, detail);
  }

  /**
   * The store answered. `late`: what had been given up already. That ends a hiccup at once; of a store that is slow for good,
   * of which nothing was in time since the last one, only probes decide.
   */
  succeed({ late = false } = {}): void {
    if (!late) this.#inTime = true;
    if (!this.#open || (late && !this.#hiccup)) return;
    this.#close();
  }

  /** Closes without a word: the connection is gone, and another will begin anew. */
  reset(): void {
    this.#open = false;
    this.#round += 1;
    this.#cancel?.();
  }

  #close(): void {
    this.reset();
    this.#closedAt = this.#options.clock.monotonic();
    this.#options.onChange(false, "the store answers again");
  }

  get #maxMs(): number {
    return this.#options.maxMs ?? 2000;
  }

  #schedule(): void {
    const { clock, random, firstMs = 100 } = this.#options;
    this.#attempt += 1;
    const wait = backoffMs({ firstMs, maxMs: this.#maxMs, jitter: 0.2 }, this.#attempt, random.next());
    const round = this.#round;
    this.#cancel = clock.setTimer(() => void this.#probe(round), wait, { background: true });
  }

  async #probe(round: number): Promise<void> {
    const alive = await this.#options.probe();
    if (round !== this.#round) return;
    if (alive) return this.#close();
    this.#failedProbes += 1;
    this.#schedule();
    if (this.#failedProbes % (this.#options.deadAfter ?? 3) === 0) this.#options.onDead();
  }
}
