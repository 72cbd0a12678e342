import { setTimeout as sleep } from "node:timers/promises";
import { freePort, type RedisServer, startRedis } from "./redis-server.ts";

export interface Cluster {
  readonly url: string;
  readonly masters: readonly RedisServer[];
  /** One of each master, in their order; none where none were asked for. */
  readonly replicas: readonly RedisServer[];
  /** Moves slots from one server to another, keys and all, one slot after the other. */
  reshard(slots: readonly number[], from: RedisServer, to: RedisServer): Promise<void>;
  /** Makes a replica the master of its slots, without the old one's consent. */
  promote(replica: RedisServer): Promise<void>;
  /** One more master, of no slots yet. */
  addMaster(): Promise<RedisServer>;
  stop(): Promise<void>;
}

const SLOTS = 16_384;
const CLUSTERED = [
  "--cluster-enabled",
  "yes",
  "--cluster-node-timeout",
  "15000",
  "--cluster-replica-validity-factor",
  "0",
];

/** Three masters with a third of the slots each. */
export async function startCluster({ replicas: withReplicas = false } = {}): Promise<Cluster> {
  const start = () => startNode();
  const masters = await Promise.all([start(), start(), start()]);
  const replicas = withReplicas ? await Promise.all([start(), start(), start()]) : [];
  const extra: RedisServer[] = [];
  const all = () => [...masters, ...replicas, ...extra];
  await Promise.all(
    masters.map((master, at) => {
      const first = Math.ceil((at * SLOTS) / 3);
      const last = Math.ceil(((at + 1) * SLOTS) / 3) - 1;
      return master.client().call("CLUSTER", "ADDSLOTSRANGE", first, last);
    }),
  );
  await join(masters[0]!, [...masters.slice(1), ...replicas]);
  await agree(all());
  for (const [at, replica] of replicas.entries()) {
    const client = replica.client();
    const masterId = await idOf(masters[at]!);
    await until(async () => (await client.call("CLUSTER", "REPLICATE", masterId).catch(() => "")) === "OK");
    await until(async () => (await client.info("replication")).includes("master_link_status:up"));
  }
  await agree(all());
  return {
    url: `redis+cluster://${masters.map(({ port }) => `127.0.0.1:${port}`).join(",")}`,
    masters,
    replicas,
    async reshard(slots, from, to) {
      const [source, target] = [from.client(), to.client()];
      const [sourceId, targetId] = await Promise.all([idOf(from), idOf(to)]);
      for (const slot of slots) {
        await target.call("CLUSTER", "SETSLOT", slot, "IMPORTING", sourceId);
        await source.call("CLUSTER", "SETSLOT", slot, "MIGRATING", targetId);
        let keys: string[];
        do {
          keys = (await source.call("CLUSTER", "GETKEYSINSLOT", slot, 10)) as string[];
          for (const key of keys) await source.call("MIGRATE", "127.0.0.1", to.port, key, 0, 5000);
        } while (keys.length > 0);
        await target.call("CLUSTER", "SETSLOT", slot, "NODE", targetId);
        await source.call("CLUSTER", "SETSLOT", slot, "NODE", targetId);
        // Whoever moves it on before all have heard of this has two masters claim it.
        const epoch = /cluster_my_epoch:(\d+)/.exec((await target.call("CLUSTER", "INFO")) as string)?.[1];
        for (const server of all()) {
          const client = server.client();
          await until(async () => {
            const nodes = ((await client.call("CLUSTER", "NODES")) as string).split("\n");
            return nodes.some((line) => line.startsWith(targetId) && line.split(" ")[6] === epoch);
          });
          client.disconnect();
        }
      }
    },
    async promote(replica) {
      const client = replica.client();
      await until(
        async () => (await client.call("CLUSTER", "FAILOVER", "TAKEOVER").catch(() => "")) === "OK",
      );
      await until(async () => (await client.info("replication")).includes("role:master"));
    },
    async addMaster() {
      const added = await startNode();
      extra.push(added);
      await join(masters[0]!, [added]);
      await agree(all());
      return added;
    },
    stop: async () => void (await Promise.all(all().map((server) => server.stop()))),
  };
}

/** A cluster's bus has a port of its own, by default 10 000 above, which need not be free. */
async function startNode(): Promise<RedisServer> {
  return startRedis({ args: [...CLUSTERED, "--cluster-port", `${await freePort()}`] });
}

async function join(first: RedisServer, others: readonly RedisServer[]): Promise<void> {
  for (const other of others) {
    const busPort = await busPortOf(other.client());
    await first.client().call("CLUSTER", "MEET", "127.0.0.1", other.port, busPort);
  }
}

async function busPortOf(client: ReturnType<RedisServer["client"]>): Promise<number> {
  const [, port] = (await client.call("CONFIG", "GET", "cluster-port")) as string[];
  return Number(port);
}

async function idOf(server: RedisServer): Promise<string> {
  return (await server.client().call("CLUSTER", "MYID")) as string;
}

/** Every server knows every other one, and says that all slots are served. */
async function agree(servers: readonly RedisServer[]): Promise<void> {
  for (const server of servers) {
    const client = server.client();
    await until(async () => {
      const info = (await client.call("CLUSTER", "INFO")) as string;
      return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${servers.length}\r`);
    });
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries === 2000) throw new Error(`It did not come to hold: ${holds}`);
    await sleep(10);
  }
}
