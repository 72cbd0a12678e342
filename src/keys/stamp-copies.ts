import { LRUCache } from "lru-cache";
import { isReplica, type Keys } from "./grammar.ts";

/** Parts that a store is divided into. What has one hash tag lies in one part; one server is one part. */
export interface Buckets {
  readonly buckets: number;
  /** Part that a hash tag (what stands in the braces of a key) lies in: 0 to `buckets - 1`, the same for ever and in every process. */
  bucketOf(hashTag: string): number;
}

/** Names whose copies are remembered; to work them out costs some forty hashes. */
const REMEMBERED = 10_000;

/**
 * Which copy of a stamp is for whom.
 *
 * A stamp that entries everywhere depend on (its name begins with `__`) exists once per bucket, and an entry depends on the
 * copy in the bucket of its home alone: no one server is asked for it by all, and a wave asks each server only for what
 * lies there. Copies are stamps of their own, each random: nothing keeps them alike, as all are dropped together.
 *
 *     one bucket      __type:Product
 *     three buckets   __type:Product  __type:Product#1  __type:Product#0
 *
 * The name itself is the copy of the bucket it lies in; the others have the smallest suffix that leads to theirs. The copies
 * of an entity's name are the homes of its replicas.
 */
export class StampCopies {
  readonly #keys: Keys;
  readonly #buckets: Buckets;
  readonly #copies = new LRUCache<string, readonly string[]>({ max: REMEMBERED });

  constructor(keys: Keys, buckets: Buckets) {
    this.#keys = keys;
    this.#buckets = buckets;
  }

  /** Key of the stamp that an entry of this home has for this name. */
  keyFor(name: string, home: string): string {
    const isShared = name.startsWith("__") || (name !== home && isReplica(home));
    if (!isShared || this.#buckets.buckets === 1) return this.#keys.stamp(name);
    return this.#keys.stamp(this.namesOf(name)[this.#buckets.bucketOf(home)]!);
  }

  /** Keys of every stamp that entries may have for this name, replicas of its entity included. */
  keysOf(name: string): readonly string[] {
    return this.namesOf(name).map((copy) => this.#keys.stamp(copy));
  }

  /** The copies of a name, by bucket. */
  namesOf(name: string): readonly string[] {
    if (this.#buckets.buckets === 1) return [name];
    let copies = this.#copies.get(name);
    if (copies === undefined) {
      copies = this.#find(name);
      this.#copies.set(name, copies);
    }
    return copies;
  }

  #find(name: string): readonly string[] {
    const { buckets } = this.#buckets;
    const copies = new Array<string | undefined>(buckets);
    copies[this.#buckets.bucketOf(name)] = name;
    for (let n = 0, missing = buckets - 1; missing > 0; n++) {
      const copy = `${name}#${n}`;
      const bucket = this.#buckets.bucketOf(copy);
      if (copies[bucket] !== undefined) continue;
      copies[bucket] = copy;
      missing -= 1;
    }
    return copies as string[];
  }
}
