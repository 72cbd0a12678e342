import type { CacheStats } from "../index.ts";
import type { MetricsSnapshot } from "./metrics.ts";

/** What `/metrics`, `/cache` and `/health` tell: of this process, or of all that share its port. */
export interface Overview {
  /** In Prometheus' text format. */
  metrics(): Promise<string>;
  stats(): Promise<CacheStats>;
  /** How many processes answer on the port; undefined where there is this one alone. */
  workers(): Workers | undefined;
}

export interface Workers {
  /** Answering now. */
  readonly up: number;
  /** Wanted. */
  readonly of: number;
}

/** What one process knows of itself. */
export interface Own {
  /** In Prometheus' text format. */
  metrics(): Promise<string>;
  snapshot(): Promise<MetricsSnapshot>;
  stats(): CacheStats;
}

export function overviewOfOne(own: Own): Overview {
  return {
    metrics: own.metrics,
    stats: async () => own.stats(),
    workers: () => undefined,
  };
}
