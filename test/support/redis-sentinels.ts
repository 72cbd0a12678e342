import { setTimeout as sleep } from "node:timers/promises";
import { type RedisServer, startRedis } from "./redis-server.ts";

export interface SentinelGroup {
  readonly url: string;
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly sentinels: readonly RedisServer[];
  /** Port of the server that the sentinels call the master now. */
  masterPort(): Promise<number>;
  /** Makes the replica the master, as after a failure of the other, and waits until the sentinels say so. */
  failOver(): Promise<void>;
  stop(): Promise<void>;
}

const MASTER = "shop-master";
/** A master that is silent for so long is taken for dead. */
const DOWN_AFTER_MS = 500;

/** A master, its replica and three sentinels, two of which have to agree. */
export async function startSentinels(): Promise<SentinelGroup> {
  const master = await startRedis();
  const replica = await startRedis({ args: ["--replicaof", "127.0.0.1", `${master.port}`] });
  await until(async () => (await master.client().info("replication")).includes("state=online"));
  const sentinels = await Promise.all(
    [1, 2, 3].map(() =>
      startRedis({
        config: [
          `sentinel monitor ${MASTER} 127.0.0.1 ${master.port} 2`,
          `sentinel down-after-milliseconds ${MASTER} ${DOWN_AFTER_MS}`,
          `sentinel failover-timeout ${MASTER} 3000`,
        ],
        args: ["--sentinel"],
      }),
    ),
  );
  const eyes = sentinels.map((sentinel) => sentinel.client());
  // Each has heard of the replica and of the two others.
  for (const each of eyes) {
    await until(async () => {
      const info = await each.info("sentinel");
      return info.includes("slaves=1,sentinels=3");
    });
  }
  // The last of them: a test may do without the others.
  const eye = eyes.at(-1)!;
  const masterPort = async () => {
    const [, port] = (await eye.call("SENTINEL", "get-master-addr-by-name", MASTER)) as string[];
    return Number(port);
  };
  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(",")}/${MASTER}`,
    master,
    replica,
    sentinels,
    masterPort,
    async failOver() {
      const before = await masterPort();
      await until(
        async () =>
          (await eye.call("SENTINEL", "failover", MASTER).catch(() => undefined)) === "OK" ||
          (await masterPort()) !== before,
      );
      await until(async () => (await masterPort()) !== before);
    },
    stop: async () =>
      void (await Promise.all([master, replica, ...sentinels].map((server) => server.stop()))),
  };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries === 2000) throw new Error(`It did not come to hold: ${holds}`);
    await sleep(10);
  }
}
