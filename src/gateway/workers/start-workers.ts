import cluster, { type Worker } from "node:cluster";
import { fileURLToPath } from "node:url";
import type { FastifyBaseLogger } from "fastify";
import { pino } from "pino";
import { ConfigError, readConfig } from "../config.ts";
import type { GatewayDefinition } from "../define-gateway.ts";
import type { ShutdownReport } from "../shutdown.ts";
import { endOnSignals, type StartOptions } from "../start-gateway.ts";
import { letGoWhenKilled } from "./let-go.ts";
import { type FromWorker, isOurs } from "./messages.ts";
import { Supervisor, type WorkerProcess } from "./supervisor.ts";
import { startWorker } from "./worker.ts";

/** Options of {@link startWorkers}. */
export interface WorkersOptions extends Pick<StartOptions, "log" | "signals"> {
  /** How many processes answer: 1 or more. About as many as the machine has cores for them. */
  readonly workers: number;
  /** What each worker runs: a file, or its URL, which calls `startWorkers` too. Default: the script of this process. */
  readonly script?: string;
  /**
   * Environment variables that must be set besides `REDIS_URL`, each with the reason: `{ DATABASE_URL: "the embedded database belongs
   * to one process; for example postgres://…" }`. Default none.
   */
  readonly requires?: Readonly<Record<string, string>>;
}

/** Several gateways that answer on one port. */
export interface RunningWorkers {
  /** Whether this process is the one that looks after the others; it answers no request itself. */
  readonly isPrimary: boolean;
  /** Where: `http://localhost:4000`, with the real port where `PORT` was 0. */
  readonly url: string;
  /** Shuts all workers down, each as {@link RunningGateway.close} does, and tells what could not be finished in time. */
  close(): Promise<ShutdownReport>;
}

/**
 * Starts several gateways on one port, each a process of its own, and resolves once all of them answer.
 *
 * The script that calls it runs again in every worker, up to this call. A worker that dies is replaced; `/metrics`, `/cache` and
 * `/health/ready` tell of all of them. Configured by `process.env`, as {@link startGateway}; `REDIS_URL` must be set.
 *
 * @example
 * const running = await startWorkers(definition, { workers: 4 });
 * if (running.isPrimary) console.log(`${running.url}/graphql`);
 *
 * Trap: limits are per process. Four workers with ten database connections each have forty.
 *
 * @throws ConfigError for bad or missing environment variables, RangeError for a bad number of workers, or what kept the first worker
 * from starting.
 */
export async function startWorkers<Context extends object>(
  definition: GatewayDefinition<Context>,
  options: WorkersOptions,
): Promise<RunningWorkers> {
  if (cluster.isWorker) {
    const { url, close } = await startWorker(
      definition,
      options.log === undefined ? {} : { log: options.log },
    );
    return { isPrimary: false, url, close };
  }

  const { workers, script, requires = {}, signals = true } = options;
  if (!Number.isSafeInteger(workers) || workers < 1) {
    throw new RangeError(`startWorkers: "workers" must be a whole number of 1 or more, but is ${workers}.`);
  }
  const { logLevel } = readConfigOf(process.env, { ...cacheIsShared, ...requires });
  const log = options.log ?? (pino({ level: logLevel, name: "fieldgate" }) as FastifyBaseLogger);

  cluster.setupPrimary({
    ...(script === undefined ? {} : { exec: script.startsWith("file:") ? fileURLToPath(script) : script }),
    // JSON has no NaN, which some metrics are at first.
    serialization: "advanced",
  });
  const supervisor = new Supervisor({
    workers,
    fork: () => processOf(cluster.fork()),
    log,
    now: () => performance.now(),
    later: (run, ms) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  });
  const url = await supervisor.start();
  let closing: Promise<ShutdownReport> | undefined;
  const close = (): Promise<ShutdownReport> => {
    closing ??= supervisor.stop();
    return closing;
  };
  if (signals) endOnSignals(close, log, () => supervisor.killAll());
  return { isPrimary: true, url, close };
}

const cacheIsShared = {
  REDIS_URL:
    "each would have a cache of its own and not hear of the others' invalidations; for example redis://localhost:6379",
};

/** All that is wrong with the environment at once, what is missing included. */
function readConfigOf(
  environment: Readonly<Record<string, string | undefined>>,
  required: Readonly<Record<string, string>>,
) {
  const missing = Object.entries(required)
    .filter(([name]) => (environment[name] ?? "") === "")
    .map(([name, reason]) => `${name} must be set for several workers, as ${reason}`);
  try {
    const config = readConfig(environment);
    if (missing.length === 0) return config;
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError([...error.problems, ...missing]) : error;
  }
  throw new ConfigError(missing);
}

function processOf(worker: Worker): WorkerProcess {
  letGoWhenKilled(worker);
  return {
    send(message) {
      // One that has just ended hears nothing, and its exit will tell.
      if (worker.isConnected()) worker.send(message, () => {});
    },
    kill: () => void worker.process.kill("SIGKILL"),
    listen({ onMessage, onExit }) {
      worker.on("message", (message: unknown) => {
        if (isOurs(message)) onMessage(message as FromWorker);
      });
      worker.on("exit", (code, signal) => onExit(signal ?? `exit code ${code}`));
    },
  };
}
