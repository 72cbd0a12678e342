import type { GraphQLResolveInfo } from "graphql";
import { FieldgateError } from "../base/errors.ts";
import { didYouMean } from "../base/suggest.ts";
import type { CacheEvent } from "../engine/events.ts";
import type { SourceLimits } from "../engine/sources.ts";
import type { Asker } from "../fields/audience.ts";
import type { PolicyInput } from "../fields/field-policy.ts";
import type { RedisTarget } from "../store/redis/redis-target.ts";
import type { Logger } from "./logger.ts";
import {
  hasMethods,
  isBoolean,
  isBooleanOrFunction,
  isFunction,
  isNameList,
  isOneOf,
  isPlainObject,
  isRecord,
  isShare,
  isWhole,
  type OptionCheck,
  print,
} from "./option-checks.ts";

/**
 * Options of {@link createFieldCache}. Every one may be left out.
 *
 * `Context` is the third argument of your resolvers (Apollo's `contextValue`).
 */
export interface FieldCacheOptions<Context = AnyContext> {
  /**
   * Where entries live: a URL (`redis://`, `rediss://`, `unix:`; `redis+sentinel://h1,h2/name`, `redis+cluster://h1,h2`,
   * `redis+ring://h1,h2`), the options of an ioredis client, or a client of yours, of a cluster too.
   * A client of yours is used for its options: the cache opens its own connections and closes them.
   *
   * Default: an embedded store in this process. Two processes without `redis` do not see each other's invalidations.
   */
  readonly redis?: RedisTarget;
  /** Begins every key: 1 to 64 of `A-Z a-z 0-9 _ . - :`. Gateways of one namespace share one cache. Default `"fieldgate"`. */
  readonly namespace?: string;
  /**
   * Who asks, as an id; null or undefined for nobody. PRIVATE entries are kept per principal, and without one they are
   * neither read nor stored. A field with `scope: PRIVATE` without this option is an error of {@link FieldCache.apply}.
   * Default none.
   */
  readonly principal?: (context: Context) => string | number | bigint | null | undefined;
  /** Context values that directives may name in `vary`: `{ locale: (context) => context.locale }`. Default none. */
  readonly vary?: Readonly<Record<string, (context: Context) => unknown>>;
  /**
   * Key of the HMAC that stands for a principal in keys; 32 bytes or more, the same in every gateway. Required once a
   * PRIVATE field meets `redis`. Default: random, for the embedded store alone.
   */
  readonly secret?: string;
  /** Whose requests may skip reading or storing by a request header, and ask for `extensions.cache`. Default nobody's. */
  readonly trusted?: (context: Context) => boolean;
  /**
   * Refuses by throwing, once the value is known, on a hit as on a miss: `{ "Order.total": (order, args, context, info, total) => { … } }`.
   * May be async. The field need not be cached; a name that is no field of the schema is an error of {@link FieldCache.apply}.
   * Default none.
   */
  readonly authorize?: Readonly<Record<string, AuthorizeField<Context>>>;
  /** Takes the key of a row that has it under another name: `{ Product: (row) => ({ id: row.sku }) }`. Default: the property of that name. */
  readonly identify?: Readonly<Record<string, IdentifyRow>>;
  /** How rows of a class survive the store: `{ Product: { encode: (product) => product.toJSON(), decode: (json) => Product.from(json) } }`. Default none. */
  readonly codecs?: Readonly<Record<string, Codec>>;
  /** Policies for SDL that is not yours: `{ "Product.price": { seconds: 60 } }`. Override what the SDL says, argument by argument. Default none. */
  readonly policies?: Readonly<Record<string, PolicyInput>>;
  /**
   * false, or a function of the coordinate that answers false: neither reads nor stores; invalidations still go out.
   * Asked at each read. At run time see {@link FieldCache.disable}. Default true.
   */
  readonly enabled?: boolean | ((coordinate: string) => boolean);
  /** Where log lines go; pino's signature. Default: warnings and errors on the console. */
  readonly logger?: Logger;
  /** Told of every read, fill, batch, invalidation and change of the store. Must be quick; an error of it is logged. Default none. */
  readonly onEvent?: (event: CacheEvent) => void;
  /**
   * Makes the context of a background refresh, which never runs with a finished request's. `asker` says for whom:
   * the principal of a PRIVATE entry, and the `vary` values of the key. A field whose refresh fails for want of it is loaded anew
   * by the request instead. Default: an empty object, for places with `staleSeconds`.
   */
  readonly backgroundContext?: (asker: Asker) => Context | PromiseLike<Context>;
  /** What a failed invalidation of `@invalidates` does to its mutation. Default `"log"`: the answer stands, the invalidation is retried in the background. */
  readonly onInvalidateError?: "log" | "throw";
  /** Reads Apollo's `@cacheControl` as a synonym of `@cacheTTL`. Default false. */
  readonly cacheControl?: boolean;
  /** Names of directives that authorise, besides the well-known ones. Default `[]`. */
  readonly authDirectives?: readonly string[];
  /** Names of directives that wrap the cache from outside on purpose, and are not to be warned of. Default `[]`. */
  readonly outerDirectives?: readonly string[];
  /**
   * Looks up with a root field what is likely to be read below it: the entity that its arguments name, those that its entry showed
   * last time, their cached fields; 500 entries a request at most. Saves round trips, never changes an answer. Default true.
   */
  readonly earlyWaves?: boolean;
  /**
   * How much of each source, by a name of yours, may be asked for at a time: `{ database: { concurrency: 20 } }`. What finds no room waits,
   * in a bounded queue. An outage of Redis is then not the database's. Default no limits.
   */
  readonly sources?: Readonly<Record<string, SourceLimits>>;
  /**
   * From so many reads a second by this process an entity, or a root field with its arguments, is hot: in a store of several servers it is
   * copied to the others, and read there. 0: only what `@cacheTTL(hot: true)` names. Default 30.
   */
  readonly hotReads?: number;
  /** And from this part of all reads of this process: what has less burdens no server. Default 0.01. */
  readonly hotShare?: number;
  /** Longest life of a copy of what is hot, in ms. Default 10000. */
  readonly replicaMs?: number;
  /**
   * Copies of what was read lately, in this process in front of `redis`: a read that finds all it needs there sends no command.
   * Invalidations stay strict: they resolve when every gateway has dropped its copies, which one that does not answer (stopped, cut
   * off, died a moment ago) delays until its lease is over, 1.3 s at most. `true` is `{ seconds: 1, maxBytes: 33554432 }`. Default false.
   */
  readonly near?: boolean | NearOptions;
  /** How long a fill waits for another gateway's fill of the same key, in ms. Then it loads without storing. Default 2000. */
  readonly lockWaitMs?: number;
  /** Larger encoded values are served, not stored; in bytes. Default 1048576 (1 MiB). */
  readonly maxValueBytes?: number;
  /** Longer lifetimes of a policy are cut to this, with a warning; in seconds. Default 86400 (a day). */
  readonly maxSeconds?: number;
  /** How long a write behind waits for others that go to the source with it, in ms. Default 100. */
  readonly flushDelayMs?: number;
  /** How often the source may refuse a row that is written behind, before it is set aside as a dead letter. Default 10. */
  readonly flushTries?: number;
  /** How long a gateway that sends writes behind is believed to be alive: then another one sends them again, with the same tokens, in ms. Default 10000. */
  readonly flushLeaseMs?: number;
  /** Entities of a type with a write pending, beyond which writes behind go through. Default 10000. */
  readonly maxPendingWrites?: number;
  /** How long {@link FieldCache.close} waits for refreshes and invalidations under way, in ms. Default 10000. */
  readonly shutdownMs?: number;
  /** Time-out of one read from the store, in ms. After one the rest of the request goes to the source. Default 50. */
  readonly readTimeoutMs?: number;
  /** Time-out of one write to the store, in ms. Default 250. */
  readonly writeTimeoutMs?: number;
  /** How long an invalidation may take, its repetitions included, in ms. Then it rejects. Default 1000. */
  readonly invalidateTimeoutMs?: number;
  /** Bound of the embedded store, in bytes. When full, the longest unread go first. Default 268435456 (256 MiB). */
  readonly embeddedBytes?: number;
  /**
   * Bound of the answers that the plugin keeps whole, in bytes; 0: none. Each is given again only while every entry it was made of
   * is what a read would be served with. Such an operation is not executed: hooks of other plugins that begin with
   * `executionDidStart` do not hear of it. Default 33554432 (32 MiB).
   */
  readonly answerBytes?: number;
}

