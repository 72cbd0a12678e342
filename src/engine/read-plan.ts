import type { LogPosition } from "../store/store.ts";
import type { StoredEntry } from "./entry.ts";

/** What one call wants of the cache: plain data, made by `fields/` and `loaders/`, without GraphQL in it. */
export interface ReadPlan {
  /** `Product.price`, or `Product` for an entity's row. For events and metrics only. */
  readonly coordinate: string;
  /** Full key of the entry, namespace included. */
  readonly key: string;
  /** Stamp name of the entry's own slot: what stands in the braces, `Product:42`. */
  readonly home: string;
  /** Stamp names known before the read (type, field, principal, tags of arguments and parent). Sorted, without `home`. */
  readonly tags: readonly string[];
  readonly lifetimes: Lifetimes;
  /** What the value may be shared with. A private fill is never refreshed in the background of another principal. */
  readonly scope: "PUBLIC" | "PRIVATE";
  readonly session: ReadSession;
  /**
   * true: read from replicas from the first read on. false: at home alone, as something beside the entry is read in the same
   * moment (what is written behind). Absent: as hot as it is found to be.
   */
  readonly hot?: boolean;
  /** An entry of this id counts as absent: its reader found that it refers to what is gone. */
  readonly except?: string;
}

/** All in milliseconds. */
export interface Lifetimes {
  /** Fresh for at most this long, before jitter. */
  readonly freshMs: number;
  /** After that, may be served while one refresh runs. */
  readonly staleMs: number;
  /** After `freshMs`, may be served when the source fails. */
  readonly staleIfErrorMs: number;
  /** Lifetime of a null; 0 = nulls are not stored. */
  readonly nullMs: number;
}

/** What all reads of one request share. Made when the request begins: see docs/protocol.md, "the log". */
export interface ReadSession {
  /** Newest position of the log that this process had *received* before the request began; undefined = fills store nothing. */
  readonly began: LogPosition | undefined;
  /** Servers that a command of this request timed out on, by `Store.nodeOf`: what lies there, the rest of the request loads from the source. */
  readonly down: Set<string>;
  /** false: entries are not looked up (`Cache-Control: no-cache`, mutations). */
  readonly read: boolean;
  /** false: nothing is stored (`Cache-Control: no-store`). */
  readonly write: boolean;
}

/**
 * What a background load rejects with when it could not run as its request would have: that says nothing of the source.
 * The fill gives its lock back and leaves no mark; whoever joined looks again, and loads for itself.
 */
export class CannotRefresh extends Error {
  constructor(cause: unknown) {
    super("A background refresh could not run.", { cause });
    this.name = "CannotRefresh";
  }
}

/**
 * Runs the source once. Called at most once per fill. Rejects with the source's error, an `unsharedError` where it is nobody else's.
 *
 * `alone`: its value is its caller's alone, and is not stored: nobody has to know whom else it might be for.
 */
export type Load = (alone?: boolean) => Promise<Loaded>;

export interface Loaded {
  readonly value: unknown;
  /** Stamp names found in the value (value tags, entities held by value). */
  readonly tags: readonly string[];
  /** Shortened lifetimes, where the resolver restricted them. */
  readonly lifetimes?: Lifetimes;
  /** Set when the value must not be stored nor shared with those who joined: "tainted", "private", "zero". */
  readonly unshared?: string;
}

export interface ReadResult {
  /** The caller's own copy. */
  readonly value: unknown;
  readonly outcome: Outcome;
  /** Why, where the outcome alone does not say it: "lock-timeout", "store-down", "no-position", "log-gap", "invalidated", "back-off", "too-large", "tainted", ... */
  readonly reason?: string;
  /** Age and remaining fresh lifetime in ms, where the value came from, or went into, an entry. */
  readonly ageMs?: number;
  readonly remainingMs?: number;
  /** Id of the entry that the value came from. */
  readonly entryId?: string;
  /** The entry itself, where it is fresh and lies at its home. */
  readonly entry?: StoredEntry;
}

/** hit: from a fresh entry. stale: from an entry past its fresh time. miss: loaded by this call. wait: loaded by another call. bypass: loaded without look-up. */
export type Outcome = "hit" | "stale" | "miss" | "wait" | "bypass";
