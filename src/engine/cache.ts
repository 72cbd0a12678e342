import { LRUCache } from "lru-cache";

import { type Clock, systemClock } from "../base/clock.ts";
import { type Random, systemRandom } from "../base/random.ts";
import type { Keys } from "../keys/grammar.ts";
import { StampCopies } from "../keys/stamp-copies.ts";
import { entryId } from "../store/entry-id.ts";
import type { ReadReply, Store } from "../store/store.ts";
import { StoreFailure } from "../store/store.ts";
import { AnswerParts, type ServedRead } from "./answer-parts.ts";
import { Background } from "./background.ts";
import { PendingWrites } from "./behind/pending-writes.ts";
import { EarlyLooks } from "./early-looks.ts";
import { parseEntry, type StoredEntry } from "./entry.ts";
import type { Emit } from "./events.ts";
import { type FillAnswer, Filler } from "./fill.ts";
import { FillTimes } from "./fill-times.ts";
import { type Flight, type FlightEnd, Flights, type Seen } from "./flights.ts";
import { Invalidator } from "./invalidator.ts";
import type { Load, Outcome, ReadPlan, ReadResult, ReadSession } from "./read-plan.ts";
import { Replicas } from "./replicas.ts";
import { beginSession, noteFailure, type SessionOptions, sessionOrder } from "./session.ts";
import { loadAlone, type SharedLoad, SharedLoads } from "./shared-loads.ts";
import { type ErrorCodec, plainErrors, whyUnshared } from "./source-error.ts";
import { type Asked, found, type Look, Turn } from "./turn.ts";
import { decodeValue } from "./value-codec.ts";
import { judge, unreadNames, type Verdict } from "./verdict.ts";
import { type WriteRequest, Writer } from "./writer.ts";

export interface CacheOptions {
  readonly store: Store;
  readonly keys: Keys;
  /** Where events go. Must not throw. */
  readonly emit: Emit;
  readonly clock?: Clock;
  readonly random?: Random;
  /** How an error of the source travels to those who wait in other processes. Default: message, name, code, extensions. */
  readonly errors?: ErrorCodec;
  readonly limits?: CacheLimits;
}

export interface CacheLimits {
  /** Longer values are served and not stored. Default 1 MiB, of UTF-8. */
  readonly maxValueBytes?: number;
  /** Nobody waits longer for a fill of another process. Default 2000. */
  readonly lockWaitMs?: number;
  /** A lock is taken for three times the usual fill of its coordinate, at least this. Default 1000. */
  readonly lockMinMs?: number;
  /** And at most this. Default 30000. */
  readonly lockMaxMs?: number;
  /** An invalidation is repeated for so long before it rejects. Default 5000. */
  readonly invalidateMs?: number;
  /** Refreshes under way at once; beyond, a stale value is served and its refresh left to a later reader. Default 32. */
  readonly maxRefreshes?: number;
  /** The log's position is asked for with a read when the last one is older. Default 200. */
  readonly logSampleMs?: number;
  /** Keys whose value tags are remembered, so that one batch reads them all. Default 10000. */
  readonly rememberedKeys?: number;
  /** From so many reads a second by this process a home is hot, and its reads are spread; 0: only where the plan says so. Default 30. */
  readonly hotReads?: number;
  /** And from this part of all reads of this process. Default 0.01. */
  readonly hotShare?: number;
  /** A copy of a hot home's entry lives no longer. Default 10000. */
  readonly replicaMs?: number;
}

export interface CacheStats {
  /** Fills under way, refreshes included. */
  readonly fills: number;
  readonly refreshes: number;
  /** Refreshes that were due but not begun, as `maxRefreshes` were under way. */
  readonly refreshesSkipped: number;
  /** Keys with a load under way that will not be stored. */
  readonly sharedLoads: number;
  /** Keys whose value tags are remembered. */
  readonly remembered: number;
  /** Entries looked up before they were asked for, so far. */
  readonly earlyLooks: number;
  /** Reads that needed no look of their own, so far. */
  readonly earlyLooksUsed: number;
  /** Homes whose reads are spread over the store, as this process reads them so often, each with its reads a second; hottest first. */
  readonly hot: Readonly<Record<string, number>>;
}

