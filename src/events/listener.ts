import { type Backoff, backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { deferred } from "../base/deferred.ts";
import type { Random } from "../base/random.ts";
import type { Emit } from "../engine/events.ts";
import type { EventSourceKeys } from "../keys/grammar.ts";
import { type Store, StoreFailure } from "../store/store.ts";
import type { EventBatch, EventSource } from "./event-source.ts";
import { Lease } from "./lease.ts";

export interface EventListenerOptions {
  readonly source: EventSource;
  readonly keys: EventSourceKeys;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /**
   * Does what the messages say. Rejects when the store could not be told: it is called again. Where some of it is to be
   * repeated later, `settled` resolves when that is done.
   */
  readonly perform: (messages: readonly string[]) => Promise<{ readonly settled?: Promise<unknown> }>;
  /** Drops everything that the source covers. Rejects when the store could not be told. */
  readonly drop: () => Promise<void>;
  /** The source has to be known to be current at least so often, in ms; else what it covers is dropped. */
  readonly boundMs: number;
}

/** "leading": reads the source for the fleet. "standby": another gateway does. "blind": should, and cannot. */
export type ListenerState = "leading" | "standby" | "blind" | "closed";

/** Parts of the bound in which a source has to say something. */
const SIGNS_A_BOUND = 4;
/** Those who stand by look so often whether the lease is free. */
const LOOK_MS = 1000;
const RETRY: Backoff = { firstMs: 50, maxMs: 1000 };
/** A source that was told to stop may take so long to let go of its connections. */
const LETTING_GO_MS = 1000;

/**
 * One process' part in listening to a source. Of the fleet one process leads: it reads the source from where the fleet has
 * come to, does what the messages say, and remembers. Invalidations reach every gateway, so nobody else needs to.
 *
 * Nothing is lost with a leader that dies: a position is remembered only when everything before it is done, and the next
 * one reads on from there. What is done twice is harmless.
 *
 * Nothing stays wrong for long where the source cannot be read: unless it was known to be current within `boundMs`, all that
 * it covers is dropped, and again after each `boundMs`; whoever leads then gives the others a chance.
 */
export class EventListener {
  readonly #options: EventListenerOptions;
  readonly #closing = new AbortController();
  readonly #settled = deferred<void>();
  #state: ListenerState = "standby";
  #running: Promise<void> | undefined;

  constructor(options: EventListenerOptions) {
    this.#options = options;
  }

  get state(): ListenerState {
    return this.#state;
  }

  /**
   * Begins to listen. Resolves once what happened before is dealt with: the source was current, what it covers was dropped,
   * another gateway leads, or there is no store to be wrong.
   */
  start(): Promise<void> {
    this.#running ??= this.#run();
    return this.#settled.promise;
  }

  /** Stops reading, and lets another gateway lead. */
  async close(): Promise<void> {
    this.#closing.abort(new Error("The listener is closed."));
    this.#settled.resolve();
    await this.#running;
    this.#become("closed", "closed");
  }

  async #run(): Promise<void> {
    const { random, store } = this.#options;
    await store.ready();
    while (!this.#closing.signal.aborted) {
      const lease = await Lease.take(this.#options);
      if (lease instanceof Lease) {
        await this.#lead(lease);
        await lease.release();
      } else if (lease instanceof StoreFailure) this.#become("blind", lease.message);
      else this.#become("standby", "another gateway reads it");
      this.#settled.resolve();
      await this.#pause(LOOK_MS * (0.5 + random.next() / 2), this.#closing.signal);
    }
  }

  /** Until the lease is lost, or the source could not be read for a whole bound. */
  async #lead(lease: Lease): Promise<void> {
    const { source, clock, random, boundMs } = this.#options;
    const over = AbortSignal.any([lease.lost, this.#closing.signal]);
    const progress = new Progress(lease);
    const watch = new Watch({ clock, boundMs, over, onBlind: () => this.#dropBlind(over) });
    let tries = 0;
    while (!over.aborted && !watch.isBlind) {
      const reading = new AbortController();
      const stop = AbortSignal.any([over, reading.signal]);
      const cancel = watch.onSilence(() => reading.abort(new Error(`Nothing came for ${boundMs} ms.`)));
      let problem = "it ended";
      try {
        const request = { from: progress.position, everyMs: boundMs / SIGNS_A_BOUND, signal: stop };
        for await (const batch of until(stop, source.read(request), clock)) {
          tries = 0;
          await this.#handle(batch, progress, stop);
          watch.heard(batch.current);
          if (!batch.current) continue;
          this.#become("leading", "current");
          this.#settled.resolve();
        }
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error);
      } finally {
        cancel();
        reading.abort();
      }
      if (over.aborted) break;
      this.#become("blind", problem);
      await this.#pause(backoffMs(RETRY, ++tries, random.next()), over);
    }
    await watch.end();
  }

  async #handle(batch: EventBatch, progress: Progress, stop: AbortSignal): Promise<void> {
    const { source, perform, drop, emit } = this.#options;
    const { messages, gap, position } = batch;
    if (gap !== undefined) {
      await this.#insist(drop, stop);
      this.#settled.resolve();
      emit({ type: "events-dropped", source: source.name, reason: "gap", detail: gap });
    }
    const done = messages.length === 0 ? undefined : await this.#insist(() => perform(messages), stop);
    await progress.reach(position, done?.settled);
  }

  /** Rejects when it is told to stop before. */
  async #insist<Done>(work: () => Promise<Done>, stop: AbortSignal): Promise<Done> {
    const { random } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch {
        await this.#pause(backoffMs(RETRY, attempt, random.next()), stop);
        stop.throwIfAborted();
      }
    }
  }

  async #dropBlind(over: AbortSignal): Promise<void> {
    const { source, drop, emit, boundMs } = this.#options;
    try {
      await this.#insist(drop, over);
    } catch {
      return;
    }
    this.#settled.resolve();
    const detail = `not known to be current for ${boundMs} ms`;
    emit({ type: "events-dropped", source: source.name, reason: "blind", detail });
  }

  #become(state: ListenerState, detail: string): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.emit({ type: "events-state", source: this.#options.source.name, state, detail });
  }

  #pause(ms: number, stop: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      if (stop.aborted) return resolve();
      const end = () => {
        cancel();
        stop.removeEventListener("abort", end);
        resolve();
      };
      const cancel = clock.setTimer(end, ms, { background: true });
      stop.addEventListener("abort", end);
    });
  }
}

