/**
 * One read from the source, as it stands in every value of the proof's schema.
 *
 * The version of the source is the time itself: it has changed whenever an invalidation is called. So a value shows
 * exactly when what is in it was read, and nothing too old can pass for new because it happens to be equal.
 */
export interface Reading {
  /** What must be invalidated for this reading to be forgotten; in the words of `namesOf`. */
  readonly names: readonly string[];
  /** When the source was read: at the beginning of the load. */
  readonly at: number;
  /** Whose it is, where it is for one principal alone. */
  readonly user?: string;
}

/** The part of what was read earlier, for a parent, that a value made of it must forget as well. */
export function inherited(readings: readonly Reading[], names: readonly string[]): readonly Reading[] {
  return readings
    .map((reading) => ({ ...reading, names: reading.names.filter((name) => names.includes(name)) }))
    .filter((reading) => reading.names.length > 0);
}

/** Every reading in an answer. */
export function readingsIn(data: unknown): readonly Reading[] {
  if (Array.isArray(data)) return data.flatMap(readingsIn);
  if (typeof data !== "object" || data === null) return [];
  return "names" in data && "at" in data ? [data as Reading] : Object.values(data).flatMap(readingsIn);
}
