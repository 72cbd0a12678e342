import { LRUCache } from "lru-cache";

/** How long the fills of a coordinate take, so that locks and waits fit them. */
export class FillTimes {
  readonly #byCoordinate = new LRUCache<string, Estimate>({ max: 10_000 });

  record(coordinate: string, ms: number): void {
    const before = this.#byCoordinate.get(coordinate);
    this.#byCoordinate.set(
      coordinate,
      before === undefined ? { mean: ms, spread: ms / 2 } : smoothed(before, ms),
    );
  }

  /** Nearly every fill takes less; undefined before the first. */
  usualMs(coordinate: string): number | undefined {
    const estimate = this.#byCoordinate.get(coordinate);
    return estimate === undefined ? undefined : estimate.mean + 2 * estimate.spread;
  }
}

interface Estimate {
  readonly mean: number;
  readonly spread: number;
}

/** Moving mean and mean deviation with the gains of RFC 6298, section 2: for round trips there, for fills here. */
function smoothed({ mean, spread }: Estimate, ms: number): Estimate {
  return {
    mean: mean + (ms - mean) / 8,
    spread: spread + (Math.abs(ms - mean) - spread) / 4,
  };
}
