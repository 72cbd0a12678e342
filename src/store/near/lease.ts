/** How long a session lasts without being renewed. Every gateway of a fleet counts with the same. */
export const LEASE_MS = 1000;

/** How often it is renewed. */
export const RENEW_MS = LEASE_MS / 3;

/** So long an acknowledgement is waited for before its session is ended instead. */
export const ACKNOWLEDGE_MS = LEASE_MS / 4;

/** Monotonic clocks of two machines drift apart by less than this. */
export const DRIFT = 1.01;
