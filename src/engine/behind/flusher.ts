import { backoffMs } from "../../base/backoff.ts";
import type { Clock } from "../../base/clock.ts";
import { FieldgateError } from "../../base/errors.ts";
import type { Random } from "../../base/random.ts";
import type { BehindStore, Claim, Settlement } from "../../store/behind-store.ts";
import { StoreFailure } from "../../store/store.ts";
import type { Emit } from "../events.ts";
import {
  type Base,
  kept,
  OWN_TOKEN,
  type PendingChange,
  type PendingRecord,
  type Sending,
} from "./pending-record.ts";
import type { PendingWrites } from "./pending-writes.ts";

/** One change on its way to the source. */
export interface Delivery {
  readonly home: string;
  readonly token: string;
  readonly change: PendingChange;
  /** It failed before, perhaps because of others that went with it: it goes alone. */
  readonly alone: boolean;
}

export type Delivered =
  | { readonly ok: true }
  /** `ofRow`: the error is about this very change, and not about a source that takes nothing now. */
  | { readonly ok: false; readonly error: unknown; readonly ofRow: boolean };

/** Where the changes of one type go. */
export interface BehindSource {
  readonly typeName: string;
  /** Sends each of them; one outcome each, in their order. Never rejects. */
  deliver(deliveries: readonly Delivery[]): Promise<readonly Delivered[]>;
  /** The row before a change, where the change is a delta. Rejects when the source cannot be read. */
  readonly base?: ((home: string, change: PendingChange) => Promise<Base | undefined>) | undefined;
}

export interface FlushLimits {
  /** How long a write waits for others to go with it. Default 100. */
  readonly flushDelayMs?: number;
  /** Failures of a row before it is set aside. Default 10. */
  readonly flushTries?: number;
  /** How long a process that sends is believed to be alive. Default 10000. */
  readonly flushLeaseMs?: number;
  /** Entities of a type with something pending, beyond which writes go through. Default 10000. */
  readonly maxPendingWrites?: number;
}

export interface FlusherOptions {
  readonly source: BehindSource;
  readonly store: BehindStore;
  readonly pending: PendingWrites;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  readonly limits: Required<FlushLimits>;
}

/** How often a process looks for what others left. */
const POLL_MS = 1000;
const CLAIMS = 100;
const BACKOFF = { firstMs: 100, maxMs: 60_000 };
/** A source that cannot be read, or a base that cannot be had, is asked again after this. */
const LATER_MS = 1000;
const REMEMBERED_TOKENS = 10_000;

/** A change that this process sends. */
interface Taken extends Delivery {
  readonly claim: Claim;
  readonly failures: number;
}

/** Sends what is written behind of one type to its source: in order per entity, as one batch of many entities. */
export class Flusher {
  readonly #options: FlusherOptions;
  /** This process, in records. */
  readonly #owner: string;
  /** Entities that this process is sending for, or writing through. */
  readonly #active = new Set<string>();
  /** Tokens of what the source has taken, where the store could not be told. */
  readonly #taken = new Set<string>();
  #running: Promise<void> | undefined;
  #runAgain = false;
  #cancelPoll: (() => void) | undefined;
  #cancelWake: (() => void) | undefined;
  #closed = false;

  constructor(options: FlusherOptions) {
    this.#options = options;
    this.#owner = options.random.token(16);
  }

  /** Begins to look for what is due. */
  start(): void {
    this.#schedulePoll();
  }

