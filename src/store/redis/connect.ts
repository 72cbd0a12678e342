import { Redis, type RedisOptions } from "ioredis";
import { backoffMs } from "../../base/backoff.ts";
import { FieldgateError } from "../../base/errors.ts";
import type { Random } from "../../base/random.ts";
import { didYouMean } from "../../base/suggest.ts";

/** Settings of an ioredis client. Those that decide how failures are met are Fieldgate's and replaced. */
export type RedisSettings = Omit<RedisOptions, "replyMapping">;

/** `redis://[user:password@]host[:port][/db]`, `rediss://…` (TLS), `unix:/path[?db=1]`; settings; or a client to copy. */
export type RedisTarget = string | RedisSettings | Redis;

/**
 * A connection of our own, not yet connecting. A client that is given lends its settings and stays untouched: the cache
 * needs a connection without offline queue, without re-sent commands and without key prefix, whatever the
 * application's own needs. Throws a {@link FieldgateError} for a target that cannot be meant.
 */
export function openRedis(
  target: RedisTarget,
  options: { connectMs: number; random: Random; forMessages?: boolean },
): Redis {
  const ours = {
    lazyConnect: true,
    connectTimeout: options.connectMs,
    // A dead peer does not answer our FIN.
    disconnectTimeout: 200,
    // What we ask about the server before the first command covers more than ioredis' own check.
    enableReadyCheck: false,
    enableOfflineQueue: false,
    enableAutoPipelining: false,
    // Commands under way when a connection ends are failures at once, and are never sent again to who knows whom.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt: number) =>
      backoffMs({ firstMs: 50, maxMs: 2000 }, attempt, options.random.next()),
    reconnectOnError: null,
    readOnly: false,
    stringNumbers: false,
    keyPrefix: "",
    // Who subscribes must know when it did; and with RESP 3 not every kind of message arrives.
    ...(options.forMessages ? { autoResubscribe: false, protocol: 2 } : {}),
  } as const satisfies RedisOptions;
  const settings = typeof target === "string" ? settingsFromUrl(target) : target;
  const given = isClient(settings) ? settings.options : settings;
  refuseUnavailable(given, isClient(settings) && settings.isCluster);
  return isClient(settings) ? settings.duplicate(ours) : new Redis({ ...settings, ...ours });
}

function isClient(target: RedisSettings | Redis): target is Redis {
  return "duplicate" in target && typeof target.duplicate === "function";
}

function refuseUnavailable(given: RedisSettings, isCluster: boolean): void {
  if (isCluster || given.sentinels) {
    throw new FieldgateError(
      "REDIS_TOPOLOGY",
      `The option "redis" names a ${isCluster ? "cluster" : "group of sentinels"}, which this version cannot use.`,
      "Give it one Redis server.",
    );
  }
  if (given.keyPrefix) {
    throw new FieldgateError(
      "REDIS_KEY_PREFIX",
      `The option "redis" has the keyPrefix ${JSON.stringify(given.keyPrefix)}, which would hide the keys' hash tags.`,
      'Leave it out (client.duplicate({ keyPrefix: "" })) and use the option "namespace".',
    );
  }
}

const SCHEMES = ["redis", "rediss", "unix"];
const LATER_SCHEMES = ["redis+cluster", "redis+sentinel", "redis+ring"];

/** Errors name the scheme only: the rest of the URL may hold a password. */
function settingsFromUrl(text: string): RedisSettings {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase() ?? "";
  if (LATER_SCHEMES.includes(scheme)) {
    throw new FieldgateError(
      "REDIS_TOPOLOGY",
      `${scheme}:// is not available in this version.`,
      "Use redis://, rediss:// or unix: with one server.",
    );
  }
  if (!SCHEMES.includes(scheme)) {
    const got = scheme === "" ? "none" : `${scheme}:`;
    throw badUrl(
      `begin with redis://, rediss:// or unix:, but its scheme is ${got}`,
      didYouMean(scheme, SCHEMES),
    );
  }
  try {
    const url = new URL(text);
    return scheme === "unix" ? socketSettings(url) : serverSettings(url, scheme === "rediss");
  } catch (error) {
    if (error instanceof FieldgateError) throw error;
    throw badUrl("be a URL, but it cannot be read as one");
  }
}

function serverSettings(url: URL, tls: boolean): RedisSettings {
  if (url.hostname === "") throw badUrl("name a host");
  if (url.search !== "" || url.hash !== "")
    throw badUrl('end with the database: what follows "?" or "#" is not read');
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? 6379 : Number(url.port),
    ...(url.username === "" ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
    db: databaseFrom(url.pathname.slice(1)),
    ...(tls ? { tls: {} } : {}),
  };
}

function socketSettings(url: URL): RedisSettings {
  if (url.pathname.length < 2 || url.host !== "") throw badUrl("name a path, as in unix:/run/redis.sock");
  return { path: decodeURIComponent(url.pathname), db: databaseFrom(url.searchParams.get("db") ?? "") };
}

function databaseFrom(text: string): number {
  if (!/^\d{0,5}$/.test(text))
    throw badUrl("end with the number of a database, as in redis://localhost:6379/1");
  return Number(text);
}

function badUrl(must: string, suggestion = ""): FieldgateError {
  return new FieldgateError(
    "BAD_REDIS_URL",
    `The URL of Redis must ${must}.${suggestion}`,
    "Write it like redis://:password@host:6379/0.",
  );
}
