/** Work that no request waits for: bounded in number, one per key, and joined when the process goes. */
export class Background {
  readonly #limit: number;
  readonly #running = new Map<string, Promise<void>>();
  #skipped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#running.size;
  }

  /** How many were not begun because the limit was reached. */
  get skipped(): number {
    return this.#skipped;
  }

  keys(): IterableIterator<string> {
    return this.#running.keys();
  }

  /** Begins the work of this key unless it is under way, or the limit is reached: the next reader asks again. */
  start(key: string, work: () => Promise<void>): void {
    if (this.#running.has(key)) return;
    if (this.#running.size >= this.#limit) {
      this.#skipped += 1;
      return;
    }
    this.#running.set(
      key,
      work().finally(() => this.#running.delete(key)),
    );
  }
}
