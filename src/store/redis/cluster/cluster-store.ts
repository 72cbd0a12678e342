import { hashTagOf } from "../../../keys/grammar.ts";
import { NOBODY } from "../../spread/ask-each.ts";
import { LogOnOne } from "../../spread/log-on-one.ts";
import { SpreadStore } from "../../spread/spread-store.ts";
import { StoreFailure } from "../../store.ts";
import { RedisBehind, type Sender } from "../redis-behind.ts";
import { openBus, type RedisStore, type RedisTools, withBus } from "../redis-tools.ts";
import { type ClusterPlace, RedisCluster } from "./redis-cluster.ts";
import { roamingConnector } from "./roaming-connector.ts";

/** A cluster: slots on masters that change. One log and one list of near sessions for all, where their slots lie. */
export function openCluster(place: ClusterPlace, tools: RedisTools): RedisStore {
  const cluster = new RedisCluster(place, tools);
  const log = new LogOnOne(cluster, tools.keys.logHead);
  const behind = new RedisBehind(tools.keys, (key) => senderTo(cluster, hashTagOf(key)));
  const store = new SpreadStore(cluster, log, behind);
  return withBus(store, () => {
    const { nearTag } = tools.keys;
    const Connector = roamingConnector(() => cluster.anyAddress(), place.settings.tls);
    return openBus(
      {
        keepsOrder: false,
        get epoch() {
          return cluster.serverOf(nearTag)?.connection.epoch;
        },
        send: (kind, commands) => senderTo(cluster, nearTag).send(kind, commands),
        onChange: (call) => cluster.onChange(call),
      },
      { ...place.settings, Connector },
      tools,
    );
  });
}

/** The way to whichever server a hash tag lies on; a command that has moved is sent once more. */
function senderTo(cluster: RedisCluster, hashTag: string): Sender {
  return {
    async send(kind, commands) {
      const server = cluster.serverOf(hashTag);
      if (server === undefined) return commands.map(() => NOBODY);
      const replies = [...(await server.send(kind, commands))];
      await Promise.all(
        replies.map(async (reply, at) => {
          const elsewhere = reply instanceof StoreFailure ? cluster.redirect(reply, server) : undefined;
          if (elsewhere === undefined) return;
          [replies[at]] = await elsewhere.send(kind, [commands[at]!]);
        }),
      );
      return replies;
    },
    failureFrom: (message) => new StoreFailure("error", message),
  };
}
