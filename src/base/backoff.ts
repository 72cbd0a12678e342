export interface Backoff {
  /** Delay of the first try. */
  readonly firstMs: number;
  /** No delay is longer. */
  readonly maxMs: number;
  /** Part of the delay, 0 to 1, that chance takes away. Default 0.5. */
  readonly jitter?: number;
}

/** Milliseconds to wait before try `attempt` (1 is the first): doubling, bounded, shortened by chance (0 to 1). */
export function backoffMs(backoff: Backoff, attempt: number, chance: number): number {
  const full = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.max(0, attempt - 1));
  return full * (1 - (backoff.jitter ?? 0.5) * chance);
}
