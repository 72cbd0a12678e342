import type { AddressInfo } from "node:net";
import type { FastifyBaseLogger } from "fastify";
import { pino } from "pino";
import { type FieldCache, type FieldCacheOptions, FieldgateError } from "../index.ts";
import { ConfigError, type GatewayConfig, readConfig } from "./config.ts";
import { serveDashboard } from "./dashboard.ts";
import type { GatewayContext, GatewayDefinition } from "./define-gateway.ts";
import { serveExplorerAssets } from "./explorer.ts";
import { createGraphqlServer } from "./graphql-server.ts";
import { serveHealth } from "./health.ts";
import { createHttpServer, serveGraphql } from "./http-server.ts";
import { serveInvalidation } from "./invalidation-endpoint.ts";
import { createMetrics, type GatewayMetrics } from "./metrics.ts";
import { type Overview, type Own, overviewOfOne } from "./overview.ts";
import { defaultLimits } from "./query-limits.ts";
import { type ShutdownReport, shutDown } from "./shutdown.ts";
import { leaveRecent, RecentOperations, warmUp } from "./warm-up.ts";

/** Options of {@link startGateway}. */
export interface StartOptions {
  /** Environment variables. Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where log lines go. Default: JSON lines on standard output, from `LOG_LEVEL` up. */
  readonly log?: FastifyBaseLogger;
  /** Whether SIGTERM and SIGINT shut the gateway down and end the process. Default true. */
  readonly signals?: boolean;
}

/** A gateway that answers. */
export interface RunningGateway {
  /** Where: `http://localhost:4000`, with the real port where `PORT` was 0. */
  readonly url: string;
  readonly config: GatewayConfig;
  readonly cache: FieldCache;
  /** How long {@link close} may take, in ms. */
  readonly shutdownMs: number;
  /** Stops accepting, finishes requests, closes the cache, then the sources; tells what could not be finished in time. */
  close(): Promise<ShutdownReport>;
}

const defaultShutdownMs = 10_000;
/** Of `shutdownMs`: what the cache may take for itself. */
const CACHE_PART = 0.8;

/**
 * Starts a gateway and resolves once it answers.
 *
 * @example
 * const gateway = await startGateway(definition);
 * console.log(`${gateway.url}/graphql`);
 *
 * Trap: SIGTERM and SIGINT then end the process, unless `signals` is false.
 *
 * @throws ConfigError for bad environment variables, the mistakes of the schema, or the error of a source or of the port. What the
 * definition's `start` had answered with is closed again; what it opened before it threw is its own to close.
 */
export function startGateway<Context extends object>(
  definition: GatewayDefinition<Context>,
  options: StartOptions = {},
): Promise<RunningGateway> {
  return startProcess(definition, options, overviewOfOne);
}

