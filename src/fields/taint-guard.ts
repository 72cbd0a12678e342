import { AsyncLocalStorage } from "node:async_hooks";
import { types } from "node:util";
import type { GraphQLResolveInfo } from "graphql";
import { quiet } from "../base/quiet.ts";

/** What a fill has been found to depend on, beyond its key. The first one found is kept. */
export type Taint = "principal" | "selection" | "private" | "vary";

/** One run of a load. */
export interface WatchedFill {
  readonly taint: Taint | undefined;
}

export interface WatchOptions {
  readonly context: unknown;
  /** The object that the resolver receives. Absent for an entity's load. */
  readonly info?: GraphQLResolveInfo;
  /** Watch for the principal: PUBLIC entries. */
  readonly principal: boolean;
  /** Watch for the selection: entries without `selection: true`. */
  readonly selection: boolean;
  /** Registered context values that the entry's key tells apart; others taint. */
  readonly vary: readonly string[];
}

export interface TaintGuard {
  /** Runs `load` as a fill. `fill.taint` is final once the promise has settled. */
  watch<T>(options: WatchOptions, load: (fill: WatchedFill) => T | PromiseLike<T>): Promise<T>;
  /**
   * Calls `onRead` when anybody but the cache itself reads a property of this context, until what it returns is called.
   * undefined: nobody could tell, as it is no plain object or cannot be watched.
   */
  watchReads(context: unknown, onRead: () => void): (() => void) | undefined;
  /** Runs work of the cache itself, whose reads taint nothing. */
  outside<T>(work: () => T): T;
  /**
   * Taints the fill that is running here, if any. To be called by whatever hands it a value that is not for everybody:
   * a private entry, or one whose own fill turned out tainted.
   */
  taint(taint: Exclude<Taint, "vary">): void;
  /** The same for a value that is another one for other values of these names. */
  taintByVary(names: readonly string[]): void;
}

interface Fill extends WatchedFill {
  taint: Taint | undefined;
  readonly principal: boolean;
  readonly selection: boolean;
  readonly vary: readonly string[];
}

/** The names of `info` through which a resolver sees more of the document than its own arguments. */
const SELECTION_NAMES = ["fieldNodes", "operation"] as const;

/**
 * Watches the fills of entries that are shared, by turning the properties that tell who asks into accessors on the real
 * context object while a fill runs. An AsyncLocalStorage tells the reads of the fill from everybody else's. The
 * context keeps its identity, and its getters their `this`. What cannot be seen is listed in docs/privacy.md.
 *
 * `principal` is called on a proxy first, to learn which properties those are.
 */
