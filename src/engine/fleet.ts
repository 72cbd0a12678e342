import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { type Store, StoreFailure } from "../store/store.ts";

export interface FleetOptions {
  readonly enrol: NonNullable<Store["enrol"]>;
  readonly clock: Clock;
  readonly random: Random;
  /** Told how many gateways there are, at first and at each change. */
  readonly onCount: (gateways: number) => void;
}

const BEAT_MS = 1000;
/** A gateway that has not been heard of for so long is gone. */
const LEASE_MS = 5000;

/**
 * How many gateways the namespace has: each registers in the store every second. While the store is away, they are as many
 * as they were.
 *
 * More are believed at once, fewer only when it has stayed so for a lease:
 * 1. Redis is restarted, and has forgotten all · 2. the first gateway that is back counts one, itself · 3. on its own it would
 * take for itself what all of them have.
 */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #id: string;
  #gateways = 0;
  /** Since when fewer are counted than are believed. */
  #fewerSince: number | undefined;
  #cancel = (): void => {};
  #closed = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#id = options.random.token(16);
  }

  /** Registers, and goes on doing so. */
  async beat(): Promise<void> {
    const { enrol, clock } = this.#options;
    const counted = await enrol(this.#id, LEASE_MS);
    if (this.#closed) return;
    this.#hear(counted);
    this.#cancel = clock.setTimer(() => void this.beat(), BEAT_MS, { background: true });
  }

  /** The others are told at once that this one is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#options.enrol(this.#id, 0);
  }

  #hear(counted: number | StoreFailure): void {
    const now = this.#options.clock.monotonic();
    // Nothing is known of a time without answers: those who could not be counted are not gone.
    if (counted instanceof StoreFailure || counted === this.#gateways) {
      this.#fewerSince = undefined;
      return;
    }
    if (counted < this.#gateways) {
      this.#fewerSince ??= now;
      if (now - this.#fewerSince < LEASE_MS) return;
    }
    this.#fewerSince = undefined;
    this.#gateways = counted;
    this.#options.onCount(counted);
  }
}