/** See {@link FieldCacheOptions.near}. */
export interface NearOptions {
  /** How long a copy is used before it is read again. Entries end by their own lifetime, however long this is. Default 1. */
  readonly seconds?: number;
  /** Bound of all copies, keys and overhead included. When full, the longest unread go first. Default 33554432 (32 MiB). */
  readonly maxBytes?: number;
}

// Whoever gives no type for the context has resolvers that take anything from it.
// biome-ignore lint/suspicious/noExplicitAny: the default must let `context.user` compile in plain code
export type AnyContext = any;

export type AuthorizeField<Context = AnyContext> = (
  parent: AnyContext,
  args: AnyContext,
  context: Context,
  info: GraphQLResolveInfo,
  value: AnyContext,
) => unknown;

export type IdentifyRow = (row: AnyContext) => Readonly<Record<string, unknown>> | null | undefined;

/** How the rows of one type are written down and made again. `encode` gives plain data; `decode` gets a copy of it. */
export interface Codec {
  readonly encode: (value: AnyContext) => unknown;
  readonly decode: (data: AnyContext) => unknown;
}

const OBJECT_OF_FUNCTIONS = isRecord("functions", (value) => typeof value === "function");

const CHECKS: Readonly<Record<keyof FieldCacheOptions, OptionCheck>> = {
  redis: isRedis,
  namespace: (value) => (typeof value === "string" ? undefined : "must be a string"),
  principal: isFunction,
  vary: OBJECT_OF_FUNCTIONS,
  secret: isSecret,
  trusted: isFunction,
  authorize: OBJECT_OF_FUNCTIONS,
  identify: OBJECT_OF_FUNCTIONS,
  codecs: isRecord("{ encode, decode }", (value) => hasMethods("encode", "decode")(value) === undefined),
  policies: isRecord("policies", isPlainObject),
  enabled: isBooleanOrFunction,
  logger: hasMethods("debug", "info", "warn", "error"),
  onEvent: isFunction,
  backgroundContext: isFunction,
  onInvalidateError: isOneOf("log", "throw"),
  cacheControl: isBoolean,
  earlyWaves: isBoolean,
  sources: isSources,
  authDirectives: isNameList("directive names"),
  outerDirectives: isNameList("directive names"),
  hotReads: isWhole("reads a second", 0),
  hotShare: isShare,
  replicaMs: isWhole("milliseconds", 1),
  near: isNear,
  lockWaitMs: isWhole("milliseconds", 1),
  maxValueBytes: isWhole("bytes", 1),
  maxSeconds: isWhole("seconds", 1),
  flushDelayMs: isWhole("milliseconds", 0),
  flushTries: isWhole("tries", 1),
  flushLeaseMs: isWhole("milliseconds", 100),
  maxPendingWrites: isWhole("entities", 0),
  shutdownMs: isWhole("milliseconds", 0),
  readTimeoutMs: isWhole("milliseconds", 1),
  writeTimeoutMs: isWhole("milliseconds", 1),
  invalidateTimeoutMs: isWhole("milliseconds", 1),
  embeddedBytes: isWhole("bytes", 1),
  answerBytes: isWhole("bytes", 0),
};

