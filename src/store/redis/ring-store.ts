import { hashTagOf } from "../../keys/grammar.ts";
import { LogOnEach } from "../spread/log-on-each.ts";
import { Ring } from "../spread/ring.ts";
import { SpreadStore } from "../spread/spread-store.ts";
import type { RedisConnection } from "./connection.ts";
import { RedisBehind } from "./redis-behind.ts";
import { OneRedis } from "./redis-store.ts";
import type { RingServer } from "./redis-target.ts";
import { connect, openBus, type RedisStore, type RedisTools, withBus } from "./redis-tools.ts";

/** Independent servers, each with its share of the keys. Near copies' bus lies on one of them, as all does that has one place. */
export function openRing(ring: readonly RingServer[], tools: RedisTools): RedisStore {
  const connections = new Map<string, RedisConnection>();
  const servers = ring.map(({ name, settings }) => {
    const onState = (_status: unknown, detail: string) =>
      tools.onState(store.state().status, `${name}: ${detail}`);
    const connection = connect(settings, { ...tools, onState });
    connections.set(name, connection);
    return { name, store: new OneRedis({ ...tools, connection }) };
  });
  const placement = new Ring(servers);
  const connectionOf = (hashTag: string) => connections.get(placement.serverOf(hashTag).name)!;
  const behind = new RedisBehind(tools.keys, (key) => connectionOf(hashTagOf(key)));
  const store = new SpreadStore(placement, new LogOnEach(placement), behind);
  return withBus(store, () => {
    const { nearTag } = tools.keys;
    const connection = connectionOf(nearTag);
    const { settings } = ring.find(({ name }) => name === placement.serverOf(nearTag).name)!;
    return openBus(
      {
        keepsOrder: false,
        get epoch() {
          return connection.epoch;
        },
        send: (kind, commands) => connection.send(kind, commands),
        onChange: (call) => {
          for (const one of connections.values()) one.onChange(call);
        },
      },
      settings,
      tools,
    );
  });
}
