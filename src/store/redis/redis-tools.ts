import type { Redis } from "ioredis";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Keys } from "../../keys/grammar.ts";
import type { NearBus } from "../near/near-bus.ts";
import type { Store, StoreFailure, StoreState } from "../store.ts";
import { openRedis } from "./connect.ts";
import { RedisConnection, type Timeouts } from "./connection.ts";
import { type CommandLink, RedisNearBus } from "./redis-near-bus.ts";
import type { RedisSettings } from "./redis-target.ts";

export interface RedisStore extends Store {
  /** The way by which those who hold near copies of what is here hear of each other. */
  openBus(): NearBus;
}

/** What stores of every topology are made with. */
export interface RedisTools {
  readonly keys: Keys;
  readonly timeouts: Timeouts;
  readonly clock: Clock;
  readonly random: Random;
  readonly onState: (status: StoreState["status"], detail: string) => void;
  readonly onFailure: (failure: StoreFailure) => void;
}

const PROCESS_CHARS = 16;

export function connect(client: RedisSettings | Redis, tools: RedisTools): RedisConnection {
  const { timeouts, random } = tools;
  return new RedisConnection({
    ...tools,
    client: openRedis(client, { connectMs: timeouts.connectMs, random }),
  });
}

/** Near copies' bus: commands by `commands`, messages by a connection of its own. */
export function openBus(
  commands: CommandLink,
  client: RedisSettings | Redis,
  { keys, clock, random, timeouts: { connectMs } }: RedisTools,
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

export function withBus<Opened extends Store>(store: Opened, open: () => NearBus): Opened & RedisStore {
  return Object.assign(store, { openBus: open });
}