  /** Something of this process is due in `flushDelayMs`. Keeps the process alive until then. */
  wake(): void {
    if (this.#closed || this.#cancelWake !== undefined) return;
    const { clock, limits } = this.#options;
    this.#cancelWake = clock.setTimer(() => {
      this.#cancelWake = undefined;
      this.#run();
    }, limits.flushDelayMs);
  }

  /**
   * Writes through, in order behind what is pending of the entity: sends that first, then keeps the place of what is being
   * sent while `save` runs, so that what is written behind meanwhile waits for it.
   */
  async through<Saved>(
    home: string,
    waitMs: number,
    save: (token: string) => Promise<Saved>,
  ): Promise<Saved> {
    const { clock, random } = this.#options;
    const until = clock.monotonic() + waitMs;
    for (;;) {
      const token = await this.#hold(home);
      if (token instanceof StoreFailure) throw token;
      if (token !== undefined) return this.#saveHeld(home, token, save);
      if (!this.#active.has(home) && (await this.#send([{ name: home, mark: "" }])) > 0) continue;
      if (clock.monotonic() > until) throw new StillPending(home, waitMs);
      await new Promise<void>((resolve) => clock.setTimer(resolve, 10 + 20 * random.next()));
    }
  }

  /** Sends what is due, what was to wait for others included, for at most `ms`. Resolves to how much of the type is pending then. */
  async close(ms: number): Promise<number> {
    const { clock, store, source, limits } = this.#options;
    const until = clock.monotonic() + ms;
    this.#closed = true;
    this.#cancelPoll?.();
    this.#cancelWake?.();
    let cancel = (): void => {};
    const late = new Promise<void>((resolve) => {
      cancel = clock.setTimer(resolve, ms);
    });
    const send = async (): Promise<void> => {
      await this.#running;
      // What failed is left to wait for its time, in the store.
      while (clock.monotonic() < until && ((await this.#round(limits.flushDelayMs)) ?? 0) > 0);
    };
    await Promise.race([send(), late]);
    cancel();
    const queue = await store.queue(source.typeName);
    return queue instanceof StoreFailure ? 0 : queue.pending;
  }

  #schedulePoll(): void {
    const { clock } = this.#options;
    this.#cancelPoll = clock.setTimer(() => this.#run(), POLL_MS, { background: true });
  }

  #run(): void {
    if (this.#closed) return;
    if (this.#running !== undefined) {
      this.#runAgain = true;
      return;
    }
    this.#cancelPoll?.();
    this.#running = this.#rounds()
      .catch((error: unknown) => {
        const { emit, source } = this.#options;
        const message = `What is written behind of ${source.typeName} cannot be sent: ${String(error)}`;
        emit({ type: "warning", code: "unsent", coordinate: source.typeName, message });
      })
      .finally(() => {
        this.#running = undefined;
        if (!this.#closed) this.#schedulePoll();
      });
  }

  async #rounds(): Promise<void> {
    const { store, source, emit } = this.#options;
    do {
      this.#runAgain = false;
      while (!this.#closed && (await this.#round(0)) !== undefined);
    } while (this.#runAgain && !this.#closed);
    const queue = await store.queue(source.typeName);
    if (!(queue instanceof StoreFailure)) emit({ type: "behind-queue", entity: source.typeName, ...queue });
  }

  /** Sends one batch of what is due; resolves to how many changes, undefined when nothing was due. */
  async #round(earlyMs: number): Promise<number | undefined> {
    const { store, source, limits } = this.#options;
    const leaseMs = limits.flushLeaseMs;
    const claims = await store.claim(source.typeName, { limit: CLAIMS, earlyMs, leaseMs });
    if (claims instanceof StoreFailure || claims.length === 0) return undefined;
    return this.#send(claims);
  }

  async #send(claims: readonly Claim[]): Promise<number> {
    const { source, store } = this.#options;
    const settlements: Settlement[] = [];
    let sent = 0;
    const mine = claims.filter(({ name }) => {
      const isFree = !this.#active.has(name);
      if (isFree) this.#active.add(name);
      return isFree;
    });
    try {
      const taken = (await Promise.all(mine.map((claim) => this.#take(claim)))).filter((one) => {
        if (one !== undefined && "kind" in one) settlements.push(one);
        return one !== undefined && !("kind" in one);
      }) as Taken[];
      sent = taken.length;
      if (sent > 0) {
        const release = this.#keep(taken.map(({ home }) => home));
        const delivered = await source.deliver(taken);
        release();
        const settled = await Promise.all(taken.map((one, at) => this.#finish(one, delivered[at]!)));
        settlements.push(...settled.filter((one) => one !== undefined));
      }
    } finally {
      for (const { name } of mine) this.#active.delete(name);
    }
    await store.settle(source.typeName, settlements);
    return sent;
  }

  /**
   * Freezes what is to be sent, with a token, before it is sent: whoever finds it after a crash sends the same again, and a source
   * that knows the token takes it once.
   */
  async #take(claim: Claim): Promise<Taken | Settlement | undefined> {
    const { pending } = this.#options;
    const { name: home } = claim;
    for (;;) {
      const seen = await pending.look(home);
      // Nobody knows: the lease of the claim brings it back.
      if (seen instanceof StoreFailure) return undefined;
      let base: Base | undefined;
      try {
        base = await this.#baseOf(home, seen.record);
      } catch {
        return again(home, LATER_MS);
      }
      let freezing: Freezing = { kind: "empty" };
      const swapped = await pending.change(
        home,
        (record) => {
          freezing = this.#freezing(home, record, { base, era: seen.record?.era });
          return freezing.kind === "freeze" ? freezing.record : "leave";
        },
        { seen },
      );
      if (swapped instanceof StoreFailure || swapped.kind === "late") return undefined;
      const { kind, afterMs = 0 } = freezing as Freezing & { readonly afterMs?: number };
      if (kind === "empty") return { kind, ...claim };
      if (kind === "wait") return again(home, afterMs);
      const sending = swapped.pending.record?.sending;
      if (kind === "look" || sending?.change === undefined) continue;
      const { token, change, failures } = sending;
      if (!this.#taken.has(token)) return { home, token, change, alone: failures > 0, failures, claim };
      if ((await this.#end(home, token)) === undefined) return undefined;
    }
  }

  /** The source's row, where a delta is about to be sent: what readers see meanwhile is made of it. */
  async #baseOf(home: string, record: PendingRecord | undefined): Promise<Base | undefined> {
    const { source } = this.#options;
    const [next] = record?.waiting ?? [];
    if (source.base === undefined || next?.kind !== "write" || record?.sending !== undefined)
      return undefined;
    return source.base(home, next);
  }

  #freezing(
    home: string,
    record: PendingRecord | undefined,
    { base, era }: { readonly base: Base | undefined; readonly era: string | undefined },
  ): Freezing {
    const now = this.#options.pending.now(home);
    const until = now + this.#options.limits.flushLeaseMs * 1000;
    if (record === undefined) return { kind: "empty" };
    const { sending, waiting } = record;
    if (sending !== undefined && sending.owner !== this.#owner && sending.until > now) {
      return { kind: "wait", afterMs: (sending.until - now) / 1000 };
    }
    // A write-through whose process died: its caller was never answered.
    if (sending?.change !== undefined) {
      if (sending.notBefore > now) return { kind: "wait", afterMs: (sending.notBefore - now) / 1000 };
      return { kind: "freeze", record: { ...record, sending: { ...sending, owner: this.#owner, until } } };
    }
    const [change, ...rest] = waiting;
    if (change === undefined) return { kind: "freeze", record: undefined };
    // Something was sent since the base was read.
    if (base !== undefined && record.era !== era) return { kind: "look" };
    const frozen: Sending = {
      token: OWN_TOKEN,
      change,
      owner: this.#owner,
      until,
      failures: 0,
      notBefore: 0,
      base,
    };
    return {
      kind: "freeze",
      record: { era: this.#options.pending.era(), sending: frozen, waiting: rest },
    };
  }

  /** What became of a delivery, for the record and the queue. */
  async #finish(taken: Taken, delivered: Delivered): Promise<Settlement | undefined> {
    const { source, emit, limits, random, pending } = this.#options;
    const { home, token, claim } = taken;
    const entity = source.typeName;
    if (delivered.ok) {
      emit({ type: "behind", entity, outcome: "flushed", rows: 1 });
      return this.#settled(claim, await this.#end(home, token));
    }
    const { error, ofRow } = delivered;
    const failures = taken.failures + 1;
    if (ofRow && failures >= limits.flushTries) {
      const buried = await this.#bury(taken, failures, error);
      if (buried !== undefined) return again(home, LATER_MS);
      emit({ type: "behind", entity, outcome: "dead", rows: 1, error });
      return this.#settled(claim, await this.#end(home, token));
    }
    emit({ type: "behind", entity, outcome: "retried", rows: 1, error });
    const pauseMs = backoffMs(BACKOFF, failures, random.next());
    const notBefore = pending.now(home) + pauseMs * 1000;
    await pending.change(home, (record) => {
      if (record?.sending?.token !== token) return "leave";
      // Failures of a source that takes nothing say nothing of the row: the next of its own is its first.
      const counted = ofRow ? failures : Math.min(failures, limits.flushTries - 1);
      return { ...record, sending: { ...record.sending, failures: counted, until: 0, notBefore } };
    });
    return again(home, pauseMs);
  }

  /** Takes what was sent out of the record; undefined when the store could not be told. */
  async #end(home: string, token: string): Promise<PendingRecord | "nothing" | undefined> {
    const { pending } = this.#options;
    const swapped = await pending.change(home, (record) => {
      if (record?.sending?.token !== token) return "leave";
      return kept({ era: pending.era(), waiting: record.waiting });
    });
    if (swapped instanceof StoreFailure || swapped.kind === "late") {
      if (this.#taken.size < REMEMBERED_TOKENS) this.#taken.add(token);
      return undefined;
    }
    this.#taken.delete(token);
    return swapped.pending.record ?? "nothing";
  }

  #settled(claim: Claim, left: PendingRecord | "nothing" | undefined): Settlement {
    if (left === undefined) return again(claim.name, LATER_MS);
    return left === "nothing" ? { kind: "empty", ...claim } : again(claim.name, 0);
  }

  async #bury(
    { home, token, change }: Taken,
    failures: number,
    error: unknown,
  ): Promise<StoreFailure | undefined> {
    const { store, source, pending } = this.#options;
    const letter: Letter = {
      entity: source.typeName,
      home,
      change,
      failures,
      error: error instanceof Error ? error.message : String(error),
      at: new Date(pending.now(home) / 1000).toISOString(),
    };
    // Under its token: buried twice after a crash, it is one letter.
    return store.bury({ id: token, text: JSON.stringify(letter) });
  }

  /** Takes the place of what is being sent; undefined while something else is pending. */
  async #hold(home: string): Promise<string | StoreFailure | undefined> {
    const { pending, source, limits } = this.#options;
    const notAfter = pending.deadline(home);
    const marked = await pending.mark(source.typeName, home, limits.flushLeaseMs);
    if (marked instanceof StoreFailure) return marked;
    const until = pending.now(home) + limits.flushLeaseMs * 1000;
    const sending = { token: OWN_TOKEN, owner: this.#owner, until, failures: 0, notBefore: 0 };
    const swapped = await pending.change(
      home,
      (record) => (record === undefined ? { era: pending.era(), sending, waiting: [] } : "leave"),
      { notAfter },
    );
    if (swapped instanceof StoreFailure) return swapped;
    return swapped.kind === "changed" ? swapped.pending.record?.sending?.token : undefined;
  }

  async #saveHeld<Saved>(
    home: string,
    token: string,
    save: (token: string) => Promise<Saved>,
  ): Promise<Saved> {
    this.#active.add(home);
    const release = this.#keep([home]);
    try {
      return await save(token);
    } finally {
      release();
      this.#active.delete(home);
      const left = await this.#end(home, token);
      if (left !== "nothing") this.wake();
    }
  }

  /** Tells others that this process is alive, while a source takes its time. */
  #keep(homes: readonly string[]): () => void {
    const { clock, limits, pending } = this.#options;
    let cancel = (): void => {};
    const renew = async (): Promise<void> => {
      await Promise.all(
        homes.map((home) =>
          pending.change(home, (record) => {
            if (record?.sending?.owner !== this.#owner) return "leave";
            const until = pending.now(home) + limits.flushLeaseMs * 1000;
            return { ...record, sending: { ...record.sending, until } };
          }),
        ),
      );
    };
    const wait = (): void => {
      cancel = clock.setTimer(
        () => {
          wait();
          void renew();
        },
        limits.flushLeaseMs / 3,
        { background: true },
      );
    };
    wait();
    return () => cancel();
  }
}

type Freezing =
  | { readonly kind: "freeze"; readonly record: PendingRecord | undefined }
  | { readonly kind: "wait"; readonly afterMs: number }
  /** Nothing is pending. */
  | { readonly kind: "empty" }
  /** The record has changed: look again. */
  | { readonly kind: "look" };

/** A dead letter: a change that its source refused for good. */
export interface Letter {
  readonly entity: string;
  readonly home: string;
  readonly change: PendingChange;
  readonly failures: number;
  readonly error: string;
  readonly at: string;
}

/** What is pending of an entity does not reach its source. */
class StillPending extends FieldgateError {
  constructor(home: string, ms: number) {
    super(
      "STILL_PENDING",
      `A write-through of ${home} must come after what is pending of it, but the source has not taken that within ${ms} ms.`,
      "Nothing was written: repeat it once the source takes writes, or look at the dead letters.",
    );
  }
}

function again(name: string, afterMs: number): Settlement {
  return { kind: "again", name, afterMs };
}
