import type { CacheStats } from "../../index.ts";
import type { MetricsSnapshot } from "../metrics.ts";
import type { Workers } from "../overview.ts";
import type { ShutdownReport } from "../shutdown.ts";

/** What one process counted so far. */
export interface ProcessReport {
  readonly metrics: MetricsSnapshot;
  readonly stats: CacheStats;
}

/** What all processes of a gateway counted, those included that are no more. */
export interface WholeReport {
  readonly reports: readonly ProcessReport[];
  readonly workers: Workers;
  /** Workers that took the place of one that ended. */
  readonly replaced: number;
}

export type FromWorker =
  /** Answers on the port. */
  | { readonly type: "fieldgate:up"; readonly url: string; readonly shutdownMs: number }
  /** Could not start. */
  | { readonly type: "fieldgate:failed"; readonly message: string }
  /** Takes no new connection any more, and finishes what is under way. */
  | { readonly type: "fieldgate:closing" }
  /** Has shut down, and ends. */
  | { readonly type: "fieldgate:closed"; readonly left: ShutdownReport; readonly report?: ProcessReport }
  /** Somebody asked this worker about all of them. */
  | { readonly type: "fieldgate:ask"; readonly id: number }
  | { readonly type: "fieldgate:report"; readonly id: number; readonly report: ProcessReport };

export type ToWorker =
  | { readonly type: "fieldgate:shutdown" }
  /** At each change. */
  | { readonly type: "fieldgate:workers"; readonly workers: Workers }
  /** Tell what you have counted. */
  | { readonly type: "fieldgate:count"; readonly id: number }
  /** The answer to `ask`. */
  | { readonly type: "fieldgate:whole"; readonly id: number; readonly whole: WholeReport };

/** Other modules of a process may use the same channel. */
export function isOurs(message: unknown): message is { readonly type: string } {
  const type = (message as { readonly type?: unknown } | null)?.type;
  return typeof type === "string" && type.startsWith("fieldgate:");
}
