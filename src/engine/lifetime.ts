import type { Lifetimes } from "./read-plan.ts";

/** What an entry is given: the times of its header, in ms. */
export interface EntryLifetime {
  readonly freshMs: number;
  readonly staleMs: number;
  readonly staleIfErrorMs: number;
}

/** At most this part of a fresh time is taken away, so that what was stored together does not expire together. */
const JITTER = 0.1;

/**
 * Lifetime of an entry that holds `value`, or undefined if it must not be stored. `learnt` can only shorten what was
 * `planned`. A null has its own lifetime and neither of the stale windows: an answer "there is none" is kept short on purpose.
 * `chance` is at least 0, less than 1.
 */
export function entryLifetime(
  planned: Lifetimes,
  learnt: Lifetimes | undefined,
  value: unknown,
  chance: number,
): EntryLifetime | undefined {
  const all = learnt === undefined ? planned : shorter(planned, learnt);
  const isNull = value === null || value === undefined;
  const full = isNull ? Math.min(all.nullMs, all.freshMs) : all.freshMs;
  const freshMs = Math.round(full * (1 - JITTER * chance));
  if (!(freshMs > 0)) return undefined;
  if (isNull) return { freshMs, staleMs: 0, staleIfErrorMs: 0 };
  return { freshMs, staleMs: all.staleMs, staleIfErrorMs: all.staleIfErrorMs };
}

/** How long after its load an entry may be served at all, by anybody, for any reason. */
export function hardEndMs(lifetime: EntryLifetime): number {
  return lifetime.freshMs + Math.max(lifetime.staleMs, lifetime.staleIfErrorMs);
}

function shorter(a: Lifetimes, b: Lifetimes): Lifetimes {
  return {
    freshMs: Math.min(a.freshMs, b.freshMs),
    staleMs: Math.min(a.staleMs, b.staleMs),
    staleIfErrorMs: Math.min(a.staleIfErrorMs, b.staleIfErrorMs),
    nullMs: Math.min(a.nullMs, b.nullMs),
  };
}
