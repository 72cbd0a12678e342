import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { type Deferred, deferred } from "../base/deferred.ts";
import { FieldgateError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import type { StampCopies } from "../keys/stamp-copies.ts";
import { ANNOUNCED_MS, type Store, StoreFailure } from "../store/store.ts";
import type { Emit } from "./events.ts";
import type { Flights } from "./flights.ts";
import { LeftAnnouncements } from "./left-announcements.ts";
import type { Turn } from "./turn.ts";

export interface InvalidatorOptions {
  readonly store: Store;
  readonly copies: StampCopies;
  readonly turn: Turn;
  readonly flights: Flights;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** All phases and their repetitions together take at most this long, and what the store needs to settle. */
  readonly invalidateMs: number;
}

const TOKEN_CHARS = 16;

/** What a round did not get done. */
interface Unfinished {
  readonly phase: string;
  readonly failure: StoreFailure;
}

/** An invalidation whose last step waits for what its owner does meanwhile. */
export interface Hold {
  /** Of the present announcement; undefined: the store could not be told, and nothing is held. */
  readonly token: string | undefined;
  /** Does what is left of the invalidation; resolves and rejects as `invalidate` does. */
  end(): Promise<void>;
}

/** A server that has not answered for so long may not answer for long. */
const SILENT_MS = 50;

/** What the store itself says of a command that was given up is worth more than that it took too long. */
const GRACE_MS = 50;

/** An announcement is renewed long before it ends. */
const RENEW_MS = ANNOUNCED_MS / 3;

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
  readonly #left: LeftAnnouncements;
  #names = new Set<string>();
  #done: Deferred<void> | undefined;

  constructor(options: InvalidatorOptions) {
    this.#options = options;
    this.#left = new LeftAnnouncements(options.clock);
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

  /**
   * Announces and drops now, and logs when the hold ends. Until then nothing is stored under these names, and what was is
   * gone: one invalidation, as long as what its owner does meanwhile. An announcement that is lost by then has all of it
   * done again at the end. Never rejects: what the store could not be told now, it is told at the end.
   */
  async hold(names: readonly string[]): Promise<Hold> {
    const { store, flights, clock, invalidateMs } = this.#options;
    const all = new Set(names);
    flights.closeUnder(all);
    const begin = () => this.#inTime(clock.monotonic() + invalidateMs, () => this.#begin(names));
    const begun = await begin();
    let token = typeof begun === "string" ? begun : undefined;
    let renewal = Promise.resolve();
    let cancel = (): void => {};
    // The next one stands, and has dropped what was stored if the last one was lost, before the last one is taken away.
    const renew = async (): Promise<void> => {
      const next = await begin();
      if (typeof next !== "string") return;
      if (token !== undefined) await store.appendLog(token, names);
      token = next;
    };
    const wait = (): void => {
      cancel = clock.setTimer(
        () => {
          renewal = renew().then(wait);
        },
        RENEW_MS,
        { background: true },
      );
    };
    wait();
    return {
      get token() {
        return token;
      },
      end: async () => {
        cancel();
        await renewal;
        cancel();
        flights.closeUnder(all);
        await this.#finish(names, () => {
          const held = token;
          token = undefined;
          return held === undefined ? this.#round(names) : this.#log(held, names);
        });
      },
    };
  }

  #flush(): void {
    const names = this.#names;
    const done = this.#done!;
    this.#names = new Set();
    this.#done = undefined;
    this.#run(names).then(done.resolve, done.reject);
  }

  async #run(names: ReadonlySet<string>): Promise<void> {
    this.#options.flights.closeUnder(names);
    const list = [...names];
    await this.#finish(list, () => this.#round(list));
  }

  /** Repeats a round until it has succeeded, and tells of it. */
  async #finish(list: readonly string[], round: () => Promise<Unfinished | undefined>): Promise<void> {
    const { turn, clock, emit } = this.#options;
    const startedAt = clock.monotonic();
    try {
      await this.#insist(list, startedAt, round);
      // Logging is what takes an announcement away; names that are told once too often do no harm.
      for (const { token, names } of this.#left.take()) void this.#options.store.appendLog(token, names);
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
    const begun = await this.#begin(names);
    return typeof begun === "string" ? this.#log(begun, names) : begun;
  }

  /** Announces and drops; resolves to the token of the announcement. */
  async #begin(names: readonly string[]): Promise<string | Unfinished> {
    const { store, copies, random } = this.#options;
    const token = random.token(TOKEN_CHARS);
    const stampKeys = names.flatMap((name) => copies.keysOf(name));
    const announced = await this.#announce(token, names, stampKeys);
    if (announced !== undefined) return this.#leave(token, names, "announce them", announced);
    const dropped = await store.dropStamps(stampKeys);
    if (dropped !== undefined) return this.#leave(token, names, "drop their stamps", dropped);
    return token;
  }

  /**
   * One of several servers may be silent, or gone. What the others hold is dropped without waiting for it, and once more when
   * all of them have announced: only that one counts.
   */
  async #announce(
    token: string,
    names: readonly string[],
    stampKeys: readonly string[],
  ): Promise<StoreFailure | undefined> {
    const { store, clock } = this.#options;
    const announcing = store.announce(token, names);
    if (store.buckets === 1) return announcing;
    let early: Promise<unknown> | undefined;
    const drop = () => (early ??= store.dropStamps(stampKeys));
    const cancel = clock.setTimer(drop, SILENT_MS);
    const failure = await announcing;
    cancel();
    if (failure !== undefined) void drop();
    return failure;
  }

  async #log(token: string, names: readonly string[]): Promise<Unfinished | undefined> {
    const logged = await this.#options.store.appendLog(token, names);
    if (logged === true) return undefined;
    const failure =
      logged === false ? new StoreFailure("error", "their announcement was evicted meanwhile") : logged;
    return this.#leave(token, names, "log them", failure);
  }

  #leave(token: string, names: readonly string[], phase: string, failure: StoreFailure): Unfinished {
    this.#left.add(token, names);
    return { phase, failure };
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
  async #inTime<Done>(until: number, round: () => Promise<Done | Unfinished>): Promise<Done | Unfinished> {
    const { clock, store } = this.#options;
    let cancel = (): void => {};
    const late = new Promise<Unfinished>((resolve) => {
      const failure = new StoreFailure("timeout", "The store did not answer.");
      const give = () => resolve({ phase: "reach it", failure });
      cancel = clock.setTimer(
        give,
        Math.max(0, until - clock.monotonic()) + (store.settleMs ?? 0) + GRACE_MS,
      );
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
