import { AsyncLocalStorage } from "node:async_hooks";
import type { Emit } from "../engine/events.ts";
import { unsharedError } from "../engine/source-error.ts";
import type { Sources } from "../engine/sources.ts";
import { checkRows } from "./check-rows.ts";

/** One row that is wanted of the source. */
export interface RowRequest {
  /** Equal for equal keys, and for no others. */
  readonly id: string;
  /** What `load` receives. */
  readonly key: unknown;
  /** What `load` receives beside the keys, should this request be the one that leads the batch. */
  readonly context: unknown;
  /** Who asks: rows loaded under the context of another request can be taken back from this one (see `#settle`). */
  readonly request: object;
  /** Requests with an equal audience may be loaded together. */
  readonly audience: unknown;
  /** The row is to be for everybody, or it is not known for whom: whether `load` looks at who asks matters. */
  readonly watched: boolean;
}

export interface LoadedRow {
  readonly value: unknown;
  /** `load` looked at who asks: the row is for this request alone. */
  readonly tainted: boolean;
}

/** Runs `work` and tells whether it read what a public entry must not depend on. Never rejects. */
export type Guard = (request: RowRequest, work: () => Promise<unknown>) => Promise<Guarded>;

export type Guarded = { readonly tainted: boolean } & (
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "error"; readonly error: unknown }
);

export interface SourceBatchOptions {
  /** Of the entity; for messages and events. */
  readonly name: string;
  readonly load: (keys: readonly unknown[], context: unknown) => unknown;
  readonly maxBatch: number;
  readonly guard: Guard;
  readonly emit: Emit;
  /** Who decides when `load` may be called. */
  readonly sources: Sources;
  /** Calls back once everything that can still join this wave has had its turn. */
  readonly schedule: (flush: () => void) => void;
}

interface Waiting extends RowRequest {
  readonly resolve: (row: LoadedRow) => void;
  readonly reject: (error: unknown) => void;
}

interface Batch {
  readonly audience: unknown;
  readonly items: Waiting[];
  readonly ids: Set<string>;
  /** Runs something where its first request stood, for sources that keep their request in an AsyncLocalStorage. */
  readonly within: ReturnType<typeof AsyncLocalStorage.snapshot>;
  /** Its turn has come; it begins when its source has room. */
  isCalled: boolean;
}

/**
 * The misses of one wave, of all requests of the process, as one call of `load` per audience.
 *
 * A DataLoader batches one request; two requests that miss in the same wave would still make two calls. This one
 * stands behind all of them. It remembers nothing: a row belongs to the batch that loaded it.
 */
export class SourceBatch {
  readonly #options: SourceBatchOptions;
  /** Not begun yet. More than one per audience when full, or when a key is wanted twice. */
  readonly #waiting = new Map<unknown, Batch[]>();
  #isScheduled = false;
  /** Once `load` has looked at who asks, requests no longer share a batch: each would be run again anyway. */
  #apart = false;
  readonly #rowErrors = new WeakSet<Error>();

  constructor(options: SourceBatchOptions) {
    this.#options = options;
  }

  /** `load` has looked at who asks: its rows are not for everybody. */
  get looksAtAsker(): boolean {
    return this.#apart;
  }

  load(request: RowRequest): Promise<LoadedRow> {
    return new Promise((resolve, reject) => this.#enqueue({ ...request, resolve, reject }));
  }

  /** true: `load` gave it in the place of one row. false: the whole call failed, or it came from elsewhere. */
  isRowError(error: unknown): boolean {
    return error instanceof Error && this.#rowErrors.has(error);
  }

  #enqueue(item: Waiting): void {
    const audience = this.#apart ? item.request : item.audience;
    const batches = this.#waiting.get(audience) ?? [];
    this.#waiting.set(audience, batches);
    // The engine asks for a key twice at a time only where the two may not share the value. Then they get a call each.
    let batch = batches.find(({ items, ids }) => items.length < this.#options.maxBatch && !ids.has(item.id));
    if (batch === undefined) {
      batch = {
        audience,
        items: [],
        ids: new Set(),
        within: AsyncLocalStorage.snapshot(),
        isCalled: false,
      };
      batches.push(batch);
      if (!this.#isScheduled) this.#options.schedule(() => this.#flush());
      this.#isScheduled = true;
    }
    batch.items.push(item);
    batch.ids.add(item.id);
  }

  /** A batch that has to wait for its source takes along who comes meanwhile. */
  #flush(): void {
    this.#isScheduled = false;
    const { name, sources } = this.#options;
    for (const batch of [...this.#waiting.values()].flat().filter(({ isCalled }) => !isCalled)) {
      batch.isCalled = true;
      const run = async () => {
        this.#begin(batch);
        await this.#run(batch.items);
      };
      batch.within(() =>
        sources.run(name, run).catch((error: unknown) => {
          this.#begin(batch);
          for (const item of batch.items) item.reject(error);
        }),
      );
    }
  }

  /** From here on nobody joins it. */
  #begin({ audience, items }: Batch): void {
    const batches = this.#waiting.get(audience)?.filter((batch) => batch.items !== items) ?? [];
    if (batches.length > 0) this.#waiting.set(audience, batches);
    else this.#waiting.delete(audience);
  }

  async #run(items: readonly Waiting[]): Promise<void> {
    const { name, guard, emit } = this.#options;
    emit({ type: "batch", loader: name, keys: items.length });
    const leader = items[0]!;
    const outcome = await guard(leader, () => this.#call(items, leader.context));
    this.#settle(items, leader, outcome);
  }

  async #call(items: readonly Waiting[], context: unknown): Promise<readonly unknown[]> {
    const { name, load } = this.#options;
    const keys = items.map(({ key }) => key);
    return checkRows({ name, option: "load" }, keys, await load(keys, context));
  }

  /**
   * A load that looked at who asks has answered its leader's question only. The others get what they would have got
   * alone: a call with their own context.
   */
  #settle(items: readonly Waiting[], leader: Waiting, outcome: Guarded): void {
    if (outcome.tainted) this.#apart = true;
    for (const [at, item] of items.entries()) {
      if (outcome.tainted && item.request !== leader.request) this.#enqueue(item);
      else if (outcome.kind === "error") this.#refuse(item, outcome.error, outcome.tainted);
      else this.#answer(item, (outcome.value as readonly unknown[])[at], outcome.tainted);
    }
  }

  #answer(item: Waiting, value: unknown, tainted: boolean): void {
    if (value instanceof Error) {
      this.#rowErrors.add(value);
      this.#refuse(item, value, tainted);
    } else item.resolve({ value, tainted });
  }

  #refuse(item: Waiting, error: unknown, tainted: boolean): void {
    item.reject(tainted ? unsharedError(error, "tainted") : error);
  }
}
