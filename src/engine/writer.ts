import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Keys } from "../keys/grammar.ts";
import { ID_CHARS } from "../store/entry-id.ts";
import { type LogPosition, type Store, StoreFailure } from "../store/store.ts";
import { formatEntry } from "./entry.ts";
import type { Emit } from "./events.ts";
import type { Hold, Invalidator } from "./invalidator.ts";
import { hardEndMs } from "./lifetime.ts";
import { packValue } from "./parcel.ts";
import type { Loaded, ReadPlan } from "./read-plan.ts";
import type { Turn } from "./turn.ts";

/** One write to the source, and what of the cache it makes wrong. */
export interface WriteRequest<Saved> {
  /** Stamp names of all that shows what is written, as far as they are known before. */
  readonly names: readonly string[];
  /** The entry that holds what was written, as its readers plan it. Without one it is only invalidated. */
  readonly entry?: WrittenEntry | undefined;
  /** Writes to the source: called once, whatever becomes of the cache. Its rejection says nothing of whether it was written. */
  readonly save: () => Promise<Saved>;
  /** What the source's answer tells the cache. */
  readonly written: (saved: Saved) => Promise<Written>;
  /** The store could not be told: the cache may show what was before, under these names. Must not throw. */
  readonly onUnreached: (error: unknown, names: readonly string[]) => void;
}

export type WrittenEntry = Omit<ReadPlan, "session" | "scope" | "except">;

export interface Written {
  /** Stamp names that only the answer shows. */
  readonly names: readonly string[];
  /** What the entry is to hold; undefined: nothing. */
  readonly loaded?: Loaded;
}

export interface WriterOptions {
  readonly store: Store;
  readonly keys: Keys;
  readonly turn: Turn;
  readonly invalidator: Invalidator;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  readonly maxValueBytes: number;
  /** A stamp outlives its entry by so much. */
  readonly spareMs: number;
}

/** Seen before the save: what {@link Writer} stores is valid only while these stamps are. */
interface Seen {
  readonly entry: WrittenEntry;
  readonly stampMs: number;
  readonly stamps: readonly string[];
  /** Newest position of the log, received before the save began. */
  readonly position: LogPosition;
  readonly born: number;
  readonly startedAt: number;
}

/** Steps W1 to W5 of docs/protocol.md: one invalidation, held open around the save. */
export class Writer {
  readonly #options: WriterOptions;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  async write<Saved>({ names, entry, save, written, onUnreached }: WriteRequest<Saved>): Promise<Saved> {
    const { invalidator } = this.#options;
    const hold = await invalidator.hold(names);
    const seen = entry === undefined || hold.token === undefined ? undefined : await this.#see(entry);
    let saved: Saved;
    try {
      saved = await save();
    } catch (error) {
      // It may have been written all the same. What the caller is told is the source's error, whatever the cache says.
      await hold.end().catch((unreached: unknown) => onUnreached(unreached, names));
      throw error;
    }
    const { names: shown, loaded } = await written(saved);
    const more = shown.filter((name) => !names.includes(name));
    if (seen !== undefined && loaded !== undefined && more.length === 0) {
      await this.#prime(hold, seen, names, loaded);
    }
    try {
      await Promise.all([hold.end(), invalidator.invalidate(more)]);
    } catch (error) {
      onUnreached(error, [...names, ...more]);
    }
    return saved;
  }

  /** W2. */
  async #see(entry: WrittenEntry): Promise<Seen | undefined> {
    const { turn, store, clock, spareMs } = this.#options;
    const stampMs = hardEndMs(entry.lifetimes) + spareMs;
    const [stamps] = await Promise.all([
      turn.stamps(entry.home, [entry.home, ...entry.tags], stampMs),
      turn.sampleLog(),
    ]);
    const position = turn.newest;
    if (stamps instanceof StoreFailure || position === undefined) return undefined;
    return { entry, stampMs, stamps, position, born: store.now(entry.home), startedAt: clock.monotonic() };
  }

  /**
   * W4. Stores what was written, unless somebody else wrote or invalidated meanwhile: then who reads next loads.
   *
   * 1. A and B announce and drop · 2. both see the same new stamps · 3. A saves · 4. B saves · 5. A would store what B has
   * replaced. But B's announcement, or its log by then, tells A not to; and if B's announcement was lost, B drops again.
   */
  async #prime(hold: Hold, seen: Seen, written: readonly string[], loaded: Loaded): Promise<void> {
    const { store, turn, keys, clock, random } = this.#options;
    const { entry, stampMs, stamps, position, born, startedAt } = seen;
    const parcel = packValue(this.#options, entry, loaded);
    if (parcel.kind !== "store") return;
    const known = [entry.home, ...entry.tags];
    const valueTags = [...new Set(loaded.tags)].filter((tag) => !known.includes(tag));
    const valueStamps = await turn.stamps(entry.home, valueTags, stampMs);
    if (valueStamps instanceof StoreFailure) return;
    const since = await store.logSince({ position, home: entry.home, own: hold.token });
    if (since instanceof StoreFailure || since.names === "gap") return;
    const { names } = since;
    if ([...written, ...known, ...valueTags].some((name) => names.has(name))) return;
    const { lifetime, payload } = parcel;
    const [homeStamp = "", ...tagStamps] = stamps;
    await store.prime([
      {
        entryKey: entry.key,
        stampKey: keys.stamp(entry.home),
        stamp: homeStamp,
        lifeMs: Math.max(1, Math.round(hardEndMs(lifetime))),
        text: formatEntry({
          ...lifetime,
          id: random.token(ID_CHARS),
          born,
          fillMs: Math.round(clock.monotonic() - startedAt),
          homeStamp,
          tagNames: [...entry.tags, ...valueTags],
          tagStamps: [...tagStamps, ...valueStamps],
          valueTags: valueTags.length,
          payload,
        }),
      },
    ]);
  }
}
