import { execute, type GraphQLSchema } from "graphql";
import type { CacheEvent, FieldCache, InvalidationTarget } from "../../../src/index.ts";
import type { Answer, Invalidation } from "./law.ts";
import { junk, namesOf, operations } from "./operations.ts";
import { readingsIn } from "./reading.ts";
import { type ShopContext, shopOver } from "./shop.ts";
import { CALM, type Load, type Mood, type Source } from "./source.ts";

/** What happened in one gateway during one schedule. */
export interface Report {
  readonly hits: number;
  /** Hits at a replica of what is hot. */
  readonly replicas: number;
  /** Entries that were read from near copies. */
  readonly near: number;
  /** Reads that were given a copy of another's load. */
  readonly joined: number;
  readonly stale: number;
  readonly stored: number;
  /** Fills whose value the store, or the log, refused. */
  readonly refused: number;
  /** Loads past a store that did not answer. */
  readonly bypassed: number;
  readonly loads: readonly Load[];
}

export interface Wish {
  /** Index into `operations`. */
  readonly operation: number;
  readonly id: string;
  readonly ids: readonly string[];
  readonly user: string;
}

/** One stream of requests over a cache: a process of its own, or one of several in this one. */
export class Gateway {
  readonly #number: number;
  readonly #cache: FieldCache<ShopContext>;
  readonly #schema: GraphQLSchema;
  readonly #source: Source;
  readonly #now: () => number;
  #counts = noCounts();
  #nearHits = 0;

  /** `open` makes the cache; it is told where events go. */
  constructor(options: {
    readonly number: number;
    readonly source: Source;
    readonly now: () => number;
    /** That of the next deploy: see `shopOver`. */
    readonly isNext?: boolean;
    readonly open: (onEvent: (event: CacheEvent) => void) => FieldCache<ShopContext>;
  }) {
    this.#number = options.number;
    this.#source = options.source;
    this.#now = options.now;
    this.#cache = options.open((event) => this.#count(event));
    this.#schema = shopOver(this.#cache, options.source, options.isNext);
  }

  get cache(): FieldCache<ShopContext> {
    return this.#cache;
  }

  async read({ operation, id, ids, user }: Wish, as = this.#number): Promise<Answer> {
    const document = operations[operation % operations.length]!;
    const began = this.#now();
    const result = await execute({
      schema: this.#schema,
      document,
      variableValues: { id, ids },
      contextValue: { user },
    });
    const ended = this.#now();
    const readings = readingsIn(JSON.parse(JSON.stringify(result.data ?? null)));
    return { gateway: as, operation: String(operation % operations.length), began, ended, user, readings };
  }

  async invalidate(target: InvalidationTarget, as = this.#number): Promise<Invalidation | undefined> {
    const called = this.#now();
    try {
      await this.#cache.invalidate(target);
    } catch {
      return undefined;
    }
    return { gateway: as, names: namesOf(target), called, resolved: this.#now() };
  }

  /** Fills the embedded store, so that it drops what was not read for longest. */
  async press(id: string): Promise<void> {
    await execute({ schema: this.#schema, document: junk, variableValues: { id }, contextValue: {} });
  }

  feel(mood: Mood): void {
    this.#source.mood = mood;
  }

  release(chosen: number): void {
    this.#source.release(chosen);
  }

  /** No load waits from here on. */
  calm(): void {
    this.#source.mood = CALM;
    this.#source.releaseAll();
  }

  /** Nothing is under way, and the store can be used. */
  get isIdle(): boolean {
    const { running, store } = this.#cache.stats();
    return running.fills + running.refreshes + running.sharedLoads === 0 && store.status === "up";
  }

  /** What happened since the last report. */
  report(): Report {
    const nearHits = this.#cache.stats().store.near?.hits ?? 0;
    const report = { ...this.#counts, near: nearHits - this.#nearHits, loads: this.#source.loads };
    this.#nearHits = nearHits;
    this.#counts = noCounts();
    this.#source.loads = [];
    return report;
  }

  #count(event: CacheEvent): void {
    const counts = this.#counts;
    if (event.type === "read") {
      if (event.reason === "replica") counts.replicas += 1;
      if (event.outcome === "hit") counts.hits += 1;
      else if (event.outcome === "stale") counts.stale += 1;
      else if (event.outcome === "wait" && event.reason === undefined) counts.joined += 1;
      else if (event.reason === "store-down") counts.bypassed += 1;
    } else if (event.type === "fill") {
      if (event.stored === "stored") counts.stored += 1;
      else if (event.stored === "refused") counts.refused += 1;
    }
  }
}

function noCounts() {
  return { hits: 0, replicas: 0, joined: 0, stale: 0, stored: 0, refused: 0, bypassed: 0 };
}