/** {@link startGateway}, for a process that may share its port: `overviewFrom` makes of its own numbers those that it shows. */
export async function startProcess<Context extends object>(
  definition: GatewayDefinition<Context>,
  options: StartOptions,
  overviewFrom: (own: Own) => Overview,
): Promise<RunningGateway> {
  const config = readConfig(options.environment ?? process.env);
  const log = options.log ?? (pino({ level: config.logLevel, name: "fieldgate" }) as FastifyBaseLogger);
  const shutdownMs = definition.shutdownMs ?? defaultShutdownMs;
  const metrics = createMetrics();
  const isProduction = config.environment === "production";

  const cacheOptions = cacheOptionsOf(config, { log, metrics, shutdownMs });
  const parts = await byVariable(async () => definition.start({ config, log, cacheOptions }));
  const { cache, schema } = parts;
  metrics.watch(cache);
  let closing: Promise<ShutdownReport> | undefined;
  let running = 0;

  const warming = definition.warmUp ?? {};
  const recent = warming.recent === 0 ? undefined : new RecentOperations();
  let isWarming = true;
  const explorer = definition.explorer ?? !isProduction;
  const apollo = createGraphqlServer({
    schema,
    cache,
    limits: { ...defaultLimits, ...definition.limits },
    http: definition.http,
    introspection: definition.introspection ?? !isProduction,
    explorer,
    exampleOperation: definition.exampleOperation,
    isProduction,
    recent,
    log,
  });
  const isClosing = () => closing !== undefined;
  const app = createHttpServer({ log, isClosing });
  const overview = overviewFrom({
    metrics: metrics.render,
    snapshot: metrics.snapshot,
    stats: () => cache.stats(),
  });

  let leaveLast = async (): Promise<void> => {};
  const stepsFromCache = [
    { name: "cache", run: () => cache.close(), abandon: () => unfinishedIn(cache) },
    { name: "sources", run: () => parts.close?.() },
  ];
  try {
    await apollo.start();
    // A store that must not be used for what the schema asks of it keeps the gateway from starting; one that is away does not.
    await cache.ready();
    noteStore(cache, metrics);
    app.addHook("onRequest", async () => void running++);
    app.addHook("onResponse", async () => void running--);
    serveGraphql(app, { apollo, cache, context: parts.context, adminToken: config.adminToken, metrics });
    if (explorer) serveExplorerAssets(app);
    serveHealth(app, {
      ready: async () => parts.ready?.(),
      storeStatus: () => cache.stats().store.status,
      isWarming: () => isWarming,
      isClosing,
      workers: () => overview.workers(),
    });
    app.get("/metrics", async (_request, reply) =>
      reply.type(metrics.contentType).send(await overview.metrics()),
    );
    serveDashboard(app, { overview, adminToken: config.adminToken, isProtected: isProduction });
    serveInvalidation(app, { cache, adminToken: config.adminToken });
    await app.listen({ port: config.port, host: config.host });
    // Answers all the while; whoever balances the load is told to wait.
    void warmUp(app, cache, warming, log).finally(() => {
      isWarming = false;
    });
    if (recent !== undefined) leaveLast = leaveRecent(cache, recent, warming);
  } catch (error) {
    await shutDown({
      steps: [{ name: "server", run: () => app.close() }, ...stepsFromCache],
      budgetMs: shutdownMs,
      log,
    });
    throw error;
  }

  function close(): Promise<ShutdownReport> {
    closing ??= shutDown({
      budgetMs: shutdownMs,
      log,
      steps: [
        {
          name: "requests",
          run: () => app.close(),
          abandon: () => {
            app.server.closeAllConnections();
            return `${running} cut off`;
          },
        },
        { name: "server", run: () => apollo.stop() },
        { name: "recent operations", run: () => leaveLast() },
        ...stepsFromCache,
      ],
    });
    return closing;
  }

  if (options.signals ?? true) endOnSignals(close, log);
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`,
    config,
    cache,
    shutdownMs,
    close,
  };
}

/** Changes are told as events; what the store was like when all began may not be one. */
function noteStore(cache: FieldCache, metrics: GatewayMetrics): void {
  const { status, detail = "" } = cache.stats().store;
  metrics.onEvent({ type: "store", status, detail });
}

function cacheOptionsOf(
  config: GatewayConfig,
  services: {
    readonly log: FastifyBaseLogger;
    readonly metrics: GatewayMetrics;
    readonly shutdownMs: number;
  },
): FieldCacheOptions {
  return {
    ...(config.redisUrl === undefined ? {} : { redis: config.redisUrl }),
    ...(config.secret === undefined ? {} : { secret: config.secret }),
    namespace: config.namespace,
    enabled: config.cacheEnabled,
    trusted: (context: Partial<GatewayContext>) => context.gateway?.admin === true,
    logger: services.log.child({ part: "cache" }),
    onEvent: services.metrics.onEvent,
    // Over before its step is, so that it can tell what it had to leave.
    shutdownMs: Math.floor(services.shutdownMs * CACHE_PART),
  };
}

/** What the library says of an option, by its code, where the option comes from the environment. */
const variables: Readonly<Record<string, string>> = {
  BAD_REDIS_URL: "REDIS_URL",
  REDIS_TOPOLOGY: "REDIS_URL",
};

/** An address that looks like one is refused by the library alone: whoever set the variable is told its name. */
async function byVariable<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const variable = error instanceof FieldgateError ? variables[error.code] : undefined;
    throw variable === undefined ? error : new ConfigError([`${variable}: ${(error as Error).message}`]);
  }
}

/** Where an earlier step took so long that the cache does not get to tell by itself. */
function unfinishedIn(cache: FieldCache): string {
  const { fills, pendingInvalidations } = cache.stats().running;
  return `not done in time (loads: ${fills}, invalidations: ${pendingInvalidations})`;
}

/** A second signal ends the process at once, after `atOnce`: whoever sends it has waited long enough. */
export function endOnSignals(
  close: () => Promise<ShutdownReport>,
  log: FastifyBaseLogger,
  atOnce: () => void = () => {},
): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      log.info({ signal }, "shutting down");
      process.once(signal, () => {
        atOnce();
        process.exit(1);
      });
      void close().then((left) => {
        log.info({ left }, left.length === 0 ? "everything is finished" : "something is left");
        process.exit(left.length === 0 ? 0 : 1);
      });
    });
  }
}
