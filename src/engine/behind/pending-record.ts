import { TIME_CHARS, VERSION_CHARS } from "../../store/behind-store.ts";

/**
 * What is written behind of one entity and not in the source yet, as one text:
 *
 *     kQ3v9_ZbXw2LmP0a1763900000000000{"era":"p91…","sending":{…},"waiting":[{"kind":"write","data":"{\"id\":42}"}]}
 *
 * The text begins with its version, which no other text has, so that the store can compare versions without knowing more, and
 * with the time when the store wrote it.
 */
export interface PendingRecord {
  /** Changes whenever something begins or ends to be sent: within one era the source does not get to know of what is waiting. */
  readonly era: string;
  readonly sending?: Sending;
  /** Not sent to anybody yet, in the order of the writes. At most a removal and a write after it, and what was replayed. */
  readonly waiting: readonly PendingChange[];
}

export interface PendingChange {
  readonly kind: "write" | "remove";
  /** The row, or the key that is removed, as `encodeValue` writes it. */
  readonly data: string;
  /** A dead letter that is replayed: who replays it knows no `merge`, so it is joined to nothing. */
  readonly apart?: true;
}

/**
 * The change that is on its way. It stays what it is, with one token, until it is known what became of it: a source that has
 * it already can tell.
 */
export interface Sending {
  /** Time of the swap that began it and something random: sorts behind every token of this entity before. */
  readonly token: string;
  /** Undefined: a write-through, for which the others wait. */
  readonly change?: PendingChange | undefined;
  /** Process that sends it, until when (µs of the store's clock). Afterwards anybody may. */
  readonly owner: string;
  readonly until: number;
  /** Tries that failed, and until when there is no other (µs of the store's clock). */
  readonly failures: number;
  readonly notBefore: number;
  /** The source's row before the change; where the change is a delta. */
  readonly base?: Base | undefined;
}

/** A row of the source, valid while each of these names has this stamp. */
export interface Base {
  readonly row: string;
  readonly names: readonly string[];
  readonly stamps: readonly string[];
}

/** A record, and the version under which it lies in the store: "" for none. */
export interface Pending {
  readonly version: string;
  readonly record: PendingRecord | undefined;
}

export const NOTHING: Pending = { version: "", record: undefined };

/** Stands for the token that the text itself will tell, once the store has written the time into it. */
export const OWN_TOKEN = "";

export function formatPending(version: string, record: PendingRecord): string {
  return version + JSON.stringify(record);
}

/** Throws a SyntaxError for a text that is not ours: what it holds must not be overwritten, nor taken for nothing. */
export function parsePending(text: string | null): Pending {
  if (text === null) return NOTHING;
  const version = text.slice(0, VERSION_CHARS);
  const at = text.slice(VERSION_CHARS, VERSION_CHARS + TIME_CHARS);
  const record = JSON.parse(text.slice(VERSION_CHARS + TIME_CHARS)) as PendingRecord;
  return { version, record: withToken(record, version, at) };
}

export function withToken(record: PendingRecord, version: string, at: string): PendingRecord {
  const { sending } = record;
  if (sending?.token !== OWN_TOKEN) return record;
  return { ...record, sending: { ...sending, token: `${at}-${version.slice(0, 8)}` } };
}

/** The next record; undefined when nothing is left in it. */
export function kept(record: PendingRecord): PendingRecord | undefined {
  return record.sending === undefined && record.waiting.length === 0 ? undefined : record;
}

/** Changes that the source may not have, in their order. */
export function changesOf({ sending, waiting }: PendingRecord): readonly PendingChange[] {
  return sending?.change === undefined ? waiting : [sending.change, ...waiting];
}

/**
 * A change more. It joins the last one that is waiting: a write replaces a write, or is merged with it; a removal makes a
 * write before it needless. A write does not take a removal away: the source gets both, in this order.
 */
export function joined(
  waiting: readonly PendingChange[],
  next: PendingChange,
  merge: ((pending: string, next: string) => string) | undefined,
): readonly PendingChange[] {
  const last = waiting.at(-1);
  if (last === undefined || last.apart || next.apart) return [...waiting, next];
  const before = waiting.slice(0, -1);
  if (last.kind === "write" && next.kind === "write") {
    return [
      ...before,
      { kind: "write", data: merge === undefined ? next.data : merge(last.data, next.data) },
    ];
  }
  if (next.kind === "remove") return joined(before, next, merge);
  return [...waiting, next];
}
