import type { Buckets } from "../keys/stamp-copies.ts";
import type { BehindStore } from "./behind-store.ts";

/**
 * The port between the cache and the technology that keeps its entries.
 *
 * Each method is one batch: every item of a call leaves together, at most one command per node and kind, and each
 * item is answered on its own. No method rejects: what could not be done is answered as a {@link StoreFailure}, so that
 * a dead store is a value the engine must look at and never an exception that a resolver could meet.
 *
 * Every item that writes is one atomic step on one hash slot; the steps are those of docs/protocol.md, whose section
 * numbers stand beside them. Implementations: `memory/` (one process, tests) and `redis/`; both pass
 * `test/store/store-suite.ts`.
 */
export interface Store extends Buckets {
  readonly kind: "embedded" | "redis";
  /** Name of the server that a hash tag lies on now: what times out there says nothing of the others. */
  nodeOf(hashTag: string): string;
  /** By so much `dropStamps` may take longer than its commands, as it waits for copies in other processes. Default 0. */
  readonly settleMs?: number;
  /** Resolves once the store has answered for the first time, or once it is clear that it does not answer now. */
  ready(): Promise<void>;
  /** R2. Entries and stamps by key, and the newest position of the log when it is asked for. */
  read(request: ReadRequest): Promise<ReadReply>;
  /**
   * R2 without waiting: what `read` would answer now, where all of it lies in this process; undefined where any part does
   * not. It is one moment's answer, for whoever asks at that moment.
   */
  peek?(request: ReadRequest): ReadReply | undefined;
  /** F1. Takes the lock of each fill, creating the stamp of its slot where it is absent. */
  begin(requests: readonly BeginRequest[]): Promise<readonly (BeginReply | StoreFailure)[]>;
  /** F1, F4. Present stamp of each key, created where absent; its expiry is only ever raised. */
  stamps(requests: readonly StampRequest[]): Promise<readonly (string | StoreFailure)[]>;
  /**
   * F1, F4. Names logged after a position, and those announced now: "gap" when the log cannot tell (another epoch, trimmed,
   * flushed). Asked for after `begin` and `stamps` of the same bucket, it is answered from after them, also within one turn.
   */
  logSince(request: LogRequest): Promise<LogSince | StoreFailure>;
  /** F5. Stores each entry if its lock is still held by this token and its stamp is still the one seen. */
  put(requests: readonly PutRequest[]): Promise<readonly (boolean | StoreFailure)[]>;
  /** W4. Stores what was written to the source if its stamp is still the one seen before the save; there is no lock to hold. */
  prime(requests: readonly PrimeRequest[]): Promise<readonly (boolean | StoreFailure)[]>;
  /** Gives each lock back without storing, leaving a mark where one is given. */
  release(requests: readonly ReleaseRequest[]): Promise<readonly (boolean | StoreFailure)[]>;
  /** Extends each lock that this token still holds. */
  renew(requests: readonly RenewRequest[]): Promise<readonly (boolean | StoreFailure)[]>;
  /** I1. Announces names for `ANNOUNCED_MS`, under a token of this invalidation alone. */
  announce(token: string, names: readonly string[]): Promise<StoreFailure | undefined>;
  /** I2. Deletes stamps, and copies of them wherever they are. Answers the failure of any part; repeating is harmless. */
  dropStamps(stampKeys: readonly string[]): Promise<StoreFailure | undefined>;
  /** I3. Logs what was announced under this token, in its place; false, and nothing is logged, when that is gone. */
  appendLog(token: string, names: readonly string[]): Promise<boolean | StoreFailure>;
  /** Newest position of the log that this process has received; undefined before the first. */
  position(): LogPosition | undefined;
  /**
   * Registers this process among the gateways of the namespace, until `leaseMs` are over; 0 takes it out. Answers how many there
   * are. Absent where there can be only one.
   */
  enrol?(gateway: string, leaseMs: number): Promise<number | StoreFailure>;
  /** Calls `visit` with every live entry key of the namespace, at least once. For dry runs and tools, never on a request's path. */
  scan(visit: (key: string) => void): Promise<StoreFailure | undefined>;
  /** Estimated present time, µs since the epoch, on the clock of the server that this home lies on. Ages are judged on it, never on ours. */
  now(home: string): number;
  /** Servers, as `nodeOf` names them, that are known not to answer: what is asked of them now fails at once. Absent where that cannot be. */
  away?(): Iterable<string>;
  /** Present state, for health, metrics and `stats()`. */
  state(): StoreState;
  readonly behind: BehindStore;
  close(): Promise<void>;
}

export interface ReadRequest {
  /** Of pending texts: see {@link BehindStore}. Never older than the stamps of the same answer. Default none. */
  readonly pendingKeys?: readonly string[];
  readonly entryKeys: readonly string[];
  readonly stampKeys: readonly string[];
  /** Ask for the log's newest position in the same batch. */
  readonly log: boolean;
}

/** `null` is absent; a stamp of an earlier epoch of the store is absent too. */
export interface ReadReply {
  /** In the order of `pendingKeys`, where those were given. */
  readonly pending?: readonly (string | null | StoreFailure)[];
  readonly entries: readonly (string | null | StoreFailure)[];
  readonly stamps: readonly (string | null | StoreFailure)[];
  readonly log?: LogPosition | StoreFailure;
}

