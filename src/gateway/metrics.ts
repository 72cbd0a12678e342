import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from "prom-client";
import type { CacheEvent, FieldCache } from "../index.ts";
import { registerNearMetrics } from "./near-metrics.ts";

/** All metrics of one process at one moment; plain data. */
export type MetricsSnapshot = readonly MetricObjectWithValues<MetricValue<string>>[];

/** The gateway's metrics: counts what the cache tells, and the HTTP requests around it. */
export interface GatewayMetrics {
  readonly onEvent: (event: CacheEvent) => void;
  readonly onRequest: (request: {
    readonly status: number;
    readonly cache: string;
    readonly seconds: number;
  }) => void;
  /** Says whose near copies are counted: once there is a cache. */
  watch(cache: Pick<FieldCache, "stats">): void;
  /** In Prometheus' text format. */
  render(): Promise<string>;
  snapshot(): Promise<MetricsSnapshot>;
  readonly contentType: string;
}

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const sizes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** Every gateway of a process has a registry of its own. */
export function createMetrics(): GatewayMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: "fieldgate_" });

  const reads = new Counter({
    name: "fieldgate_reads_total",
    help: "Reads of cached fields and entity rows, by what they came to.",
    labelNames: ["coordinate", "outcome", "reason"],
    registers,
  });
  const answers = new Counter({
    name: "fieldgate_assembled_answers_total",
    help: "Operations that were answered without being executed, as every entry of their answer was the same.",
    registers,
  });
  const fills = new Counter({
    name: "fieldgate_fills_total",
    help: "Loads from the source, by what became of their value.",
    labelNames: ["coordinate", "stored", "background"],
    registers,
  });
  const fillSeconds = new Histogram({
    name: "fieldgate_fill_seconds",
    help: "How long loads from the source took.",
    labelNames: ["coordinate"],
    buckets: seconds,
    registers,
  });
  const fillErrors = new Counter({
    name: "fieldgate_fill_errors_total",
    help: "Loads from the source that failed.",
    labelNames: ["coordinate"],
    registers,
  });
  const waves = new Histogram({
    name: "fieldgate_wave_keys",
    help: "Keys that one batch asked the store for.",
    labelNames: ["failed"],
    buckets: sizes,
    registers,
  });
  const batches = new Histogram({
    name: "fieldgate_batch_keys",
    help: "Keys that one batch asked a source for.",
    labelNames: ["loader"],
    buckets: sizes,
    registers,
  });
  const sourceWaits = new Histogram({
    name: "fieldgate_source_wait_seconds",
    help: "How long loads waited that found no room at their source.",
    labelNames: ["source", "refused"],
    buckets: seconds,
    registers,
  });
  const invalidations = new Counter({
    name: "fieldgate_invalidations_total",
    help: "Invalidations, by whether they reached everything.",
    labelNames: ["result"],
    registers,
  });
  const invalidationSeconds = new Histogram({
    name: "fieldgate_invalidation_seconds",
    help: "How long invalidations took.",
    buckets: seconds,
    registers,
  });
  const hotHomes = new Gauge({
    name: "fieldgate_hot_homes",
    help: "Entities and root fields that are read so often that their reads are spread over the servers.",
    registers,
  });
  const hotChanges = new Counter({
    name: "fieldgate_hot_changes_total",
    help: "Entities and root fields that became hot (promoted), or no longer are (demoted).",
    labelNames: ["change"],
    registers,
  });
  const hotHits = new Counter({
    name: "fieldgate_hot_replica_hits_total",
    help: "Reads that were answered by a replica of what is hot.",
    labelNames: ["coordinate"],
    registers,
  });
  const hotCopies = new Counter({
    name: "fieldgate_hot_copies_total",
    help: "Copies of what is hot for its replicas, by what became of them.",
    labelNames: ["coordinate", "stored"],
    registers,
  });
  const behind = new Counter({
    name: "fieldgate_behind_rows_total",
    help: "Rows written behind, by what became of them.",
    labelNames: ["entity", "outcome", "reason"],
    registers,
  });
  const behindPending = new Gauge({
    name: "fieldgate_behind_pending",
    help: "Entities with a write that the source does not have yet, in all gateways.",
    labelNames: ["entity"],
    // Each process tells of all.
    aggregator: "max",
    registers,
  });
  const behindOldest = new Gauge({
    name: "fieldgate_behind_oldest_seconds",
    help: "Since when the first of them waits.",
    labelNames: ["entity"],
    aggregator: "max",
    registers,
  });
  const storeUp = new Gauge({
    name: "fieldgate_store_up",
    help: "1 while the store answers, 0 while it does not or is left alone by the breaker.",
    // Of several processes: 0 as soon as it does not answer one of them.
    aggregator: "min",
    registers,
  });
  const storeErrors = new Counter({
    name: "fieldgate_store_errors_total",
    help: "Commands that the store refused, and batches that it did not answer in time, by error.",
    labelNames: ["code"],
    registers,
  });
  const warnings = new Counter({
    name: "fieldgate_warnings_total",
    help: "Things that deserve a look, by code.",
    labelNames: ["code", "coordinate"],
    registers,
  });
  const events = new Counter({
    name: "fieldgate_events_total",
    help: "Messages of sources of events that this gateway dealt with, by whether they could be understood.",
    labelNames: ["source", "result"],
    registers,
  });
  const eventDrops = new Counter({
    name: "fieldgate_events_dropped_total",
    help: "How often all that a source covers was dropped: messages may have been missed (gap), or it could not be read (blind).",
    labelNames: ["source", "reason"],
    registers,
  });
  const eventsLeading = new Gauge({
    name: "fieldgate_events_leading",
    help: "1 in the gateway that reads the source for the fleet, 0 in the others; the fleet's sum is 1.",
    labelNames: ["source"],
    registers,
  });
  const requests = new Histogram({
    name: "fieldgate_http_request_seconds",
    help: "How long GraphQL requests took, by status and X-Cache.",
    labelNames: ["status", "cache"],
    buckets: seconds,
    registers,
  });

  function onEvent(event: CacheEvent): void {
    switch (event.type) {
      case "read":
        reads.inc(
          { coordinate: event.coordinate, outcome: event.outcome, reason: event.reason ?? "" },
          event.count ?? 1,
        );
        if (event.reason === "replica") hotHits.inc({ coordinate: event.coordinate });
        return;
      case "answer":
        answers.inc();
        return;
      case "fill":
        fills.inc({
          coordinate: event.coordinate,
          stored: event.stored,
          background: String(event.background),
        });
        fillSeconds.observe({ coordinate: event.coordinate }, event.ms / 1000);
        return;
      case "fill-error":
        fillErrors.inc({ coordinate: event.coordinate });
        return;
      case "wave":
        waves.observe({ failed: String(event.failed) }, event.keys);
        return;
      case "batch":
        batches.observe({ loader: event.loader }, event.keys);
        return;
      case "source-wait":
        sourceWaits.observe(
          { source: event.source, refused: String(event.error !== undefined) },
          event.ms / 1000,
        );
        return;
      case "invalidate":
        invalidations.inc({ result: event.error === undefined ? "done" : "failed" });
        invalidationSeconds.observe(event.ms / 1000);
        return;
      case "hot":
        hotChanges.inc({ change: event.change });
        hotHomes.inc(event.change === "promoted" ? 1 : -1);
        return;
      case "copy":
        hotCopies.inc({ coordinate: event.coordinate, stored: event.stored });
        return;
      case "behind":
        behind.inc({ entity: event.entity, outcome: event.outcome, reason: event.reason ?? "" }, event.rows);
        return;
      case "behind-queue":
        behindPending.set({ entity: event.entity }, event.pending);
        behindOldest.set({ entity: event.entity }, event.oldestMs / 1000);
        return;
      case "store":
        storeUp.set(event.status === "up" ? 1 : 0);
        return;
      case "store-error":
        storeErrors.inc({ code: event.code });
        return;
      case "events":
        events.inc({ source: event.source, result: "done" }, event.messages - event.bad);
        events.inc({ source: event.source, result: "bad" }, event.bad);
        return;
      case "events-dropped":
        eventDrops.inc({ source: event.source, reason: event.reason });
        return;
      case "events-state":
        eventsLeading.set({ source: event.source }, event.state === "leading" ? 1 : 0);
        return;
      case "warning":
        warnings.inc({ code: event.code, coordinate: event.coordinate });
    }
  }

  return {
    onEvent,
    onRequest: ({ status, cache, seconds: took }) =>
      requests.observe({ status: String(status), cache }, took),
    watch: (cache) => registerNearMetrics(registry, () => cache.stats().store.near),
    render: () => registry.metrics(),
    snapshot: () => registry.getMetricsAsJSON(),
    contentType: registry.contentType,
  };
}

/** The metrics of several processes as those of one: counters and histograms add up, a gauge says by its `aggregator` how. */
export async function addUp(snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  return aggregate(snapshots).getMetricsAsJSON();
}

/** {@link addUp}, in Prometheus' text format. */
export function renderTogether(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  return aggregate(snapshots).metrics();
}

/** What outlives a process: what it counted. What it measured of itself, in gauges, is over. */
export function countsOf(snapshot: MetricsSnapshot): MetricsSnapshot {
  return snapshot.filter(({ type }) => countingTypes.has(String(type)));
}

const countingTypes = new Set(["counter", "histogram"]);

function aggregate(snapshots: readonly MetricsSnapshot[]): Registry {
  return AggregatorRegistry.aggregate([...snapshots]);
}