/** What is not printed, whatever is wrong with it. */
const SECRETS: readonly string[] = ["secret", "redis"];

/** Throws {@link FieldgateError} (`BAD_OPTIONS`) with everything that is wrong at once. */
export function checkOptions(options: unknown): asserts options is FieldCacheOptions {
  if (!isPlainObject(options)) {
    throw badOptions([`The options must be an object, but got: ${print(options)}.`]);
  }
  const problems = Object.entries(options).flatMap(([name, value]) => {
    // An option that is undefined is one that was left out: `secret: process.env.CACHE_SECRET`.
    if (value === undefined) return Object.hasOwn(CHECKS, name) ? [] : [unknownOption(name)];
    if (!Object.hasOwn(CHECKS, name)) return [unknownOption(name)];
    const problem = CHECKS[name as keyof FieldCacheOptions](value);
    if (problem === undefined) return [];
    return [`"${name}" ${problem}${SECRETS.includes(name) ? "" : `, but got: ${print(value)}`}.`];
  });
  if (problems.length > 0) throw badOptions(problems);
}

function unknownOption(name: string): string {
  return `There is no option "${name}".${didYouMean(name, Object.keys(CHECKS))}`;
}

function badOptions(problems: readonly string[]): FieldgateError {
  return new FieldgateError(
    "BAD_OPTIONS",
    `createFieldCache(options) cannot work with these options:\n${problems.map((problem) => `- ${problem}`).join("\n")}\n`,
    "Each option is described beside FieldCacheOptions.",
  );
}