export interface Cache {
  /** Begins a request. Make it before the request's first resolver runs: its position in the log is that of now. */
  session(options?: SessionOptions): ReadSession;
  /** Resolves when the store has answered once (the log's position is known: fills may store), or does not answer now. */
  ready(): Promise<void>;
  /**
   * The value of a plan: from its entry, else from `load`. Rejects only with the source's own error.
   *
   * `refresh` is the load to run in the background, after the request is gone; without it a stale entry is loaded anew
   * in the foreground.
   */
  read(plan: ReadPlan, load: Load, refresh?: Load): Promise<ReadResult>;
  /** Nothing is looked up for this plan: its request has met a server that does not answer, or began when that was known. */
  isAway(plan: ReadPlan): boolean;
  /**
   * The same without waiting: where what is there allows it to be served, and lies in this process or has been looked at early.
   * undefined: ask `read`.
   */
  readNow(plan: ReadPlan, refresh?: Load): ReadResult | undefined;
  /**
   * Looks these up with the present wave, as they are likely to be read by the same request. Changes no answer: a read whose
   * plan asks for more, or for another key, looks for itself.
   */
  lookEarly(plans: readonly ReadPlan[]): void;
  /** What an answer was made of, to be asked for again by {@link Cache.holds}. */
  partsOf(reads: readonly ServedRead[]): AnswerParts;
  /**
   * For how long an answer stays as it is, in ms, if each of its parts would be read again now as it was then; undefined
   * otherwise. At once where all of it lies in this process, else with the present wave. Such an answer's reads are told as hits.
   */
  holds(parts: AnswerParts, session: ReadSession): Promise<number | undefined> | number | undefined;
  /** The same for what is about to be read. Resolves when it is answered; undefined where nothing is looked up. */
  look(plans: readonly ReadPlan[]): Promise<unknown> | undefined;
  /**
   * Resolves when no read that begins from now on, in any process, is answered with a value that was loaded before this
   * call and depends on one of these stamp names. Rejects with an {@link InvalidationError} when that cannot be known.
   */
  invalidate(names: Iterable<string>): Promise<void>;
  /**
   * Writes to the source, and makes the cache show it: no read that begins after this resolved is answered with what was
   * before, and what was written is in its entry, unless somebody else wrote or invalidated it meanwhile. Rejects with the source's error.
   */
  write<Saved>(request: WriteRequest<Saved>): Promise<Saved>;
  /** What is written behind and not in the source yet. */
  readonly pending: PendingWrites;
  stats(): CacheStats;
  /** Waits for the fills, refreshes, writes and stores under way; resolves to the keys of those that were not done within `ms`. */
  drain(ms: number): Promise<readonly string[]>;
  /** Begins no more refreshes, sends reads to their source, and drains. The store is its maker's to close. */
  close(ms: number): Promise<readonly string[]>;
}

export function createCache(options: CacheOptions): Cache {
  return new EngineCache(options);
}

/** A reader starts again that often before it loads for itself: each time somebody's invalidation met the load it waited for. */
const MOST_LOOKS = 6;

/** What an earlier look of the same read allows to be served when the source does not deliver. */
interface Fallback {
  readonly entry: StoredEntry;
  readonly verdict: Verdict & { readonly kind: "stale" | "error-only" };
}

type LookResult =
  | { readonly kind: "served"; readonly result: ReadResult }
  | { readonly kind: "miss"; readonly seen: Seen; readonly seenId: string; readonly fallback?: Fallback }
  | { readonly kind: "failed" };

/** Value tags that the entry names and the look did not ask for. */
interface Unread {
  readonly kind: "unread";
  readonly names: readonly string[];
}

