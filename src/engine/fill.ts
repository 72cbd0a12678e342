import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Keys } from "../keys/grammar.ts";
import { entryId, ID_CHARS } from "../store/entry-id.ts";
import type { BeginReply, BeginRequest, Mark } from "../store/store.ts";
import { StoreFailure } from "../store/store.ts";
import { formatEntry } from "./entry.ts";
import type { Emit, StoreOutcome } from "./events.ts";
import type { FillTimes } from "./fill-times.ts";
import type { Flight, FlightEnd } from "./flights.ts";
import { hardEndMs } from "./lifetime.ts";
import { type Parcel, packValue } from "./parcel.ts";
import { CannotRefresh, type Load, type Loaded, type ReadPlan } from "./read-plan.ts";
import { noteFailure } from "./session.ts";
import { decodeError, type ErrorCodec, encodeError, whyUnshared } from "./source-error.ts";
import { SourceBusyError } from "./sources.ts";
import type { Turn } from "./turn.ts";

export interface FillRequest {
  readonly plan: ReadPlan;
  readonly load: Load;
  /** `entryId` of the entry that was judged and not taken, "" without one. */
  readonly seenId: string;
  /** On the monotonic clock: nobody waits for somebody else's fill longer than this. */
  readonly waitUntil: number;
  /** A refresh: if anybody else is at it already, there is nothing to do. */
  readonly background: boolean;
}

/** What the runner of a fill is told; the others are told by its flight. */
export type FillAnswer =
  | { readonly kind: "own"; readonly value: unknown; readonly remainingMs?: number; readonly reason?: string }
  | FlightEnd;

export interface FillOptions {
  readonly turn: Turn;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  readonly fillTimes: FillTimes;
  readonly errors: ErrorCodec;
  readonly maxValueBytes: number;
  readonly lockMinMs: number;
  readonly lockMaxMs: number;
  /** An entry of this key was stored, with these tags found in its value. */
  readonly onStored: (key: string, valueTags: readonly string[], born: number) => void;
}

/** A lock is extended while its fill runs, but a load that hangs does not keep the fleet waiting for ever. */
const LONGEST_HOLD_MS = 60_000;
const PASS = { firstMs: 1000, maxMs: 30_000, jitter: 0 };
const BACK_OFF = { firstMs: 200, maxMs: 5000, jitter: 0 };
const POLL = { firstMs: 5, maxMs: 50 };
/** Polls of one process wake together, so that they are one batch. */
const POLL_SLOT_MS = 5;

/** Steps F1 to F5 of docs/protocol.md, for one key. */
export class Filler {
  readonly #options: FillOptions;

  constructor(options: FillOptions) {
    this.#options = options;
  }

  /** How long a lock of this coordinate is taken for. */
  lockMs(coordinate: string): number {
    const { fillTimes, lockMinMs, lockMaxMs } = this.#options;
    return Math.round(Math.min(lockMaxMs, Math.max(lockMinMs, 3 * (fillTimes.usualMs(coordinate) ?? 0))));
  }

  /** Answers as soon as the caller can go on. The flight lands when the store has been told, too. */
  async run(flight: Flight, request: FillRequest): Promise<FillAnswer> {
    const lease = await this.#acquire(request);
    if (lease.kind === "lease") return this.#load(flight, request, lease);
    flight.settle(lease);
    flight.land();
    return lease;
  }

