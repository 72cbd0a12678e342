import { systemRandom } from "../../base/random.ts";
import { openServer } from "../../store/redis/connect.ts";
import type { RedisTarget } from "../../store/redis/redis-target.ts";

export type RedisClient = ReturnType<typeof openServer>;

const CONNECT_MS = 2000;

/** A connection of its own for one reading of a source, until the signal. Rejects when the server cannot be reached. */
export async function connectUntil(target: RedisTarget, signal: AbortSignal): Promise<RedisClient> {
  const client = openServer(target, "A source of events in Redis", {
    connectMs: CONNECT_MS,
    random: systemRandom,
  });
  client.on("error", () => {});
  const close = () => client.disconnect();
  signal.addEventListener("abort", close, { once: true });
  try {
    signal.throwIfAborted();
    await client.connect();
    return client;
  } catch (error) {
    client.disconnect();
    throw error;
  }
}
