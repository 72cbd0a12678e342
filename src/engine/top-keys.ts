/**
 * The keys that were counted most often, in constant memory: Space-Saving (A. Metwally, D. Agrawal, A. El Abbadi,
 * "Efficient Computation of Frequent and Top-k Elements in Data Streams", ICDT 2005).
 *
 * Each of a fixed number of slots holds a key, its count, and by how much that may be too high. A key without slot takes
 * the one with the smallest count, and that count as its possible error. So with `total` counted and `m` slots:
 *
 * - `count - error <= true <= count`, and `error <= total / m`;
 * - every key counted more often than `total / m` times has a slot.
 *
 * Both hold for decayed counts as well: `halve` halves what has been counted so far, of every key, seen or not.
 * The slots are a heap, the smallest count on top: counting costs a look-up, and a few steps down.
 */
export class TopKeys {
  readonly #slots = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #counts: Float64Array;
  readonly #errors: Float64Array;
  /** Slots in heap order, and where in it each slot stands. */
  readonly #heap: Uint32Array;
  readonly #places: Uint32Array;
  #total = 0;

  /** `capacity`: slots, all of them there from the beginning. */
  constructor(capacity: number) {
    this.#counts = new Float64Array(capacity);
    this.#errors = new Float64Array(capacity);
    this.#heap = new Uint32Array(capacity);
    this.#places = new Uint32Array(capacity);
  }

  get capacity(): number {
    return this.#counts.length;
  }

  /** All that was counted, of all keys. */
  get total(): number {
    return this.#total;
  }

  /** Slots in use. */
  get size(): number {
    return this.#keys.length;
  }

  /** Counts a key once; how often it was counted at least, this time included. */
  add(key: string): number {
    this.#total += 1;
    const slot = this.#slots.get(key) ?? this.#slotFor(key);
    this.#counts[slot]! += 1;
    this.#sink(slot);
    return this.#counts[slot]! - this.#errors[slot]!;
  }

  /** How often a key was counted at least; 0 without a slot. */
  atLeast(key: string): number {
    const slot = this.#slots.get(key);
    return slot === undefined ? 0 : this.#counts[slot]! - this.#errors[slot]!;
  }

  /** What was counted so far weighs half from now on. */
  halve(): void {
    this.#total /= 2;
    for (let slot = 0; slot < this.#keys.length; slot++) {
      this.#counts[slot]! /= 2;
      this.#errors[slot]! /= 2;
    }
  }

  /** The keys with the highest counts, highest first. */
  top(count: number): readonly CountedKey[] {
    return this.#keys
      .map((key, slot) => ({ key, count: this.#counts[slot]!, error: this.#errors[slot]! }))
      .sort((a, b) => b.count - a.count)
      .slice(0, count);
  }

  #slotFor(key: string): number {
    let slot = this.#keys.length;
    if (slot < this.capacity) {
      // A leaf, as no count is smaller than its 0; but its parents may be larger.
      this.#heap[slot] = slot;
      this.#places[slot] = slot;
      this.#keys.push(key);
      this.#rise(slot);
    } else {
      slot = this.#heap[0]!;
      this.#slots.delete(this.#keys[slot]!);
      this.#keys[slot] = key;
      this.#errors[slot] = this.#counts[slot]!;
    }
    this.#slots.set(key, slot);
    return slot;
  }

  #rise(slot: number): void {
    let place = this.#places[slot]!;
    while (place > 0) {
      const parent = this.#heap[(place - 1) >> 1]!;
      if (this.#counts[parent]! <= this.#counts[slot]!) break;
      this.#put(parent, place);
      place = (place - 1) >> 1;
    }
    this.#put(slot, place);
  }

  #sink(slot: number): void {
    const heap = this.#heap;
    const counts = this.#counts;
    const size = this.#keys.length;
    const count = counts[slot]!;
    let place = this.#places[slot]!;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      if (child + 1 < size && counts[heap[child + 1]!]! < counts[heap[child]!]!) child += 1;
      if (counts[heap[child]!]! >= count) break;
      this.#put(heap[child]!, place);
      place = child;
    }
    this.#put(slot, place);
  }

  #put(slot: number, place: number): void {
    this.#heap[place] = slot;
    this.#places[slot] = place;
  }
}

export interface CountedKey {
  readonly key: string;
  /** At most how often it was counted. */
  readonly count: number;
  /** By how much `count` may be too high. */
  readonly error: number;
}
