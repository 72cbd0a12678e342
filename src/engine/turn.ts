import type { Clock } from "../base/clock.ts";
import { type Deferred, deferred } from "../base/deferred.ts";
import type { StampCopies } from "../keys/stamp-copies.ts";
import type {
  BeginReply,
  BeginRequest,
  LogPosition,
  LogRequest,
  LogSince,
  PutRequest,
  ReadReply,
  ReadRequest,
  ReleaseRequest,
  RenewRequest,
  Store,
} from "../store/store.ts";
import { StoreFailure } from "../store/store.ts";
import type { Emit } from "./events.ts";

/** What one read found: the entry's text and the stamp of each name it asked for, in its order. */
export interface Look {
  readonly text: string | null;
  readonly stamps: readonly (string | null)[];
}

/** A look that was asked for. */
export interface Asked {
  /** What it found; undefined while the store has not answered. */
  readonly now: Look | StoreFailure | undefined;
  /** Resolves once `now` is there. */
  readonly answered: Promise<unknown>;
}

/** What a look finds, once it is there. */
export async function found(asked: Asked): Promise<Look | StoreFailure> {
  await asked.answered;
  return asked.now!;
}

/** Where an entry lies: its key, and what stands in the braces of it. */
export interface EntryPlace {
  readonly key: string;
  readonly home: string;
}

export interface TurnOptions {
  readonly store: Store;
  readonly copies: StampCopies;
  readonly clock: Clock;
  readonly emit: Emit;
  /** A newer position of the log is asked for with the next read when the last one is older than this. */
  readonly logSampleMs: number;
}

/**
 * Everything that the requests of one event-loop turn want of the store, as one batch of each kind: what is asked for
 * until `setImmediate` leaves together.
 *
 * Writes are handed over before reads. A store need not keep that order: whoever misses what was put in the same turn is
 * shown it by `begin`.
 */
export class Turn {
  readonly #options: TurnOptions;
  #scheduled = false;
  #reads: Wave;
  #stamps = new Map<string, StampWish>();
  #checks = new Map<string, LogCheck>();
  readonly #puts: Batch<PutRequest, boolean>;
  readonly #releases: Batch<ReleaseRequest, boolean>;
  readonly #renews: Batch<RenewRequest, boolean>;
  readonly #begins: Batch<BeginRequest, BeginReply>;
  #sampledAt = Number.NEGATIVE_INFINITY;

  constructor(options: TurnOptions) {
    const { store } = options;
    const wake = () => this.#schedule();
    this.#options = options;
    this.#reads = new Wave();
    this.#puts = new Batch((items) => store.put(items), wake);
    this.#releases = new Batch((items) => store.release(items), wake);
    this.#renews = new Batch((items) => store.renew(items), wake);
    this.#begins = new Batch((items) => store.begin(items), wake);
  }

  /** Newest position of the log that this process has received. */
  get newest(): LogPosition | undefined {
    return this.#options.store.position();
  }

