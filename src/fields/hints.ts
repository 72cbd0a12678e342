import { inspect } from "node:util";
import type { GraphQLResolveInfo } from "graphql";
import type { Lifetimes } from "../engine/read-plan.ts";
import { stampNames } from "../keys/grammar.ts";

/** Restrictions of one value, in the words of `@cacheTTL`. */
export interface CachePolicyHint {
  /** Fresh for at most this long; 0 = this value is not stored. Whole seconds, or fractions. */
  readonly seconds?: number;
  readonly staleSeconds?: number;
  readonly staleIfErrorSeconds?: number;
  readonly nullSeconds?: number;
  /** PRIVATE: this value of a PUBLIC field is for its caller alone and is not stored. */
  readonly scope?: "PUBLIC" | "PRIVATE";
}

/** What the resolver of one running fill has asked for. */
export interface FillHints {
  lifetimes: Lifetimes;
  isPrivate: boolean;
  /** Stamp names. */
  readonly tags: Set<string>;
}

const running = new WeakMap<GraphQLResolveInfo, FillHints>();

/**
 * Restricts how the value that this resolver is about to return is cached: shorter lifetimes, a stricter scope. What is
 * longer or laxer than the directive has no effect, nor has a call outside a fill (a field that is not cached, a
 * mutation, a cache that is switched off), so that a resolver need not know where it runs.
 *
 * @example
 * price: async (product, _args, _context, info) => {
 *   const quote = await quoteFor(product);
 *   setCachePolicy(info, { seconds: quote.validSeconds });
 *   return quote.price;
 * }
 *
 * Trap: call it before the resolver has settled; afterwards the value may be stored already.
 *
 * @throws TypeError for a negative number, or a scope that is none.
 */
export function setCachePolicy(info: GraphQLResolveInfo, hint: CachePolicyHint): void {
  const limit = limitsOf(hint);
  const hints = running.get(info);
  if (hints === undefined) return;
  const { freshMs, staleMs, staleIfErrorMs, nullMs } = hints.lifetimes;
  const fresh = Math.min(freshMs, limit.freshMs);
  hints.lifetimes = {
    freshMs: fresh,
    staleMs: Math.min(staleMs, limit.staleMs),
    staleIfErrorMs: Math.min(staleIfErrorMs, limit.staleIfErrorMs),
    // A null that outlived the values of its field would be a lifetime that nobody asked for.
    nullMs: Math.min(nullMs, limit.nullMs, limit.freshMs),
  };
  if (hint.scope === "PRIVATE") hints.isPrivate = true;
}

/**
 * Adds tags to the value that this resolver is about to return: `invalidate({ tags: ["author:7"] })` then reaches it.
 * Outside a fill it has no effect.
 *
 * @example
 * book: async (_, { id }, _context, info) => {
 *   const book = await selectBook(id);
 *   addCacheTags(info, [`author:${book.authorId}`]);
 *   return book;
 * }
 *
 * Trap: call it before the resolver has settled; afterwards it has no effect.
 *
 * @throws TypeError unless `tags` is a list of texts that are not empty.
 */
export function addCacheTags(info: GraphQLResolveInfo, tags: readonly string[]): void {
  if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== "string" || tag === "")) {
    throw new TypeError(
      `addCacheTags(info, tags) takes a list of texts that are not empty, such as ["author:7"], but got: ${inspect(tags)}.`,
    );
  }
  const hints = running.get(info);
  for (const tag of tags) hints?.tags.add(stampNames.tag(tag));
}

export function noHints(lifetimes: Lifetimes): FillHints {
  return { lifetimes, isPrivate: false, tags: new Set() };
}

/** Takes the hints of one fill: from here on until `run` has settled, `info` stands for it. */
export async function collectHints<T>(
  info: GraphQLResolveInfo,
  hints: FillHints,
  run: () => T | PromiseLike<T>,
): Promise<T> {
  running.set(info, hints);
  try {
    return await run();
  } finally {
    if (running.get(info) === hints) running.delete(info);
  }
}

function limitsOf(hint: CachePolicyHint): Lifetimes {
  if (hint.scope !== undefined && hint.scope !== "PUBLIC" && hint.scope !== "PRIVATE") {
    throw new TypeError(
      `setCachePolicy(info, hint): "scope" must be "PUBLIC" or "PRIVATE", but got: ${inspect(hint.scope)}.`,
    );
  }
  return {
    freshMs: limitOf(hint, "seconds"),
    staleMs: limitOf(hint, "staleSeconds"),
    staleIfErrorMs: limitOf(hint, "staleIfErrorSeconds"),
    nullMs: limitOf(hint, "nullSeconds"),
  };
}

function limitOf(
  hint: CachePolicyHint,
  name: "seconds" | "staleSeconds" | "staleIfErrorSeconds" | "nullSeconds",
): number {
  const seconds = hint[name];
  if (seconds === undefined) return Number.POSITIVE_INFINITY;
  if (typeof seconds === "number" && seconds >= 0) return seconds * 1000;
  throw new TypeError(
    `setCachePolicy(info, hint): "${name}" must be a number of seconds, 0 or more, but got: ${inspect(seconds)}.`,
  );
}
