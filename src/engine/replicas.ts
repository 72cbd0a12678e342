import { LRUCache } from "lru-cache";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Keys } from "../keys/grammar.ts";
import type { StampCopies } from "../keys/stamp-copies.ts";
import { entryId, ID_CHARS } from "../store/entry-id.ts";
import { type Store, StoreFailure } from "../store/store.ts";
import { Background } from "./background.ts";
import { formatEntry, parseEntry, type StoredEntry } from "./entry.ts";
import type { Emit, StoreOutcome } from "./events.ts";
import { HotHomes } from "./hot-homes.ts";
import type { ReadPlan, ReadResult, ReadSession } from "./read-plan.ts";
import { noteFailure, sessionOrder } from "./session.ts";
import { type Asked, found, type Look, type Turn } from "./turn.ts";
import { decodeValue } from "./value-codec.ts";
import { judge, unreadNames } from "./verdict.ts";

export interface ReplicasOptions {
  readonly store: Store;
  readonly turn: Turn;
  readonly keys: Keys;
  readonly copies: StampCopies;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** See {@link HotHomes}. */
  readonly hotReads: number;
  readonly hotShare: number;
  /** No copy lives longer. */
  readonly replicaMs: number;
  /** Names whose stamps a look at this place wants: that of the place, then the plan's tags, then what is remembered of the value's. */
  readonly namesAt: (plan: ReadPlan, place: string) => readonly string[];
  /** A look that was made before, of this session and key. */
  readonly early: (place: ReadPlan, names: readonly string[]) => Asked | undefined;
}

/** A copy is worth its making if it is read so often in its time. */
const READS_PER_COPY = 2;
/** Entries of hot homes known at a time. */
const MOST_ENTRIES = 10_000;
const MOST_COPYING = 64;
/** A lock for a copy, which waits for the store alone. */
const LOCK_MS = 1000;
/** How long nobody tries again where nothing could be copied. */
const PAUSE_MS = 200;
/** Multiples of it are spread evenly, and so is every regular part of them: requests of two kinds that alternate do not share the places out among themselves. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** What this process knows of an entry whose home is hot. */
interface KnownEntry {
  /** Reads in this `replicaMs`, and in the one before. */
  since: number;
  reads: number;
  readsBefore: number;
  /** The latest birth of what this process has been served, or has stored: a copy of an older one would go back in time. */
  born: number;
}

/**
 * Hot homes, read in several places.
 *
 * A replica of `Product:42` is another home, `Product:42#3`, in another bucket, with a stamp of its own: each of its entries
 * is a copy of the entry at home, under the stamps of its own bucket, those of the value's entities included. So a hit there
 * asks nothing of the server that home lies on. Everything else is answered through home: a miss, what is no longer fresh,
 * errors. After a hit at home the copy is made, in the background, by one process for all. It is a fill like any other whose only
 * input is an entry: docs/protocol.md, "Hot entities".
 *
 * Nobody needs to know what is hot elsewhere: a copy that nobody reads ends, and an invalidation drops the stamps of all
 * replicas that there can be.
 *
 * What is PRIVATE stays at home: it is asked for by one principal alone, and a copy would be read by nobody else.
 */
export class Replicas {
  readonly #options: ReplicasOptions;
  readonly #hot: HotHomes | undefined;
  readonly #entries = new LRUCache<string, KnownEntry>({ max: MOST_ENTRIES });
  readonly #copying = new Background(MOST_COPYING);
  /** Replicas that could not be copied, until when. */
  readonly #paused = new LRUCache<string, number>({ max: MOST_ENTRIES });
  /** Where the places of this process begin. */
  readonly #offset: number;

  constructor(options: ReplicasOptions) {
    const { store, clock, emit, random, hotReads, hotShare } = options;
    this.#options = options;
    this.#offset = random.next();
    if (hotReads > 0) {
      const onChange = (change: "promoted" | "demoted", home: string) => emit({ type: "hot", change, home });
      this.#hot = new HotHomes({ clock, buckets: store.buckets, hotReads, hotShare, onChange });
    }
  }

  /** Of what this process found to be hot: see {@link HotHomes.rates}. */
  rates(): Readonly<Record<string, number>> {
    return this.#hot?.rates() ?? {};
  }

  /** Counts a read; the replica where it is to look first, undefined: it looks at home. */
  placeOf(plan: ReadPlan): ReadPlan | undefined {
    if (!mayBeCopied(plan)) return undefined;
    this.#hot?.count(plan.home);
    const spread = this.#spreadOf(plan);
    if (spread === 1) return undefined;
    const entry = this.#entryOf(plan.key);
    entry.reads += 1;
    return this.#place(plan, spread, entry);
  }