  /** R1. The entry and the stamps that it has for these names. Several readers of a key are one key of the batch. */
  ask({ key, home }: EntryPlace, names: readonly string[]): Asked {
    const wave = this.#reads;
    const asked = new AskedLook(wave, wave.placeOfEntry(key), this.#placesOfStamps(wave, names, home));
    this.#schedule();
    return asked;
  }

  /** The same at once, where all of it lies in this process. */
  peek({ key, home }: EntryPlace, names: readonly string[]): Look | undefined {
    const { store, copies } = this.#options;
    if (store.peek === undefined) return undefined;
    const stampKeys = names.map((name) => copies.keyFor(name, home));
    const reply = store.peek({ entryKeys: [key], stampKeys, log: false });
    if (reply === undefined) return undefined;
    this.#sampleLog();
    const look = pick(reply, 0, stampKeys.keys());
    return look instanceof StoreFailure ? undefined : look;
  }

  /** Several entries and their stamps, by key. */
  async askAll({ entryKeys, stampKeys }: ReadRequest): Promise<ReadReply | StoreFailure> {
    const wave = this.#reads;
    const entries = entryKeys.map((key) => wave.placeOfEntry(key));
    const stamps = stampKeys.map((key) => wave.placeOfStamp(key));
    this.#schedule();
    const reply = await wave.reply;
    if (reply instanceof StoreFailure) return reply;
    const picked = {
      entries: entries.map((place) => reply.entries[place]!),
      stamps: stamps.map((place) => reply.stamps[place]!),
    };
    const isFailure = (part: unknown) => part instanceof StoreFailure;
    const failure = picked.entries.find(isFailure) ?? picked.stamps.find(isFailure);
    return failure instanceof StoreFailure ? failure : picked;
  }

  /** The same at once, where all of it lies in this process. */
  peekAll(request: ReadRequest): ReadReply | undefined {
    const reply = this.#options.store.peek?.(request);
    if (reply !== undefined) this.#sampleLog();
    return reply;
  }

  /** Stamps alone, of names that a look showed to be missing. */
  async readStamps(home: string, names: readonly string[]): Promise<Look | StoreFailure> {
    const wave = this.#reads;
    const places = this.#placesOfStamps(wave, names, home);
    this.#schedule();
    return pick(await wave.reply, undefined, places);
  }

  /** What is pending under this key. */
  async readPending(pendingKey: string): Promise<string | null | StoreFailure> {
    const wave = this.#reads;
    const place = wave.placeOfPending(pendingKey);
    this.#schedule();
    const reply = await wave.reply;
    if (reply instanceof StoreFailure) return reply;
    const text = reply.pending?.[place];
    // Who says nothing of it does not say that there is nothing.
    return text === undefined ? new StoreFailure("error", "the store does not tell what is pending") : text;
  }

  /** Asks for the log's newest position alone. */
  async sampleLog(): Promise<void> {
    this.#sampledAt = Number.NEGATIVE_INFINITY;
    const { reply } = this.#reads;
    this.#schedule();
    await reply;
  }

  begin(request: BeginRequest): Promise<BeginReply | StoreFailure> {
    return this.#begins.add(request);
  }

  put(request: PutRequest): Promise<boolean | StoreFailure> {
    return this.#puts.add(request);
  }

  release(request: ReleaseRequest): Promise<boolean | StoreFailure> {
    return this.#releases.add(request);
  }

  renew(request: RenewRequest): Promise<boolean | StoreFailure> {
    return this.#renews.add(request);
  }

  /** The present stamp that an entry of this home has for each name, created where absent; the first failure if there is one. */
  async stamps(
    home: string,
    names: readonly string[],
    lifeMs: number,
  ): Promise<readonly string[] | StoreFailure> {
    if (names.length === 0) return [];
    const wishes = names.map((name) => {
      const stampKey = this.#options.copies.keyFor(name, home);
      let wish = this.#stamps.get(stampKey);
      if (wish === undefined) {
        wish = { lifeMs, reply: deferred() };
        this.#stamps.set(stampKey, wish);
      }
      wish.lifeMs = Math.max(wish.lifeMs, lifeMs);
      return wish.reply.promise;
    });
    this.#schedule();
    const replies = await Promise.all(wishes);
    return replies.find((reply) => reply instanceof StoreFailure) ?? (replies as string[]);
  }

  /** Names logged after a position; fills of one turn and bucket that began at one position share the answer. */
  logSince(request: Omit<LogRequest, "own">): Promise<LogSince | StoreFailure> {
    const { position, home } = request;
    const id = `${this.#options.store.bucketOf(home)} ${position}`;
    let check = this.#checks.get(id);
    if (check === undefined) {
      check = { request, reply: deferred() };
      this.#checks.set(id, check);
      this.#schedule();
    }
    return check.reply.promise;
  }

  #placesOfStamps(wave: Wave, names: readonly string[], home: string): readonly number[] {
    const { copies } = this.#options;
    return names.map((name) => wave.placeOfStamp(copies.keyFor(name, home)));
  }

