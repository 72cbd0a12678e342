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

const TOKEN_CHARS = 16;

/** What a round did not get done. */
interface Unfinished {
  readonly phase: string;
  readonly failure: StoreFailure;
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

/** Announce, drop, log: see docs/protocol.md, "Why it holds". What is asked for in one turn is one batch. */
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
    const { turn, flights, clock, emit } = this.#options;
    const list = [...names];
    const startedAt = clock.monotonic();
    flights.closeUnder(names);
    try {
      await this.#insist(list, startedAt, () => this.#round(list));
      // The requests of this process that begin from now on know of it: their fills may store at once.
      await turn.sampleLog();
      emit({ type: "invalidate", names: list, ms: clock.monotonic() - startedAt });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      emit({ type: "invalidate", names: list, ms: clock.monotonic() - startedAt, error: message });
      throw error;
    }
  }

  /**
   * One announcement, drop and logging. Whatever fails, all of it is done again under another token: each step is harmless
   * when it runs twice, or late.
   */
  async #round(names: readonly string[]): Promise<Unfinished | undefined> {
    const { store, keys, random } = this.#options;
    const token = random.token(TOKEN_CHARS);
    const announced = await store.announce(token, names);
    if (announced !== undefined) return { phase: "announce them", failure: announced };
    const dropped = await store.dropStamps(names.map((name) => keys.stamp(name)));
    if (dropped !== undefined) return { phase: "drop their stamps", failure: dropped };
    const logged = await store.appendLog(token, names);
    if (logged === true) return undefined;
    const failure =
      logged === false ? new StoreFailure("error", "their announcement was evicted meanwhile") : logged;
    return { phase: "log them", failure };
  }

  /** Repeats a round until the store says that all of it was done. */
  async #insist(
    names: readonly string[],
    startedAt: number,
    round: () => Promise<Unfinished | undefined>,
  ): Promise<void> {
    const { clock, random, invalidateMs } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const unfinished = await this.#inTime(startedAt + invalidateMs, round);
      if (unfinished === undefined) return;
      const pause = backoffMs({ firstMs: 20, maxMs: 500 }, attempt, random.next());
      const ms = clock.monotonic() - startedAt;
      if (ms + pause >= invalidateMs) {
        throw new InvalidationError(names, unfinished.phase, unfinished.failure, ms);
      }
      await new Promise<void>((resolve) => clock.setTimer(resolve, pause));
    }
  }

  /** The store limits each command itself; this limits one that does not. */
  async #inTime(
    until: number,
    round: () => Promise<Unfinished | undefined>,
  ): Promise<Unfinished | undefined> {
    const { clock } = this.#options;
    let cancel = (): void => {};
    const late = new Promise<Unfinished>((resolve) => {
      const failure = new StoreFailure("timeout", "The store did not answer.");
      const give = () => resolve({ phase: "reach it", failure });
      cancel = clock.setTimer(give, Math.max(0, until - clock.monotonic()));
    });
    try {
      return await Promise.race([round(), late]);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { phase: "reach it", failure: new StoreFailure("error", message) };
    } finally {
      cancel();
    }
  }
}
