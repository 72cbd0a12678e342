import { Counter, Gauge, Registry } from "prom-client";
import type { CacheStats } from "../../index.ts";
import { type MetricsSnapshot, renderTogether } from "../metrics.ts";
import type { Overview, Own, Workers } from "../overview.ts";
import { mergeStats } from "./merge-stats.ts";
import type { FromWorker, ProcessReport, ToWorker, WholeReport } from "./messages.ts";

/** How long the primary may take to collect what all counted, in ms. */
const patienceMs = 3_000;

/** What a worker shows of all of them: the primary collects it, at each question anew. */
export class WorkerOverview implements Overview {
  readonly #own: Own;
  readonly #tell: (message: FromWorker) => void;
  readonly #asked = new Map<number, (whole: WholeReport) => void>();
  #lastId = 0;
  #workers: Workers | undefined;

  constructor(own: Own, tell: (message: FromWorker) => void) {
    this.#own = own;
    this.#tell = tell;
  }

  async metrics(): Promise<string> {
    const { reports, workers, replaced } = await this.#ask();
    const snapshots = reports.map(({ metrics }) => metrics);
    return renderTogether([...snapshots, await metricsOfWorkers(workers, replaced)]);
  }

  async stats(): Promise<CacheStats> {
    const { reports } = await this.#ask();
    return mergeStats(reports.map(({ stats }) => stats));
  }

  workers(): Workers | undefined {
    return this.#workers;
  }

  async receive(message: ToWorker): Promise<void> {
    switch (message.type) {
      case "fieldgate:workers":
        this.#workers = message.workers;
        return;
      case "fieldgate:whole":
        this.#asked.get(message.id)?.(message.whole);
        return;
      case "fieldgate:count":
        this.#tell({ type: "fieldgate:report", id: message.id, report: await this.report() });
    }
  }

  /** Of this process alone. */
  async report(): Promise<ProcessReport> {
    return { metrics: await this.#own.snapshot(), stats: this.#own.stats() };
  }

  async #ask(): Promise<WholeReport> {
    const id = ++this.#lastId;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        timer = setTimeout(
          () => reject(new Error(`The primary process did not answer within ${patienceMs} ms.`)),
          patienceMs,
        );
        this.#asked.set(id, resolve);
        this.#tell({ type: "fieldgate:ask", id });
      });
    } finally {
      clearTimeout(timer);
      this.#asked.delete(id);
    }
  }
}

function metricsOfWorkers({ up, of }: Workers, replaced: number): Promise<MetricsSnapshot> {
  const registry = new Registry();
  const registers = [registry];
  const workers = new Gauge({
    name: "fieldgate_workers",
    help: "Processes that share the port, by whether they answer now or are wanted.",
    labelNames: ["state"],
    registers,
  });
  workers.set({ state: "up" }, up);
  workers.set({ state: "wanted" }, of);
  const ended = new Counter({
    name: "fieldgate_workers_replaced_total",
    help: "Workers that took the place of one that ended.",
    registers,
  });
  ended.inc(replaced);
  return registry.getMetricsAsJSON();
}