class EngineCache implements Cache {
  readonly pending: PendingWrites;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #emit: Emit;
  readonly #lockWaitMs: number;
  readonly #copies: StampCopies;
  readonly #turn: Turn;
  readonly #flights = new Flights();
  readonly #filler: Filler;
  readonly #shared: SharedLoads;
  readonly #background: Background;
  readonly #invalidator: Invalidator;
  readonly #writer: Writer;
  /** undefined: the store has one part, and nothing can be spread. */
  readonly #replicas: Replicas | undefined;
  /** Value tags by key, as last seen. A hint: a wrong one costs a second batch. */
  readonly #valueTags: LRUCache<string, readonly string[]>;
  /** Fills that have not landed, each with the key it is for. */
  readonly #underWay = new Map<Flight, string>();
  /** Of jobs, too, which no request waits for. */
  readonly #writes = new Set<Promise<unknown>>();
  readonly #early = new EarlyLooks();
  #earlyLooks = 0;
  #earlyLooksUsed = 0;
  #closed = false;

  constructor({
    store,
    keys,
    emit,
    clock = systemClock,
    random = systemRandom,
    errors,
    limits = {},
  }: CacheOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
    this.#emit = emit;
    this.#lockWaitMs = limits.lockWaitMs ?? 2000;
    const copies = new StampCopies(keys, store);
    this.#copies = copies;
    this.#turn = new Turn({ store, copies, clock, emit, logSampleMs: limits.logSampleMs ?? 200 });
    this.pending = new PendingWrites({ store, keys, turn: this.#turn, random });
    this.#valueTags = new LRUCache({ max: limits.rememberedKeys ?? 10_000 });
    const maxValueBytes = limits.maxValueBytes ?? 1024 * 1024;
    const lockMaxMs = limits.lockMaxMs ?? 30_000;
    this.#filler = new Filler({
      turn: this.#turn,
      keys,
      clock,
      random,
      emit,
      fillTimes: new FillTimes(),
      errors: errors ?? plainErrors,
      maxValueBytes,
      lockMinMs: limits.lockMinMs ?? 1000,
      lockMaxMs,
      onStored: (key, valueTags, born) => {
        this.#remember(key, valueTags);
        this.#replicas?.passed(key, born);
      },
    });
    this.#shared = new SharedLoads(clock, this.#lockWaitMs);
    this.#background = new Background(limits.maxRefreshes ?? 32);
    this.#invalidator = new Invalidator({
      store,
      copies,
      turn: this.#turn,
      flights: this.#flights,
      clock,
      random,
      emit,
      invalidateMs: limits.invalidateMs ?? 5000,
    });
    this.#writer = new Writer({
      store,
      keys,
      turn: this.#turn,
      invalidator: this.#invalidator,
      clock,
      random,
      emit,
      maxValueBytes,
      spareMs: lockMaxMs,
    });
    if (store.buckets > 1) {
      this.#replicas = new Replicas({
        store,
        turn: this.#turn,
        keys,
        copies,
        clock,
        random,
        emit,
        hotReads: limits.hotReads ?? 30,
        hotShare: limits.hotShare ?? 0.01,
        replicaMs: limits.replicaMs ?? 10_000,
        namesAt: (plan, place) => this.#namesOf(plan, place),
        early: (place, names) => this.#earlyLook(place, names),
      });
    }
  }

  session(options: SessionOptions = {}): ReadSession {
    return beginSession(options, this.#turn.newest, this.#store.away?.());
  }

  async ready(): Promise<void> {
    await this.#store.ready();
    await this.#turn.sampleLog();
  }

  isAway({ session, home }: ReadPlan): boolean {
    return session.down.size > 0 && session.down.has(this.#store.nodeOf(home));
  }

  read(plan: ReadPlan, load: Load, refresh?: Load): Promise<ReadResult> {
    const reason = this.#whyNotLooked(plan);
    if (reason !== undefined) return this.#loadUnlooked(plan, load, reason);
    const replica = this.#replicas?.placeOf(plan);
    const atHome = () => this.#readAtHome(plan, load, refresh);
    return replica === undefined ? atHome() : this.#replicas!.read(plan, replica, atHome);
  }

  async #readAtHome(plan: ReadPlan, load: Load, refresh?: Load): Promise<ReadResult> {
    let fallback: Fallback | undefined;
    let waitUntil: number | undefined;
    for (let looks = 1; looks <= MOST_LOOKS; looks++) {
      const look = plan.session.read ? await this.#look(plan, refresh, looks === 1) : unlooked(plan);
      if (look.kind === "served") return this.#told(plan, look.result);
      if (look.kind === "failed") return this.#loadUnlooked(plan, load, "store-down");
      fallback = look.fallback;
      waitUntil ??= this.#waitUntil(plan);

      const joined = this.#joinable(plan, look.seen);
      if (joined?.isStoring === true) {
        // Too late to join, too early to hit: the entry is on its way.
        await joined.landed;
        continue;
      }
      if (joined === undefined) {
        const instead = this.#insteadOfFill(plan);
        if (instead !== undefined) return this.#loadShared(plan, load, instead, fallback);
      }
      const end =
        joined === undefined
          ? await this.#fill({ plan, load, seenId: look.seenId, waitUntil, background: false })
          : await joined.join();
      if (end.kind === "again") continue;
      return this.#settle(plan, load, end, fallback);
    }
    return this.#loadShared(plan, load, { kind: "share", reason: "unsettled" }, fallback);
  }

  readNow(plan: ReadPlan, refresh?: Load): ReadResult | undefined {
    if (!plan.session.read || this.#whyNotLooked(plan) !== undefined) return undefined;
    const names = this.#namesOf(plan);
    const look = this.#lookNow(plan, names);
    if (look === undefined || look instanceof StoreFailure || look.text === null) return undefined;
    const judged = this.#judge(plan, names, look, refresh);
    return judged.kind === "served" ? this.#told(plan, judged.result) : undefined;
  }

  lookEarly(plans: readonly ReadPlan[]): void {
    this.#earlyLooks += this.#lookTogether(plans).length;
  }

  look(plans: readonly ReadPlan[]): Promise<unknown> | undefined {
    // One wave takes them all.
    return this.#lookTogether(plans)[0]?.answered;
  }

  partsOf(reads: readonly ServedRead[]): AnswerParts {
    return new AnswerParts(reads, this.#copies);
  }

  holds(parts: AnswerParts, session: ReadSession): Promise<number | undefined> | number | undefined {
    if (this.#closed || !session.read || session.down.size > 0) return undefined;
    const now = this.#turn.peekAll(parts.request);
    if (now !== undefined) return this.#held(parts, now);
    // Where a home may have replicas, reads are to be spread over them.
    if (this.#replicas !== undefined) return undefined;
    return this.#turn.askAll(parts.request).then((reply) => {
      if (!(reply instanceof StoreFailure)) return this.#held(parts, reply);
      noteFailure(session, reply);
      return undefined;
    });
  }

  #held(parts: AnswerParts, reply: ReadReply): number | undefined {
    const remainingMs = parts.remainingMs(reply, (home) => this.#store.now(home));
    if (remainingMs === undefined) return undefined;
    this.#emit({ type: "answer", parts: parts.size });
    for (const [coordinate, count] of parts.reads)
      this.#emit({ type: "read", coordinate, outcome: "hit", count });
    return remainingMs;
  }

  #lookTogether(plans: readonly ReadPlan[]): readonly Asked[] {
    const looks: Asked[] = [];
    for (const plan of plans) {
      if (!plan.session.read || this.#whyNotLooked(plan) !== undefined) continue;
      const place = this.#replicas?.placeAhead(plan) ?? plan;
      if (this.#early.has(place)) continue;
      const names = this.#namesOf(plan, place.home);
      const look = this.#turn.ask(place, names);
      this.#early.add(place, { names, look });
      looks.push(look);
    }
    return looks;
  }

  invalidate(names: Iterable<string>): Promise<void> {
    this.#early.forgetAll();
    return this.#invalidator.invalidate(names);
  }

  async write<Saved>(request: WriteRequest<Saved>): Promise<Saved> {
    this.#early.forgetAll();
    const writing = this.#writer.write(request);
    this.#writes.add(writing);
    try {
      return await writing;
    } finally {
      this.#writes.delete(writing);
      this.#early.forgetAll();
    }
  }

  stats(): CacheStats {
    return {
      fills: this.#underWay.size,
      refreshes: this.#background.size,
      refreshesSkipped: this.#background.skipped,
      sharedLoads: this.#shared.size,
      remembered: this.#valueTags.size,
      earlyLooks: this.#earlyLooks,
      earlyLooksUsed: this.#earlyLooksUsed,
      hot: this.#replicas?.rates() ?? {},
    };
  }

  async drain(ms: number): Promise<readonly string[]> {
    let cancel = (): void => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.#clock.setTimer(resolve, ms);
    });
    await Promise.race([late, this.#landed()]);
    cancel();
    return [...new Set(this.#underWay.values())];
  }

  close(ms: number): Promise<readonly string[]> {
    this.#closed = true;
    return this.drain(ms);
  }

  #whyNotLooked(plan: ReadPlan): string | undefined {
    const { session, lifetimes } = plan;
    if (this.#closed) return "closed";
    if (this.isAway(plan)) return "store-down";
    if (!session.read && !session.write) return "no-cache";
    return lifetimes.freshMs > 0 ? undefined : "zero";
  }

  /** `place`: its home, or a replica of that. */
  #namesOf({ key, home, tags }: ReadPlan, place = home): readonly string[] {
    return [place, ...tags, ...(this.#valueTags.get(key) ?? [])];
  }

  #lookNow(plan: ReadPlan, names: readonly string[]): Look | StoreFailure | undefined {
    if (plan.except !== undefined) return undefined;
    const near = this.#turn.peek(plan, names);
    // Where a home may have replicas, who has to ask a server is counted, and may be sent to one of them.
    if (near !== undefined || this.#replicas !== undefined) return near;
    const early = this.#early.find(plan, names)?.now;
    if (early !== undefined) this.#earlyLooksUsed += 1;
    return early;
  }

  /** `first`: of this read. Whoever looks again wants what has happened meanwhile. */
  async #lookOnce(plan: ReadPlan, names: readonly string[], first: boolean): Promise<Look | StoreFailure> {
    const isEarlier = first && plan.except === undefined;
    const near = isEarlier ? this.#turn.peek(plan, names) : undefined;
    if (near !== undefined) return near;
    return found((isEarlier ? this.#earlyLook(plan, names) : undefined) ?? this.#turn.ask(plan, names));
  }

  #earlyLook(place: ReadPlan, names: readonly string[]): Asked | undefined {
    const early = this.#early.find(place, names);
    if (early !== undefined) this.#earlyLooksUsed += 1;
    return early;
  }

  /** R1, R2. */
  async #look(plan: ReadPlan, refresh: Load | undefined, first: boolean): Promise<LookResult> {
    const { home, session } = plan;
    const names = this.#namesOf(plan);
    const look = await this.#lookOnce(plan, names, first);
    if (look instanceof StoreFailure) return this.#failed(session, look);
    const judged = this.#judge(plan, names, look, refresh);
    if (judged.kind !== "unread") return judged;
    const more = await this.#turn.readStamps(home, judged.names);
    if (more instanceof StoreFailure) return this.#failed(session, more);
    const all = { text: look.text, stamps: [...look.stamps, ...more.stamps] };
    return this.#judge(plan, [...names, ...judged.names], all, refresh) as LookResult;
  }

  /** R2, of what a look has found under these names. */
  #judge(
    plan: ReadPlan,
    names: readonly string[],
    look: Look,
    refresh: Load | undefined,
  ): LookResult | Unread {
    const { key, home, tags, lifetimes } = plan;
    const { text, stamps } = look;
    const seen = { names, stamps };
    if (text === null) return { kind: "miss", seen, seenId: "" };
    const seenId = entryId(text) ?? "";
    const entry = parseEntry(text);
    if (entry === undefined || entry.id === plan.except) return { kind: "miss", seen, seenId };

    const unread = unreadNames(entry, names);
    if (unread.length > 0) return { kind: "unread", names: unread };
    const canRefresh = refresh !== undefined && whyNotStored(plan) === undefined;
    const verdict = judge({
      entry,
      lifetimes,
      tags,
      names,
      stamps,
      now: this.#store.now(home),
      chance: canRefresh ? 1 - this.#random.next() : undefined,
    });
    if (verdict.kind !== "dead") this.#remember(key, entry.tagNames.slice(tags.length));
    switch (verdict.kind) {
      case "dead":
        return { kind: "miss", seen, seenId };
      case "error-only":
        return { kind: "miss", seen, seenId, fallback: { entry, verdict } };
      case "stale":
        if (!canRefresh) return { kind: "miss", seen, seenId, fallback: { entry, verdict } };
    }
    const result = served(entry, verdict);
    if (result === undefined) return { kind: "miss", seen, seenId };
    this.#flights.passed(key, entry.born);
    this.#replicas?.passed(key, entry.born);
    if (canRefresh && verdict.kind !== "fresh") this.#refresh(plan, refresh, seenId);
    return { kind: "served", result };
  }

  #failed(session: ReadSession, failure: StoreFailure): LookResult {
    noteFailure(session, failure);
    return { kind: "failed" };
  }

  /** R3. */
  #joinable(plan: ReadPlan, seen: Seen): Flight | undefined {
    if (!plan.session.read) return undefined;
    const flight = this.#flights.of(plan.key);
    return flight?.isStoring === true || flight?.admits(plan, seen) === true ? flight : undefined;
  }

  /** Why a miss that nobody else is filling is not filled either. */
  #insteadOfFill(plan: ReadPlan): (FlightEnd & { readonly kind: "share" | "alone" }) | undefined {
    const why = whyNotStored(plan);
    if (why !== undefined) return { kind: "share", reason: why };
    // Who may not look at entries may not join either, and a second flight would only close the first one to others.
    if (!plan.session.read && this.#flights.of(plan.key) !== undefined)
      return { kind: "alone", reason: "locked" };
    return undefined;
  }

  #fill(request: Parameters<Filler["run"]>[1]): Promise<FillAnswer> {
    const flight = this.#flights.open(request.plan);
    this.#underWay.set(flight, request.plan.key);
    void flight.landed.then(() => this.#underWay.delete(flight));
    return this.#filler.run(flight, request);
  }

  #refresh(plan: ReadPlan, refresh: Load, seenId: string): void {
    if (this.#closed || this.#flights.of(plan.key) !== undefined) return;
    const request = { plan, load: refresh, seenId, waitUntil: 0, background: true };
    this.#background.start(plan.key, async () => {
      await this.#fill(request);
    });
  }

  async #settle(
    plan: ReadPlan,
    load: Load,
    end: Exclude<FillAnswer, { kind: "again" }>,
    fallback: Fallback | undefined,
  ): Promise<ReadResult> {
    switch (end.kind) {
      case "own": {
        const { value, remainingMs, reason } = end;
        return this.#told(plan, {
          value,
          outcome: "miss",
          ...(reason === undefined ? {} : { reason }),
          ...(remainingMs === undefined ? {} : { ageMs: 0, remainingMs }),
        });
      }
      case "value": {
        const { payload, remainingMs, reason } = end;
        return this.#told(plan, {
          value: decodeValue(payload),
          outcome: "wait",
          ...(reason === undefined ? {} : { reason }),
          ...(remainingMs === undefined ? {} : { ageMs: 0, remainingMs }),
        });
      }
      case "error":
        return this.#fallBack(plan, fallback, end.error, end.reason);
      default:
        return this.#loadShared(plan, load, end, fallback);
    }
  }

  /** Loads that are looked up for, but not stored. */
  async #loadShared(
    plan: ReadPlan,
    load: Load,
    end: FlightEnd & { readonly kind: "share" | "alone" },
    fallback: Fallback | undefined,
  ): Promise<ReadResult> {
    if (end.reason === "lock-timeout" && fallback?.verdict.kind === "stale") {
      const result = served(fallback.entry, fallback.verdict, end.reason);
      if (result !== undefined) return this.#told(plan, result);
    }
    try {
      const shared = end.kind === "alone" ? await loadAlone(load) : await this.#share(plan, load);
      const outcome = end.reason === "store-down" ? "bypass" : shared.own ? "miss" : "wait";
      return this.#told(plan, { value: shared.value, outcome, reason: end.reason });
    } catch (error) {
      return this.#fallBack(plan, fallback, error, "source-error");
    }
  }

  /** Loads without a look-up. */
  async #loadUnlooked(plan: ReadPlan, load: Load, reason: string): Promise<ReadResult> {
    // The store being away is nobody's wish: then the source is spared. Otherwise the caller asked for its own load.
    const { value } = reason === "store-down" ? await this.#share(plan, load) : await loadAlone(load);
    return this.#told(plan, { value, outcome: "bypass", reason });
  }

  #share(plan: ReadPlan, load: Load): Promise<SharedLoad> {
    return this.#shared.run(plan.key, sessionOrder(plan.session), load);
  }

  /** The source failed: what an earlier look of this read allows, else the source's own error, untouched. */
  #fallBack(plan: ReadPlan, fallback: Fallback | undefined, error: unknown, reason: string): ReadResult {
    // Who was refused is not given what was kept for those who were not.
    const refused = whyUnshared(error) !== undefined;
    const result = refused ? undefined : fallback && served(fallback.entry, fallback.verdict, reason);
    if (result !== undefined) return this.#told(plan, result);
    this.#emit({ type: "read", coordinate: plan.coordinate, outcome: "miss", reason });
    throw error;
  }

  #told(plan: ReadPlan, result: ReadResult): ReadResult {
    const { outcome, reason } = result;
    this.#emit({
      type: "read",
      coordinate: plan.coordinate,
      outcome,
      ...(reason === undefined ? {} : { reason }),
    });
    return result;
  }

  #remember(key: string, valueTags: readonly string[]): void {
    if (valueTags.length > 0) this.#valueTags.set(key, valueTags);
    else if (this.#valueTags.size > 0) this.#valueTags.delete(key);
  }

  #waitUntil(plan: ReadPlan): number {
    const budgetMs = Math.min(this.#lockWaitMs, 1.5 * this.#filler.lockMs(plan.coordinate));
    return this.#clock.monotonic() + budgetMs;
  }

  async #landed(): Promise<void> {
    while (this.#underWay.size + this.#writes.size > 0) {
      await Promise.allSettled([
        ...Array.from(this.#underWay.keys(), (flight) => flight.landed),
        ...this.#writes,
      ]);
    }
  }
}

function unlooked({ home, tags }: ReadPlan): LookResult {
  const names = [home, ...tags];
  return { kind: "miss", seen: { names, stamps: names.map(() => null) }, seenId: "" };
}

function whyNotStored({ session }: ReadPlan): string | undefined {
  if (!session.write) return "no-store";
  return session.began === undefined ? "no-position" : undefined;
}

/** The caller's own copy of what an entry holds; undefined if the payload is not ours. */
function served(
  entry: StoredEntry,
  verdict: Exclude<Verdict, { kind: "dead" }>,
  reason?: string,
): ReadResult | undefined {
  let value: unknown;
  try {
    value = decodeValue(entry.payload);
  } catch {
    return undefined;
  }
  const { ageMs } = verdict;
  const isFresh = verdict.kind === "fresh" || verdict.kind === "early";
  const outcome: Outcome = isFresh ? "hit" : "stale";
  const remainingMs = isFresh ? verdict.remainingMs : 0;
  return {
    value,
    outcome,
    ageMs,
    remainingMs,
    entryId: entry.id,
    ...(isFresh ? { entry } : {}),
    ...(reason === undefined ? {} : { reason }),
  };
}
