import type { StoreFailure } from "../store.ts";

/**
 * The port between near copies and the technology by which gateways hear of each other.
 *
 * What it loses, it may lose: a message that does not arrive costs the one who waits for its acknowledgement the rest of a
 * lease, and nothing else. What `join`, `renew`, `sessions` and `expel` say is one atomic step each, in one order for all.
 */
export interface NearBus {
  /** This process, as others know it. */
  readonly processId: string;
  /**
   * Stands for the connections by which this process reads, and hears of revocations: another value after any of them was
   * lost, or answers for another server. undefined while one is missing.
   */
  readonly link: symbol | undefined;
  /** Says who is called back. Once, before anything else. */
  attend(listener: NearListener): void;
  /** Opens the way by which messages come, if it is not open yet. `revoke` does so itself: only then is it open everywhere. */
  listen(): void;
  /** Closes that way and opens another one: it is open, but what should have come did not. */
  relink(): void;
  /** Registers a session for so long; `previous` is one of this process that it replaces. */
  join(session: string, leaseMs: number, previous: string | undefined): Promise<StoreFailure | undefined>;
  /** Extends a session to so long from now; false: it is none any more. */
  renew(session: string, leaseMs: number): Promise<boolean | StoreFailure>;
  leave(session: string): Promise<void>;
  /** Who may hold near copies, at a moment after `dropped` has settled. */
  sessions(dropped: Promise<unknown>): Promise<Sessions | StoreFailure>;
  /**
   * Ends these sessions: they cannot be renewed. Answers for how long, in ms, the last of them may still believe that it goes on;
   * until then `sessions` names it, by whatever name, for others to wait for it as well.
   */
  expel(sessions: readonly string[]): Promise<number | StoreFailure>;
  /** Tells everybody that listens. */
  revoke(revocation: Revocation): Promise<StoreFailure | undefined>;
  /** Tells who revoked that this process has dropped its copies. */
  acknowledge(revocation: Revocation): void;
  close(): Promise<void>;
}

export interface NearListener {
  onLink(): void;
  onRevocation(revocation: Revocation): void;
  onAcknowledgement(revocationId: string, processId: string): void;
}

export interface Sessions {
  readonly live: readonly string[];
  /** How long ago the list was begun: one that was lost and begun anew does not name those who joined before. */
  readonly ageMs: number;
}

export interface Revocation {
  readonly id: string;
  /** Process that waits for acknowledgements. */
  readonly from: string;
  readonly stampKeys: readonly string[];
}

/** `<process>.<number>`: a process has one session after the other. What a bus adds, it adds behind that. */
export function sessionName(processId: string, number: number): string {
  return `${processId}.${number}`;
}

export function processOf(session: string): string {
  return session.slice(0, session.lastIndexOf("."));
}
