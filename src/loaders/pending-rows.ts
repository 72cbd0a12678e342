import { FieldgateError } from "../base/errors.ts";
import type { BehindSource, Delivered, Delivery, Flusher } from "../engine/behind/flusher.ts";
import {
  type Base,
  changesOf,
  NOTHING,
  type Pending,
  type PendingChange,
} from "../engine/behind/pending-record.ts";
import type { PendingWrites } from "../engine/behind/pending-writes.ts";
import type { Emit } from "../engine/events.ts";
import { limitSession, noteFailure } from "../engine/session.ts";
import { decodeValue, encodeValue, Unstorable } from "../engine/value-codec.ts";
import type { Identity } from "../fields/identity.ts";
import { stampNames } from "../keys/grammar.ts";
import { StoreFailure } from "../store/store.ts";
import type { RowAnswer } from "./entity-data-loader.ts";
import { jointSave, RowError } from "./joint-save.ts";
import type { RowReader, RowWish } from "./row-reader.ts";
import type { RowWriter } from "./row-writer.ts";

export interface PendingRowsOptions {
  readonly name: string;
  readonly merge: ((pending: never, next: never) => unknown) | undefined;
  /** What becomes of reads and writes while nobody can tell what is pending. */
  readonly pendingUnknown: "fail" | "source";
  readonly pending: PendingWrites;
  /** Resolves once the store has answered, or is known not to; undefined when that is over. */
  readonly opening: () => Promise<void> | undefined;
  /** Throws where the store is known to lose what is pending. */
  readonly assertSafe: () => void;
  readonly reader: RowReader;
  readonly writer: RowWriter;
  readonly flusherOf: (source: BehindSource) => Flusher;
  readonly invalidate: (names: readonly string[]) => Promise<void>;
  readonly onUnreached: (error: unknown, names: readonly string[]) => void;
  /** How long a read or a write-through waits for what is on its way. */
  readonly waitMs: number;
  readonly delayMs: number;
  readonly most: number;
  readonly pause: (ms: number) => Promise<void>;
  readonly monotonic: () => number;
  readonly emit: Emit;
}

interface Looked {
  readonly seen: Pending;
  readonly read: () => Promise<RowAnswer>;
}

const CALL_ROWS = 100;
const LOOK_AGAIN_MS = 20;

/** Rows of one entity that are written behind: what is pending is seen by every read, and sent to the source later. */
export class PendingRows implements BehindSource {
  readonly #options: PendingRowsOptions;
  readonly #flusher: Flusher;

  constructor(options: PendingRowsOptions) {
    this.#options = options;
    this.#flusher = options.flusherOf(this);
  }

  get typeName(): string {
    return this.#options.name;
  }