/** A place in the namespace's log of invalidations. Only the store that tells it can read it; equal texts are one place. */
export type LogPosition = string;

export interface LogRequest {
  readonly position: LogPosition;
  /** Of the entry that is to be stored: a store that keeps several logs asks the one of its bucket. */
  readonly home: string;
  /** What is announced under this token is not told. */
  readonly own?: string | undefined;
}

export interface LogSince {
  readonly names: ReadonlySet<string> | "gap";
  /** Newest position by then. */
  readonly position: LogPosition;
}

export interface BeginRequest {
  readonly entryKey: string;
  readonly stampKey: string;
  readonly lockKey: string;
  readonly passKey: string;
  /** Identity (`StoredEntry.id`) of the entry the caller has already judged, "" if it saw none. */
  readonly seenId: string;
  /** 16 random characters of `[A-Za-z0-9_-]`, of this fill alone; also the id of the entry that it will store. */
  readonly token: string;
  readonly lockMs: number;
  /** The stamp lives at least this long: hard end of the entry plus load time. */
  readonly stampMs: number;
}

export type BeginReply =
  /** The lock is ours. `failures`: how many fills in a row have ended in a mark before this one. */
  | { readonly kind: "own"; readonly stamp: string; readonly born: number; readonly failures: number }
  /** Somebody else's fill is running. */
  | { readonly kind: "wait"; readonly remainingMs: number }
  /** Another entry than the one seen is there by now, and so is the stamp of its slot; judge it. Foreign texts count as absent. */
  | { readonly kind: "entry"; readonly text: string; readonly stamp: string }
  /** A mark of an earlier fill holds: see `Mark`. */
  | { readonly kind: "mark"; readonly mark: Mark; readonly stamp: string; readonly remainingMs: number };

/** What a fill that stored nothing leaves behind, until `forMs` are over. */
export interface Mark {
  /** "pass": load without lock and store nothing. "error": the source failed, answer with this error. */
  readonly kind: "pass" | "error";
  /** Fills in a row that ended in a mark, this one included. */
  readonly failures: number;
  /** Why (pass), or the error as JSON (error). */
  readonly text: string;
}

export interface StampRequest {
  readonly stampKey: string;
  readonly lifeMs: number;
}

export interface PutRequest {
  readonly entryKey: string;
  readonly stampKey: string;
  readonly lockKey: string;
  readonly passKey: string;
  readonly token: string;
  readonly stamp: string;
  /** One character for its format, then its id, which is `token`: `begin` knows it by that (see `entry-id.ts`). */
  readonly text: string;
  /** Hard end, from now. At least 1. */
  readonly lifeMs: number;
}

export type PrimeRequest = Pick<PutRequest, "entryKey" | "stampKey" | "stamp" | "text" | "lifeMs">;

/** Names that the log keeps; who asks for more is told "gap". */
export const LOG_NAMES = 1000;

/** How long names stay announced at most: an invalidation that takes longer, or died, has to announce them again. */
export const ANNOUNCED_MS = 15_000;

export interface ReleaseRequest {
  readonly lockKey: string;
  readonly passKey: string;
  readonly token: string;
  readonly stamp: string;
  readonly mark?: Mark;
  /** How long the mark is obeyed; it is remembered (for `failures`) twice as long. */
  readonly forMs?: number;
}

export interface RenewRequest {
  readonly lockKey: string;
  readonly token: string;
  readonly lockMs: number;
}

export interface StoreState {
  /** "up", "down" (no connection), "open" (the breaker keeps commands back). */
  readonly status: "up" | "down" | "open";
  readonly detail?: string;
  readonly commands: number;
  readonly roundTrips: number;
  readonly bytes?: number;
  readonly entries?: number;
  /** Where this process holds near copies. */
  readonly near?: NearState;
}

export interface NearState {
  /** Copies may be served now. */
  readonly open: boolean;
  /** Entries that were read from a copy, so far. */
  readonly hits: number;
  readonly copies: number;
  readonly bytes: number;
  /** Revocations heard, so far. */
  readonly revocations: number;
  /** How often all copies were dropped as a connection was lost, or the lease not renewed in time. */
  readonly losses: number;
}

/** What `nodeOf` says where there is only one. */
export const ONE_SERVER = "";

/** Why a batch, or a part of it, was not answered. A value, not an exception. */
export class StoreFailure {
  constructor(
    readonly reason: "timeout" | "down" | "open" | "error",
    readonly message: string,
    /** As `nodeOf` names it, where it is known which of several servers it was. */
    readonly node?: string,
  ) {}
}

/** Errors of a server that say what ails it; a label of metrics, so no text of theirs becomes one. */
const KNOWN_ERRORS =
  /\b(OOM|MISCONF|BUSY|LOADING|READONLY|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|NOAUTH|NOPERM|WRONGTYPE)\b/;

/** What a failure that the store told of is called in logs and metrics. */
export function failureCode({ reason, message }: StoreFailure): string {
  if (reason !== "error") return reason.toUpperCase();
  return KNOWN_ERRORS.exec(message)?.[0] ?? "ERR";
}
