import DataLoader from "dataloader";
import { whyUnshared } from "../engine/source-error.ts";

/** A row as one request got it. */
export interface RowAnswer {
  readonly row: unknown;
  /** Stamp names by which the row is known besides the one it was asked by. */
  readonly alsoKnownAs: readonly string[];
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
  /** Told, where the caller of `load` waits, that it gets a row which is not for everybody. */
  readonly onPrincipalRow: () => void;
}

/**
 * The DataLoader of one entity in one request. It differs from a plain one in three points: keys are told apart by
 * their entity, rows are read through the cache, and what was cleared is read from the source.
 */
export class EntityDataLoader extends DataLoader<unknown, unknown, string> {
  readonly #options: EntityDataLoaderOptions;
  readonly #memo: Map<string, Promise<unknown>>;
  /** Other names of rows in the memo. */
  readonly #aliases = new Map<string, string>();
  readonly #ofPrincipal = new Set<string>();
  readonly #cleared = new Set<string>();
  #allCleared = false;

  constructor(options: EntityDataLoaderOptions) {
    const memo = new Map<string, Promise<unknown>>();
    super((keys) => this.#readAll(keys), { name: options.name, cacheKeyFn: options.homeOf, cacheMap: memo });
    this.#options = options;
    this.#memo = memo;
  }

  override load(key: unknown): Promise<unknown> {
    // Told here, not in the batch: the batch runs where the first of its callers stood, this where each of them waits.
    return super.load(key).then(
      (row) => {
        if (this.#ofPrincipal.size > 0 && this.#ofPrincipal.has(this.#options.homeOf(key))) {
          this.#options.onPrincipalRow();
        }
        return row;
      },
      (error: unknown) => {
        if (whyUnshared(error) !== undefined) this.#options.onPrincipalRow();
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

  /** Clears the entity of this stamp name, by whichever of its keys it was loaded. */
  forget(home: string): void {
    for (const name of [home, this.#aliases.get(home)]) {
      if (name === undefined) continue;
      this.#cleared.add(name);
      this.#memo.delete(name);
    }
  }

  /** The row that this request has written, under each of its names. */
  learn(names: readonly string[], row: unknown): void {
    const [home, ...aliases] = names;
    if (home === undefined) return;
    for (const name of names) {
      this.forget(name);
      this.#memo.set(name, Promise.resolve(row));
    }
    for (const name of aliases) this.#aliases.set(name, home);
  }

  #readAll(keys: readonly unknown[]): Promise<unknown[]> {
    return Promise.all(keys.map((key) => this.#readOne(key)));
  }

  /** An Error in the place of a row, as DataLoader wants it. */
  async #readOne(key: unknown): Promise<unknown> {
    const { homeOf, read, isOwnError } = this.#options;
    const home = homeOf(key);
    try {
      const { row, alsoKnownAs, ofPrincipal } = await read(key, this.#allCleared || this.#cleared.has(home));
      for (const name of alsoKnownAs) this.#aliases.set(name, home);
      if (ofPrincipal) this.#ofPrincipal.add(home);
      return row;
    } catch (error) {
      // As DataLoader does: a failed batch is not remembered, an Error in the place of a row is.
      if (!isOwnError(error)) this.#memo.delete(home);
      return error instanceof Error ? error : new Error(String(error), { cause: error });
    }
  }
}
