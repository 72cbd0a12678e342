import { inspect } from "node:util";
import type DataLoader from "dataloader";
import { FieldgateError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import { didYouMean } from "../base/suggest.ts";
import type { Emit } from "../engine/events.ts";
import type { Sources } from "../engine/sources.ts";
import type { EntitySource } from "../fields/entity-registry.ts";
import type { EntityKey, Identity } from "../fields/identity.ts";
import type { PlanAhead } from "../fields/plan-read.ts";
import { markForeign, type RequestState, type RequestStates } from "../fields/request-state.ts";
import type { TaintGuard } from "../fields/taint-guard.ts";
import { EntityDataLoader } from "./entity-data-loader.ts";
import type { PendingRows, PendingRowsOptions } from "./pending-rows.ts";
import { forgetRows, requestLoader } from "./request-loaders.ts";
import { rowGraphOf } from "./row-graph.ts";
import { RowReader, type RowReaderOptions, type RowWish } from "./row-reader.ts";
import { RowWriter, type WriteBatch } from "./row-writer.ts";
import { type Guarded, type RowRequest, SourceBatch } from "./source-batch.ts";

// Whoever gives no types has keys, rows and contexts that are taken as they come, as with a plain DataLoader.
// biome-ignore lint/suspicious/noExplicitAny: the defaults must let plain code compile
type Anything = any;

/** Options of {@link FieldCache.entity}. */
export interface EntityOptions<Key = Anything, Row = Anything, Context = Anything> {
  /**
   * The rows of these keys, in their order: a row, null for one that does not exist, or an Error for one that failed.
   * A failed row fails alone. Keys are distinct; they may come from several requests, of which one lends its context.
   *
   * Trap: a key comes as somebody gave it, from an argument or from another row: an `id: ID!` may be `"42"` or `42`.
   */
  readonly load: (
    keys: readonly Key[],
    context: Context,
  ) => PromiseLike<readonly (Row | Error)[]> | readonly (Row | Error)[];
  /**
   * The key fields of what is given to the loader, where that is neither the value of a single key field nor a record of
   * several: `(input) => ({ sku: input.sku })`. `load` receives what it returns. Default: what is given.
   */
  readonly key?: (input: Anything) => Key;
  /** Keys in one call of `load`, at most. Default: no bound. */
  readonly maxBatch?: number;
  /**
   * Writes these rows to the source, and returns each as it is there now, whole, as `load` would: a row, or an Error for one that
   * was not written. Each has a token, for a source that is to know a write it has seen. Without it the entity cannot be written.
   */
  readonly write?: (
    rows: readonly Row[],
    batch: WriteBatch,
  ) => PromiseLike<readonly (Row | Error)[]> | readonly (Row | Error)[];
  /** Removes these keys from the source. Without it the entity cannot be removed. */
  readonly remove?: (keys: readonly Key[]) => unknown;
  /**
   * What `entity.write` and `entity.remove` do. "THROUGH": the source first. "BEHIND": they resolve once the change is safe in the store;
   * every read sees it from then on, and it is sent to the source a moment later. Default "THROUGH".
   *
   * Trap: without persistence Redis loses what was not sent yet when it restarts; see docs/patterns/write-behind.md.
   */
  readonly mode?: "THROUGH" | "BEHIND";
  /**
   * Joins two writes of one entity that are both pending, and a pending write with the row that it will change: for deltas.
   * `(pending, next) => ({ ...pending, views: pending.views + next.views })`. Default: the later row replaces the earlier one.
   */
  readonly merge?: (pending: Row, next: Row) => Row;
  /**
   * What a read gets, and a write does, while the store does not tell what is pending of this entity: "fail", or take the "source" for
   * it, which may not have what was written last. Default "fail".
   */
  readonly pendingUnknown?: "fail" | "source";
}

/** Loads the entities of one type, through the cache. */
export interface EntityLoader<Key = Anything, Row = Anything, Context = Anything> {
  /**
   * The request's DataLoader: the same instance for the same request, also after the context was copied. Without a
   * context, for jobs: a new one, with nothing in its memo.
   *
   * @example
   * const resolvers = { Query: { product: (_, { id }, context) => products.loader(context).load(id) } };
   *
   * `clear(key)` and `clearAll()` also make the next `load` of this request pass by the cache.
   */
  loader(context?: Context): DataLoader<Key, Row>;
  /** `loader(context).load(key)` */
  get(key: Key, context?: Context): Promise<Row>;
  /** `loader(context).loadMany(keys)`: an Error in the place of a row that failed. */
  getMany(keys: readonly Key[], context?: Context): Promise<(Row | Error)[]>;
  /**
   * Writes through: the row, which shows its key, to the source by the option `write`, then to the cache. Resolves to the row as
   * `write` returned it; no read that begins after that is answered with what was before. With a context, that request's loader has it too.
   *
   * @example
   * const saved = await products.write({ id: 42, name: "Tea", price: 5 });
   *
   * Rejects with the error of `write`; then the entity is invalidated, as it may have been written all the same.
   *
   * Trap: what is returned is what everybody reads next. A row with columns of who asks, or without some, is read by others like that.
   */
  write(row: Row, context?: Context): Promise<Row>;
  /** The same for the option `remove`. */
  remove(key: Key, context?: Context): Promise<void>;
}

/** What is known once the schema is: see `createFieldCache`. */
export type EntityParts = Omit<RowReaderOptions, "name" | "source">;

/** What an entity knows of writing behind itself. */
export type EntityBehind = Pick<
  PendingRowsOptions,
  "name" | "merge" | "pendingUnknown" | "reader" | "writer"
>;

export interface EntityDeps {
  /** Throws before `apply`. */
  readonly parts: () => EntityParts;
  readonly states: RequestStates;
  readonly guard: TaintGuard;
  readonly emit: Emit;
  /** Calls back once everything that belongs to the present wave has had its turn. */
  readonly schedule: (flush: () => void) => void;
  readonly random: Random;
  readonly sources: Sources;
  /** What writing behind takes, for an entity that is written so. */
  readonly behind: (parts: EntityBehind) => PendingRows | undefined;
  /** A write has reached the source, and the cache could not be told. */
  readonly onUnreached: (error: unknown, names: readonly string[]) => void;
}

/** An entity with its loader, as the application and as `fields/` see it. */
export class Entity implements EntityLoader, EntitySource {
  readonly typeName: string;
  readonly #keyOf: (input: unknown) => unknown;
  readonly #deps: EntityDeps;
  readonly #source: SourceBatch;
  readonly #options: EntityOptions;
  #writer: RowWriter | undefined;
  #reader: RowReader | undefined;
  /** Once it is known whether there are any. */
  #behind: { readonly rows: PendingRows | undefined } | undefined;
  /** Contexts of requests by state: the last one that was given, as Apollo copies it and wrappers add to the copy. */
  readonly #contexts = new WeakMap<RequestState, unknown>();

  constructor(typeName: string, options: EntityOptions, deps: EntityDeps) {
    this.typeName = typeName;
    this.#keyOf = options.key ?? ((input) => input);
    this.#deps = deps;
    this.#options = options;
    this.#source = new SourceBatch({
      name: typeName,
      load: options.load,
      maxBatch: options.maxBatch ?? Number.POSITIVE_INFINITY,
      guard: (request, work) => watch(deps, request, work),
      emit: deps.emit,
      sources: deps.sources,
      schedule: deps.schedule,
    });
  }

  // Functions of their own, so that `const { loader } = cache.entity(…)` works.
  readonly loader = (context?: unknown): DataLoader<Anything, Anything> =>
    this.#loaderOf(this.#deps.states.of(context), context);

  readonly get = (key: unknown, context?: unknown): Promise<unknown> => this.loader(context).load(key);

  readonly getMany = (keys: readonly unknown[], context?: unknown): Promise<unknown[]> =>
    this.loader(context).loadMany(keys);

  readonly write = (row: unknown, context?: unknown): Promise<unknown> =>
    this.writeIn(this.#deps.states.of(context), context, row, this.#options.mode);

  readonly remove = async (input: unknown, context?: unknown): Promise<void> => {
    const key = this.#keyOf(input);
    const identity = this.#identify(key);
    const behind = this.#pendingRows();
    if (behind === undefined) await this.#rowWriter().remove(key, identity);
    else if (this.#options.mode === "BEHIND") await behind.remove(key, identity);
    else await behind.removeThrough(key, identity);
    forgetRows(this.#deps.states.of(context));
  };

  /** Writes for a request whose state is known. */
  async writeIn(
    state: RequestState,
    context: unknown,
    given: unknown,
    mode: "THROUGH" | "BEHIND" = "THROUGH",
  ): Promise<unknown> {
    const behind = this.#pendingRows();
    if (behind !== undefined && mode === "BEHIND") return this.#writeBehind(behind, state, context, given);
    const writer = this.#rowWriter();
    const identity = writer.identityOf(given);
    const { row, names } =
      behind === undefined
        ? await writer.write(given)
        : writer.written(identity, await behind.writeThrough(given, identity));
    // Other rows that the request has read may show what was before.
    forgetRows(state);
    this.#loaderOf(state, context).learn(names, row);
    return row;
  }

  async #writeBehind(
    behind: PendingRows,
    state: RequestState,
    context: unknown,
    given: unknown,
  ): Promise<unknown> {
    const writer = this.#rowWriter();
    const identity = writer.identityOf(given);
    const row = await behind.write(given, identity);
    forgetRows(state);
    const loader = this.#loaderOf(state, context);
    if (this.#options.merge === undefined) {
      loader.learn(writer.written(identity, row).names, row);
      return row;
    }
    // A delta is not what its writer wants to see. It is queued, whatever becomes of reading it.
    return loader.load(new ReferredKey(identity.key)).catch(() => row);
  }

  /** Waits for what is written behind to reach the source, for at most `ms`; resolves to how much is left. */
  async closeBehind(ms: number): Promise<number> {
    return (await this.#pendingRows()?.close(ms)) ?? 0;
  }

  /** Begins to send what is written behind, by this process or by others. */
  startBehind(): void {
    this.#pendingRows()?.start();
  }

  load(state: RequestState, context: unknown, key: EntityKey, from?: string): Promise<unknown> {
    const loader = this.#loaderOf(state, context);
    const referred = new ReferredKey(key);
    return from === undefined ? loader.load(referred) : loader.loadFrom(from, referred);
  }

  loadNow(state: RequestState, context: unknown, key: EntityKey): { readonly row: unknown } | undefined {
    return this.#loaderOf(state, context).loadNow(new ReferredKey(key));
  }

  ahead(state: RequestState, context: unknown): PlanAhead | undefined {
    return this.#rowReader().ahead(state, context);
  }

  #loaderOf(state: RequestState, context: unknown): EntityDataLoader {
    this.#contexts.set(state, context);
    return requestLoader(state, this.typeName, () => this.#open(state));
  }

  #open(state: RequestState): EntityDataLoader {
    const reader = this.#rowReader();
    const { guard, parts } = this.#deps;
    const { scope = "PUBLIC", vary = [] } = parts().policy ?? {};
    const wishOf = (input: unknown, reload: boolean): RowWish => {
      const key = this.#keyIn(input);
      return { identity: this.#identify(key), key, state, context: this.#contexts.get(state), reload };
    };
    return new EntityDataLoader({
      name: this.typeName,
      homeOf: (input) => this.#identify(this.#keyIn(input)).home,
      read: (input, reload) => {
        const wish = wishOf(input, reload);
        const behind = this.#pendingRows();
        return behind === undefined ? reader.read(wish) : behind.read(wish);
      },
      // What is pending is read in one step with the row, by `read`.
      readNow: (input) =>
        this.#pendingRows() === undefined ? reader.readNow(wishOf(input, false)) : undefined,
      look: (inputs) => {
        if (this.#pendingRows() !== undefined) return undefined;
        const identities = inputs.map((input) => this.#identify(this.#keyIn(input)));
        return reader.look(identities, state, this.#contexts.get(state));
      },
      rows: rowGraphOf(state),
      isOwnError: (error) => this.#source.isRowError(error),
      // By the type's own word, whether or not there is an entry this time: an anonymous row is not for everybody either.
      onLoad() {
        if (scope === "PRIVATE") guard.taint("private");
        guard.taintByVary(vary);
      },
      onForeignRow: () => markForeign(state),
      onPrincipalRow: () => guard.taint("private"),
      reading: (read) => this.#deps.sources.reading(read),
    });
  }

  get isWritable(): boolean {
    return this.#options.write !== undefined;
  }

  get isBehind(): boolean {
    return this.#options.mode === "BEHIND";
  }

  #pendingRows(): PendingRows | undefined {
    if (this.#behind === undefined) {
      const { merge, pendingUnknown = "fail" } = this.#options;
      const own = { name: this.typeName, merge, pendingUnknown };
      const rows = this.#deps.behind({ ...own, reader: this.#rowReader(), writer: this.#rowWriter() });
      this.#behind = { rows };
    }
    return this.#behind.rows;
  }

  #rowWriter(): RowWriter {
    const { random, onUnreached, parts } = this.#deps;
    const { cache, identities } = parts();
    this.#writer ??= new RowWriter({
      name: this.typeName,
      write: this.#options.write,
      remove: this.#options.remove,
      cache,
      identities,
      reader: this.#rowReader(),
      random,
      onUnreached,
    });
    return this.#writer;
  }

  #rowReader(): RowReader {
    this.#reader ??= new RowReader({ ...this.#deps.parts(), name: this.typeName, source: this.#source });
    return this.#reader;
  }

  #keyIn(input: unknown): unknown {
    return input instanceof ReferredKey ? input.key : this.#keyOf(input);
  }

  #identify(key: unknown): Identity {
    return this.#rowReader().identify(key);
  }
}