  /** Where reads send no batch for the position of the log to ride along with. */
  #sampleLog(): void {
    if (!this.#isSampleDue) return;
    void this.#reads.reply;
    this.#schedule();
  }

  get #isSampleDue(): boolean {
    const { clock, logSampleMs } = this.#options;
    return clock.monotonic() - this.#sampledAt >= logSampleMs;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    this.#puts.flush();
    this.#releases.flush();
    this.#renews.flush();
    this.#begins.flush();
    this.#flushStamps();
    this.#flushChecks();
    this.#flushReads();
  }

  #flushStamps(): void {
    if (this.#stamps.size === 0) return;
    const wishes = this.#stamps;
    this.#stamps = new Map();
    const { store } = this.#options;
    const requests = Array.from(wishes, ([stampKey, { lifeMs }]) => ({ stampKey, lifeMs }));
    void answers(store.stamps(requests), requests.length).then((replies) => {
      let at = 0;
      for (const { reply } of wishes.values()) reply.resolve(replies[at++]!);
    });
  }

  #flushChecks(): void {
    if (this.#checks.size === 0) return;
    for (const { request, reply } of this.#checks.values()) {
      void answer(this.#options.store.logSince(request)).then((since) => reply.resolve(since));
    }
    this.#checks = new Map();
  }

  #flushReads(): void {
    const { store, clock, emit } = this.#options;
    const log = this.#isSampleDue;
    if (this.#reads.isEmpty && !(log && this.#reads.isAwaited)) return;
    const isDemanded = this.#sampledAt === Number.NEGATIVE_INFINITY;
    const wave = this.#reads;
    this.#reads = new Wave();
    if (log) this.#sampledAt = clock.monotonic();
    const { pendingKeys, entryKeys, stampKeys, size: keys } = wave;
    const wanted = { ...(pendingKeys.length > 0 ? { pendingKeys } : {}), entryKeys, stampKeys };
    // What lies in this process waits for nobody. The log is asked for all the same: without a late position no fill stores.
    const here = isDemanded ? undefined : store.peek?.({ ...wanted, log: false });
    if (here !== undefined) {
      emit({ type: "wave", keys, failed: false });
      wave.resolve(here);
      if (!log) return;
    }
    const asked = here === undefined ? { ...wanted, log } : { entryKeys: [], stampKeys: [], log };
    void answer(store.read(asked)).then((reply) => {
      const failed = reply instanceof StoreFailure || hasFailure(reply);
      const sampled = !(reply instanceof StoreFailure) && typeof reply.log === "string";
      if (log && !sampled) this.#sampledAt = Number.NEGATIVE_INFINITY;
      if (here !== undefined) return;
      if (!wave.isEmpty) emit({ type: "wave", keys, failed });
      wave.resolve(reply);
    });
  }
}

interface LogCheck {
  readonly request: LogRequest;
  readonly reply: Deferred<LogSince | StoreFailure>;
}

interface StampWish {
  lifeMs: number;
  readonly reply: Deferred<string | StoreFailure>;
}

/** The reads of one turn, each key once. Readers keep places and pick theirs from the one reply. */
class Wave {
  readonly pendingKeys: string[] = [];
  readonly entryKeys: string[] = [];
  readonly stampKeys: string[] = [];
  readonly #pending = new Map<string, number>();
  readonly #entries = new Map<string, number>();
  readonly #stamps = new Map<string, number>();
  readonly #reply = deferred<ReadReply | StoreFailure>();
  #awaited = false;
  /** Once the store has answered. */
  answer: ReadReply | StoreFailure | undefined;

  get reply(): Promise<ReadReply | StoreFailure> {
    this.#awaited = true;
    return this.#reply.promise;
  }

  get isEmpty(): boolean {
    return this.size === 0;
  }

  get size(): number {
    return this.pendingKeys.length + this.entryKeys.length + this.stampKeys.length;
  }

