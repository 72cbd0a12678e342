import { Redis, type RedisOptions } from "ioredis";
import { backoffMs } from "../../base/backoff.ts";
import { FieldgateError } from "../../base/errors.ts";
import type { Random } from "../../base/random.ts";
import { QuietSentinels } from "./quiet-sentinels.ts";
import { isClient, placeOf, type RedisSettings, type RedisTarget } from "./redis-target.ts";

export interface ConnectOptions {
  readonly connectMs: number;
  readonly random: Random;
  /** For Pub/Sub instead of commands. Default false. */
  readonly forMessages?: boolean;
}

/**
 * A connection of our own, not yet connecting. A client that is given lends its settings and stays untouched: the cache
 * needs a connection without offline queue, without re-sent commands and without key prefix, whatever the
 * application's own needs.
 */
export function openRedis(
  target: RedisSettings | Redis,
  { connectMs, random, forMessages = false }: ConnectOptions,
): Redis {
  const retry = (attempt: number) => backoffMs({ firstMs: 50, maxMs: 2000 }, attempt, random.next());
  const ours = {
    lazyConnect: true,
    connectTimeout: connectMs,
    // A dead peer does not answer our FIN.
    disconnectTimeout: 200,
    // What we ask about the server before the first command covers more than ioredis' own check.
    enableReadyCheck: false,
    enableOfflineQueue: false,
    enableAutoPipelining: false,
    // Commands under way when a connection ends are failures at once, and are never sent again to who knows whom.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: retry,
    reconnectOnError: null,
    readOnly: false,
    stringNumbers: false,
    keyPrefix: "",
    // Sentinels are asked at every connect, and tell of a failover: the old master may live on and answer.
    role: "master",
    failoverDetector: true,
    sentinelRetryStrategy: retry,
    sentinelReconnectStrategy: retry,
    sentinelCommandTimeout: connectMs,
    ...(settingsOf(target).sentinels
      ? { Connector: QuietSentinels as NonNullable<RedisOptions["Connector"]> }
      : {}),
    // Who subscribes must know when it did; and with RESP 3 not every kind of message arrives.
    ...(forMessages ? { autoResubscribe: false, protocol: 2 } : {}),
  } as const satisfies RedisOptions;
  return isClient(target) ? target.duplicate(ours) : new Redis({ ...target, ...ours });
}

/** The same for a target that must be one server, or the one that sentinels name. `what` begins the error's sentence. */
export function openServer(target: RedisTarget, what: string, options: ConnectOptions): Redis {
  const place = placeOf(target);
  if (place.kind === "server") return openRedis(place.client, options);
  throw new FieldgateError(
    "REDIS_TOPOLOGY",
    `${what} must name one Redis server, but names a ${place.kind}.`,
    "Give it the URL of the server that it is to be read from, or that of its sentinels.",
  );
}

function settingsOf(target: RedisSettings | Redis): RedisSettings {
  return isClient(target) ? target.options : target;
}
