import type { Clock } from "../base/clock.ts";

/** What is pushed to a source until it is asked for, in order and bounded: beyond the bound all of it is lost, and that is known. */
export class Inbox<Item> {
  readonly #clock: Clock;
  readonly #limit: number;
  #items: Item[] = [];
  #overflowed = false;
  #failure: Error | undefined;
  #wake = (): void => {};

  constructor(clock: Clock, limit = 10_000) {
    this.#clock = clock;
    this.#limit = limit;
  }

  push(item: Item): void {
    if (this.#items.length >= this.#limit) {
      this.#items = [];
      this.#overflowed = true;
    }
    this.#items.push(item);
    this.#wake();
  }

  /** Nothing more will come: {@link take} rejects with this once the items are taken. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  /** Everything that is there; waits for something up to `ms`. */
  async take(ms: number): Promise<{ readonly items: readonly Item[]; readonly overflowed: boolean }> {
    if (this.#items.length === 0 && this.#failure === undefined) await this.#somethingOr(ms);
    if (this.#items.length === 0 && this.#failure !== undefined) throw this.#failure;
    const taken = { items: this.#items, overflowed: this.#overflowed };
    this.#items = [];
    this.#overflowed = false;
    return taken;
  }

  async #somethingOr(ms: number): Promise<void> {
    let cancel = (): void => {};
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      cancel = this.#clock.setTimer(resolve, ms);
    });
    cancel();
    this.#wake = () => {};
  }
}
