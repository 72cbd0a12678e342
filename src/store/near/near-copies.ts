import { LRUCache } from "lru-cache";
import type { Clock } from "../../base/clock.ts";
import type { StoreFailure } from "../store.ts";

export interface NearCopiesOptions {
  readonly clock: Clock;
  /** How long a copy lives, from the sending of the read that brought it. */
  readonly lifeMs: number;
  /** Everything counted, keys and overhead too. When full, the longest unread go first. */
  readonly maxBytes: number;
}

/**
 * The texts that one session holds, by key. Only what is there: absence would have to end by itself, as nobody revokes it when
 * another gateway stores. A session that ends takes its copies along, and those that are on their way to it.
 */
export class NearCopies {
  readonly #clock: Clock;
  readonly #lifeMs: number;
  readonly #copies: LRUCache<string, Copy>;
  readonly #underWay = new Set<NearRead>();

  constructor({ clock, lifeMs, maxBytes }: NearCopiesOptions) {
    this.#clock = clock;
    this.#lifeMs = lifeMs;
    this.#copies = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: ({ text }, key) => 2 * (key.length + text.length) + OVERHEAD_BYTES,
    });
  }

  get size(): number {
    return this.#copies.size;
  }

  get bytes(): number {
    return this.#copies.calculatedSize;
  }

  /** `now`: monotonic. */
  get(key: string, now: number): string | undefined {
    const copy = this.#copies.get(key);
    if (copy === undefined) return undefined;
    if (now < copy.until) return copy.text;
    this.#copies.delete(key);
    return undefined;
  }

  /** A read whose answer may be kept. Call it before the read is sent. */
  beginRead(): NearRead {
    const read: NearRead = { until: this.#clock.monotonic() + this.#lifeMs, forgotten: new Set() };
    this.#underWay.add(read);
    return read;
  }

  endRead(read: NearRead, keys: readonly string[], texts: readonly (string | null | StoreFailure)[]): void {
    this.#underWay.delete(read);
    for (const [at, key] of keys.entries()) {
      const text = texts[at];
      if (typeof text !== "string") continue;
      // 1. G reads the stamp · 2. I deletes it, G is told and acknowledges, I resolves · 3. the answer of 1 arrives:
      // it is for those who asked then, and for nobody later.
      if (read.forgotten.has(key)) continue;
      this.#copies.set(key, { text, until: read.until });
    }
  }

  /** Neither what is here nor what was asked for before now is kept under these keys. */
  forget(keys: readonly string[]): void {
    for (const key of keys) {
      this.#copies.delete(key);
      for (const read of this.#underWay) read.forgotten.add(key);
    }
  }

  /** The store has just told this text: another one, here or on its way, is older. */
  supersede(key: string, text: string): void {
    if (this.#copies.peek(key)?.text !== text) this.forget([key]);
  }
}

/** A read on its way. */
export interface NearRead {
  readonly until: number;
  readonly forgotten: Set<string>;
}

interface Copy {
  readonly text: string;
  /** Monotonic. */
  readonly until: number;
}

/** The map's own share, and that of the two strings. */
const OVERHEAD_BYTES = 160;
