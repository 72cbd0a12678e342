import type { BehindOutcome, CacheEvent, StoreOutcome } from "../engine/events.ts";
import type { Outcome } from "../engine/read-plan.ts";

/** How often each outcome of a read was met. */
export type ReadCounts = Readonly<Record<Outcome, number>>;

/** Counted in this process since it began. */
export interface Counts {
  readonly reads: ReadCounts;
  /** Loads from the source, by what became of their value. */
  readonly fills: Readonly<Record<StoreOutcome, number>> & { readonly errors: number };
  /** Calls of entities' `load`, and the keys they were given. */
  readonly batches: { readonly calls: number; readonly keys: number };
  /** Rows that were written behind, by what became of them. */
  readonly behind: Readonly<Record<BehindOutcome, number>>;
  readonly invalidations: { readonly done: number; readonly failed: number; readonly droppedTargets: number };
  /** Operations that were answered without being executed. */
  readonly assembledAnswers: number;
  /** By coordinate: `Product.price`, or `Product` for rows. */
  readonly fields: Readonly<Record<string, ReadCounts>>;
}

/** Adds events up. Its size is that of the schema: one record per coordinate. */
export class Statistics {
  readonly #reads = noReads();
  readonly #fills = { stored: 0, refused: 0, "not-stored": 0, failed: 0, errors: 0 };
  readonly #batches = { calls: 0, keys: 0 };
  readonly #behind = { queued: 0, flushed: 0, retried: 0, dead: 0, through: 0 };
  readonly #invalidations = { done: 0, failed: 0, droppedTargets: 0 };
  #assembledAnswers = 0;
  readonly #fields = new Map<string, Record<Outcome, number>>();

  count(event: CacheEvent): void {
    switch (event.type) {
      case "read":
        this.#reads[event.outcome] += event.count ?? 1;
        this.#field(event.coordinate)[event.outcome] += event.count ?? 1;
        return;
      case "answer":
        this.#assembledAnswers++;
        return;
      case "fill":
        this.#fills[event.stored]++;
        return;
      case "fill-error":
        this.#fills.errors++;
        return;
      case "batch":
        this.#batches.calls++;
        this.#batches.keys += event.keys;
        return;
      case "behind":
        this.#behind[event.outcome] += event.rows;
        return;
      case "invalidate":
        this.#invalidations[event.error === undefined ? "done" : "failed"]++;
        return;
      case "warning":
        if (event.code === "dropped-target") this.#invalidations.droppedTargets++;
    }
  }

  /** As of now; does not change afterwards. */
  read(): Counts {
    return {
      reads: { ...this.#reads },
      fills: { ...this.#fills },
      batches: { ...this.#batches },
      behind: { ...this.#behind },
      invalidations: { ...this.#invalidations },
      assembledAnswers: this.#assembledAnswers,
      fields: Object.fromEntries(
        [...this.#fields].map(([coordinate, counts]) => [coordinate, { ...counts }]),
      ),
    };
  }

  #field(coordinate: string): Record<Outcome, number> {
    const known = this.#fields.get(coordinate) ?? noReads();
    this.#fields.set(coordinate, known);
    return known;
  }
}

function noReads(): Record<Outcome, number> {
  return { hit: 0, stale: 0, miss: 0, wait: 0, bypass: 0 };
}