  /** The same for a look that nobody has asked for yet. */
  placeAhead(plan: ReadPlan): ReadPlan | undefined {
    if (!mayBeCopied(plan)) return undefined;
    const spread = this.#spreadOf(plan);
    return spread === 1 ? undefined : this.#place(plan, spread, this.#entryOf(plan.key));
  }

  /** Reads at a replica, else at home. */
  async read(plan: ReadPlan, replica: ReadPlan, atHome: () => Promise<ReadResult>): Promise<ReadResult> {
    const { emit } = this.#options;
    const look = await this.#look(replica, plan);
    if (look.kind === "hit") {
      this.passed(plan.key, look.born);
      emit({ type: "read", coordinate: plan.coordinate, outcome: "hit", reason: "replica" });
      return look.result;
    }
    const result = await atHome();
    // Only what is there can be copied: a value that is never stored costs nothing here.
    if (look.kind === "miss" && result.outcome === "hit") this.#copyLater(plan, replica, look.seenId);
    return result;
  }

  /** An entry of this key, born then, was served or stored by this process. */
  passed(key: string, born: number): void {
    const entry = this.#entries.peek(key);
    if (entry !== undefined) entry.born = Math.max(entry.born, born);
  }

  #spreadOf({ hot, home }: ReadPlan): number {
    return hot === true ? this.#options.store.buckets : (this.#hot?.spreadOf(home) ?? 1);
  }

  #entryOf(key: string): KnownEntry {
    const { clock, replicaMs } = this.#options;
    const now = clock.monotonic();
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { since: now, reads: 0, readsBefore: 0, born: 0 };
      this.#entries.set(key, entry);
    }
    const age = now - entry.since;
    if (age >= replicaMs) {
      entry.readsBefore = age < 2 * replicaMs ? entry.reads : 0;
      entry.reads = 0;
      entry.since = now;
    }
    return entry;
  }

  #place(plan: ReadPlan, spread: number, { reads, readsBefore }: KnownEntry): ReadPlan | undefined {
    const { store, copies, keys } = this.#options;
    const { session, home, key } = plan;
    if (!session.read || plan.except !== undefined) return undefined;
    // Of a home with a thousand entries some are hot.
    if (plan.hot !== true && Math.max(reads, readsBefore) < READS_PER_COPY * spread) return undefined;
    const bucket = bucketFor(this.#wishOf(session), store.bucketOf(home), spread, store.buckets);
    const replica = copies.namesOf(home)[bucket]!;
    if (replica === home || session.down.has(store.nodeOf(replica))) return undefined;
    return { ...plan, key: keys.replica(key, replica), home: replica };
  }

  /** The bucket that a request turns to: the same for all of its reads, so that they share stamps and servers. */
  #wishOf(session: ReadSession): number {
    return Math.floor(((this.#offset + sessionOrder(session) * GOLDEN) % 1) * this.#options.store.buckets);
  }

  async #look(replica: ReadPlan, plan: ReadPlan): Promise<ReplicaLook> {
    const { early, namesAt, turn } = this.#options;
    const names = namesAt(plan, replica.home);
    const look = await found(early(replica, names) ?? turn.ask(replica, names));
    if (look instanceof StoreFailure) {
      noteFailure(plan.session, look);
      return { kind: "failed" };
    }
    const seenId = (look.text === null ? undefined : entryId(look.text)) ?? "";
    const fresh = await this.#judge(replica, names, look);
    // An older one than this process has shown already: 1. replica A has a copy · 2. home is refreshed, replica B copies it,
    // R reads there · 3. the same client's next request would read A.
    if (fresh === undefined || fresh.entry.born < (this.#entries.peek(plan.key)?.born ?? 0))
      return { kind: "miss", seenId };
    const { entry, ageMs, remainingMs } = fresh;
    try {
      const value = decodeValue(entry.payload);
      const result: ReadResult = {
        value,
        outcome: "hit",
        reason: "replica",
        ageMs,
        remainingMs,
        entryId: entry.id,
      };
      return { kind: "hit", result, born: entry.born };
    } catch {
      return { kind: "miss", seenId };
    }
  }

  /** The entry of a look, if it is valid and fresh. */
  async #judge(
    { home, lifetimes, tags }: ReadPlan,
    known: readonly string[],
    { text, stamps: seen }: Look,
  ): Promise<FreshEntry | undefined> {
    const { store, turn } = this.#options;
    const entry = text === null ? undefined : parseEntry(text);
    if (entry === undefined) return undefined;
    let names = known;
    let stamps = seen;
    const unread = unreadNames(entry, names);
    if (unread.length > 0) {
      const more = await turn.readStamps(home, unread);
      if (more instanceof StoreFailure) return undefined;
      names = [...names, ...unread];
      stamps = [...stamps, ...more.stamps];
    }
    const verdict = judge({ entry, lifetimes, tags, names, stamps, now: store.now(home) });
    return verdict.kind === "fresh" ? { ...verdict, entry } : undefined;
  }

  #copyLater(plan: ReadPlan, replica: ReadPlan, seenId: string): void {
    const { clock, emit } = this.#options;
    if (clock.monotonic() < (this.#paused.get(replica.key) ?? 0)) return;
    this.#copying.start(replica.key, async () => {
      const stored = await this.#copy(plan, replica, seenId);
      if (stored === undefined) return;
      if (stored !== "stored") this.#paused.set(replica.key, clock.monotonic() + PAUSE_MS);
      emit({ type: "copy", coordinate: plan.coordinate, stored });
    });
  }

  /**
   * Copies the entry at home, which nobody waits for; undefined: another process does so, or has done it.
   *
   * The stamps of the copy are there before home is looked at, and the log is read after all of them, since a position
   * from before that look. Without the log:
   *
   * 1. I drops the stamps of the replica's bucket · 2. the copier makes them anew · 3. it finds the entry at home valid
   * 4. I drops the stamps of home's bucket, and resolves · 5. the copy is stored: R' hits what was before I.
   * At 2 I had announced its names, and has logged them if they are not announced any more: the copier is told.
   *
   * And with a position that was received later:
   *
   * 1. the copier finds the entry at home valid · 2. I drops all stamps, logs, resolves; this process hears of it · 3. the
   * copier makes stamps for the tags found in the value, reads the log since 2, and stores.
   */
  async #copy(plan: ReadPlan, replica: ReadPlan, seenId: string): Promise<StoreOutcome | undefined> {
    const { turn, keys, random, replicaMs, namesAt } = this.#options;
    const position = turn.newest;
    if (position === undefined) return "not-stored";
    const begin = {
      entryKey: replica.key,
      stampKey: keys.stamp(replica.home),
      lockKey: keys.lock(replica.key),
      passKey: keys.pass(replica.key),
      seenId,
      token: random.token(ID_CHARS),
      lockMs: LOCK_MS,
      stampMs: replicaMs + LOCK_MS,
    };
    const [begun, tagStamps] = await Promise.all([
      turn.begin(begin),
      turn.stamps(replica.home, plan.tags, begin.stampMs),
    ]);
    if (begun instanceof StoreFailure) {
      // It may run all the same: then its lock would keep others from copying.
      if (begun.reason === "timeout") void turn.release({ ...begin, stamp: "" });
      return "failed";
    }
    if (begun.kind !== "own") return undefined;
    const { stamp } = begun;
    const giveUp = (outcome: StoreOutcome): StoreOutcome => {
      void turn.release({ ...begin, stamp });
      return outcome;
    };
    if (tagStamps instanceof StoreFailure) return giveUp("failed");

    const atHome = namesAt(plan, plan.home);
    const look = await found(turn.ask(plan, atHome));
    if (look instanceof StoreFailure) return giveUp("failed");
    const fresh = await this.#judge(plan, atHome, look);
    if (fresh === undefined) return giveUp("not-stored");
    const { entry, remainingMs } = fresh;

    const valueTags = entry.tagNames.slice(plan.tags.length);
    const [valueStamps, log] = await Promise.all([
      turn.stamps(replica.home, valueTags, begin.stampMs),
      turn.logSince({ position, home: replica.home }),
    ]);
    if (valueStamps instanceof StoreFailure || log instanceof StoreFailure) return giveUp("failed");
    if (log.names === "gap") return giveUp("not-stored");
    const { names } = log;
    if ([plan.home, ...entry.tagNames].some((name) => names.has(name))) return giveUp("refused");

    const stored = await turn.put({
      ...begin,
      stamp,
      text: formatEntry({ ...entry, homeStamp: stamp, tagStamps: [...tagStamps, ...valueStamps] }),
      lifeMs: Math.max(1, Math.floor(Math.min(replicaMs, remainingMs))),
    });
    if (stored instanceof StoreFailure) return "failed";
    return stored ? "stored" : "refused";
  }
}

function mayBeCopied({ scope, hot }: ReadPlan): boolean {
  return scope !== "PRIVATE" && hot !== false;
}

type ReplicaLook =
  | { readonly kind: "hit"; readonly result: ReadResult; readonly born: number }
  /** `seenId`: of what lies there all the same. */
  | { readonly kind: "miss"; readonly seenId: string }
  | { readonly kind: "failed" };

interface FreshEntry {
  readonly entry: StoredEntry;
  readonly ageMs: number;
  readonly remainingMs: number;
}

/**
 * The bucket nearest to the wished one of those that a home is spread over: its own, and from there in equal steps. So they
 * lie on different servers, as neighbouring buckets of a cluster mostly lie on one.
 */
function bucketFor(wish: number, own: number, spread: number, buckets: number): number {
  const step = buckets / spread;
  return (wish - ((wish - own + buckets) % step) + buckets) % buckets;
}
