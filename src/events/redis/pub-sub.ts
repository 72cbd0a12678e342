import { systemClock } from "../../base/clock.ts";
import type { RedisTarget } from "../../store/redis/redis-target.ts";
import type { EventSource } from "../event-source.ts";
import { Inbox } from "../inbox.ts";
import { connectUntil } from "./connection.ts";

/** Options of {@link redisPubSubEvents}. */
export interface RedisPubSubOptions {
  /** Where messages are published: as the option `redis` of `createFieldCache`. */
  readonly redis: RedisTarget;
  readonly channel: string;
  /** Default: the channel's. */
  readonly name?: string;
}

/**
 * Messages published on a Redis channel.
 *
 * @example
 * await cache.listen(redisPubSubEvents({ redis: "redis://localhost:6379", channel: "changes" }));
 *
 * Trap: a channel remembers nothing. Whenever this source is opened (a start, a lost connection, another gateway that leads)
 * everything that it covers is dropped; `redisStreamEvents` catches up instead.
 */
export function redisPubSubEvents({ redis, channel, name = channel }: RedisPubSubOptions): EventSource {
  return {
    name,
    async *read({ everyMs, signal }) {
      const client = await connectUntil(redis, signal);
      try {
        const inbox = new Inbox<string>(systemClock);
        client.on("message", (_channel, text) => inbox.push(text));
        client.on("close", () => inbox.fail(new Error("The connection to Redis is closed.")));
        await client.subscribe(channel);
        yield { messages: [], current: true, gap: "a channel does not tell what was published before" };
        for (;;) {
          const { items, overflowed } = await inbox.take(everyMs);
          if (items.length === 0) await client.ping();
          const gap = overflowed ? { gap: "more was published than could be dealt with" } : {};
          yield { messages: items, current: true, ...gap };
        }
      } finally {
        client.disconnect();
      }
    },
  };
}