function isRedis(value: unknown): string | undefined {
  if (typeof value === "string" || isPlainObject(value)) return undefined;
  return "must be a URL, the options of an ioredis client, or such a client";
}

function isNear(value: unknown): string | undefined {
  if (typeof value === "boolean") return undefined;
  if (!isPlainObject(value)) return "must be true, false or an object of seconds and maxBytes";
  const unknown = Object.keys(value).find((name) => name !== "seconds" && name !== "maxBytes");
  if (unknown !== undefined) return `must be an object of seconds and maxBytes, but has "${unknown}"`;
  const { seconds, maxBytes } = value;
  if (
    seconds !== undefined &&
    !(typeof seconds === "number" && seconds > 0 && seconds < Number.POSITIVE_INFINITY)
  )
    return "must have positive seconds";
  return maxBytes === undefined || isWhole("bytes", 1)(maxBytes) === undefined
    ? undefined
    : "must have a whole number of maxBytes, at least 1";
}

function isSecret(value: unknown): string | undefined {
  if (typeof value !== "string") return "must be a string of 32 bytes or more";
  const bytes = Buffer.byteLength(value);
  return bytes >= 32 ? undefined : `must have 32 bytes or more, but has ${bytes}`;
}

const LIMITS: Readonly<Record<keyof SourceLimits, OptionCheck>> = {
  concurrency: isWhole("loads", 1),
  fleetConcurrency: isWhole("loads", 1),
  queue: isWhole("loads", 0),
  queueMs: isWhole("milliseconds", 1),
  of: isNameList("entities and fields"),
};

/** The first thing that is wrong; which place is whose can be told only once all of them are what they must be. */
function isSources(value: unknown): string | undefined {
  if (!isPlainObject(value)) return "must be an object of sources: { database: { concurrency: 20 } }";
  const owners = new Map<string, string>();
  for (const [name, limits] of Object.entries(value)) {
    if (!isPlainObject(limits)) return `must have limits for "${name}": { concurrency: 20 }`;
    if (limits["concurrency"] === undefined)
      return `must say how many loads of "${name}" may run: concurrency`;
    for (const [limit, said] of Object.entries(limits)) {
      if (!Object.hasOwn(LIMITS, limit)) {
        return `has no limit "${limit}" for "${name}".${didYouMean(limit, Object.keys(LIMITS))}`;
      }
      const problem = said === undefined ? undefined : LIMITS[limit as keyof SourceLimits](said);
      if (problem !== undefined) return `has a wrong "${limit}" for "${name}": it ${problem}`;
    }
    for (const place of (limits as unknown as SourceLimits).of ?? ["*"]) {
      if (owners.has(place)) return `has two sources for "${place}": "${owners.get(place)}" and "${name}"`;
      owners.set(place, name);
    }
  }
  return undefined;
}
