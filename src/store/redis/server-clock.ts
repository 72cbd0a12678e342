const SAMPLES = 8;

/**
 * The server's clock, estimated from replies to TIME against our monotonic clock, in µs.
 *
 * A reply was made somewhere within its round trip; the middle is wrong by half of it at most. So of the last few
 * samples the quickest counts, and one that met a busy event loop does no harm.
 */
export class ServerClock {
  readonly #samples: { readonly offsetUs: number; readonly tripMs: number }[] = [];

  /** Times in ms of our monotonic clock, `timeUs` as the server said. */
  sample(sentMs: number, receivedMs: number, timeUs: number): void {
    const offsetUs = timeUs - ((sentMs + receivedMs) / 2) * 1000;
    this.#samples.push({ offsetUs, tripMs: receivedMs - sentMs });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /** Another server has another clock. */
  reset(): void {
    this.#samples.length = 0;
  }

  /** undefined before the first sample. */
  nowUs(monotonicMs: number): number | undefined {
    let best = this.#samples[0];
    for (const sample of this.#samples) if (best === undefined || sample.tripMs <= best.tripMs) best = sample;
    return best === undefined ? undefined : Math.floor(best.offsetUs + monotonicMs * 1000);
  }
}
