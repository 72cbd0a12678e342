import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { EventSourceKeys } from "../keys/grammar.ts";
import { type Store, StoreFailure } from "../store/store.ts";

/** A gateway that died is replaced after so long. */
export const LEASE_MS = 3000;

/** Longer than any entry lives: a fleet that comes back later finds nothing that could be wrong. */
const POSITION_MS = 25 * 3600 * 1000;
const KEEP_MS = 10 * 60 * 1000;

export interface LeaseOptions {
  readonly store: Store;
  readonly keys: EventSourceKeys;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * The right to read one source for the fleet, and the position that the fleet has come to. Both lie beside the entries: a
 * store that lost its entries lost the position too, and one that lost the position alone has its entries dropped.
 *
 * Two may believe that they hold it for a moment: then messages are dealt with twice, which is harmless, and an older
 * position may replace a newer one, which has messages read again.
 */
export class Lease {
  /** Where the fleet has come to; undefined: it is not known. */
  readonly position: string | undefined;
  readonly #options: LeaseOptions;
  readonly #token: string;
  readonly #stamp: string;
  readonly #lost = new AbortController();
  #renewedAt: number;
  #saved: { readonly position: string; readonly atMs: number } | undefined;
  #keptAt: number;
  #cancel = (): void => {};

  /** "taken": another gateway has it. */
  static async take(options: LeaseOptions): Promise<Lease | "taken" | StoreFailure> {
    const { store, keys, clock, random } = options;
    const token = random.token(16);
    const startedAt = clock.monotonic();
    const [reply = new StoreFailure("error", "no answer")] = await store.begin([
      {
        entryKey: keys.position,
        stampKey: keys.stamp,
        lockKey: keys.lock,
        passKey: keys.pass,
        seenId: "",
        token,
        lockMs: LEASE_MS,
        stampMs: POSITION_MS,
      },
    ]);
    if (reply instanceof StoreFailure) return reply;
    if (reply.kind !== "own") return "taken";
    const { entries } = await store.read({ entryKeys: [keys.position], stampKeys: [], log: false });
    const text = entries[0] ?? null;
    const mark = markOf(reply.stamp);
    const position = typeof text === "string" && text.startsWith(mark) ? text.slice(mark.length) : undefined;
    const lease = new Lease(options, { token, stamp: reply.stamp, startedAt, position });
    if (!(text instanceof StoreFailure)) return lease;
    await lease.release();
    return text;
  }

  private constructor(
    options: LeaseOptions,
    held: { token: string; stamp: string; startedAt: number; position: string | undefined },
  ) {
    this.#options = options;
    this.#token = held.token;
    this.#stamp = held.stamp;
    this.#renewedAt = held.startedAt;
    this.#keptAt = held.startedAt;
    this.position = held.position;
    this.#renewLater();
  }

  /** Aborted when the lease may be another's by now. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** The fleet has dealt with everything up to here. */
  async save(position: string): Promise<void> {
    const { store, keys, clock } = this.#options;
    const atMs = clock.monotonic();
    if (this.#saved?.position === position && atMs - this.#saved.atMs < KEEP_MS) return;
    if (atMs - this.#keptAt >= KEEP_MS && !(await this.#keepStamp(atMs))) return;
    const text = markOf(this.#stamp) + position;
    const [saved] = await store.prime([
      { entryKey: keys.position, stampKey: keys.stamp, stamp: this.#stamp, lifeMs: POSITION_MS, text },
    ]);
    if (saved === true) this.#saved = { position, atMs };
    // The stamp is gone: evicted, or of a store that has lost everything. Taken anew, the lease makes another.
    if (saved === false) this.#lose();
  }

  /** Whether the stamp, without which the position says nothing, is there and lives on. */
  async #keepStamp(atMs: number): Promise<boolean> {
    const { store, keys } = this.#options;
    const [stamp] = await store.stamps([{ stampKey: keys.stamp, lifeMs: POSITION_MS }]);
    if (stamp === this.#stamp) this.#keptAt = atMs;
    else if (typeof stamp === "string") this.#lose();
    return stamp === this.#stamp;
  }

  async release(): Promise<void> {
    this.#lose();
    const { store, keys } = this.#options;
    await store.release([{ lockKey: keys.lock, passKey: keys.pass, token: this.#token, stamp: this.#stamp }]);
  }

  #lose(): void {
    this.#cancel();
    this.#lost.abort(new Error("The lease is over."));
  }

  #renewLater(): void {
    this.#cancel = this.#options.clock.setTimer(() => void this.#renew(), LEASE_MS / 3, { background: true });
  }

  async #renew(): Promise<void> {
    const { store, keys, clock } = this.#options;
    const askedAt = clock.monotonic();
    const [renewed] = await store.renew([{ lockKey: keys.lock, token: this.#token, lockMs: LEASE_MS }]);
    if (this.lost.aborted) return;
    if (renewed === true) this.#renewedAt = askedAt;
    const isOver = clock.monotonic() - this.#renewedAt >= LEASE_MS;
    if (renewed === false || isOver) this.#lose();
    else this.#renewLater();
  }
}

/** Begins with what no entry begins with: for `begin` the text is foreign, and so there is nothing but the lock. */
function markOf(stamp: string): string {
  return `=${stamp} `;
}
