import type { FastifyInstance } from "fastify";
import type { Workers } from "./overview.ts";

export interface HealthChecks {
  /** Rejects while the sources cannot be reached. */
  readonly ready: () => Promise<unknown>;
  /** Whether the cache's store answers. */
  readonly storeStatus: () => "up" | "down" | "open";
  /** What a new gateway runs first has not been run yet. */
  readonly isWarming: () => boolean;
  /** Shutting down: no new work, please. */
  readonly isClosing: () => boolean;
  /** How many processes answer on the port; undefined where there is this one alone. */
  readonly workers: () => Workers | undefined;
}

/** How long a source may take to answer a probe, in ms. */
const sourcePatienceMs = 2_000;

/**
 * `/health/live`: the process turns. `/health/ready`: requests can be answered. A cache without its store, or a worker
 * less than wanted, is degraded and still ready, since requests go on from the source, or by the other workers.
 */
export function serveHealth(app: FastifyInstance, checks: HealthChecks): void {
  let probe: Promise<boolean> | undefined;

  /** One probe at a time, however many ask. */
  function sourceAnswers(): Promise<boolean> {
    probe ??= withinPatience(checks.ready).finally(() => {
      probe = undefined;
    });
    return probe;
  }

  app.get("/health/live", async (_request, reply) =>
    reply.header("cache-control", "no-store").send({ status: "ok" }),
  );

  app.get("/health/ready", async (_request, reply) => {
    const source = (await sourceAnswers()) ? "up" : "down";
    const store = checks.storeStatus();
    const closing = checks.isClosing();
    const warming = checks.isWarming();
    const isReady = source === "up" && !closing && !warming;
    const workers = checks.workers();
    const isWhole = store === "up" && (workers === undefined || workers.up === workers.of);
    const status = closing
      ? "closing"
      : warming
        ? "warming"
        : !isReady
          ? "not-ready"
          : isWhole
            ? "ready"
            : "degraded";
    return reply
      .code(isReady ? 200 : 503)
      .header("cache-control", "no-store")
      .send({ status, source, store, ...(workers === undefined ? {} : { workers }) });
  });
}

async function withinPatience(check: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), sourcePatienceMs);
  });
  try {
    return await Promise.race([check().then(() => true), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
