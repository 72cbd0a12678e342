import { Counter, Gauge, type Registry } from "prom-client";
import type { CacheStats } from "../index.ts";

type NearState = NonNullable<CacheStats["store"]["near"]>;

interface NearMetric {
  readonly name: string;
  readonly help: string;
  readonly of: (near: NearState) => number;
}

const counts: readonly NearMetric[] = [
  {
    name: "fieldgate_near_hits_total",
    help: "Entries that were read from a near copy.",
    of: (near) => near.hits,
  },
  {
    name: "fieldgate_near_revocations_total",
    help: "Revocations of near copies heard.",
    of: (near) => near.revocations,
  },
  {
    name: "fieldgate_near_losses_total",
    help: "How often all near copies were dropped, as nobody could revoke them any more.",
    of: (near) => near.losses,
  },
];

const gauges: readonly NearMetric[] = [
  {
    name: "fieldgate_near_copies",
    help: "Near copies held, of entries and of stamps.",
    of: (near) => near.copies,
  },
  {
    name: "fieldgate_near_bytes",
    help: "Bytes of the near copies held.",
    of: (near) => near.bytes,
  },
];

/** What near copies do, as the cache tells it whenever it is asked. Without near copies all of it is 0. */
export function registerNearMetrics(registry: Registry, state: () => NearState | undefined): void {
  const registers = [registry];
  const now = (of: NearMetric["of"]): number => {
    const near = state();
    return near === undefined ? 0 : of(near);
  };
  for (const { name, help, of } of counts) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(now(of));
      },
    });
  }
  for (const { name, help, of } of gauges) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(now(of));
      },
    });
  }
}