/**
 * How far one leader has come. What is repeated later (a replica that lags) holds the remembered position back, so that a leader
 * that dies in between leaves it to the next one.
 */
class Progress {
  /** Where this leader goes on reading. */
  position: string | undefined;
  readonly #lease: Lease;
  readonly #reached: { readonly position: string; isSettled: boolean }[] = [];

  constructor(lease: Lease) {
    this.#lease = lease;
    this.position = lease.position;
  }

  async reach(position: string | undefined, settled: Promise<unknown> | undefined): Promise<void> {
    this.position = position;
    if (position === undefined) return;
    const mark = { position, isSettled: settled === undefined };
    this.#reached.push(mark);
    settled?.then(
      () => {
        mark.isSettled = true;
      },
      () => {},
    );
    let newest: string | undefined;
    while (this.#reached[0]?.isSettled === true) newest = this.#reached.shift()!.position;
    if (newest !== undefined) await this.#lease.save(newest);
  }
}

interface WatchOptions {
  readonly clock: Clock;
  readonly boundMs: number;
  readonly over: AbortSignal;
  readonly onBlind: () => Promise<void>;
}

/** Counts from when the lease was taken: the leader before may have died at any time since its own last sign. */
class Watch {
  readonly #options: WatchOptions;
  #cancel = (): void => {};
  #onSilence = (): void => {};
  #heardAnything = false;
  #dropping: Promise<void> = Promise.resolve();
  /** A whole bound has passed without any batch. */
  isBlind = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    options.over.addEventListener("abort", () => this.#cancel());
    this.#begin();
  }

  onSilence(call: () => void): () => void {
    this.#onSilence = call;
    return () => {
      this.#onSilence = () => {};
    };
  }

  heard(current: boolean): void {
    this.#heardAnything = true;
    if (current) this.#begin();
  }

  async end(): Promise<void> {
    this.#cancel();
    await this.#dropping;
  }

  #begin(): void {
    const { clock, boundMs, over } = this.#options;
    this.#cancel();
    if (over.aborted) return;
    this.#heardAnything = false;
    this.#cancel = clock.setTimer(() => this.#expire(), boundMs, { background: true });
  }

  #expire(): void {
    this.#dropping = this.#options.onBlind();
    // One that is behind and gets on is left to it.
    if (this.#heardAnything) {
      this.#begin();
      return;
    }
    this.isBlind = true;
    this.#onSilence();
  }
}

/** The items until the signal; whoever iterates does not wait for a source that does not listen to it. */
async function* until<Item>(
  stop: AbortSignal,
  items: AsyncIterable<Item>,
  clock: Clock,
): AsyncGenerator<Item> {
  const iterator = items[Symbol.asyncIterator]();
  let giveUp: (reason: unknown) => void = () => {};
  const onStop = () => giveUp(stop.reason);
  stop.addEventListener("abort", onStop);
  try {
    for (;;) {
      // No race with one promise for all items: that would keep each of them until it settles.
      const next = await new Promise<IteratorResult<Item>>((resolve, reject) => {
        giveUp = reject;
        if (stop.aborted) reject(stop.reason);
        else iterator.next().then(resolve, reject);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    stop.removeEventListener("abort", onStop);
    await letGo(iterator, clock);
  }
}

async function letGo(iterator: AsyncIterator<unknown>, clock: Clock): Promise<void> {
  let cancel = (): void => {};
  const late = new Promise<void>((resolve) => {
    cancel = clock.setTimer(resolve, LETTING_GO_MS);
  });
  const gone = Promise.resolve(iterator.return?.()).then(
    () => {},
    () => {},
  );
  await Promise.race([gone, late]);
  cancel();
}
