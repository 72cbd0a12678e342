import { StoreFailure } from "../store.ts";
import { ACKNOWLEDGE_MS, LEASE_MS, RENEW_MS } from "./lease.ts";
import { type NearBus, sessionName } from "./near-bus.ts";
import { NearCopies, type NearCopiesOptions } from "./near-copies.ts";

export interface NearSessionOptions extends NearCopiesOptions {
  readonly bus: NearBus;
}

/** A session that was joined, and what it holds. */
interface Open {
  readonly name: string;
  readonly link: symbol;
  readonly copies: NearCopies;
  /** Monotonic: it is over then, whatever anybody says. Counted from the sending of what extended it. */
  until: number;
}

/**
 * The right of this process to hold near copies: a lease (C. Gray, D. Cheriton, "Leases: An Efficient Fault-Tolerant Mechanism
 * for Distributed File Cache Consistency", SOSP 1989), which it renews, and which ends with any connection that it rests on.
 *
 * Who invalidates asks for the live sessions after the stamps are deleted, and waits for the process of each. What keeps this
 * one from holding a copy that nobody waits for:
 *
 * - It holds only what it has asked for after it was told that it had joined: 1. G reads a stamp · 2. I deletes it, sees no session of
 *   G, resolves · 3. G joins, and holds what it read at 1.
 * - Its lease is over here before it is over there, as it is counted from before the renewal was sent.
 * - A session that was over there is never renewed, another one is joined, with nothing in it: 1. G is stopped · 2. I expels
 *   it, waits for the end of its lease, resolves · 3. G wakes, renews and goes on with what it held.
 */
export class NearSession {
  readonly #options: NearSessionOptions;
  #open: Open | undefined;
  #number = 0;
  /** Joined last, whatever became of it. */
  #last: string | undefined;
  #losses = 0;
  #isUpkeeping = false;
  /** Something happened meanwhile. */
  #isOverdue = false;
  #cancel = (): void => {};
  #closed = false;

  constructor(options: NearSessionOptions) {
    this.#options = options;
  }

  /** How many sessions have ended against our will. */
  get losses(): number {
    return this.#losses;
  }

  /** What may be served at this very moment; undefined: nothing. */
  get copies(): NearCopies | undefined {
    const open = this.#open;
    if (open === undefined) return undefined;
    // A process that was stopped wakes up in the middle of anything: the lease is looked at each time.
    if (open.link === this.#options.bus.link && this.#options.clock.monotonic() < open.until)
      return open.copies;
    this.#lose();
    return undefined;
  }

  forget(keys: readonly string[]): void {
    this.#open?.copies.forget(keys);
  }

  /** Joins, or renews, now, and again and again. */
  upkeep(): void {
    if (this.#closed) return;
    if (this.#isUpkeeping) {
      this.#isOverdue = true;
      return;
    }
    this.#isUpkeeping = true;
    this.#isOverdue = false;
    this.#cancel();
    void this.#keep().then((again) => {
      this.#isUpkeeping = false;
      if (this.#isOverdue) return this.upkeep();
      if (this.#closed) return;
      this.#cancel = this.#options.clock.setTimer(() => this.upkeep(), again, { background: true });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    this.#open = undefined;
    // Nobody has to wait for a lease that is not needed any more.
    if (this.#last !== undefined) await this.#options.bus.leave(this.#last);
  }

  /** Answers after how many ms to do so again. */
  async #keep(): Promise<number> {
    return this.copies === undefined ? this.#join() : this.#renew(this.#open!);
  }

  async #join(): Promise<number> {
    const { bus, clock } = this.#options;
    const { link } = bus;
    if (link === undefined) return RENEW_MS;
    const previous = this.#last;
    const name = sessionName(bus.processId, ++this.#number);
    this.#last = name;
    const sentAt = clock.monotonic();
    const failure = await bus.join(name, LEASE_MS, previous);
    if (failure !== undefined || this.#closed) return ACKNOWLEDGE_MS;
    this.#open = { name, link, until: sentAt + LEASE_MS, copies: new NearCopies(this.#options) };
    return RENEW_MS;
  }

  async #renew(open: Open): Promise<number> {
    const { bus, clock } = this.#options;
    const sentAt = clock.monotonic();
    const renewed = await bus.renew(open.name, LEASE_MS);
    // Not answered: the lease runs on, and ends if the next is not answered either.
    if (renewed instanceof StoreFailure) return RENEW_MS;
    if (renewed) {
      open.until = sentAt + LEASE_MS;
      return RENEW_MS;
    }
    if (this.#open === open) this.#lose();
    // Whoever expelled us had no answer: what we listen by may be dead.
    bus.relink();
    return 0;
  }

  #lose(): void {
    this.#open = undefined;
    this.#losses += 1;
  }
}
