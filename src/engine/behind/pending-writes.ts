import type { Random } from "../../base/random.ts";
import type { Keys } from "../../keys/grammar.ts";
import { SWAP_MS, VERSION_CHARS } from "../../store/behind-store.ts";
import { type Store, StoreFailure } from "../../store/store.ts";
import type { Turn } from "../turn.ts";
import {
  type Base,
  formatPending,
  joined,
  NOTHING,
  type Pending,
  type PendingChange,
  type PendingRecord,
  parsePending,
  withToken,
} from "./pending-record.ts";

export interface PendingWritesOptions {
  readonly store: Store;
  readonly keys: Keys;
  readonly turn: Turn;
  readonly random: Random;
}

/** What became of a change of a record. */
export type Swapped =
  | { readonly kind: "changed"; readonly pending: Pending }
  /** `decide` left it as it is. */
  | { readonly kind: "left"; readonly pending: Pending }
  /** It took longer than `SWAP_MS`; nothing was done. */
  | { readonly kind: "late" };

/** The next record, undefined for none; or "leave" it as it is. */
export type Decide = (record: PendingRecord | undefined) => PendingRecord | undefined | "leave";

export interface Addition {
  readonly typeName: string;
  readonly home: string;
  readonly change: PendingChange;
  /** Joins two rows, as texts. Without it the later one is the row. */
  readonly merge?: ((pending: string, next: string) => string) | undefined;
  /** How soon it is to be sent. */
  readonly delayMs: number;
  /** Entities with something pending, of this type, beyond which nothing is added. */
  readonly most: number;
}

/** "full", "failed": nothing was added. "unknown": the store was told to, and has not said whether it did. */
export type Added =
  | { readonly kind: "added" }
  | { readonly kind: "full" }
  | { readonly kind: "failed" | "unknown"; readonly failure: StoreFailure };

/** How long the stamps of a base live, ms: longer than anything is on its way that anybody still waits for. */
const BASE_MS = 24 * 3600 * 1000;

/** The records of what is written behind, one per entity, changed by comparing and swapping. */
export class PendingWrites {
  readonly #options: PendingWritesOptions;
  readonly #lanes = new Map<string, Lane>();
  #marks = new Map<string, Marks>();

  constructor(options: PendingWritesOptions) {
    this.#options = options;
  }

  /** What is pending of an entity, asked for with the present wave. */
  async look(home: string): Promise<Pending | StoreFailure> {
    const { turn, keys } = this.#options;
    return this.#parsed(home, await turn.readPending(keys.pending(home)));
  }

