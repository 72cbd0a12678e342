import { type Clock, systemClock } from "../../base/clock.ts";
import { type Random, systemRandom } from "../../base/random.ts";
import type { Keys } from "../../keys/grammar.ts";
import type { StoreFailure, StoreState } from "../store.ts";
import { openCluster } from "./cluster/cluster-store.ts";
import type { Timeouts } from "./connection.ts";
import { OneRedis } from "./redis-store.ts";
import { placeOf, type RedisTarget } from "./redis-target.ts";
import { connect, openBus, type RedisStore, type RedisTools, withBus } from "./redis-tools.ts";
import { openRing } from "./ring-store.ts";

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

const DEFAULT_TIMEOUTS: Timeouts = { readMs: 50, writeMs: 250, invalidateMs: 1000, connectMs: 2000 };

/**
 * The store that processes share: Redis or Valkey, 6.2 or newer, as one server, behind sentinels, as a ring or a cluster.
 * Begins to connect at once and never throws for a server that is not there; throws a `FieldgateError` for a `redis` option
 * that cannot be meant.
 */
export function createRedisStore(options: RedisStoreOptions): RedisStore {
  const place = placeOf(options.redis);
  const tools: RedisTools = {
    keys: options.keys,
    timeouts: { ...DEFAULT_TIMEOUTS, ...options.timeouts },
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    onState: options.onState ?? (() => {}),
    onFailure: options.onFailure ?? (() => {}),
  };
  switch (place.kind) {
    case "ring":
      return openRing(place.servers, tools);
    case "cluster":
      return openCluster(place, tools);
    case "server": {
      const connection = connect(place.client, tools);
      const store = new OneRedis({ ...tools, connection });
      return withBus(store, () => openBus(connection, place.client, tools));
    }
  }
}
