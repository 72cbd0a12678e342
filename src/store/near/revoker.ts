import type { Clock } from "../../base/clock.ts";
import { type Deferred, deferred } from "../../base/deferred.ts";
import type { Random } from "../../base/random.ts";
import { StoreFailure } from "../store.ts";
import { ACKNOWLEDGE_MS, DRIFT, LEASE_MS } from "./lease.ts";
import { type NearBus, processOf } from "./near-bus.ts";

export interface RevokerOptions {
  readonly bus: NearBus;
  readonly clock: Clock;
  readonly random: Random;
}

/** A revocation that is waited for. */
interface Waiting {
  readonly processes: Set<string>;
  readonly done: Deferred<void>;
}

const ID_CHARS = 16;

/** Sees to it that no other process holds copies of stamps that have been deleted. */
export class Revoker {
  readonly #options: RevokerOptions;
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: RevokerOptions) {
    this.#options = options;
  }

  acknowledged(revocationId: string, processId: string): void {
    const waiting = this.#waiting.get(revocationId);
    if (waiting?.processes.delete(processId) && waiting.processes.size === 0) waiting.done.resolve();
  }

  /**
   * Resolves when no live session but ours holds a copy that was read before `dropped` settled: each has acknowledged,
   * or its lease is over.
   *
   * 1. I tells everybody · 2. G drops its copy, acknowledges, reads the stamp again · 3. I deletes it: so the deletion comes first.
   */
  async revoke(
    stampKeys: readonly string[],
    dropped: Promise<StoreFailure | undefined>,
  ): Promise<StoreFailure | undefined> {
    const { bus } = this.#options;
    const [failure, sessions] = await Promise.all([dropped, bus.sessions(dropped)]);
    if (failure !== undefined) return failure;
    if (sessions instanceof StoreFailure) return sessions;
    const others = sessions.live.filter((session) => processOf(session) !== bus.processId);
    const [, unheard] = await Promise.all([
      // 1. G joins, holds a copy · 2. the list is evicted, or lost with the server · 3. I deletes the stamp, finds a list without G,
      // and resolves. Who is on the old list alone cannot renew: its lease is over one lease after the new one was begun.
      this.#wait((LEASE_MS - sessions.ageMs) * DRIFT),
      others.length === 0 ? undefined : this.#tell(stampKeys, others),
    ]);
    return unheard;
  }

  async #tell(stampKeys: readonly string[], sessions: readonly string[]): Promise<StoreFailure | undefined> {
    const { bus, random } = this.#options;
    const id = random.token(ID_CHARS);
    const waiting: Waiting = { processes: new Set(sessions.map(processOf)), done: deferred() };
    this.#waiting.set(id, waiting);
    try {
      const failure = await bus.revoke({ id, from: bus.processId, stampKeys });
      if (failure !== undefined) return failure;
      await this.#wait(ACKNOWLEDGE_MS, waiting.done.promise);
      const silent = sessions.filter((session) => waiting.processes.has(processOf(session)));
      if (silent.length === 0) return undefined;
      const remainingMs = await bus.expel(silent);
      if (remainingMs instanceof StoreFailure) return remainingMs;
      await this.#wait(remainingMs * DRIFT, waiting.done.promise);
      return undefined;
    } finally {
      this.#waiting.delete(id);
    }
  }

  async #wait(ms: number, earlier?: Promise<void>): Promise<void> {
    if (ms <= 0) return;
    let cancel = (): void => {};
    const over = new Promise<void>((resolve) => {
      cancel = this.#options.clock.setTimer(resolve, ms);
    });
    await Promise.race(earlier === undefined ? [over] : [over, earlier]);
    cancel();
  }
}
