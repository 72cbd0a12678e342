import { ID_CHARS } from "../store/entry-id.ts";

/**
 * One cached value as it lies in the store, told apart from what it holds: `payload` stays text until somebody is
 * served with it.
 *
 *     1kQ3v9_ZbXw2LmP0a [1763900000000000,57000,0,0,12,34,1,"Wx0…","__type:Product","p91…","Person:7","c3R…"]
 *     {"amount":1999,"currency":"EUR"}
 *
 * Format version, id (right after it, so that the store can compare ids without knowing more),
 * a header in JSON, a line feed, the payload. The header: born, fresh, stale and stale-if-error time, fill time, length
 * of the payload, how many of the tags were found in the value, home stamp, then name and stamp of each tag.
 */
export interface StoredEntry {
  /** Token of the fill that made it. */
  readonly id: string;
  /** When its fill began, µs on the store's clock. */
  readonly born: number;
  /** What its load took. Its fresh time begins when that was over. */
  readonly fillMs: number;
  readonly freshMs: number;
  readonly staleMs: number;
  readonly staleIfErrorMs: number;
  /** Stamp of its own slot, seen before the load. */
  readonly homeStamp: string;
  /** Names of its tags: those of the plan in the plan's order, then the value tags. */
  readonly tagNames: readonly string[];
  /** Stamp of each tag, in the same order. */
  readonly tagStamps: readonly string[];
  /** How many of the tags, counted from the end, were found in the value. */
  readonly valueTags: number;
  readonly payload: string;
}

const FORMAT = "1";
const HEADER_AT = FORMAT.length + ID_CHARS + 1;
const FIXED_FIELDS = 8;

export function formatEntry(entry: StoredEntry): string {
  const header: (string | number)[] = [
    entry.born,
    entry.freshMs,
    entry.staleMs,
    entry.staleIfErrorMs,
    entry.fillMs,
    entry.payload.length,
    entry.valueTags,
    entry.homeStamp,
  ];
  entry.tagNames.forEach((name, at) => {
    header.push(name, entry.tagStamps[at]!);
  });
  return `${FORMAT}${entry.id} ${JSON.stringify(header)}\n${entry.payload}`;
}

/** undefined for whatever this version did not write: truncated, foreign, of a newer format. Never throws. */
export function parseEntry(text: string): StoredEntry | undefined {
  if (text[0] !== FORMAT || text[HEADER_AT - 1] !== " ") return undefined;
  const end = text.indexOf("\n", HEADER_AT);
  if (end < 0) return undefined;
  const header = parseHeader(text.slice(HEADER_AT, end));
  if (header === undefined) return undefined;
  const [born, freshMs, staleMs, staleIfErrorMs, fillMs, length, valueTags] = header as number[];
  if (text.length - end - 1 !== length) return undefined;
  const tagNames: string[] = [];
  const tagStamps: string[] = [];
  for (let at = FIXED_FIELDS; at < header.length; at += 2) {
    tagNames.push(header[at] as string);
    tagStamps.push(header[at + 1] as string);
  }
  if (valueTags! > tagNames.length) return undefined;
  return {
    id: text.slice(FORMAT.length, HEADER_AT - 1),
    born: born!,
    fillMs: fillMs!,
    freshMs: freshMs!,
    staleMs: staleMs!,
    staleIfErrorMs: staleIfErrorMs!,
    homeStamp: header[FIXED_FIELDS - 1] as string,
    tagNames,
    tagStamps,
    valueTags: valueTags!,
    payload: text.slice(end + 1),
  };
}

function parseHeader(text: string): (string | number)[] | undefined {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(header) || header.length < FIXED_FIELDS || header.length % 2 !== 0) return undefined;
  for (let at = 0; at < header.length; at++) {
    const field: unknown = header[at];
    if (at < FIXED_FIELDS - 1) {
      if (typeof field !== "number" || field < 0) return undefined;
    } else if (typeof field !== "string" || field === "") return undefined;
  }
  return header;
}
