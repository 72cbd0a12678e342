import type { MemoKeys } from "../keys/grammar.ts";
import type { Store } from "../store/store.ts";

/** A day: whoever comes later knows better. */
const LIFE_MS = 24 * 3600 * 1000;

/**
 * A small text beside the entries, for what one process wants the next one to know. The last that is written stands. It may be gone at
 * any time, and nothing may depend on it being true.
 */
export class Memo {
  readonly #store: Store;
  readonly #keys: MemoKeys;

  constructor(store: Store, keys: MemoKeys) {
    this.#store = store;
    this.#keys = keys;
  }

  async write(text: string): Promise<void> {
    const { text: entryKey, stamp: stampKey } = this.#keys;
    const [stamp] = await this.#store.stamps([{ stampKey, lifeMs: LIFE_MS }]);
    if (typeof stamp !== "string") return;
    await this.#store.prime([{ entryKey, stampKey, stamp, lifeMs: LIFE_MS, text }]);
  }

  async read(): Promise<string | undefined> {
    const { entries } = await this.#store.read({ entryKeys: [this.#keys.text], stampKeys: [], log: false });
    const [text] = entries;
    return typeof text === "string" ? text : undefined;
  }
}
