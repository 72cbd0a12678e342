import type { LogPosition } from "../store/store.ts";
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

export function beginSession(options: SessionOptions, began: LogPosition | undefined): ReadSession {
  const session: ReadSession = {
    began,
    down: false,
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

/** The same request with less of the cache: what one of the two does not allow stays forbidden. */
export function limitSession(
  session: ReadSession,
  { read = true, write = true }: SessionOptions,
): ReadSession {
  const limited: ReadSession = {
    began: session.began,
    read: session.read && read,
    write: session.write && write,
    get down() {
      return session.down;
    },
    set down(down) {
      session.down = down;
    },
  };
  // It began when the other did: nobody must take its inputs for newer than they are.
  orders.set(limited, sessionOrder(session));
  return limited;
}
