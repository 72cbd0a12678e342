import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { type Deferred, deferred } from "../base/deferred.ts";
import { FieldgateError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import type { Keys } from "../keys/grammar.ts";
import { type Store, StoreFailure } from "../store/store.ts";
import type { Emit } from "./events.ts";
import type { Flights } from "./flights.ts";
import type { Turn } from "./turn.ts";

export interface InvalidatorOptions {
  readonly store: Store;
  readonly keys: Keys;
  readonly turn: Turn;
  readonly flights: Flights;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** All phases and their repetitions together take at most this long. */
  readonly invalidateMs: number;
}

/** Rejection of an `invalidate` whose guarantee cannot be given. Entries under `names` may still be served. */
export class InvalidationError extends FieldgateError {
  readonly names: readonly string[];

  constructor(names: readonly string[], phase: string, failure: StoreFailure, ms: number) {
    super(
      "INVALIDATION_FAILED",
      `invalidate must reach the store for each of its names, but could not ${phase} within ${Math.round(ms)} ms: ${failure.message} (${failure.reason}). Not invalidated: ${names.join(", ")}.`,
      "Repeat it: entries under these names may be served until then, or until they expire.",
    );
    this.names = names;
  }
}

/** Drop, log, drop: see docs/protocol.md, "Why it holds". What is asked for in one turn is one batch. */
export class Invalidator {
  readonly #options: InvalidatorOptions;
  #names = new Set<string>();
  #done: Deferred<void> | undefined;

  constructor(options: InvalidatorOptions) {
    this.#options = options;
  }

  /** Resolves when no later read can be answered with what was loaded before this call; rejects when it cannot be known. */
  invalidate(names: Iterable<string>): Promise<void> {
    for (const name of names) this.#names.add(name);
    if (this.#names.size === 0) return Promise.resolve();
    if (this.#done === undefined) {
      this.#done = deferred();
      setImmediate(() => this.#flush());
    }
    return this.#done.promise;
  }

  #flush(): void {
    const names = this.#names;
    const done = this.#done!;
    this.#names = new Set();
    this.#done = undefined;
    this.#run(names).then(done.resolve, done.reject);
  }

  async #run(names: ReadonlySet<string>): Promise<void> {
    const { store, keys, turn, flights, clock, emit } = this.#options;
    const list = [...names];
    const stampKeys = list.map((name) => keys.stamp(name));
    const startedAt = clock.monotonic();
    flights.closeUnder(names);
    try {
      // Two deletions, as a fill may take its stamp between the first and the append and read the log before it: 4.
      // The first one before the append, as a request may begin between the two and still hit the old parent: 3.
      await this.#insist(list, "drop the stamps", startedAt, () => store.dropStamps(stampKeys));
      await this.#insist(list, "append to the log", startedAt, () => store.appendLog(list));
      // The requests of this process that begin from now on know of the append: their fills may store at once.
      const [, dropped] = await Promise.allSettled([
        turn.sampleLog(),
        this.#insist(list, "drop the stamps again", startedAt, () => store.dropStamps(stampKeys)),
      ]);
      if (dropped.status === "rejected") throw dropped.reason;
      emit({ type: "invalidate", names: list, ms: clock.monotonic() - startedAt });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      emit({ type: "invalidate", names: list, ms: clock.monotonic() - startedAt, error: message });
      throw error;
    }
  }

  /** Repeats a phase until the store says that all of it was done. Each is harmless when it runs twice, or late. */
  async #insist(
    names: readonly string[],
    phase: string,
    startedAt: number,
    step: () => Promise<StoreFailure | undefined>,
  ): Promise<void> {
    const { clock, random, invalidateMs } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const failure = await this.#inTime(startedAt + invalidateMs, step);
      if (failure === undefined) return;
      const pause = backoffMs({ firstMs: 20, maxMs: 500 }, attempt, random.next());
      const ms = clock.monotonic() - startedAt;
      if (ms + pause >= invalidateMs) throw new InvalidationError(names, phase, failure, ms);
      await new Promise<void>((resolve) => clock.setTimer(resolve, pause));
    }
  }

  /** The store limits each command itself; this limits one that does not. */
  async #inTime(
    until: number,
    step: () => Promise<StoreFailure | undefined>,
  ): Promise<StoreFailure | undefined> {
    const { clock } = this.#options;
    let cancel = (): void => {};
    const late = new Promise<StoreFailure>((resolve) => {
      const give = () => resolve(new StoreFailure("timeout", "The store did not answer."));
      cancel = clock.setTimer(give, Math.max(0, until - clock.monotonic()));
    });
    try {
      return await Promise.race([step(), late]);
    } catch (error) {
      return new StoreFailure("error", error instanceof Error ? error.message : String(error));
    } finally {
      cancel();
    }
  }
}