  /** A row with what is pending of it. */
  async read(wish: RowWish): Promise<RowAnswer> {
    const { pending, monotonic, pause, waitMs } = this.#options;
    const { home } = wish.identity;
    const until = monotonic() + waitMs;
    let { seen, read } = await this.#look(wish);
    for (;;) {
      if (seen.record === undefined) return read();
      const changes = changesOf(seen.record);
      if (changes.length === 0) return read();
      if (this.#isWhole(changes)) return this.#shown(wish, this.#applied(undefined, changes));
      if (seen.record.sending?.change === undefined) {
        /*
         * 1. a reader sees a delta waiting · 2. it is sent · 3. the reader reads the source's row, which has it
         * 4. and would add it once more. But at 2 the era has changed.
         */
        const { row } = await read();
        const after = await this.#look(wish);
        if (after.seen.record?.era === seen.record.era) {
          return this.#shown(wish, this.#applied(row, changesOf(after.seen.record)));
        }
        ({ seen, read } = after);
      } else {
        const { base } = seen.record.sending;
        if (base !== undefined && (await pending.isValid(home, base))) {
          return this.#shown(wish, this.#applied(decodeValue(base.row), changes));
        }
        // It was invalidated while a delta is on its way: whether the source's row has the delta, nobody can tell.
        if (monotonic() > until) return this.#unknown(read, "what is on its way to the source");
        await pause(LOOK_AGAIN_MS);
        ({ seen, read } = await this.#look(wish));
      }
    }
  }

  /** Writes behind; or through, in order behind what is pending, where it cannot wait. Resolves to the row as it was queued. */
  async write(row: unknown, identity: Identity): Promise<unknown> {
    const { writer, reader } = this.#options;
    const through = (reason: string) =>
      this.#through(identity, reason, (token) => writer.save(row, identity, token));
    // Where rows are not the same for everybody, one that is shown to everybody must not be.
    if (reader.looksAtAsker) return through("asker");
    let data: string;
    try {
      data = encodeValue(row);
    } catch (error) {
      if (!(error instanceof Unstorable)) throw error;
      return through("unstorable");
    }
    const added = await this.#add(identity, { kind: "write", data });
    return added === undefined ? row : through(added);
  }

  async remove(key: unknown, identity: Identity): Promise<void> {
    // Refuses an entity without the option remove.
    this.#options.writer.identityOfKey(key);
    const added = await this.#add(identity, { kind: "remove", data: encodeValue(key) });
    if (added !== undefined) await this.removeThrough(key, identity, added);
  }

  async writeThrough(row: unknown, identity: Identity): Promise<unknown> {
    const { writer } = this.#options;
    return this.#through(identity, undefined, (token) => writer.save(row, identity, token));
  }

  async removeThrough(key: unknown, identity: Identity, reason?: string): Promise<void> {
    await this.#through(identity, reason, () => this.#options.writer.erase(key, identity));
  }

  async deliver(deliveries: readonly Delivery[]): Promise<readonly Delivered[]> {
    const outcomes = new Map<Delivery, Promise<Delivered>>();
    for (const kind of ["write", "remove"] as const) {
      const all = deliveries.filter(({ change }) => change.kind === kind);
      const together = all.filter(({ alone }) => !alone);
      const calls = [
        ...Array.from({ length: Math.ceil(together.length / CALL_ROWS) }, (_, nth) =>
          together.slice(nth * CALL_ROWS, (nth + 1) * CALL_ROWS),
        ),
        ...all.filter(({ alone }) => alone).map((one) => [one]),
      ];
      for (const call of calls) this.#call(kind, call, outcomes);
    }
    return Promise.all(deliveries.map((one) => outcomes.get(one)!));
  }

  get base(): ((home: string, change: PendingChange) => Promise<Base | undefined>) | undefined {
    const { merge, pending, reader, writer } = this.#options;
    if (merge === undefined) return undefined;
    return (home, change) => {
      const names = [stampNames.base(home), ...reader.knownTags()];
      return pending.base(home, names, async () => {
        const row = await reader.readForJob(writer.identityOf(decodeValue(change.data)));
        const tags = await reader.tagsOf(row);
        try {
          return { row: encodeValue(row), tags };
        } catch {
          return undefined;
        }
      });
    };
  }

  close(ms: number): Promise<number> {
    return this.#flusher.close(ms);
  }

  start(): void {
    this.#flusher.start();
  }

  #call(
    kind: PendingChange["kind"],
    call: readonly Delivery[],
    outcomes: Map<Delivery, Promise<Delivered>>,
  ): void {
    const { writer } = this.#options;
    const identityOf = (value: unknown) =>
      kind === "write" ? writer.identityOf(value) : writer.identityOfKey(value);
    let values: readonly unknown[];
    let identities: readonly Identity[];
    try {
      values = call.map(({ change }) => decodeValue(change.data));
      identities = values.map(identityOf);
    } catch (error) {
      // Queued by a gateway that knows the type in another way.
      const refused = Promise.resolve({ ok: false, error, ofRow: call.length === 1 } as const);
      for (const one of call) outcomes.set(one, refused);
      return;
    }
    const tokens = call.map(({ token }) => token);
    const joint = jointSave(call.length, async () => {
      if (kind === "write") return writer.callWrite(values, tokens);
      await writer.callRemove(values);
      return values;
    });
    call.forEach((delivery, at) => {
      const identity = identities[at]!;
      const save = () => joint(at);
      const saved = kind === "write" ? writer.saveAs(identity, save) : writer.eraseAs(identity, save);
      outcomes.set(
        delivery,
        saved.then(
          () => ({ ok: true }),
          (error: unknown) => this.#failed(identity, error, call.length),
        ),
      );
    });
  }

  /**
   * Whether it was the row or the source: an Error in the row's place is the row's. A call that rejects says nothing of the rows of a
   * batch; of one that went alone it does, if the source answers when it is asked for that row.
   */
  async #failed(
    identity: Identity,
    error: unknown,
    rows: number,
  ): Promise<Delivered & { readonly ok: false }> {
    if (error instanceof RowError) return { ok: false, error: error.own, ofRow: true };
    if (rows > 1) return { ok: false, error, ofRow: false };
    return { ok: false, error, ofRow: await this.#options.reader.sourceAnswers(identity) };
  }

  /** Resolves to why it was not added and must go through; undefined: it was added. */
  async #add(identity: Identity, change: PendingChange): Promise<"full" | "store-down" | undefined> {
    const { pending, name, merge, delayMs, most, invalidate, onUnreached, emit, writer } = this.#options;
    await this.#options.opening();
    this.#options.assertSafe();
    const added = await pending.add({
      typeName: name,
      home: identity.home,
      change,
      merge:
        merge &&
        ((before, next) => encodeValue(merge(decodeValue(before) as never, decodeValue(next) as never))),
      delayMs,
      most,
    });
    if (added.kind === "full") return "full";
    if (added.kind !== "added") {
      // What was not added can go straight to the source; what may have been must not go twice.
      if (this.#options.pendingUnknown === "source" && added.kind === "failed") return "store-down";
      throw new NotQueued(name, added.failure, added.kind);
    }
    this.#flusher.wake();
    emit({ type: "behind", entity: name, outcome: "queued", rows: 1 });
    // What was computed from the row before is wrong now. The row itself is what is pending.
    const names = writer.namesOf(identity);
    await invalidate(names).catch((error: unknown) => onUnreached(error, names));
    return undefined;
  }

  async #through<Saved>(
    { home }: Identity,
    reason: string | undefined,
    save: (token: string) => Promise<Saved>,
  ): Promise<Saved> {
    const { name, emit, waitMs } = this.#options;
    if (reason !== undefined) emit({ type: "behind", entity: name, outcome: "through", rows: 1, reason });
    try {
      return await this.#flusher.through(home, waitMs, save);
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      if (this.#options.pendingUnknown === "fail") throw new NotQueued(name, error, "failed");
      if (reason === undefined) {
        emit({ type: "behind", entity: name, outcome: "through", rows: 1, reason: "store-down" });
      }
      return save(this.#options.writer.token());
    }
  }

  /**
   * What is pending, and how to read the row without. Its entry is looked up in the same wave, never in an earlier one of the request:
   *
   * 1. R looks at the entry · 2. what is pending is sent, the entry dropped, the record taken away · 3. R looks at the record: nothing
   */
  async #look(wish: RowWish): Promise<Looked> {
    const { pending, pendingUnknown, name, reader, opening } = this.#options;
    const isOpening = opening();
    if (isOpening !== undefined) await isOpening;
    const session = limitSession(wish.state.session, {});
    const own = { ...wish, session };
    reader.lookEarly(own);
    const read = () => reader.read(own);
    const seen = await pending.look(wish.identity.home);
    if (!(seen instanceof StoreFailure)) return { seen, read };
    noteFailure(session, seen);
    if (pendingUnknown === "source") return { seen: NOTHING, read };
    throw new PendingUnknown(name, `the store does not answer: ${seen.message}`);
  }

  #unknown(read: () => Promise<RowAnswer>, what: string): Promise<RowAnswer> {
    if (this.#options.pendingUnknown === "source") return read();
    throw new PendingUnknown(this.#options.name, `the row was invalidated, and ${what} may be in it or not`);
  }

  /** The source's row does not matter: something pending replaces it. */
  #isWhole(changes: readonly PendingChange[]): boolean {
    return this.#options.merge === undefined || changes.some(({ kind }) => kind === "remove");
  }

  #applied(row: unknown, changes: readonly PendingChange[]): unknown {
    const { merge } = this.#options;
    return changes.reduce((sofar, { kind, data }) => {
      if (kind === "remove") return null;
      const next = decodeValue(data);
      return merge === undefined || sofar === null || sofar === undefined
        ? next
        : merge(sofar as never, next as never);
    }, row);
  }

  async #shown(wish: RowWish, row: unknown): Promise<RowAnswer> {
    return this.#options.reader.present(wish, row);
  }
}

/** Nobody can tell what of a row is pending: a row without it could be one that was answered as replaced long ago. */
class PendingUnknown extends FieldgateError {
  constructor(name: string, why: string) {
    super(
      "PENDING_UNKNOWN",
      `A row of "${name}" cannot be read now, as it is not known what is pending of it: ${why}.`,
      'Repeat it; or give the entity pendingUnknown: "source", where the source\'s row will do meanwhile.',
    );
  }
}

/** A write behind that was not acknowledged. */
class NotQueued extends FieldgateError {
  constructor(name: string, failure: StoreFailure, kind: "failed" | "unknown") {
    super(
      "NOT_QUEUED",
      `A write of "${name}" was not acknowledged, as the store did not take it: ${failure.message} (${failure.reason}).`,
      kind === "unknown"
        ? "It may have been queued all the same: repeat only what may be written twice."
        : "Nothing was written: repeat it.",
    );
  }
}
