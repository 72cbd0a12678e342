import type { CacheEvent, StoreOutcome } from "../engine/events.ts";
import type { Outcome } from "../engine/read-plan.ts";

/** One call of an entity's `load`. */
export interface RecordedBatch {
  readonly entity: string;
  readonly keys: readonly unknown[];
}

/** One load of a field or a row, and what became of its value. */
export interface RecordedFill {
  /** `Product.price`, or `Product` for a row. */
  readonly coordinate: string;
  /** Full key of the entry. */
  readonly key: string;
  readonly stored: StoreOutcome;
  readonly background: boolean;
}

/** What one read of a field or a row came to. */
export interface RecordedRead {
  readonly coordinate: string;
  readonly outcome: Outcome;
  readonly reason?: string;
}

/** What the cache did, in the order in which it did it. */
export interface Recorder {
  readonly batches: readonly RecordedBatch[];
  readonly fills: readonly RecordedFill[];
  readonly reads: readonly RecordedRead[];
  readonly warnings: readonly string[];
  /** Distinct keys of the entries that were stored. */
  readonly keys: readonly string[];
  /** Reads with this outcome, of one coordinate or of all: `recorder.count("hit", "Product.price")`. */
  count(outcome: Outcome, coordinate?: string): number;
  /** Forgets everything so far: between the cold and the warm half of a test. */
  clear(): void;
}

export interface RecorderWithInputs extends Recorder {
  event(event: CacheEvent): void;
  batch(entity: string, keys: readonly unknown[]): void;
  warning(message: string): void;
}

export function createRecorder(): RecorderWithInputs {
  const batches: RecordedBatch[] = [];
  const fills: RecordedFill[] = [];
  const reads: RecordedRead[] = [];
  const warnings: string[] = [];
  return {
    batches,
    fills,
    reads,
    warnings,
    get keys() {
      return [...new Set(fills.filter(({ stored }) => stored === "stored").map(({ key }) => key))];
    },
    count: (outcome, coordinate) =>
      reads.filter(
        (read) => read.outcome === outcome && (coordinate === undefined || read.coordinate === coordinate),
      ).length,
    clear() {
      for (const list of [batches, fills, reads, warnings]) list.length = 0;
    },
    event(event) {
      if (event.type === "read") {
        const { coordinate, outcome, reason, count = 1 } = event;
        const read = { coordinate, outcome, ...(reason === undefined ? {} : { reason }) };
        for (let told = 0; told < count; told++) reads.push(read);
      } else if (event.type === "fill") {
        const { coordinate, key, stored, background } = event;
        fills.push({ coordinate, key, stored, background });
      }
    },
    batch(entity, keys) {
      batches.push({ entity, keys: [...keys] });
    },
    warning(message) {
      warnings.push(message);
    },
  };
}
