import type { Cluster, Redis, RedisOptions } from "ioredis";
import { FieldgateError } from "../../base/errors.ts";
import { didYouMean } from "../../base/suggest.ts";

/** Settings of an ioredis client. Those that decide how failures are met are Fieldgate's and replaced. */
export type RedisSettings = Omit<RedisOptions, "replyMapping">;

/**
 * Which Redis: a URL, settings of an ioredis client (with `sentinels` and `name` too), or a client to copy.
 *
 *     redis://[[user]:password@]host[:6379][/db]     one server
 *     unix:/path[?db=1]                              one server, by its socket
 *     redis+sentinel://h1[:26379],h2/name[/db]       the master that the sentinels name; ?sentinelPassword=…&sentinelUsername=… for themselves
 *     redis+cluster://h1[:6379],h2                   a cluster; any of its servers lead to all of it
 *     redis+ring://h1[:6379],h2[/db]                 independent servers, each with its share of the keys
 *
 * With `rediss` for `redis` by TLS. What stands before the hosts holds for all of them.
 */
export type RedisTarget = string | RedisSettings | Redis | Cluster;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a target means. */
export type RedisPlace =
  /** One server, or the one that sentinels name. */
  | { readonly kind: "server"; readonly client: RedisSettings | Redis }
  | { readonly kind: "ring"; readonly servers: readonly RingServer[] }
  | {
      readonly kind: "cluster";
      readonly seeds: readonly Address[];
      readonly settings: RedisSettings;
      /** Where a server is that the cluster knows by another address. */
      readonly reach: (address: Address) => Address;
    };

export interface RingServer {
  /** As its place in the ring depends on it: the same in every gateway. */
  readonly name: string;
  readonly settings: RedisSettings;
}

/** Throws a {@link FieldgateError} for a target that cannot be meant. */
export function placeOf(target: RedisTarget): RedisPlace {
  if (typeof target === "string") return placeFromUrl(target);
  if (isCluster(target)) return placeOfCluster(target);
  refuseKeyPrefix(isClient(target) ? target.options.keyPrefix : target.keyPrefix);
  return { kind: "server", client: target };
}

export function isClient(target: RedisSettings | Redis): target is Redis {
  return "duplicate" in target && typeof target.duplicate === "function";
}

function isCluster(target: RedisSettings | Redis | Cluster): target is Cluster {
  return "isCluster" in target && target.isCluster;
}

function placeOfCluster(cluster: Cluster): RedisPlace {
  const { redisOptions = {}, natMap, keyPrefix } = cluster.options;
  refuseKeyPrefix(keyPrefix ?? (redisOptions as RedisSettings).keyPrefix);
  // Nodes that it knows by now, and those that it was given, which its types keep to themselves.
  const given = (cluster as unknown as { readonly startupNodes?: readonly unknown[] }).startupNodes ?? [];
  const seeds = [...cluster.nodes().map(({ options }) => options), ...given].flatMap(seedFrom);
  return {
    kind: "cluster",
    seeds,
    settings: redisOptions,
    reach: (address) => {
      const outside =
        typeof natMap === "function"
          ? natMap(`${address.host}:${address.port}`)
          : natMap?.[`${address.host}:${address.port}`];
      return outside ?? address;
    },
  };
}

/** A start node is `{ host, port }`, a port, or a text. */
function seedFrom(node: unknown): readonly Address[] {
  if (typeof node === "number") return [{ host: "127.0.0.1", port: node }];
  if (typeof node === "string") {
    const [, address = ""] = /^(?:rediss?:\/\/)?(?:[^@]*@)?([^/]*)/.exec(node) ?? [];
    return [addressFrom(address, 6379)];
  }
  const { host = "127.0.0.1", port = 6379 } = node as {
    readonly host?: string;
    readonly port?: number | string;
  };
  return [{ host, port: Number(port) }];
}

function refuseKeyPrefix(keyPrefix: string | undefined): void {
  if (!keyPrefix) return;
  throw new FieldgateError(
    "REDIS_KEY_PREFIX",
    `The option "redis" has the keyPrefix ${JSON.stringify(keyPrefix)}, which would hide the keys' hash tags.`,
    'Leave it out (client.duplicate({ keyPrefix: "" })) and use the option "namespace".',
  );
}