export function createTaintGuard(options: {
  readonly principal?: (context: never) => unknown;
  /** Whether entries differ by registered context values. Default false. */
  readonly varies?: boolean;
  /** Told when a context cannot be watched (frozen, or a property that cannot be redefined). */
  readonly onBlind?: (property: string) => void;
}): TaintGuard {
  const running = new AsyncLocalStorage<Fill | undefined>();
  /** How many fills run in `running`. */
  let apart = 0;
  /**
   * An AsyncLocalStorage makes every promise of the process dearer where it is built on async_hooks (Node before 24). Where
   * nobody is told from anybody else, it can wait for the first taint, which is taken to be of all fills that run then.
   */
  let tellsApart = options.principal !== undefined || options.varies === true;
  const together = new Set<Fill>();
  const ofInfo = new WeakMap<GraphQLResolveInfo, Set<Fill>>();
  const watchedNames = new Set<PropertyKey>();
  const contexts = new WeakMap<object, WatchedContext>();

  /** How deep in work of the cache itself this very moment is. */
  let inside = 0;

  function outside<T>(work: () => T): T {
    inside += 1;
    try {
      return running.getStore() === undefined ? work() : running.run(undefined, work);
    } finally {
      inside -= 1;
    }
  }

  function watchReads(context: unknown, onRead: () => void): (() => void) | undefined {
    if (!isPlain(context)) return undefined;
    const undo: (() => void)[] = [];
    const leave = () => {
      for (const one of undo) one();
    };
    for (const name of Object.getOwnPropertyNames(context)) {
      const installed = installAccessor(context, name, () => {
        if (inside === 0) onRead();
      });
      if (installed === undefined) {
        leave();
        return undefined;
      }
      undo.push(installed);
    }
    return leave;
  }

  /** The fill that is running here; of those that are not told apart all that it may be. */
  function fillsHere(info?: GraphQLResolveInfo): Iterable<Fill> {
    const fill = running.getStore();
    if (fill !== undefined) return [fill];
    const candidates = info === undefined ? together : ofInfo.get(info);
    if (candidates === undefined || candidates.size === 0) return [];
    tellsApart = true;
    return candidates;
  }

  function readHere(taint: Exclude<Taint, "vary">, info?: GraphQLResolveInfo): void {
    for (const fill of fillsHere(info)) {
      if (fill[taint === "selection" ? "selection" : "principal"]) fill.taint ??= taint;
    }
  }

  async function runApart<T>(fill: Fill, load: (fill: WatchedFill) => T | PromiseLike<T>): Promise<T> {
    apart += 1;
    try {
      return await running.run(fill, () => load(fill));
    } finally {
      apart -= 1;
      // Nobody needs the hooks until the next one begins.
      if (apart === 0) running.disable();
    }
  }

  async function runTogether<T>(
    fill: Fill,
    info: GraphQLResolveInfo | undefined,
    load: (fill: WatchedFill) => T | PromiseLike<T>,
  ): Promise<T> {
    const same = (info && ofInfo.get(info)) ?? new Set();
    if (info !== undefined) ofInfo.set(info, same);
    together.add(fill);
    same.add(fill);
    try {
      return await load(fill);
    } finally {
      together.delete(fill);
      same.delete(fill);
    }
  }

  /** Every request teaches: the properties that `principal` reads may depend on who is asking. */
  function learn(context: object, principalOf: (context: never) => unknown): void {
    const recorder = new Proxy(context, {
      get(target, name) {
        watchedNames.add(name);
        // The target as receiver, and as `this` of its methods, so that private members are within reach.
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" && isFree(target, name) ? value.bind(target) : value;
      },
      has(target, name) {
        watchedNames.add(name);
        return Reflect.has(target, name);
      },
    });
    try {
      quiet(principalOf(recorder as never));
    } catch {
      // What it read before it failed is known; the failure itself is told where the principal is asked for.
    }
  }

  function enter(context: unknown): (() => void) | undefined {
    const { principal } = options;
    if (principal === undefined || typeof context !== "object" || context === null) return undefined;
    const present = contexts.get(context);
    const watched = present ?? new WatchedContext(context, () => readHere("principal"), options.onBlind);
    if (present === undefined) {
      outside(() => learn(context, principal));
      contexts.set(context, watched);
    }
    watched.enter(watchedNames);
    return () => watched.leave();
  }

  return {
    async watch({ context, info, principal, selection, vary }, load) {
      const fill: Fill = { taint: undefined, principal, selection, vary };
      const leave = principal ? enter(context) : undefined;
      if (selection && info !== undefined) watchSelection(info, () => readHere("selection", info));
      try {
        return await (tellsApart ? runApart(fill, load) : runTogether(fill, info, load));
      } finally {
        leave?.();
      }
    },
    watchReads,
    outside,
    taint: (taint) => readHere(taint),
    taintByVary(names) {
      if (names.length === 0) return;
      for (const fill of fillsHere()) {
        if (names.some((name) => !fill.vary.includes(name))) fill.taint ??= "vary";
      }
    },
  };
}

/** The accessors on one context while at least one fill runs with it. */
class WatchedContext {
  readonly #context: object;
  readonly #onRead: () => void;
  readonly #onBlind: ((property: string) => void) | undefined;
  readonly #installed = new Map<PropertyKey, () => void>();
  #fills = 0;

