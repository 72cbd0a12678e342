import { type Deferred, deferred } from "../../src/base/deferred.ts";
import { seededRandom } from "../../src/base/random.ts";
import { type Cache, type CacheOptions, createCache } from "../../src/engine/cache.ts";
import type { CacheEvent } from "../../src/engine/events.ts";
import type { Lifetimes, Load, Loaded, ReadPlan, ReadSession } from "../../src/engine/read-plan.ts";
import { createKeys } from "../../src/keys/grammar.ts";
import type { Store } from "../../src/store/store.ts";
import { type GatedStore, gate } from "./gated-store.ts";

/** One gateway: its own cache and its own way to the server they all share. */
export interface Gateway {
  readonly cache: Cache;
  readonly store: GatedStore;
  readonly events: CacheEvent[];
}

export const keys = createKeys("shop");

export async function gateway(server: Store, options: Partial<CacheOptions> = {}): Promise<Gateway> {
  const store = gate(server);
  const events: CacheEvent[] = [];
  const random = options.random ?? seededRandom(1 + seeds++);
  const cache = createCache({ store, keys, emit: (event) => events.push(event), random, ...options });
  await cache.ready();
  return { cache, store, events };
}

let seeds = 0;

export const MINUTE = 60_000;

export interface PlanParts {
  readonly home?: string;
  readonly field?: string;
  readonly tags?: readonly string[];
  readonly lifetimes?: Partial<Lifetimes>;
  readonly session?: ReadSession;
  readonly scope?: ReadPlan["scope"];
  readonly hot?: boolean;
}

/** `Product:42`'s price, unless told otherwise, for a request that begins now. */
export function planFor(cache: Cache, parts: PlanParts = {}): ReadPlan {
  const home = parts.home ?? "Product:42";
  const field = parts.field ?? "price";
  return {
    coordinate: `Product.${field}`,
    key: keys.entry({ home, field, version: "v1.abc" }),
    home,
    tags: parts.tags ?? ["__type:Product"],
    lifetimes: { freshMs: MINUTE, staleMs: 0, staleIfErrorMs: 0, nullMs: 5000, ...parts.lifetimes },
    scope: parts.scope ?? "PUBLIC",
    session: parts.session ?? cache.session(),
    ...(parts.hot === undefined ? {} : { hot: parts.hot }),
  };
}

/** A source that answers at once: a new number each time, or what it is given. */
export interface CountedSource {
  readonly load: Load;
  readonly loads: () => number;
}

export function counted(
  give: (load: number) => Partial<Loaded> = (load) => ({ value: load }),
): CountedSource {
  let loads = 0;
  const load = async (): Promise<Loaded> => {
    loads += 1;
    return { value: loads, tags: [], ...give(loads) };
  };
  return { load, loads: () => loads };
}

/** A source that answers when told. */
export interface HeldSource extends CountedSource {
  /** The first load has begun. */
  readonly begun: Promise<void>;
  give(value: unknown, more?: Partial<Loaded>): void;
  fail(error: unknown): void;
}

export function held(): HeldSource {
  let loads = 0;
  const begun = deferred<void>();
  const answer: Deferred<Loaded> = deferred();
  answer.promise.catch(() => {});
  return {
    load: () => {
      loads += 1;
      begun.resolve();
      return answer.promise;
    },
    loads: () => loads,
    begun: begun.promise,
    give: (value, more = {}) => answer.resolve({ value, tags: [], ...more }),
    fail: (error) => answer.reject(error),
  };
}

/** Reads until the store's clock has moved on by `ms`: for what ends by itself. */
export async function passes(store: Store, ms: number): Promise<void> {
  const end = store.now("Product:42") + ms * 1000;
  await until(() => store.now("Product:42") > end);
}

/** Everything that was queued for this turn of the event loop, and what followed from it, has run. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}
