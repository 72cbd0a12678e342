import type { StampCopies } from "../keys/stamp-copies.ts";
import { entryId } from "../store/entry-id.ts";
import { type ReadReply, type ReadRequest, StoreFailure } from "../store/store.ts";
import type { StoredEntry } from "./entry.ts";
import type { ReadPlan } from "./read-plan.ts";
import { judge } from "./verdict.ts";

/** One read that was served with a fresh entry. */
export interface ServedRead {
  readonly plan: ReadPlan;
  readonly entry: StoredEntry;
  /** It may be refreshed before its end. */
  readonly canRefresh: boolean;
}

interface Part extends ServedRead {
  /** Where its stamps stand in the batch: its home's, then its tags' in the entry's order. */
  readonly stamps: readonly number[];
}

/**
 * From so many fill times before its end an entry is left to reads that draw whether to refresh it: XFetch has chosen one by
 * then with a probability of `exp(-8)`, a third of a thousandth, for each read.
 */
const EARLY_FILLS = 8;

/** The entries that one answer was made of, ready to be asked for again together. */
export class AnswerParts {
  readonly #parts: readonly Part[];
  readonly #request: ReadRequest;
  /** Reads that the answer stands for, by coordinate. */
  readonly reads: ReadonlyMap<string, number>;
  /** The strictest of all. */
  readonly scope: ReadPlan["scope"];

  constructor(reads: readonly ServedRead[], copies: StampCopies) {
    const entries = new Map<string, Part>();
    const stamps = new Map<string, number>();
    const counts = new Map<string, number>();
    for (const read of reads) {
      const { plan, entry } = read;
      counts.set(plan.coordinate, (counts.get(plan.coordinate) ?? 0) + 1);
      if (entries.has(plan.key)) continue;
      const places = [plan.home, ...entry.tagNames].map((name) => {
        const key = copies.keyFor(name, plan.home);
        const place = stamps.get(key) ?? stamps.size;
        stamps.set(key, place);
        return place;
      });
      entries.set(plan.key, { ...read, stamps: places });
    }
    this.#parts = [...entries.values()];
    this.#request = { entryKeys: [...entries.keys()], stampKeys: [...stamps.keys()], log: false };
    this.reads = counts;
    this.scope = reads.some(({ plan }) => plan.scope === "PRIVATE") ? "PRIVATE" : "PUBLIC";
  }

  get request(): ReadRequest {
    return this.#request;
  }

  get size(): number {
    return this.#parts.length;
  }

  /**
   * For how long every part stays fresh, in ms, by what the store has now; undefined unless each is the very entry that the
   * answer was made of, and would be served to a read. (Another entry of the key has another id: an answer never goes back in time.)
   */
  remainingMs({ entries, stamps }: ReadReply, nowOf: (home: string) => number): number | undefined {
    let least = Number.POSITIVE_INFINITY;
    for (const [at, part] of this.#parts.entries()) {
      const text = entries[at];
      if (typeof text !== "string" || entryId(text) !== part.entry.id) return undefined;
      const seen: (string | null)[] = [];
      for (const place of part.stamps) {
        const stamp = stamps[place];
        if (stamp === undefined || stamp instanceof StoreFailure) return undefined;
        seen.push(stamp);
      }
      const { plan, entry, canRefresh } = part;
      const { home, tags, lifetimes } = plan;
      const names = [home, ...entry.tagNames];
      const verdict = judge({ entry, lifetimes, tags, names, stamps: seen, now: nowOf(home) });
      if (verdict.kind !== "fresh") return undefined;
      if (canRefresh && verdict.remainingMs < EARLY_FILLS * entry.fillMs) return undefined;
      least = Math.min(least, verdict.remainingMs);
    }
    return least;
  }
}
