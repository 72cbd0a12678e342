import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "../base/clock.ts";
import { FieldgateError } from "../base/errors.ts";
import { type NoRoom, Semaphore } from "../base/semaphore.ts";
import type { Emit } from "./events.ts";

/** How much of one source may be asked for at a time. */
export interface SourceLimits {
  /** Loads of it that run at a time in this process, at most. */
  readonly concurrency: number;
  /**
   * The same for all gateways of the namespace together: each takes an equal part, at least 1 and at most `concurrency`. While Redis
   * is away, each keeps the part that it had. Default: only `concurrency` counts.
   */
  readonly fleetConcurrency?: number;
  /** Loads that wait for their turn, at most. One more fails with `SOURCE_BUSY`. Default 1000. */
  readonly queue?: number;
  /** How long a load waits for its turn, in ms. Then it fails with `SOURCE_BUSY`. Default 5000. */
  readonly queueMs?: number;
  /**
   * What loads from it: an entity (`"Product"`), a cached field (`"Query.products"`), the cached fields of a type (`"Query.*"`), or
   * `"*"` for everything. The most exact one counts. Default `["*"]`.
   */
  readonly of?: readonly string[];
}

/** Rejection of a load that found no room at its source. */
export class SourceBusyError extends FieldgateError {
  readonly source: string;

  constructor(source: string, { running, waiting }: Semaphore, refusal: NoRoom) {
    super(
      "SOURCE_BUSY",
      refusal.why === "full"
        ? `The source "${source}" is busy: ${running} loads of it run and ${waiting} wait.`
        : `The source "${source}" is busy: a load of it did not get its turn in time; ${running} run and ${waiting} wait.`,
      `Its limits are those of the option sources: { ${JSON.stringify(source)}: … }.`,
    );
    this.source = source;
  }
}

export interface SourceState {
  readonly running: number;
  readonly waiting: number;
  /** How many may run now, in this process. */
  readonly limit: number;
}

export interface SourcesOptions {
  readonly limits: Readonly<Record<string, SourceLimits>>;
  readonly clock: Clock;
  readonly emit: Emit;
}

/** A load that runs, as what it calls sees it. */
const permits = new AsyncLocalStorage<Permit>();

/**
 * A semaphore for each source, so that an outage of Redis does not become the database's.
 *
 * Only the call of the source itself holds a permit: the `load` of an entity, the resolver of a field. Such a load may read
 * through the cache in turn, and wait there for another load. While it does, its permit is lent:
 *
 * 1. X, which holds the last permit of a source, asks for row 5 · 2. row 5 is loaded already, by a load that waits for a
 * permit · 3. X waits for it. Nobody who waits for a permit, or for who waits for one, holds one: so there is always one to be had.
 *
 * What waits in a way that cannot be seen from here (a promise in a memo of the application's own) keeps its permit; then
 * `queueMs` ends the wait: who waits for a permit is refused, and who lent one goes on without room.
 */
export class Sources {
  readonly #options: SourcesOptions;
  readonly #semaphores: ReadonlyMap<string, Semaphore>;
  /** Name of the source by what loads from it. */
  readonly #byPlace = new Map<string, string>();

