import type { FieldRead } from "../fields/request-state.ts";

/** What the cached fields of an answer came to, as one word. */
export type CacheStatus = "HIT" | "STALE" | "PARTIAL" | "MISS" | "BYPASS";

/** `X-Cache` of an answer with these reads; undefined without any. */
export function cacheStatus(reads: readonly Pick<FieldRead, "outcome">[]): CacheStatus | undefined {
  if (reads.length === 0) return undefined;
  const hits = reads.filter((read) => read.outcome === "hit").length;
  const stale = reads.filter((read) => read.outcome === "stale").length;
  if (hits === reads.length) return "HIT";
  if (hits + stale === reads.length) return "STALE";
  if (hits + stale > 0) return "PARTIAL";
  return reads.every((read) => read.outcome === "bypass") ? "BYPASS" : "MISS";
}

/** What the headers of one answer are made of. */
export interface HeaderFacts {
  /** The answer carries an error, or is one that nobody may keep (a mutation's, a part of a multipart body). */
  readonly unstorable: boolean;
  /** Part of it belongs to the principal alone. */
  readonly isPrivate: boolean;
  /** The request named its sender, so that a cache shared by several must not keep even its public parts. */
  readonly authorized: boolean;
  /** A registered context value (locale, currency) is part of some key. */
  readonly varies: boolean;
  /** Smallest remaining lifetime of the parts in ms; undefined where one part has none. */
  readonly remainingMs: number | undefined;
}

/** How answers may be kept outside: see `HttpOptions`. */
export interface HeaderPolicy {
  readonly maxAge: "none" | "remaining";
  /** Request headers that decide who asks and which variant; undefined where nobody said. */
  readonly vary: readonly string[] | undefined;
}

/** Where the principal comes from, as long as nobody says otherwise. */
const principalHeaders: readonly string[] = ["Authorization", "Cookie"];

/**
 * `Cache-Control` of an answer. Without opt-in it is `no-cache`: a browser keeps the answer and asks each time whether it
 * still holds, so that it never shows what was invalidated.
 *
 * The lifetime is what *remains*, sent without `Age`, which recipients would subtract once more (RFC 9111, section 4.2.3).
 */
export function cacheControl(facts: HeaderFacts, policy: HeaderPolicy): string {
  if (facts.unstorable) return "no-store";
  const seconds = sharedSeconds(facts, policy);
  if (seconds === 0) return facts.isPrivate ? "private, no-cache" : "no-cache";
  return `max-age=${seconds}, ${facts.isPrivate || facts.authorized ? "private" : "public"}`;
}

/** `Vary` of an answer: names the request headers by which it differs; undefined where it does not. */
export function varyHeader(facts: HeaderFacts, policy: HeaderPolicy): string | undefined {
  if (!facts.isPrivate && !facts.varies) return undefined;
  return (policy.vary ?? principalHeaders).join(", ");
}

function sharedSeconds(facts: HeaderFacts, policy: HeaderPolicy): number {
  if (policy.maxAge === "none" || facts.remainingMs === undefined) return 0;
  // Which header a registered context value is read from only the owner of the schema knows.
  if (facts.varies && policy.vary === undefined) return 0;
  return Math.floor(facts.remainingMs / 1000);
}

/** Smallest remaining lifetime; undefined where a read came from no entry and went into none. */
export function smallestRemaining(reads: readonly Pick<FieldRead, "remainingMs">[]): number | undefined {
  let smallest = Number.POSITIVE_INFINITY;
  for (const { remainingMs } of reads) {
    if (remainingMs === undefined) return undefined;
    smallest = Math.min(smallest, Math.max(0, remainingMs));
  }
  return smallest;
}

/** The two directives of a request's `Cache-Control` that a trusted caller may use. */
export function requestLimits(header: string | undefined): {
  readonly read: boolean;
  readonly write: boolean;
} {
  const directives = (header ?? "")
    .toLowerCase()
    .split(",")
    .map((directive) => directive.trim());
  return { read: !directives.includes("no-cache"), write: !directives.includes("no-store") };
}
