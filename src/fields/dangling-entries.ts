import { LRUCache } from "lru-cache";
import type { ReadPlan, ReadResult } from "../engine/read-plan.ts";

/** Keys remembered at a time, at most. */
const MOST_KEYS = 1000;
/** Reads of one reader, at most: others may go on storing what refers to the entity that is gone. */
const MOST_READS = 4;

export interface UnpackedResult extends ReadResult {
  /** The value refers to an entity that does not exist. */
  readonly dangling: boolean;
}

/** Entries of one policy that refer to an entity which is gone: as good as absent, loaded once for all who find it so. */
export class DanglingEntries {
  readonly #lifeMs: number;
  /**
   * Keys that dangled after a load, too: a source that insists on naming what its own loader denies is not asked at
   * every read. Made when it is needed, as it takes its room at once.
   */
  #insisted: LRUCache<string, true> | undefined;

  /** `lifeMs`: of an entry; after that the source is asked in any case. */
  constructor(lifeMs: number) {
    this.#lifeMs = lifeMs;
  }

  /** `first`: what the first read came to; `read` reads once more. */
  async settle<Result extends UnpackedResult>(
    plan: ReadPlan,
    first: Result,
    read: (plan: ReadPlan) => Promise<Result>,
  ): Promise<Result> {
    let result = first;
    let { entryId } = result;
    let reason = result.reason;
    for (let reads = 1; result.dangling && reads < MOST_READS; reads++) {
      const isOwnLoad = result.outcome === "miss" || result.outcome === "bypass";
      if (isOwnLoad && reads > 1) this.#insist(plan.key);
      if (isOwnLoad || this.#insisted?.has(plan.key)) break;
      // What another one loads may have been begun before the entity went: then the reader goes on to the next.
      result = await read(entryId === undefined ? { ...plan } : { ...plan, except: entryId });
      entryId = result.entryId ?? entryId;
      reason = result.reason ?? "dangling";
    }
    return reason === undefined ? result : { ...result, reason };
  }

  #insist(key: string): void {
    this.#insisted ??= new LRUCache({ max: MOST_KEYS, ttl: Math.max(1, this.#lifeMs) });
    this.#insisted.set(key, true);
  }
}
