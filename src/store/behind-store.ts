import type { StoreFailure } from "./store.ts";

/**
 * What write-behind keeps in the store, beside the entries and outside of the store's epochs: it survives a restart, has no
 * expiry, and nothing here may be evicted. See docs/protocol.md, "Write-behind". As in {@link Store}, nothing rejects.
 *
 * Pending texts lie in the slot of their entity, one each; the queue of a type and the dead letters have slots of their own.
 * A pending text is read with the entries: `ReadRequest.pendingKeys`.
 */
export interface BehindStore {
  /** Replaces each pending text, if the one that its caller has seen is still there. */
  swap(requests: readonly SwapRequest[]): Promise<readonly (SwapReply | StoreFailure)[]>;
  /** Marks entities of this type as having something pending, due in `delayMs`. Answers how many of the type there are. */
  enqueue(typeName: string, names: readonly string[], delayMs: number): Promise<number | StoreFailure>;
  /** Takes names that are due within `earlyMs`: for `leaseMs` nobody else is given them, unless they are marked again. */
  claim(typeName: string, request: ClaimRequest): Promise<readonly Claim[] | StoreFailure>;
  /** Gives claimed names back. */
  settle(typeName: string, settlements: readonly Settlement[]): Promise<StoreFailure | undefined>;
  queue(typeName: string): Promise<QueueState | StoreFailure>;
  /** Sets a dead letter aside, under its id. */
  bury(letter: DeadLetter): Promise<StoreFailure | undefined>;
  /** Every dead letter, in no order. For tools. */
  deadLetters(): Promise<readonly DeadLetter[] | StoreFailure>;
  /** Removes dead letters; answers how many there were. */
  dropLetters(ids: readonly string[]): Promise<number | StoreFailure>;
  /** Why what is kept here may be lost: one sentence each, and whether the store may evict it. */
  durability(): Promise<Durability | StoreFailure>;
}

export interface SwapRequest {
  readonly key: string;
  /** First {@link VERSION_CHARS} characters of the text that was seen, "" for none. */
  readonly seen: string;
  /** Begins with a version that no other text has; "" takes the text away. The store writes the time of the swap behind the version. */
  readonly text: string;
  /** µs of the store's clock: refused afterwards, so that a swap which is late cannot meet a queue that forgot its name. */
  readonly notAfter: number;
}

export type SwapReply =
  /** `at`: µs of the store's clock, {@link TIME_CHARS} digits; later than that of any swap of this key before. */
  | { readonly kind: "swapped"; readonly at: string }
  /** Something else is there. */
  | { readonly kind: "other"; readonly text: string | null }
  | { readonly kind: "late" };

/** Characters of a pending text that name its version. */
export const VERSION_CHARS = 16;

/** Characters of a pending text, behind its version, that tell when it was written. */
export const TIME_CHARS = 16;

/** A swap may run at most so long after it was planned. */
export const SWAP_MS = 5_000;

/** A name stays in the queue so long after its last mark: longer than two swaps, and than the clocks of two servers differ. */
export const LINGER_MS = 15_000;

export interface ClaimRequest {
  readonly limit: number;
  readonly earlyMs: number;
  readonly leaseMs: number;
}

export interface Claim {
  readonly name: string;
  /** Its latest mark, µs of the queue's clock. */
  readonly mark: string;
}

export type Settlement =
  /** Nothing was pending: forgotten, unless it was marked since the claim, or so lately that a swap may be on its way. */
  | { readonly kind: "empty"; readonly name: string; readonly mark: string }
  /** Something is: due in `afterMs`. */
  | { readonly kind: "again"; readonly name: string; readonly afterMs: number };

export interface QueueState {
  /** Entities with something pending. */
  readonly pending: number;
  /** Since when the first of them has, 0 for none. */
  readonly oldestMs: number;
}

export interface DeadLetter {
  readonly id: string;
  readonly text: string;
}

export interface Durability {
  readonly warnings: readonly string[];
  /** The server's eviction policy, where that may evict what has no expiry. */
  readonly evicts?: string;
}
