import type { StoredEntry } from "./entry.ts";
import type { Lifetimes } from "./read-plan.ts";

/** What may be done with an entry. Only `dead` ones are never served, for whatever reason. */
export type Verdict =
  | { readonly kind: "fresh"; readonly ageMs: number; readonly remainingMs: number }
  /** Fresh, but its refresh should begin now. */
  | { readonly kind: "early"; readonly ageMs: number; readonly remainingMs: number }
  /** Soft-expired, within its stale window. */
  | { readonly kind: "stale"; readonly ageMs: number }
  /** Past its stale window; may be served if the source fails. */
  | { readonly kind: "error-only"; readonly ageMs: number }
  | { readonly kind: "dead"; readonly reason: "stamp" | "tags" | "expired" };

export interface Judgement {
  readonly entry: StoredEntry;
  /** Of the plan: an entry of a gateway that still has a longer policy is not served longer than ours allows. */
  readonly lifetimes: Lifetimes;
  /** Names of the plan's tags: an entry that does not depend on each of them is not for this plan. */
  readonly tags: readonly string[];
  /** Names whose stamps were read together with the entry, its home first. */
  readonly names: readonly string[];
  /** The stamp of each name, `null` where it is absent. */
  readonly stamps: readonly (string | null)[];
  /** µs on the store's clock. */
  readonly now: number;
  /** For XFetch: more than 0, at most 1. Absent: no refresh is possible, so none is early. */
  readonly chance?: number | undefined;
}

/** R2. An entry is valid only while every stamp it names is present and equal; absent means dead, like unequal. */
export function judge({ entry, lifetimes, tags, names, stamps, now, chance }: Judgement): Verdict {
  if (stamps[0] !== entry.homeStamp) return { kind: "dead", reason: "stamp" };
  if (!dependsOn(entry, tags)) return { kind: "dead", reason: "tags" };
  for (let at = 0; at < entry.tagNames.length; at++) {
    const place = placeOf(names, entry.tagNames[at]!, at + 1);
    if (place < 0 || stamps[place] !== entry.tagStamps[at]) return { kind: "dead", reason: "stamp" };
  }
  const ageMs = ageOf(entry, now);
  const remainingMs = Math.min(entry.freshMs, lifetimes.freshMs) - ageMs;
  if (remainingMs > 0) {
    const early = chance !== undefined && isEarly(entry.fillMs, remainingMs, chance);
    return { kind: early ? "early" : "fresh", ageMs, remainingMs };
  }
  if (-remainingMs < Math.min(entry.staleMs, lifetimes.staleMs)) return { kind: "stale", ageMs };
  if (-remainingMs < Math.min(entry.staleIfErrorMs, lifetimes.staleIfErrorMs))
    return { kind: "error-only", ageMs };
  return { kind: "dead", reason: "expired" };
}

/** Names of value tags that the entry depends on and that were not read with it. */
export function unreadNames(entry: StoredEntry, names: readonly string[]): readonly string[] {
  if (entry.valueTags === 0) return [];
  return entry.tagNames.filter((name, at) => placeOf(names, name, at + 1) < 0);
}

function dependsOn(entry: StoredEntry, tags: readonly string[]): boolean {
  if (entry.tagNames.length - entry.valueTags !== tags.length) return false;
  return tags.every((name, at) => entry.tagNames[at] === name);
}

/** Entry and batch name the tags in one order nearly always, so the expected place is looked at first. */
function placeOf(names: readonly string[], name: string, expected: number): number {
  return names[expected] === name ? expected : names.indexOf(name);
}

/** A value is as old as the end of its load: a load that takes longer than the lifetime still lands. */
function ageOf(entry: StoredEntry, now: number): number {
  return Math.max(0, (now - entry.born) / 1000 - entry.fillMs);
}

/**
 * XFetch: A. Vattani, F. Chierichetti, K. Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015,
 * with β = 1. Each reader draws; the nearer the end and the longer the fill, the likelier one of them refreshes.
 */
function isEarly(fillMs: number, remainingMs: number, chance: number): boolean {
  return fillMs * -Math.log(chance) >= remainingMs;
}
