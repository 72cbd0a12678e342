import type { Redis } from "ioredis";
import { type Clock, systemClock } from "../../base/clock.ts";
import { FieldgateError } from "../../base/errors.ts";
import { type Random, systemRandom } from "../../base/random.ts";
import { hashTagOf, type Keys } from "../../keys/grammar.ts";
import type { NearBus } from "../near/near-bus.ts";
import { LogOnEach } from "../spread/log-on-each.ts";
import { Ring } from "../spread/ring.ts";
import { SpreadStore } from "../spread/spread-store.ts";
import type { Store, StoreFailure, StoreState } from "../store.ts";
import { openRedis } from "./connect.ts";
import { RedisConnection, type Timeouts } from "./connection.ts";
import { RedisBehind } from "./redis-behind.ts";
import { type CommandLink, RedisNearBus } from "./redis-near-bus.ts";
import { OneRedis } from "./redis-store.ts";
import { placeOf, type RedisSettings, type RedisTarget, type RingServer } from "./redis-target.ts";

export interface RedisStoreOptions {
  /** See {@link RedisTarget}. A client that is given is copied, never closed. */
  readonly redis: RedisTarget;
  readonly keys: Keys;
  readonly timeouts?: Partial<Timeouts>;
  /** Called at each change of `state().status`, with the reason; of several servers, at each change of one, with its name. */
  readonly onState?: (status: StoreState["status"], detail: string) => void;
  /** Called for each batch that was given up, and for each error that the server answered a command with. */
  readonly onFailure?: (failure: StoreFailure) => void;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface RedisStore extends Store {
  /** The way by which those who hold near copies of what is here hear of each other. */
  openBus(): NearBus;
}

const DEFAULT_TIMEOUTS: Timeouts = { readMs: 50, writeMs: 250, invalidateMs: 1000, connectMs: 2000 };
const PROCESS_CHARS = 16;

/**
 * The store that processes share: Redis or Valkey, 6.2 or newer, as one server, behind sentinels, as a ring or a cluster.
 * Begins to connect at once and never throws for a server that is not there; throws a `FieldgateError` for a `redis` option
 * that cannot be meant.
 */
export function createRedisStore(options: RedisStoreOptions): RedisStore {
  const place = placeOf(options.redis);
  const tools: Tools = {
    keys: options.keys,
    timeouts: { ...DEFAULT_TIMEOUTS, ...options.timeouts },
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    onState: options.onState ?? (() => {}),
    onFailure: options.onFailure ?? (() => {}),
  };
  switch (place.kind) {
    case "server":
      return openServer(place.client, tools);
    case "ring":
      return openRing(place.servers, tools);
    case "cluster":
      throw new FieldgateError(
        "REDIS_TOPOLOGY",
        "A cluster cannot be used by this version.",
        "Use redis+ring://.",
      );
  }
}

type Tools = Required<Omit<RedisStoreOptions, "redis" | "timeouts">> & { readonly timeouts: Timeouts };

function openServer(client: RedisSettings | Redis, tools: Tools): RedisStore {
  const connection = connect(client, tools);
  const store = new OneRedis({ ...tools, connection });
  return withBus(store, () => openBus(connection, client, tools));
}

/** Near copies' bus lies on one of them, as everything does that has one place. */
function openRing(ring: readonly RingServer[], tools: Tools): RedisStore {
  const connections = new Map<string, RedisConnection>();
  const servers = ring.map(({ name, settings }) => {
    const connection = connect(settings, {
      ...tools,
      onState: (_status, detail) => tools.onState(store.state().status, `${name}: ${detail}`),
    });
    connections.set(name, connection);
    return { name, store: new OneRedis({ ...tools, connection }) };
  });
  const placement = new Ring(servers);
  const store = new SpreadStore(
    placement,
    new LogOnEach(placement),
    new RedisBehind(tools.keys, (key) => connections.get(placement.serverOf(hashTagOf(key)).name)!),
  );
  return withBus(store, () => {
    const { name } = placement.serverOf(tools.keys.nearTag);
    const connection = connections.get(name)!;
    const link: CommandLink = {
      keepsOrder: false,
      get epoch() {
        return connection.epoch;
      },
      send: (kind, commands) => connection.send(kind, commands),
      onChange: (call) => {
        for (const one of connections.values()) one.onChange(call);
      },
    };
    return openBus(link, ring.find((server) => server.name === name)!.settings, tools);
  });
}

function connect(client: RedisSettings | Redis, tools: Tools): RedisConnection {
  const { timeouts, random } = tools;
  return new RedisConnection({
    ...tools,
    client: openRedis(client, { connectMs: timeouts.connectMs, random }),
  });
}

function openBus(
  commands: CommandLink,
  client: RedisSettings | Redis,
  { keys, clock, random, timeouts: { connectMs } }: Tools,
): NearBus {
  return new RedisNearBus({
    commands,
    subscriber: openRedis(client, { connectMs, random, forMessages: true }),
    keys,
    clock,
    processId: random.token(PROCESS_CHARS),
    connectMs,
  });
}

function withBus<Opened extends Store>(store: Opened, open: () => NearBus): Opened & RedisStore {
  return Object.assign(store, { openBus: open });
}
