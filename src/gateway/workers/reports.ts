import { addUp, countsOf } from "../metrics.ts";
import { mergeStats, pastOf } from "./merge-stats.ts";
import type { ProcessReport } from "./messages.ts";

/** How long a worker may take to tell what it counted, in ms; then what it told last stands for it. */
const patienceMs = 1_000;

/** Where the primary collects what its workers count. */
export class Reports {
  readonly #latest = new Map<number, ProcessReport>();
  readonly #rounds = new Map<number, Round>();
  #past: Promise<ProcessReport | undefined> = Promise.resolve(undefined);
  #lastRound = 0;

  /** Asks these workers, by `ask`, and resolves to what they and those before them have counted. */
  async collect(
    workers: readonly number[],
    ask: (worker: number, round: number) => void,
  ): Promise<readonly ProcessReport[]> {
    const id = ++this.#lastRound;
    const missing = new Set(workers);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#rounds.set(id, { missing, done });
      for (const worker of workers) ask(worker, id);
      if (missing.size === 0) done();
    });
    this.#rounds.delete(id);
    const past = await this.#past;
    return [...(past === undefined ? [] : [past]), ...this.#latest.values()];
  }

  /** What a worker tells, asked for in `round`. */
  answer(worker: number, round: number, report: ProcessReport): void {
    this.note(worker, report);
    this.#tick(worker, round);
  }

  /** What a worker tells unasked. */
  note(worker: number, report: ProcessReport): void {
    this.#latest.set(worker, report);
  }

  /**
   * A worker is no more. What it told last stays in the sums: a counter that falls is taken for one that began anew, and all that
   * the other workers counted would be added once more.
   */
  ended(worker: number): void {
    const last = this.#latest.get(worker);
    this.#latest.delete(worker);
    for (const round of this.#rounds.keys()) this.#tick(worker, round);
    if (last !== undefined) this.#past = this.#past.then((past) => withPast(past, last));
  }

  #tick(worker: number, id: number): void {
    const round = this.#rounds.get(id);
    if (round?.missing.delete(worker) && round.missing.size === 0) round.done();
  }
}

interface Round {
  readonly missing: Set<number>;
  readonly done: () => void;
}

async function withPast(past: ProcessReport | undefined, last: ProcessReport): Promise<ProcessReport> {
  const ended = { metrics: countsOf(last.metrics), stats: pastOf(last.stats) };
  if (past === undefined) return ended;
  return {
    metrics: await addUp([past.metrics, ended.metrics]),
    stats: mergeStats([past.stats, ended.stats]),
  };
}
