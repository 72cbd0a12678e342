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
  /** The same without waiting, for a key that was not cleared; undefined where the row is not there at once. */
  readonly readNow: (key: unknown) => RowAnswer | undefined;
  /** Looks these up; resolves when they can be read without waiting, as far as they can. undefined: none was looked up. */
  readonly look: (keys: readonly unknown[]) => Promise<unknown> | undefined;
  /** false for an error that says nothing of its key: a batch that failed as a whole. Such errors are not kept. */
  readonly isOwnError: (error: unknown) => boolean;
  /** Of the request. */
  readonly rows: RowGraph;
  /** Told of each `load`, where its caller stands. */
  readonly onLoad: () => void;
  /** A row is put into the memo that no read has brought. */
  readonly onForeignRow: () => void;
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
  /** Rows that were read without waiting. */
  readonly #there = new Map<string, There>();
  /** How many batches have begun, and the end of the last one, unless it had nothing to wait for. */
  #batches = 0;
  #batch: Promise<unknown> | undefined;
  #allCleared = false;

  constructor(options: EntityDataLoaderOptions) {
    const memo = new Map<string, Promise<unknown>>();
    super((keys) => this.#readAll(keys), {
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
    const loaded = super.load(key).then((given) => {
      // As of a plain DataLoader: what is asked for together is given together, what is in the memo included.
      const batch = this.#batches > before ? this.#batch : undefined;
      return batch === undefined && !(given instanceof Reading) ? given : wait(given, batch);
    });
    const wait = async (given: unknown, batch: Promise<unknown> | undefined) => {
      await batch;
      if (!(given instanceof Reading)) return given;
      await given.batch;
      await rows.closed(homeOf(key));
      return given.row;
    };
    return this.#told(key, loaded);
  }

  /** A row that is there, or can be read without waiting. */
  loadNow(key: unknown): There | undefined {
    const { rows, homeOf, onLoad, onPrincipalRow } = this.#options;
    const home = homeOf(key);
    let there = this.#there.get(home);
    if (there === undefined) {
      if (this.#memo.has(home)) return undefined;
      there = this.#readNow(key);
      if (there === undefined) return undefined;
      this.#memo.set(home, Promise.resolve(there.row));
    }
    onLoad();
    if (rows.isOfPrincipal(home)) onPrincipalRow();
    return there;
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
    const home = this.#options.homeOf(key);
    this.#cleared.add(home);
    this.#there.delete(home);
    return super.clear(key);
  }

  override clearAll(): this {
    this.#allCleared = true;
    this.#there.clear();
    return super.clearAll();
  }

  override prime(key: unknown, row: unknown): this {
    this.#options.onForeignRow();
    return super.prime(key, row);
  }

  /** The row that this request has written, under each of its names. */
  learn(names: readonly string[], row: unknown): void {
    this.#options.onForeignRow();
    for (const name of names) {
      this.#memo.set(name, Promise.resolve(row));
      this.#there.delete(name);
    }
  }

  /** One batch: what is there, then what one look finds, then what takes longer, each by itself. */
  #readAll(keys: readonly unknown[]): Promise<readonly unknown[]> {
    this.#batches += 1;
    this.#batch = undefined;
    const there = keys.map((key) => this.#readNow(key));
    const missing = keys.filter((_, at) => there[at] === undefined);
    if (missing.length === 0) return Promise.resolve(there.map((one) => one!.row));
    const looked = this.#options.look(missing);
    if (looked === undefined) return Promise.resolve(this.#readLater(keys, there));
    const begun = looked.then(() => {
      const readings = this.#readLater(
        keys,
        keys.map((key, at) => there[at] ?? this.#readNow(key)),
      );
      return { readings, batch: readings.find((one) => one instanceof Reading)?.batch };
    });
    this.#batch = begun.then(({ batch }) => batch);
    return begun.then(({ readings }) => readings);
  }

  #readLater(keys: readonly unknown[], there: readonly (There | undefined)[]): readonly unknown[] {
    const { homeOf, rows } = this.#options;
    const readings = keys.map((key, at) => {
      if (there[at] !== undefined) return undefined;
      const row = this.#readOne(key);
      rows.reads(homeOf(key), row);
      return row;
    });
    const batch = Promise.allSettled(readings);
    this.#batch = batch;
    return readings.map((row, at) => (row === undefined ? there[at]!.row : new Reading(row, batch)));
  }

  #readNow(key: unknown): There | undefined {
    const { homeOf, readNow, rows } = this.#options;
    const home = homeOf(key);
    if (this.#allCleared || this.#cleared.has(home)) return undefined;
    const answer = readNow(key);
    if (answer === undefined) return undefined;
    if (answer.ofPrincipal) rows.markOfPrincipal(home);
    this.#there.set(home, answer);
    return answer;
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

interface There {
  readonly row: unknown;
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
