import type { Keys } from "../../src/keys/grammar.ts";
import { hashSlot, SLOTS } from "../../src/keys/hash-slot.ts";
import { createRedisStore } from "../../src/store/redis/create-redis-store.ts";
import type { ReadReply, Store } from "../../src/store/store.ts";
import { ONE_SERVER, StoreFailure } from "../../src/store/store.ts";

const BUCKETS = 12;

/**
 * Several servers as one store, each with a like share of twelve buckets: as a cluster's masters have them. No server is ever lost here,
 * and nothing moves; a request that timed out on one of them leaves all of them alone.
 */
export function createSpreadStore(
  urls: readonly string[],
  keys: Keys,
  timeouts = { readMs: 10_000, writeMs: 10_000, invalidateMs: 10_000 },
): Store {
  const servers = urls.map((redis) => createRedisStore({ redis, keys, timeouts }));
  const bucketOf = (hashTag: string) => Math.floor((hashSlot(hashTag) * BUCKETS) / SLOTS);
  const numberOf = (hashTag: string) => Math.floor((bucketOf(hashTag) * servers.length) / BUCKETS);
  const serverOf = (key: string) => numberOf(key.slice(key.indexOf("{") + 1, key.indexOf("}")));

  /** The items of each server, and where they stood. */
  function shares<Item>(items: readonly Item[], keyOf: (item: Item) => string) {
    const all = servers.map((server) => ({ server, items: [] as Item[], places: [] as number[] }));
    items.forEach((item, at) => {
      const share = all[serverOf(keyOf(item))]!;
      share.items.push(item);
      share.places.push(at);
    });
    return all;
  }

  async function each<Item, Reply>(
    items: readonly Item[],
    keyOf: (item: Item) => string,
    send: (server: Store, items: readonly Item[]) => Promise<readonly Reply[]>,
  ): Promise<readonly Reply[]> {
    const replies: Reply[] = [];
    await Promise.all(
      shares(items, keyOf).map(async ({ server, items: own, places }) => {
        if (own.length === 0) return;
        const given = await send(server, own);
        for (const [at, place] of places.entries()) replies[place] = given[at]!;
      }),
    );
    return replies;
  }

  async function read(request: Parameters<Store["read"]>[0]): Promise<ReadReply> {
    const { entryKeys, stampKeys, log } = request;
    const entries = shares(entryKeys, String);
    const stamps = shares(stampKeys, String);
    const reply = {
      entries: [] as ReadReply["entries"][number][],
      stamps: [] as ReadReply["stamps"][number][],
    };
    const replies = await Promise.all(
      servers.map(async (server, number) => {
        const own = { entryKeys: entries[number]!.items, stampKeys: stamps[number]!.items, log };
        if (own.entryKeys.length + own.stampKeys.length === 0 && !log) return undefined;
        const given = await server.read(own);
        for (const [at, place] of entries[number]!.places.entries())
          reply.entries[place] = given.entries[at]!;
        for (const [at, place] of stamps[number]!.places.entries()) reply.stamps[place] = given.stamps[at]!;
        return given.log;
      }),
    );
    if (!log) return reply;
    const failed = replies.find((one) => one instanceof StoreFailure);
    return { ...reply, log: failed ?? position() ?? new StoreFailure("error", "no position") };
  }

  const position = () => {
    const all = servers.map((server) => server.position());
    return all.includes(undefined) ? undefined : JSON.stringify(all);
  };
  const first = async <T>(all: readonly Promise<T>[], isDone: (reply: T) => boolean): Promise<T> => {
    const replies = await Promise.all(all);
    return replies.find((reply) => !isDone(reply)) ?? replies[0]!;
  };
  const entryKey = (item: { readonly entryKey: string }) => item.entryKey;
  const lockKey = (item: { readonly lockKey: string }) => item.lockKey;

  return {
    kind: "redis",
    buckets: BUCKETS,
    bucketOf,
    nodeOf: () => ONE_SERVER,
    ready: async () => void (await Promise.all(servers.map((server) => server.ready()))),
    read,
    begin: (items) => each(items, entryKey, (server, own) => server.begin(own)),
    stamps: (items) =>
      each(
        items,
        ({ stampKey }) => stampKey,
        (server, own) => server.stamps(own),
      ),
    logSince: async ({ position: since, home, own }) => {
      const number = numberOf(home);
      const parts = JSON.parse(since) as string[];
      return servers[number]!.logSince({ position: parts[number]!, home, own });
    },
    put: (items) => each(items, entryKey, (server, own) => server.put(own)),
    prime: (items) => each(items, entryKey, (server, own) => server.prime(own)),
    release: (items) => each(items, lockKey, (server, own) => server.release(own)),
    renew: (items) => each(items, lockKey, (server, own) => server.renew(own)),
    announce: (token, names) =>
      first(
        servers.map((server) => server.announce(token, names)),
        (reply) => reply === undefined,
      ),
    dropStamps: (stampKeys) =>
      first(
        shares(stampKeys, String).map(({ server, items }) => server.dropStamps(items)),
        (reply) => reply === undefined,
      ),
    appendLog: (token, names) =>
      first(
        servers.map((server) => server.appendLog(token, names)),
        (reply) => reply === true,
      ),
    position,
    scan: (visit) =>
      first(
        servers.map((server) => server.scan(visit)),
        (reply) => reply === undefined,
      ),
    now: (home) => servers[numberOf(home)]!.now(home),
    state: () => servers[0]!.state(),
    // Nothing is written behind here.
    behind: servers[0]!.behind,
    close: async () => void (await Promise.all(servers.map((server) => server.close()))),
  };
}