  /**
   * Adds a change behind what is pending. Those of one process that meet at one entity go in together.
   *
   * The name is marked in the queue before the record is swapped, as they lie on different servers:
   *
   * 1. a write marks 42 · 2. a flusher claims 42, finds nothing, forgets it · 3. the write swaps: pending, and nobody knows.
   *
   * So a name is forgotten only when its latest mark is older than a swap can be late (`LINGER_MS`, `SWAP_MS`), and what was
   * marked and never swapped costs the flusher one look.
   */
  add(addition: Addition): Promise<Added> {
    const { home } = addition;
    let lane = this.#lanes.get(home);
    if (lane === undefined) {
      lane = new Lane(async (additions) => this.#addAll(additions));
      this.#lanes.set(home, lane);
    }
    const added = lane.join(addition);
    const leave = () => {
      if (lane.isIdle) this.#lanes.delete(home);
    };
    added.then(leave, leave);
    return added;
  }

  /** Marks a name with those of this turn; answers how many of its type have something pending. */
  mark(typeName: string, home: string, delayMs: number): Promise<number | StoreFailure> {
    let marks = this.#marks.get(typeName);
    if (marks === undefined) {
      const names = new Map<string, number>();
      marks = {
        names,
        count: new Promise((resolve) => {
          setImmediate(() => {
            this.#marks.delete(typeName);
            const soonest = Math.min(...names.values());
            resolve(this.#options.store.behind.enqueue(typeName, [...names.keys()], soonest));
          });
        }),
      };
      this.#marks.set(typeName, marks);
    }
    marks.names.set(home, Math.min(marks.names.get(home) ?? delayMs, delayMs));
    return marks.count;
  }

  /** Changes a record as `decide` says, which is asked again when somebody else was quicker. */
  async change(
    home: string,
    decide: Decide,
    { seen, notAfter = this.deadline(home) }: { readonly seen?: Pending; readonly notAfter?: number } = {},
  ): Promise<Swapped | StoreFailure> {
    const { store, keys, random } = this.#options;
    let pending: Pending | StoreFailure = seen ?? (await this.look(home));
    for (;;) {
      if (pending instanceof StoreFailure) return pending;
      const next = decide(pending.record);
      if (next === "leave" || next === pending.record) return { kind: "left", pending };
      const version = random.token(VERSION_CHARS);
      const text = next === undefined ? "" : formatPending(version, next);
      const [reply] = await store.behind.swap([
        { key: keys.pending(home), seen: pending.version, text, notAfter },
      ]);
      if (reply === undefined || reply instanceof StoreFailure) return reply ?? NO_REPLY;
      if (reply.kind === "late") return reply;
      if (reply.kind === "swapped") {
        const record = next && withToken(next, version, reply.at);
        return { kind: "changed", pending: record === undefined ? NOTHING : { version, record } };
      }
      pending = this.#parsed(home, reply.text);
    }
  }

  /** µs of the store's clock until when a swap that is planned now may run. */
  deadline(home: string): number {
    return this.now(home) + SWAP_MS * 1000;
  }

  now(home: string): number {
    return this.#options.store.now(home);
  }

  /** 16 random characters. */
  era(): string {
    return this.#options.random.token(VERSION_CHARS);
  }

  /**
   * Loads a row that is to be valid until one of these names is invalidated: the stamps are there before the load begins, and
   * the log is clean after it, as for a fill (docs/protocol.md, "Why it holds").
   */
  async base(
    home: string,
    names: readonly string[],
    load: () => Promise<{ readonly row: string; readonly tags: readonly string[] } | undefined>,
  ): Promise<Base | undefined> {
    const { turn } = this.#options;
    const [stamps] = await Promise.all([turn.stamps(home, names, BASE_MS), turn.sampleLog()]);
    const position = turn.newest;
    const loaded = await load();
    if (loaded === undefined || stamps instanceof StoreFailure || position === undefined) return undefined;
    const tags = loaded.tags.filter((tag) => !names.includes(tag));
    const tagStamps = await turn.stamps(home, tags, BASE_MS);
    const since = await turn.logSince({ position, home });
    if (tagStamps instanceof StoreFailure || since instanceof StoreFailure || since.names === "gap") {
      return undefined;
    }
    const all = [...names, ...tags];
    const dirty = since.names;
    if (all.some((name) => dirty.has(name))) return undefined;
    return { row: loaded.row, names: all, stamps: [...stamps, ...tagStamps] };
  }

  /** Whether nothing was invalidated that a base was made of. */
  async isValid(home: string, { names, stamps }: Base): Promise<boolean> {
    const look = await this.#options.turn.readStamps(home, names);
    return !(look instanceof StoreFailure) && look.stamps.every((stamp, at) => stamp === stamps[at]);
  }

  async #addAll(additions: readonly Addition[]): Promise<Added> {
    const { typeName, home, delayMs, most } = additions[0]!;
    // Before the mark: what is swapped by then is swapped while the mark is young.
    const notAfter = this.deadline(home);
    const [count, seen] = await Promise.all([this.mark(typeName, home, delayMs), this.look(home)]);
    if (count instanceof StoreFailure) return { kind: "failed", failure: count };
    if (seen instanceof StoreFailure) return { kind: "failed", failure: seen };
    let isFull = false;
    const swapped = await this.change(
      home,
      (record) => {
        isFull = record === undefined && count > most;
        if (isFull) return "leave";
        const waiting = additions.reduce(
          (sofar, { change, merge }) => joined(sofar, change, merge),
          record?.waiting ?? [],
        );
        return { ...(record ?? { era: this.era() }), waiting };
      },
      { seen, notAfter },
    );
    if (swapped instanceof StoreFailure) return { kind: "unknown", failure: swapped };
    if (isFull) return { kind: "full" };
    return swapped.kind === "late" ? { kind: "failed", failure: LATE } : { kind: "added" };
  }

  #parsed(home: string, text: string | null | StoreFailure): Pending | StoreFailure {
    if (text instanceof StoreFailure) return text;
    try {
      return parsePending(text);
    } catch {
      return new StoreFailure("error", `what is pending of ${home} cannot be read`);
    }
  }
}

const NO_REPLY = new StoreFailure("error", "no reply");
const LATE = new StoreFailure("timeout", "the store was too slow");

interface Marks {
  readonly names: Map<string, number>;
  readonly count: Promise<number | StoreFailure>;
}

/** Additions to one entity, one swap at a time: those that come meanwhile are the next one. */
class Lane {
  readonly #run: (additions: readonly Addition[]) => Promise<Added>;
  #last: Promise<unknown> = Promise.resolve();
  #next: { readonly additions: Addition[]; readonly added: Promise<Added> } | undefined;
  #isRunning = false;

  constructor(run: (additions: readonly Addition[]) => Promise<Added>) {
    this.#run = run;
  }

  get isIdle(): boolean {
    return !this.#isRunning && this.#next === undefined;
  }

  join(addition: Addition): Promise<Added> {
    if (this.#next === undefined) {
      const additions: Addition[] = [];
      const begin = () => this.#begin(additions);
      this.#next = { additions, added: this.#last.then(begin, begin) };
      this.#last = this.#next.added;
    }
    this.#next.additions.push(addition);
    return this.#next.added;
  }

  async #begin(additions: readonly Addition[]): Promise<Added> {
    this.#next = undefined;
    this.#isRunning = true;
    try {
      return await this.#run(additions);
    } finally {
      this.#isRunning = false;
    }
  }
}
