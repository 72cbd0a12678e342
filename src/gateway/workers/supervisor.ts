import type { FastifyBaseLogger } from "fastify";
import type { Workers } from "../overview.ts";
import type { ShutdownReport } from "../shutdown.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { Reports } from "./reports.ts";

/** One process that answers on the shared port. */
export interface WorkerProcess {
  send(message: ToWorker): void;
  /** SIGKILL. */
  kill(): void;
  /** Both are set at once after the fork. `how` says how it ended: an exit code or a signal. */
  listen(listeners: { onMessage(message: FromWorker): void; onExit(how: string): void }): void;
}

export interface SupervisorOptions {
  readonly workers: number;
  readonly fork: () => WorkerProcess;
  readonly log: FastifyBaseLogger;
  /** Runs something after so many ms; answers with how to call it off. */
  readonly later: (run: () => void, ms: number) => () => void;
  /** In ms, from anywhere. */
  readonly now: () => number;
}

/** A worker that lived shorter has crashed at its start: the next one waits. */
const steadyMs = 30_000;
const firstDelayMs = 500;
const longestDelayMs = 30_000;
/** What a worker may take beyond its budget before it is killed, in ms. */
const graceMs = 1_000;

/** A place among the workers; who ends is replaced in it. */
interface Place {
  readonly number: number;
  process?: WorkerProcess | undefined;
  state: "starting" | "up" | "closing" | "ended";
  startedAt: number;
  /** Workers of this place that did not live long, one after the other. */
  failures: number;
  /** Resolves when the present process is no more. */
  ended: Promise<void>;
  /** How the present process ended. */
  how: string;
  /** What the present process could not finish; undefined until it has shut down. */
  left?: ShutdownReport | undefined;
  cancelRestart?: (() => void) | undefined;
}

/**
 * Keeps so many workers running. The first one starts alone: what is wrong with schema, sources or port is then said once.
 *
 * Once all are up, whoever ends is replaced: at once after a steady life, else after 0.5 s, doubling to 30 s, so that a worker which
 * cannot live does not eat the machine.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #places: readonly Place[];
  readonly #reports = new Reports();
  /** Who ends is replaced only while it is "running": before, the start has failed; after, that was wanted. */
  #phase: "starting" | "running" | "stopping" = "starting";
  #replaced = 0;
  #shutdownMs = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#places = Array.from({ length: options.workers }, (_, at) => ({
      number: at + 1,
      state: "ended",
      startedAt: 0,
      failures: 0,
      ended: Promise.resolve(),
      how: "",
    }));
  }

  /** Resolves to their address when all answer; rejects with what the first that could not start said, and none is left. */
  async start(): Promise<string> {
    const [first, ...others] = this.#places as [Place, ...Place[]];
    try {
      const url = await this.#launch(first);
      await Promise.all(others.map((place) => this.#launch(place)));
      this.#phase = "running";
      for (const place of this.#places) if (place.state === "ended") this.#replace(place);
      return url;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Tells all to shut down; who is not done in the time that it named itself is killed, and said to be. */
  async stop(): Promise<ShutdownReport> {
    this.#phase = "stopping";
    const reports = await Promise.all(this.#places.map((place) => this.#stop(place)));
    return reports.flat();
  }

  /** For whoever has waited long enough. */
  killAll(): void {
    for (const { process } of this.#places) process?.kill();
  }

  /** Resolves to its address when the new process answers. */
  #launch(place: Place): Promise<string> {
    const worker = this.#options.fork();
    place.process = worker;
    place.startedAt = this.#options.now();
    place.state = "starting";
    place.left = undefined;
    return new Promise((resolve, reject) => {
      place.ended = new Promise((ended) => {
        let problem: string | undefined;
        worker.listen({
          onMessage: (message) => {
            if (message.type === "fieldgate:up") {
              place.state = "up";
              this.#shutdownMs = Math.max(this.#shutdownMs, message.shutdownMs);
              this.#tellWorkers();
              resolve(message.url);
            } else if (message.type === "fieldgate:failed") problem = message.message;
            else this.#receive(place, worker, message);
          },
          onExit: (how) => {
            place.process = undefined;
            place.state = "ended";
            place.how = how;
            this.#reports.ended(place.number);
            this.#tellWorkers();
            reject(new Error(problem ?? `A worker ended before it answered: ${how}.`));
            if (this.#phase === "running") this.#replace(place, problem);
            ended();
          },
        });
      });
    });
  }

  #receive(place: Place, worker: WorkerProcess, message: FromWorker): void {
    switch (message.type) {
      case "fieldgate:closing":
        place.state = "closing";
        this.#tellWorkers();
        return;
      case "fieldgate:closed":
        place.left = message.left;
        if (message.report !== undefined) this.#reports.note(place.number, message.report);
        return;
      case "fieldgate:report":
        this.#reports.answer(place.number, message.id, message.report);
        return;
      case "fieldgate:ask":
        void this.#answer(worker, message.id);
    }
  }

  #replace(place: Place, problem?: string): void {
    const { log, now, later } = this.#options;
    place.failures = now() - place.startedAt >= steadyMs ? 0 : place.failures + 1;
    const inMs = delayOf(place.failures);
    log.error(
      { worker: place.number, how: place.how, problem, inMs },
      "a worker ended; another takes its place",
    );
    place.cancelRestart = later(() => {
      place.cancelRestart = undefined;
      this.#replaced += 1;
      // One that fails again has been replaced again by then.
      this.#launch(place).catch(() => {});
    }, inMs);
  }

  async #stop(place: Place): Promise<ShutdownReport> {
    place.cancelRestart?.();
    const { process: worker } = place;
    if (worker === undefined) return [];
    worker.send({ type: "fieldgate:shutdown" });
    let isKilled = false;
    const cancel = this.#options.later(() => {
      isKilled = true;
      worker.kill();
    }, this.#shutdownMs + graceMs);
    await place.ended;
    cancel();
    const left = isKilled
      ? [`killed, as it was not done within ${this.#shutdownMs + graceMs} ms`]
      : (place.left ?? [`ended before it was done: ${place.how}`]);
    return left.map((line) => `worker ${place.number}: ${line}`);
  }

  #tellWorkers(): void {
    const workers = this.#workers();
    for (const { process, state } of this.#places) {
      if (state === "up") process?.send({ type: "fieldgate:workers", workers });
    }
  }

  #workers(): Workers {
    return { up: this.#places.filter(({ state }) => state === "up").length, of: this.#places.length };
  }

  async #answer(asker: WorkerProcess, id: number): Promise<void> {
    const counting = this.#places.filter(({ state }) => state === "up" || state === "closing");
    const reports = await this.#reports.collect(
      counting.map(({ number }) => number),
      (number, round) => this.#places[number - 1]!.process?.send({ type: "fieldgate:count", id: round }),
    );
    const whole = { reports, workers: this.#workers(), replaced: this.#replaced };
    asker.send({ type: "fieldgate:whole", id, whole });
  }
}

function delayOf(failures: number): number {
  return failures === 0 ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (failures - 1));
}