  get isAwaited(): boolean {
    return this.#awaited;
  }

  placeOfPending(key: string): number {
    let place = this.#pending.get(key);
    if (place === undefined) {
      place = this.pendingKeys.push(key) - 1;
      this.#pending.set(key, place);
    }
    return place;
  }

  placeOfEntry(key: string): number {
    let place = this.#entries.get(key);
    if (place === undefined) {
      place = this.entryKeys.push(key) - 1;
      this.#entries.set(key, place);
    }
    return place;
  }

  placeOfStamp(key: string): number {
    let place = this.#stamps.get(key);
    if (place === undefined) {
      place = this.stampKeys.push(key) - 1;
      this.#stamps.set(key, place);
    }
    return place;
  }

  resolve(reply: ReadReply | StoreFailure): void {
    this.answer = reply;
    this.#reply.resolve(reply);
  }
}

class AskedLook implements Asked {
  readonly #wave: Wave;
  readonly #entry: number;
  readonly #stamps: readonly number[];

  constructor(wave: Wave, entry: number, stamps: readonly number[]) {
    this.#wave = wave;
    this.#entry = entry;
    this.#stamps = stamps;
  }

  get now(): Look | StoreFailure | undefined {
    const { answer } = this.#wave;
    return answer === undefined ? undefined : pick(answer, this.#entry, this.#stamps);
  }

  get answered(): Promise<unknown> {
    return this.#wave.reply;
  }
}

/** Requests of one kind, sent as one call; each caller gets the answer of its own. */
class Batch<Request, Reply> {
  readonly #send: (requests: readonly Request[]) => Promise<readonly (Reply | StoreFailure)[]>;
  readonly #wake: () => void;
  #requests: Request[] = [];
  #replies: Deferred<Reply | StoreFailure>[] = [];

  constructor(
    send: (requests: readonly Request[]) => Promise<readonly (Reply | StoreFailure)[]>,
    wake: () => void,
  ) {
    this.#send = send;
    this.#wake = wake;
  }

  add(request: Request): Promise<Reply | StoreFailure> {
    const reply = deferred<Reply | StoreFailure>();
    this.#requests.push(request);
    this.#replies.push(reply);
    this.#wake();
    return reply.promise;
  }

  flush(): void {
    if (this.#requests.length === 0) return;
    const requests = this.#requests;
    const replies = this.#replies;
    this.#requests = [];
    this.#replies = [];
    void answers(this.#send(requests), requests.length).then((given) => {
      for (const [at, reply] of replies.entries()) reply.resolve(given[at]!);
    });
  }
}

function pick(
  reply: ReadReply | StoreFailure,
  entry: number | undefined,
  places: Iterable<number>,
): Look | StoreFailure {
  if (reply instanceof StoreFailure) return reply;
  const text = entry === undefined ? null : reply.entries[entry]!;
  if (text instanceof StoreFailure) return text;
  const stamps: (string | null)[] = [];
  for (const place of places) {
    const stamp = reply.stamps[place]!;
    if (stamp instanceof StoreFailure) return stamp;
    stamps.push(stamp);
  }
  return { text, stamps };
}

function hasFailure({ pending = [], entries, stamps }: ReadReply): boolean {
  return [pending, entries, stamps].some((parts) => parts.some((part) => part instanceof StoreFailure));
}

/** The port promises not to reject. A store that does all the same is a store that failed, not a request that did. */
async function answer<T>(reply: Promise<T>): Promise<T | StoreFailure> {
  try {
    return await reply;
  } catch (error) {
    return new StoreFailure("error", error instanceof Error ? error.message : String(error));
  }
}

async function answers<T>(
  replies: Promise<readonly (T | StoreFailure)[]>,
  count: number,
): Promise<readonly (T | StoreFailure)[]> {
  const given = await answer(replies);
  return given instanceof StoreFailure ? new Array<StoreFailure>(count).fill(given) : given;
}