/** A key that comes from an entry and not from the application: `key` has nothing to do with it. */
class ReferredKey {
  readonly key: EntityKey;

  constructor(key: EntityKey) {
    this.key = key;
  }
}

function watch(
  { guard, parts }: EntityDeps,
  { context, watched }: RowRequest,
  work: () => Promise<unknown>,
): Promise<Guarded> {
  const { vary = [] } = parts().policy ?? {};
  let tainted = () => false;
  return guard
    .watch({ context, principal: watched, selection: false, vary }, (fill) => {
      tainted = () => fill.taint !== undefined;
      return work();
    })
    .then(
      (value) => ({ tainted: tainted(), kind: "value", value }) as const,
      (error) => ({ tainted: tainted(), kind: "error", error }) as const,
    );
}

/** Throws {@link FieldgateError} (`BAD_ENTITY`) with everything that is wrong with a call of `cache.entity`. */
export function checkEntity(name: unknown, options: unknown): void {
  const problems: string[] = [];
  if (typeof name !== "string" || name === "") {
    problems.push(`The name must be that of a type, but got: ${inspect(name)}.`);
  }
  if (typeof options !== "object" || options === null) {
    problems.push(`The options must be an object with "load", but got: ${inspect(options)}.`);
  } else
    problems.push(
      ...Object.entries({ load: undefined, ...options }).flatMap(([option, value]) => wrong(option, value)),
    );
  if (problems.length === 0) return;
  throw new FieldgateError(
    "BAD_ENTITY",
    `cache.entity(${typeof name === "string" ? JSON.stringify(name) : "name"}, options) cannot work:\n${problems.map((problem) => `- ${problem}`).join("\n")}\n`,
    "It takes a type's name and { load, key?, maxBatch?, write?, remove?, mode?, merge?, pendingUnknown? }.",
  );
}

