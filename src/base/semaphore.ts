import type { Clock } from "./clock.ts";

export interface SemaphoreOptions {
  readonly clock: Clock;
  /** How many are inside at a time, at most. At least 1. */
  readonly limit: number;
  /** How many wait at a time, at most. */
  readonly queue: number;
  /** How long each of them waits, at most, in ms; who comes back likewise. */
  readonly queueMs: number;
}

/** What `enter` rejects with: there was no room to wait in, or the wait was too long. */
export class NoRoom extends Error {
  readonly why: "full" | "late";

  constructor(why: "full" | "late") {
    super(`No room: ${why}.`);
    this.name = "NoRoom";
    this.why = why;
  }
}

/** At most so many at a time; the others wait in the order in which they came. */
export class Semaphore {
  readonly #options: SemaphoreOptions;
  #limit: number;
  #running = 0;
  readonly #waiting = new Set<() => void>();
  readonly #returning = new Set<() => void>();

  constructor(options: SemaphoreOptions) {
    this.#options = options;
    this.#limit = options.limit;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Those who are inside stay, however many they are. */
  set limit(limit: number) {
    this.#limit = limit;
    this.#admit();
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size + this.#returning.size;
  }

  /** undefined: inside at once. Rejects with {@link NoRoom}. Whoever got in has to `leave` once. */
  enter(): Promise<void> | undefined {
    const { clock, queue, queueMs } = this.#options;
    if (this.#running < this.#limit) {
      this.#running += 1;
      return undefined;
    }
    if (this.#waiting.size >= queue) return Promise.reject(new NoRoom("full"));
    return new Promise((resolve, reject) => {
      const go = () => {
        cancel();
        resolve();
      };
      const cancel = clock.setTimer(() => {
        this.#waiting.delete(go);
        reject(new NoRoom("late"));
      }, queueMs);
      this.#waiting.add(go);
    });
  }

  /**
   * For who was inside and has left in between: before all others. Never refused: after `queueMs` it is inside beyond the limit.
   *
   * 1. A leaves, to come back · 2. B enters, and waits for what A is making · 3. A waits for B's place, and B for A.
   */
  reenter(): Promise<void> | undefined {
    const { clock, queueMs } = this.#options;
    if (this.#running < this.#limit) {
      this.#running += 1;
      return undefined;
    }
    return new Promise((resolve) => {
      const go = () => {
        cancel();
        resolve();
      };
      const cancel = clock.setTimer(() => {
        this.#returning.delete(go);
        this.#running += 1;
        resolve();
      }, queueMs);
      this.#returning.add(go);
    });
  }

  leave(): void {
    this.#running -= 1;
    this.#admit();
  }

  #admit(): void {
    while (this.#running < this.#limit) {
      const line = this.#returning.size > 0 ? this.#returning : this.#waiting;
      const [next] = line;
      if (next === undefined) return;
      line.delete(next);
      this.#running += 1;
      next();
    }
  }
}
