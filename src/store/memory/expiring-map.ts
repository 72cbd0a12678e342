import type { Clock } from "../../base/clock.ts";

/** Texts by key, each with an exact end, at most `maxBytes` in all: the longest unread are dropped first. */
export class ExpiringMap {
  readonly #clock: Clock;
  readonly #maxBytes: number;
  /** In the order of use, longest unused first. */
  readonly #slots = new Map<string, Slot>();
  #bytes = 0;
  #sweepAt = 1024;

  constructor(clock: Clock, maxBytes: number) {
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#slots.size;
  }

  get(key: string): string | undefined {
    const slot = this.#live(key);
    if (slot === undefined) return undefined;
    this.#slots.delete(key);
    this.#slots.set(key, slot);
    return slot.text;
  }

  set(key: string, text: string, lifeMs: number): void {
    this.delete(key);
    // It would drive out everything else, and then itself.
    if (sizeOf(key, text) > this.#maxBytes) return;
    this.#slots.set(key, { text, until: this.#clock.now() + lifeMs });
    this.#bytes += sizeOf(key, text);
    this.#makeRoom();
  }

  delete(key: string): boolean {
    const slot = this.#slots.get(key);
    if (slot === undefined) return false;
    this.#slots.delete(key);
    this.#bytes -= sizeOf(key, slot.text);
    return true;
  }

  /** Moves the end of a present key, only ever away from now. */
  extend(key: string, lifeMs: number): void {
    const slot = this.#live(key);
    if (slot !== undefined) slot.until = Math.max(slot.until, this.#clock.now() + lifeMs);
  }

  /** 0 for an absent key. */
  remainingMs(key: string): number {
    const slot = this.#live(key);
    return slot === undefined ? 0 : slot.until - this.#clock.now();
  }

  *keys(): IterableIterator<string> {
    for (const key of [...this.#slots.keys()]) if (this.#live(key) !== undefined) yield key;
  }

  clear(): void {
    this.#slots.clear();
    this.#bytes = 0;
  }

  #live(key: string): Slot | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined || this.#clock.now() < slot.until) return slot;
    this.delete(key);
    return undefined;
  }

  #makeRoom(): void {
    // Each sweep lets the map grow to twice of what it left alive before the next: cheap on average, and what nobody
    // asks for again does not stay until the bytes run out.
    if (this.#slots.size >= this.#sweepAt) {
      for (const key of this.#slots.keys()) this.#live(key);
      this.#sweepAt = Math.max(1024, this.#slots.size * 2);
    }
    for (const key of this.#slots.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.delete(key);
    }
  }
}

interface Slot {
  readonly text: string;
  until: number;
}

/** What V8 holds at worst: two bytes a character, and the map's own share. */
function sizeOf(key: string, text: string): number {
  return 2 * (key.length + text.length) + 128;
}
