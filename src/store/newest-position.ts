import type { LogPosition } from "./store.ts";

/** A position of one log, as it is written: `<epoch of the log>.<sequence>`. */
export interface PositionParts {
  readonly log: string;
  readonly sequence: number;
}

/** undefined for what is no position. */
export function positionParts(position: LogPosition): PositionParts | undefined {
  const [, log, sequence] = /^(\S+)\.(\d+)$/.exec(position) ?? [];
  return log === undefined ? undefined : { log, sequence: Number(sequence) };
}

/** Newest position of one log that this process has received. */
export class NewestPosition {
  #newest: LogPosition | undefined;

  get(): LogPosition | undefined {
    return this.#newest;
  }

  /** A position of another epoch replaces ours; within one, an answer that was overtaken does not set us back. */
  receive(position: LogPosition): void {
    const before = this.#newest === undefined ? undefined : positionParts(this.#newest);
    const now = positionParts(position);
    if (before !== undefined && before.log === now?.log && before.sequence >= now.sequence) return;
    this.#newest = position;
  }
}
