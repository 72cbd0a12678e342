import type { Outcome } from "./read-plan.ts";

/** What happened, for metrics, logs and tests. Events go out; nothing comes back. */
export type CacheEvent =
  | {
      readonly type: "read";
      readonly coordinate: string;
      readonly outcome: Outcome;
      readonly reason?: string;
      /** How many reads it tells of. Default 1. */
      readonly count?: number;
    }
  | {
      readonly type: "fill";
      readonly coordinate: string;
      readonly key: string;
      readonly ms: number;
      readonly stored: StoreOutcome;
      readonly background: boolean;
    }
  | {
      readonly type: "fill-error";
      readonly coordinate: string;
      readonly key: string;
      readonly error: unknown;
    }
  /** A whole answer was given again, of so many entries. Its reads are told as well. */
  | { readonly type: "answer"; readonly parts: number }
  | { readonly type: "wave"; readonly keys: number; readonly failed: boolean }
  | { readonly type: "batch"; readonly loader: string; readonly keys: number }
  /** A load that had to wait for room at its source; with an error where there was none. */
  | { readonly type: "source-wait"; readonly source: string; readonly ms: number; readonly error?: string }
  | {
      readonly type: "invalidate";
      readonly names: readonly string[];
      readonly ms: number;
      readonly error?: string;
    }
  /** A home that this process reads so often that it spreads its reads from now on, or no longer does. */
  | { readonly type: "hot"; readonly change: "promoted" | "demoted"; readonly home: string }
  /** What became of the copy of an entry for a replica of its home. */
  | { readonly type: "copy"; readonly coordinate: string; readonly stored: StoreOutcome }
  /**
   * A write behind was "queued"; "flushed" to the source; tried in vain and to be "retried"; set aside as "dead"; or went "through"
   * to the source at once, and why: "full", "unstorable", "asker", "store-down".
   */
  | {
      readonly type: "behind";
      readonly entity: string;
      readonly outcome: BehindOutcome;
      readonly rows: number;
      readonly reason?: string;
      readonly error?: unknown;
    }
  /** Entities with something pending in the whole fleet, and since when the first of them has: about once a second. */
  | {
      readonly type: "behind-queue";
      readonly entity: string;
      readonly pending: number;
      readonly oldestMs: number;
    }
  | { readonly type: "store"; readonly status: "up" | "down" | "open"; readonly detail: string }
  /** A command that the store refused (`OOM`, `MISCONF`, `BUSY`, …: what its error begins with, `ERR` for any other), or did not answer (`TIMEOUT`). */
  | { readonly type: "store-error"; readonly code: string; readonly detail: string }
  /** Messages of a source of events were dealt with; `bad` of them could not be understood. */
  | { readonly type: "events"; readonly source: string; readonly messages: number; readonly bad: number }
  /** All that a source covers was dropped: messages may have been missed ("gap"), or it could not be read ("blind"). */
  | {
      readonly type: "events-dropped";
      readonly source: string;
      readonly reason: "gap" | "blind";
      readonly detail: string;
    }
  /** Whether this process reads the source for the fleet. */
  | {
      readonly type: "events-state";
      readonly source: string;
      readonly state: "leading" | "standby" | "blind" | "closed";
      readonly detail: string;
    }
  /**
   * A named thing that deserves a log line once. Why a value was not stored: "tainted", "private", "zero", "unstorable", "too-large",
   * "misaligned", "audience-changed", "null-in-non-null", "unserialisable". Why nothing was looked up: "no-identity", "unkeyable", "principal-failed", "vary-failed".
   * Besides: "unsent", "background-context", "blind", "dropped-target".
   */
  | {
      readonly type: "warning";
      readonly code: string;
      readonly coordinate: string;
      readonly message: string;
    };

/** What became of a fill's value. "refused": the store's own check said no (an invalidation or a newer holder met it). */
export type StoreOutcome = "stored" | "refused" | "not-stored" | "failed";

export type BehindOutcome = "queued" | "flushed" | "retried" | "dead" | "through";

export type Emit = (event: CacheEvent) => void;
