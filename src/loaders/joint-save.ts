import { deferred } from "../base/deferred.ts";

/**
 * One call of the source for several saves that begin each by itself: it runs once all `count` of them have come. Each gets its own
 * part of the answer, an Error in its place rejects it alone.
 */
export function jointSave(
  count: number,
  save: () => Promise<readonly unknown[]>,
): (at: number) => Promise<unknown> {
  const answer = deferred<readonly unknown[]>();
  // Somebody waits for it wherever it matters.
  answer.promise.catch(() => {});
  let come = 0;
  return async (at) => {
    come += 1;
    if (come === count) save().then(answer.resolve, answer.reject);
    const part = (await answer.promise)[at];
    if (part instanceof Error) throw new RowError(part);
    return part;
  };
}

/** The source's error for one row: it says something of this row. */
export class RowError extends Error {
  readonly own: Error;

  constructor(own: Error) {
    super(own.message, { cause: own });
    this.own = own;
  }
}
