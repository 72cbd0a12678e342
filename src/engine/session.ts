import { type LogPosition, ONE_SERVER, type StoreFailure } from "../store/store.ts";
import type { ReadSession } from "./read-plan.ts";

export interface SessionOptions {
  /** false: entries are not looked up. Default true. */
  readonly read?: boolean;
  /** false: nothing is stored. Default true. */
  readonly write?: boolean;
}

/** Which of two sessions began later is asked when one load serves several requests: see {@link SharedLoads}. */
const orders = new WeakMap<ReadSession, number>();
let begun = 0;

/** `away`: servers that are known not to answer. A request that begins in an outage makes no looks; the next one begins soon. */
export function beginSession(
  options: SessionOptions,
  began: LogPosition | undefined,
  away: Iterable<string> = [],
): ReadSession {
  const session: ReadSession = {
    began,
    down: new Set(away),
    read: options.read ?? true,
    write: options.write ?? true,
  };
  begun += 1;
  orders.set(session, begun);
  return session;
}

/** Later sessions have the larger number; 0 for one that this process did not begin. */
export function sessionOrder(session: ReadSession): number {
  return orders.get(session) ?? 0;
}

/** One time-out is enough: the rest of the request does not wait for that server again. */
export function noteFailure(session: ReadSession, { reason, node = ONE_SERVER }: StoreFailure): void {
  if (reason === "timeout") session.down.add(node);
}

/** The same request with less of the cache: what one of the two does not allow stays forbidden. */
export function limitSession(
  session: ReadSession,
  { read = true, write = true }: SessionOptions,
): ReadSession {
  const limited: ReadSession = {
    began: session.began,
    read: session.read && read,
    write: session.write && write,
    down: session.down,
  };
  // It began when the other did: nobody must take its inputs for newer than they are.
  orders.set(limited, sessionOrder(session));
  return limited;
}
