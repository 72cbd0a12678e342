import DataLoader from "dataloader";
import { whyUnshared } from "../engine/source-error.ts";
import type { RowGraph } from "./row-graph.ts";

/** A row as one request got it. */
export interface RowAnswer {
  readonly row: unknown;
  /** Not for everybody: whatever is computed from it is not either. */
  readonly ofPrincipal: boolean;
}

export interface EntityDataLoaderOptions {
  readonly name: string;
  /** Equal for keys that name the same entity: its stamp name. Throws for what names none. */
  readonly homeOf: (key: unknown) => string;
  /** `reload`: the request has cleared this key, and wants what the source has now. */
  readonly read: (key: unknown, reload: boolean) => Promise<RowAnswer>;
  /** false for an error that says nothing of its key: a batch that failed as a whole. Such errors are not kept. */
  readonly isOwnError: (error: unknown) => boolean;
  /** Of the request. */
  readonly rows: RowGraph;
  /** Told of each `load`, where its caller stands. */
  readonly onLoad: () => void;
  /** Told, where the caller of `load` waits, that it gets a row which is not for everybody. */
  readonly onPrincipalRow: () => void;
  /** Around each `load`, where its caller waits. */
  readonly reading: <Row>(read: () => Promise<Row>) => Promise<Row>;
}

/**
 * The DataLoader of one entity in one request. It differs from a plain one in three points: keys are told apart by
 * their entity, rows are read through the cache, and what was cleared is read from the source.
 */
export class EntityDataLoader extends DataLoader<unknown, unknown, string> {
  readonly #options: EntityDataLoaderOptions;
  readonly #memo: Map<string, Promise<unknown>>;
  readonly #cleared = new Set<string>();
  /** How many batches have begun, and the end of the last one. */
  #batches = 0;
  #batch: Promise<unknown> | undefined;
  #allCleared = false;

  constructor(options: EntityDataLoaderOptions) {
    const memo = new Map<string, Promise<unknown>>();
    super((keys) => Promise.resolve(this.#readAll(keys)), {
      name: options.name,
      cacheKeyFn: options.homeOf,
      cacheMap: memo,
    });
    this.#options = options;
    this.#memo = memo;
  }

  override load(key: unknown): Promise<unknown> {
    return this.#options.reading(() => this.#load(key));
  }

  #load(key: unknown): Promise<unknown> {
    const { rows, homeOf } = this.#options;
    const before = this.#batches;
    return this.#told(
      key,
      super.load(key).then(async (given) => {
        // As of a plain DataLoader: what is asked for together is given together, what is in the memo included.
        if (this.#batches > before) await this.#batch;
        if (!(given instanceof Reading)) return given;
        await given.batch;
        await rows.closed(homeOf(key));
        return given.row;
      }),
    );
  }

  /** The row that a reference in another row leads to. It waits for no other row of a batch: that may be waiting for this one. */
  loadFrom(from: string, key: unknown): Promise<unknown> {
    const { rows, homeOf } = this.#options;
    const read = async () => {
      const given = await super.load(key);
      return given instanceof Reading ? given.row : given;
    };
    return this.#told(key, rows.follow(from, homeOf(key), read));
  }

  /** Told here, not in the batch: the batch runs where the first of its callers stood, this where each of them waits. */
  #told(key: unknown, loaded: Promise<unknown>): Promise<unknown> {
    const { rows, homeOf, onLoad, onPrincipalRow } = this.#options;
    onLoad();
    return loaded.then(
      (row) => {
        if (rows.isOfPrincipal(homeOf(key))) onPrincipalRow();
        return row;
      },
      (error: unknown) => {
        if (whyUnshared(error) !== undefined) onPrincipalRow();
        throw error;
      },
    );
  }

  override clear(key: unknown): this {
    this.#cleared.add(this.#options.homeOf(key));
    return super.clear(key);
  }

  override clearAll(): this {
    this.#allCleared = true;
    return super.clearAll();
  }

  #readAll(keys: readonly unknown[]): readonly Reading[] {
    const rows = keys.map((key) => {
      const row = this.#readOne(key);
      this.#options.rows.reads(this.#options.homeOf(key), row);
      return row;
    });
    const batch = Promise.allSettled(rows);
    this.#batches += 1;
    this.#batch = batch;
    return rows.map((row) => new Reading(row, batch));
  }

  /** The row that this request has written, under each of its names. */
  learn(names: readonly string[], row: unknown): void {
    for (const name of names) this.#memo.set(name, Promise.resolve(row));
  }

  async #readOne(key: unknown): Promise<unknown> {
    const { homeOf, read, rows, isOwnError } = this.#options;
    const home = homeOf(key);
    try {
      const { row, ofPrincipal } = await read(key, this.#allCleared || this.#cleared.has(home));
      if (ofPrincipal) rows.markOfPrincipal(home);
      return row;
    } catch (error) {
      // As DataLoader does: a failed batch is not remembered, an Error in the place of a row is.
      if (!isOwnError(error)) this.#memo.delete(home);
      throw error instanceof Error ? error : new Error(String(error), { cause: error });
    }
  }
}

/** A row on its way, as the memo keeps it: who may wait for what differs from one caller to the next. */
class Reading {
  readonly row: Promise<unknown>;
  /** Settled with the last of the rows that are read together. */
  readonly batch: Promise<unknown>;

  constructor(row: Promise<unknown>, batch: Promise<unknown>) {
    this.row = row;
    this.batch = batch;
  }
}