const SCHEMES = [
  "redis",
  "rediss",
  "unix",
  ...["sentinel", "cluster", "ring"].flatMap((group) => [`redis+${group}`, `rediss+${group}`]),
];

/** Errors name the scheme only: the rest of the URL may hold a password. */
function placeFromUrl(text: string): RedisPlace {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase() ?? "";
  if (!SCHEMES.includes(scheme)) {
    const got = scheme === "" ? "none" : `${scheme}:`;
    throw badUrl(
      `begin with redis://, rediss://, unix:, redis+sentinel://, redis+cluster:// or redis+ring://, but its scheme is ${got}`,
      didYouMean(scheme, SCHEMES),
    );
  }
  const [transport, group] = scheme.split("+");
  try {
    if (group !== undefined) return placeOfGroup(group, transport === "rediss", text);
    const url = new URL(text);
    const client = scheme === "unix" ? socketSettings(url) : serverSettings(url, scheme === "rediss");
    return { kind: "server", client };
  } catch (error) {
    if (error instanceof FieldgateError) throw error;
    throw badUrl("be a URL, but it cannot be read as one");
  }
}

function placeOfGroup(group: string, tls: boolean, text: string): RedisPlace {
  const [, credentials = "", hosts = "", path = "", query = ""] =
    /^[^:]+:\/\/(?:([^/]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:\?(.*))?$/.exec(text) ?? [];
  if (hosts === "") throw badUrl("name a host");
  const addresses = hosts.split(",").map((host) => addressFrom(host, group === "sentinel" ? 26_379 : 6379));
  const settings: RedisSettings = { ...userSettings(credentials), ...(tls ? { tls: {} } : {}) };
  if (query !== "" && group !== "sentinel") throw badUrl('hold nothing after "?"');
  switch (group) {
    case "ring": {
      const db = databaseFrom(path);
      const names = addresses.map(({ host, port }) => `${host}:${port}`);
      if (new Set(names).size < names.length) throw badUrl("name each server of the ring once");
      return {
        kind: "ring",
        servers: addresses.map((address, at) => ({
          name: names[at]!,
          settings: { ...settings, ...address, db },
        })),
      };
    }
    case "cluster":
      if (databaseFrom(path) !== 0) throw badUrl("name no database: a cluster has one");
      return { kind: "cluster", seeds: addresses, settings, reach: (address) => address };
    default: {
      const [name = "", db = ""] = path.split("/");
      if (name === "") throw badUrl("name the master, as in redis+sentinel://h1,h2/mymaster");
      return {
        kind: "server",
        client: {
          ...settings,
          ...(tls ? { sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
          ...sentinelUser(new URLSearchParams(query)),
          sentinels: [...addresses],
          name: decodeURIComponent(name),
          db: databaseFrom(db),
        },
      };
    }
  }
}

function sentinelUser(query: URLSearchParams): RedisSettings {
  const { sentinelUsername, sentinelPassword, ...others } = Object.fromEntries(query);
  if (Object.keys(others).length > 0)
    throw badUrl('hold nothing after "?" but sentinelUsername and sentinelPassword');
  return {
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
  };
}

function userSettings(credentials: string): RedisSettings {
  if (credentials === "") return {};
  const colon = credentials.indexOf(":");
  const username = decodeURIComponent(colon < 0 ? credentials : credentials.slice(0, colon));
  const password = colon < 0 ? "" : decodeURIComponent(credentials.slice(colon + 1));
  return { ...(username === "" ? {} : { username }), ...(password === "" ? {} : { password }) };
}

function addressFrom(text: string, defaultPort: number): Address {
  const [, bare, bracketed, port] = /^(?:([^:[\]]+)|\[([^\]]+)\])(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bare ?? bracketed;
  if (host === undefined || Number(port ?? 0) > 65_535)
    throw badUrl("list its servers like host:port,host:port");
  return { host: host.toLowerCase(), port: port === undefined ? defaultPort : Number(port) };
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
