/**
 * Where invalidations come from that begin elsewhere: a stream, a broker, a database. Given to `cache.listen`.
 *
 * Of all gateways that listen to a source of one name, one reads it at a time. What it yields is dealt with when the next
 * batch is asked for: a source that acknowledges does it then. One that throws, or ends, is read again from the last position.
 *
 * @example
 * const orders = {
 *   name: "orders",
 *   async *read({ from, everyMs, signal }) {
 *     for (let at = Number(from ?? 0); !signal.aborted; ) {
 *       const lines = await pollLines(at, { waitMs: everyMs });
 *       at += lines.length;
 *       yield { messages: lines, position: String(at), current: lines.length === 0 };
 *     }
 *   },
 * };
 *
 * Trap: a source without positions has to tell a `gap` with its first batch, as nobody knows what was sent before.
 */
export interface EventSource {
  /** 1 to 64 of `A-Z a-z 0-9 _ . -`. The fleet remembers under it how far it has read. */
  readonly name: string;
  /** Opens the source, and reads it until it is told to stop. */
  read(request: EventRequest): AsyncIterable<EventBatch>;
}

export interface EventRequest {
  /** Position of the last batch that was dealt with, by whichever gateway; undefined: none is known. */
  readonly from: string | undefined;
  /** A batch is wanted at least so often, in ms, an empty one where there is nothing: silence is not known from a dead line. */
  readonly everyMs: number;
  /** Stop, and let go of connections. */
  readonly signal: AbortSignal;
}

export interface EventBatch {
  /** In the order in which they were sent: see docs/events.md. */
  readonly messages: readonly string[];
  /** Nothing that was sent before this batch was asked for waits behind it. */
  readonly current: boolean;
  /** Where to go on behind this batch. Without it the source is read from nowhere the next time. */
  readonly position?: string;
  /** Why messages before these may have been missed: everything that the source covers is dropped. */
  readonly gap?: string;
}