  constructor(options: SourcesOptions) {
    this.#options = options;
    const { limits, clock } = options;
    this.#semaphores = new Map(
      Object.entries(limits).map(([name, { concurrency, queue = 1000, queueMs = 5000, of = ["*"] }]) => {
        for (const place of of) this.#byPlace.set(place, name);
        return [name, new Semaphore({ clock, limit: concurrency, queue, queueMs })];
      }),
    );
  }

  /** Nothing is limited. */
  get isEmpty(): boolean {
    return this.#semaphores.size === 0;
  }

  /** A limit is one of the whole fleet. */
  get isShared(): boolean {
    return Object.values(this.#options.limits).some(({ fleetConcurrency }) => fleetConcurrency !== undefined);
  }

  /** Whether loads of this entity or field are limited at all. */
  limits(place: string): boolean {
    return this.#sourceOf(place) !== undefined;
  }

  /** Runs a load once its source has room for it; at once where it has, or has no limits. */
  run<T>(place: string, load: () => Promise<T>): Promise<T> {
    const source = this.#sourceOf(place);
    return source === undefined ? load() : this.#run(source, this.#semaphores.get(source)!, load);
  }

  /** Runs a read through the cache. A load that asks for it lends its permit until it is answered. */
  reading<T>(read: () => T): T | Promise<Awaited<T>> {
    const permit = this.isEmpty ? undefined : permits.getStore();
    return permit === undefined ? read() : permit.lend(read);
  }

  /** Divides the limits of the fleet among so many gateways. */
  share(gateways: number): void {
    for (const [name, { concurrency, fleetConcurrency }] of Object.entries(this.#options.limits)) {
      if (fleetConcurrency === undefined) continue;
      const part = Math.floor(fleetConcurrency / gateways);
      this.#semaphores.get(name)!.limit = Math.max(1, Math.min(concurrency, part));
    }
  }

  stats(): Readonly<Record<string, SourceState>> {
    return Object.fromEntries(
      [...this.#semaphores].map(([name, { running, waiting, limit }]) => [name, { running, waiting, limit }]),
    );
  }

  async #run<T>(source: string, semaphore: Semaphore, load: () => Promise<T>): Promise<T> {
    const turn = semaphore.enter();
    if (turn !== undefined) await this.#wait(source, semaphore, turn);
    const permit = new Permit(semaphore);
    try {
      return await permits.run(permit, load);
    } finally {
      permit.end();
    }
  }

  async #wait(source: string, semaphore: Semaphore, turn: Promise<void>): Promise<void> {
    const { clock, emit } = this.#options;
    const startedAt = clock.monotonic();
    const told = (error?: string) => {
      const ms = clock.monotonic() - startedAt;
      emit({ type: "source-wait", source, ms, ...(error === undefined ? {} : { error }) });
    };
    try {
      await turn;
    } catch (refusal) {
      const error = new SourceBusyError(source, semaphore, refusal as NoRoom);
      told(error.message);
      throw error;
    }
    told();
  }

  #sourceOf(place: string): string | undefined {
    const [typeName] = place.split(".", 1);
    return (
      this.#byPlace.get(place) ??
      (place === typeName ? undefined : this.#byPlace.get(`${typeName}.*`)) ??
      this.#byPlace.get("*")
    );
  }
}

/** The right of one load to ask its source. */
class Permit {
  readonly #semaphore: Semaphore;
  #isInside = true;
  #ended = false;
  /** Reads through the cache that are under way. */
  #reads = 0;
  #return: Promise<void> | undefined;

  constructor(semaphore: Semaphore) {
    this.#semaphore = semaphore;
  }

  async lend<T>(read: () => T): Promise<Awaited<T>> {
    // What goes on after its load has ended, goes on without it.
    if (this.#ended) return await read();
    this.#reads += 1;
    this.#leave();
    try {
      return await read();
    } finally {
      this.#reads -= 1;
      if (this.#reads === 0) await this.#comeBack();
    }
  }

  end(): void {
    this.#ended = true;
    this.#leave();
  }

  #leave(): void {
    if (!this.#isInside) return;
    this.#isInside = false;
    this.#semaphore.leave();
  }

  #comeBack(): Promise<void> | undefined {
    if (this.#ended || this.#isInside) return undefined;
    this.#return ??= this.#reenter();
    return this.#return;
  }

  async #reenter(): Promise<void> {
    await this.#semaphore.reenter();
    this.#isInside = true;
    this.#return = undefined;
    // It read once more meanwhile, or has ended: then it is not needed.
    if (this.#reads > 0 || this.#ended) this.#leave();
  }
}