  /**
   * F1, F3: until the lock is ours and every stamp has been seen, or it is clear that it will not be. Waiting is asking
   * again: `begin` sees the entry, the lock's end and a mark in one step, so nothing can happen between two looks.
   */
  async #acquire(request: FillRequest): Promise<Lease | FlightEnd> {
    const { turn, clock, errors } = this.#options;
    const { plan, background } = request;
    const lookedUp = plan.session.read;
    const begin = this.#beginRequest(request);
    let { seenId } = begin;
    for (let attempt = 1; ; attempt++) {
      // Those that the look found, too: a stamp that ends before the entry takes it along, and with it all else under a
      // stamp that many share; and whoever waited saw its stamps long ago.
      const [begun, made, log] = await Promise.all([
        turn.begin({ ...begin, seenId }),
        turn.stamps(plan.home, plan.tags, begin.stampMs),
        this.#askLog(plan, [plan.home, ...plan.tags]),
      ]);
      if (begun instanceof StoreFailure || made instanceof StoreFailure || log instanceof StoreFailure) {
        return this.#giveUp(plan, begin, [begun, made, log]);
      }
      switch (begun.kind) {
        case "own": {
          const { stamp, born, failures } = begun;
          if (log !== "clean") {
            // Its inputs may be older than an invalidation: what it loads could never be stored, so nobody waits for it.
            void turn.release({ ...begin, stamp });
            return { kind: "share", reason: log === "gap" ? "log-gap" : "invalidated" };
          }
          return { kind: "lease", begin, stamp, born, failures, tagStamps: made };
        }
        case "entry":
          // Somebody stored meanwhile. R1 judges it; who may not look at entries tries to replace it.
          if (lookedUp) return { kind: "again" };
          seenId = entryId(begun.text) ?? "";
          break;
        case "mark":
          return lookedUp ? endOfMark(begun.mark, errors) : { kind: "alone", reason: "locked" };
        case "wait": {
          if (!lookedUp) return { kind: "alone", reason: "locked" };
          if (background) return { kind: "again" };
          if (clock.monotonic() >= request.waitUntil) return { kind: "share", reason: "lock-timeout" };
          await this.#pause(attempt, Math.min(begun.remainingMs, request.waitUntil - clock.monotonic()));
          break;
        }
        default:
          begun satisfies never;
      }
    }
  }

  /** R4: the store does not answer. */
  #giveUp(
    plan: ReadPlan,
    begin: BeginRequest,
    replies: readonly [BeginReply | StoreFailure, ...unknown[]],
  ): FlightEnd {
    const failures = replies.filter((reply) => reply instanceof StoreFailure);
    const [begun] = replies;
    // 1. begin runs in the store, its answer is lost · 2. nobody fills · 3. the fleet waits for this lock until it ends.
    if (!(begun instanceof StoreFailure) || begun.reason === "timeout") {
      void this.#options.turn.release({ ...begin, stamp: "" });
    }
    for (const failure of failures) noteFailure(plan.session, failure);
    return { kind: "share", reason: "store-down" };
  }

  #beginRequest({ plan, seenId }: FillRequest): BeginRequest {
    const { keys, random, lockMaxMs } = this.#options;
    return {
      entryKey: plan.key,
      stampKey: keys.stamp(plan.home),
      lockKey: keys.lock(plan.key),
      passKey: keys.pass(plan.key),
      seenId,
      token: random.token(ID_CHARS),
      lockMs: this.lockMs(plan.coordinate),
      stampMs: hardEndMs(plan.lifetimes) + lockMaxMs,
    };
  }

  /** Polls grow and are jittered between processes; within one they fall into common slots. */
  #pause(attempt: number, atMostMs: number): Promise<void> {
    const { clock, random } = this.#options;
    const now = clock.monotonic();
    const wanted = now + Math.min(backoffMs(POLL, attempt, random.next()), Math.max(0, atMostMs) + 1);
    const until = Math.ceil(wanted / POLL_SLOT_MS) * POLL_SLOT_MS;
    return new Promise((resolve) => clock.setTimer(resolve, until - now));
  }

  /** F2. Every stamp has been seen; only now the load begins. */
  async #load(flight: Flight, request: FillRequest, lease: Lease): Promise<FillAnswer> {
    const { clock, emit, fillTimes } = this.#options;
    const { plan, load, background } = request;
    flight.takeOff(
      { names: [plan.home, ...plan.tags], stamps: [lease.stamp, ...lease.tagStamps] },
      lease.born,
    );
    const letGo = this.#keepLock(flight, lease.begin);
    const startedAt = clock.monotonic();
    let loaded: Loaded;
    try {
      loaded = await load();
    } catch (error) {
      if (error instanceof CannotRefresh) {
        flight.settle({ kind: "again" });
        void this.#release(lease).then(() => flight.land());
        return { kind: "again" };
      }
      emit({ type: "fill-error", coordinate: plan.coordinate, key: plan.key, error });
      const end: FlightEnd = { kind: "error", error, reason: "source-error" };
      const unshared = whyUnshared(error);
      flight.settle(unshared === undefined ? end : { kind: "alone", reason: unshared });
      // That this process is busy says nothing of the source: another may ask it at once.
      const mark = error instanceof SourceBusyError ? undefined : this.#markOf(error, lease.failures);
      void this.#release(lease, mark).then(() => flight.land());
      return end;
    } finally {
      letGo();
    }
    const ms = clock.monotonic() - startedAt;
    fillTimes.record(plan.coordinate, ms);
    // Encoded at once: from here on the value belongs to the runner, who may change it.
    const parcel = packValue(this.#options, plan, loaded);
    flight.store();
    void this.#land(flight, request, lease, loaded, parcel, ms).then((stored) => {
      flight.land();
      emit({ type: "fill", coordinate: plan.coordinate, key: plan.key, ms, stored, background });
    });
    const { value } = loaded;
    return parcel.kind === "store"
      ? { kind: "own", value, remainingMs: parcel.lifetime.freshMs }
      : { kind: "own", value, reason: parcel.reason };
  }

  /** Extends the lock at half of its time. Without it, another process may be filling: nobody joins any more. */
  #keepLock(flight: Flight, { lockKey, token, lockMs }: BeginRequest): () => void {
    const { turn, clock } = this.#options;
    const giveUpAt = clock.monotonic() + LONGEST_HOLD_MS;
    let cancel = (): void => {};
    let done = false;
    const renew = async (): Promise<void> => {
      const held = clock.monotonic() < giveUpAt && (await turn.renew({ lockKey, token, lockMs }));
      if (done) return;
      if (held === false) flight.close();
      else wait();
    };
    const wait = (): void => {
      cancel = clock.setTimer(() => void renew(), lockMs / 2, { background: true });
    };
    wait();
    return () => {
      done = true;
      cancel();
    };
  }

  /** F4, F5: the caller has its answer; now those who joined, and the store. */
  async #land(
    flight: Flight,
    { plan }: FillRequest,
    lease: Lease,
    loaded: Loaded,
    parcel: Parcel,
    ms: number,
  ): Promise<StoreOutcome> {
    const { turn, clock, onStored } = this.#options;
    const loadedAt = clock.monotonic();
    if (parcel.kind === "keep") {
      flight.settle({ kind: "alone", reason: parcel.reason });
      await this.#release(lease, passMark(parcel.reason, lease.failures));
      return "not-stored";
    }
    const valueTags = [...new Set(loaded.tags)].filter(
      (tag) => tag !== plan.home && !plan.tags.includes(tag),
    );
    const valueStamps = await turn.stamps(plan.home, valueTags, lease.begin.stampMs);
    const names = [plan.home, ...plan.tags, ...valueTags];
    const log =
      valueStamps instanceof StoreFailure
        ? valueStamps
        : valueTags.length > 0 || flight.wasJoinedEarly
          ? await this.#askLog(plan, names)
          : "clean";
    if (valueStamps instanceof StoreFailure || log !== "clean") {
      flight.settle(log === "gap" ? { kind: "share", reason: "log-gap" } : { kind: "again" });
      await this.#release(lease);
      return log === "met" ? "refused" : "not-stored";
    }
    const { payload } = parcel;
    if (parcel.kind === "copy") {
      flight.settle({ kind: "value", payload, reason: parcel.reason });
      await this.#release(lease, passMark(parcel.reason, lease.failures));
      return "not-stored";
    }
    const { lifetime } = parcel;
    flight.settle({ kind: "value", payload, remainingMs: lifetime.freshMs });
    const stored = await turn.put({
      ...lease.begin,
      stamp: lease.stamp,
      lifeMs: Math.max(1, Math.round(hardEndMs(lifetime) - (clock.monotonic() - loadedAt))),
      text: formatEntry({
        ...lifetime,
        id: lease.begin.token,
        born: lease.born,
        fillMs: Math.round(ms),
        homeStamp: lease.stamp,
        tagNames: [...plan.tags, ...valueTags],
        tagStamps: [...lease.tagStamps, ...valueStamps],
        valueTags: valueTags.length,
        payload,
      }),
    });
    if (stored === true) onStored(plan.key, valueTags, lease.born);
    if (stored instanceof StoreFailure) return "failed";
    return stored ? "stored" : "refused";
  }

  /**
   * Whether the log shows one of these names since the request began: "Why it holds", 2 and 3. Asked for with F1, so that
   * it is answered from after every stamp of the plan existed. What was not known then has it asked again after the load,
   * and after the flight was closed: names found in the value (5), and who joined before F1 was answered (6).
   */
  async #askLog(plan: ReadPlan, names: readonly string[]): Promise<"clean" | "met" | "gap" | StoreFailure> {
    const { began: position } = plan.session;
    if (position === undefined) return "gap";
    const since = await this.#options.turn.logSince({ position, home: plan.home });
    if (since instanceof StoreFailure) return since;
    const logged = since.names;
    if (logged === "gap") return "gap";
    return logged.size > 0 && names.some((name) => logged.has(name)) ? "met" : "clean";
  }

  async #release({ begin, stamp }: Lease, mark?: TimedMark): Promise<void> {
    await this.#options.turn.release({ ...begin, stamp, ...mark });
  }

  #markOf(error: unknown, failures: number): TimedMark {
    const unshared = whyUnshared(error);
    if (unshared !== undefined) return passMark(unshared, failures);
    const mark: Mark = {
      kind: "error",
      failures: failures + 1,
      text: encodeError(this.#options.errors, error),
    };
    return { mark, forMs: backoffMs(BACK_OFF, failures + 1, 0) };
  }
}

/** The lock is ours, and these stamps were seen before the load. */
interface Lease {
  readonly kind: "lease";
  readonly begin: BeginRequest;
  readonly stamp: string;
  readonly born: number;
  readonly failures: number;
  readonly tagStamps: readonly string[];
}

interface TimedMark {
  readonly mark: Mark;
  readonly forMs: number;
}

function passMark(reason: string, failures: number): TimedMark {
  const mark: Mark = { kind: "pass", failures: failures + 1, text: reason };
  return { mark, forMs: backoffMs(PASS, failures + 1, 0) };
}

function endOfMark(mark: Mark, errors: ErrorCodec): FlightEnd {
  if (mark.kind === "error")
    return { kind: "error", error: decodeError(errors, mark.text), reason: "back-off" };
  // What is too large, or lives no time at all, can be copied; anything else is for its own caller.
  const kind = mark.text === "too-large" || mark.text === "zero" ? "share" : "alone";
  return { kind, reason: mark.text };
}