  constructor(context: object, onRead: () => void, onBlind: ((property: string) => void) | undefined) {
    this.#context = context;
    this.#onRead = onRead;
    this.#onBlind = onBlind;
  }

  enter(names: Iterable<PropertyKey>): void {
    this.#fills += 1;
    for (const name of names) {
      if (this.#installed.has(name)) continue;
      const undo = installAccessor(this.#context, name, this.#onRead);
      if (undo === undefined) this.#onBlind?.(String(name));
      else this.#installed.set(name, undo);
    }
  }

  leave(): void {
    this.#fills -= 1;
    if (this.#fills > 0) return;
    for (const undo of this.#installed.values()) undo();
    this.#installed.clear();
  }
}

/**
 * Puts an accessor in the place of a property, or of its absence: what is read of an anonymous context tells who asks
 * as well. Answers how to undo it; undefined where the object does not allow it.
 */
function installAccessor(context: object, name: PropertyKey, onRead: () => void): (() => void) | undefined {
  let own = Reflect.getOwnPropertyDescriptor(context, name);

  function assign(value: unknown): void {
    const setter = own === undefined ? inheritedSetter(context, name) : own.set;
    if (setter !== undefined) {
      Reflect.apply(setter, context, [value]);
    } else if (own === undefined) {
      own = { value, writable: true, enumerable: true, configurable: true };
      accessor.enumerable = true;
      Reflect.defineProperty(context, name, accessor);
    } else if (own.writable) {
      own = { ...own, value };
    } else {
      throw new TypeError(`Cannot assign to read only property '${String(name)}' of the context`);
    }
  }

  const accessor: PropertyDescriptor = {
    // An inherited property, and one that is absent, must not turn up in keys, spreads and copies.
    enumerable: own?.enumerable ?? false,
    configurable: true,
    get(this: unknown) {
      onRead();
      if (own === undefined) return Reflect.get(Object.getPrototypeOf(context) ?? {}, name, this);
      return own.get === undefined ? own.value : Reflect.apply(own.get, this, []);
    },
    set(this: object, value: unknown) {
      if (this === context) assign(value);
      // An object made with the context as its prototype gets a property of its own, as it would without us.
      else
        Reflect.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
    },
  };
  if (!Reflect.defineProperty(context, name, accessor)) return undefined;
  return () => {
    // Somebody deleted or redefined it meanwhile: theirs stands.
    if (Reflect.getOwnPropertyDescriptor(context, name)?.get !== accessor.get) return;
    if (own === undefined) Reflect.deleteProperty(context, name);
    else Reflect.defineProperty(context, name, own);
  };
}

function inheritedSetter(object: object, name: PropertyKey): ((value: unknown) => void) | undefined {
  let holder: object | null = Object.getPrototypeOf(object);
  while (holder !== null) {
    const descriptor = Reflect.getOwnPropertyDescriptor(holder, name);
    if (descriptor !== undefined) return descriptor.set;
    holder = Object.getPrototypeOf(holder);
  }
  return undefined;
}

/** graphql-js makes one info per field and reads nothing of it after the resolver but its path. */
function watchSelection(info: GraphQLResolveInfo, onRead: () => void): void {
  for (const name of SELECTION_NAMES) {
    const own = Reflect.getOwnPropertyDescriptor(info, name);
    if (own === undefined || !("value" in own)) continue;
    Reflect.defineProperty(info, name, {
      enumerable: own.enumerable ?? true,
      configurable: true,
      get() {
        onRead();
        return own.value;
      },
    });
  }
}

/** What such an object shows lies in its own properties. */
function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A proxy may answer with another function only where the property could be redefined. */
function isFree(target: object, name: PropertyKey): boolean {
  return Reflect.getOwnPropertyDescriptor(target, name)?.configurable ?? true;
}