function wrong(option: string, value: unknown): readonly string[] {
  switch (option) {
    case "load":
      if (typeof value === "function") return [];
      return [
        `"load" must be a function which accepts Array<key> and returns Promise<Array<row>>, but got: ${inspect(value)}.`,
      ];
    case "key":
    case "write":
    case "remove":
    case "merge":
      if (value === undefined || typeof value === "function") return [];
      return [`"${option}" must be a function, but got: ${inspect(value)}.`];
    case "maxBatch":
      if (value === undefined || (typeof value === "number" && value >= 1)) return [];
      return [`"maxBatch" must be a positive number, but got: ${inspect(value)}.`];
    case "mode":
      return oneOf(option, value, ["THROUGH", "BEHIND"]);
    case "pendingUnknown":
      return oneOf(option, value, ["fail", "source"]);
    default:
      return [
        `There is no option "${option}".${didYouMean(option, ["load", "key", "maxBatch", "write", "remove", "mode", "merge", "pendingUnknown"])}`,
      ];
  }
}

function oneOf(option: string, value: unknown, words: readonly string[]): readonly string[] {
  if (value === undefined || words.includes(value as string)) return [];
  return [
    `"${option}" must be ${words.map((word) => `"${word}"`).join(" or ")}, but got: ${inspect(value)}.`,
  ];
}
