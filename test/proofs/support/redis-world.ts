import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Random } from "../../../src/base/random.ts";
import { parseEntry } from "../../../src/engine/entry.ts";
import { createKeys } from "../../../src/keys/grammar.ts";
import { beginScript } from "../../../src/store/redis/scripts/begin.ts";
import { logSinceScript } from "../../../src/store/redis/scripts/log-since.ts";
import { putScript } from "../../../src/store/redis/scripts/put.ts";
import { stampsScript } from "../../../src/store/redis/scripts/stamps.ts";
import { type FaultProxy, startFaultProxy } from "../../support/fault-proxy.ts";
import { startRedis } from "../../support/redis-server.ts";
import { type Child, startChild } from "./child.ts";
import type { World } from "./schedule.ts";

export interface RedisWorld extends World {
  close(): Promise<void>;
}

/** Longer than the time-outs of `gateway-process.ts`: what is held so long is given up, and runs all the same. */
const HOLD_MS = 250;

/** Some stops are shorter than the lease of near copies, and some longer. */
const STOP_MS = 2000;

/**
 * Gateways in processes of their own, one Redis, and a proxy before it for each of them. `masters`: several of them share
 * the keys among themselves, and everything is hot. `near`: they hold near copies, and are stopped now and then. `next`: one of
 * them is of the next deploy.
 */
export async function startRedisWorld(
  gateways: number,
  random: Random,
  { masters = 1, near = false, next = false } = {},
): Promise<RedisWorld> {
  const servers = await Promise.all(Array.from({ length: masters }, () => startRedis()));
  const redises = servers.map((server) => server.client());
  const proxies = await Promise.all(
    Array.from({ length: gateways }, () => Promise.all(servers.map(({ port }) => startFaultProxy(port)))),
  );
  const children = proxies.map((own, number) =>
    startChild("./gateway-process.ts", [
      own.map(({ url }) => url).join(),
      String(number),
      String(Math.floor(random.next() * 1e9)),
      ...(near ? ["near"] : []),
      ...(next && number === 0 ? ["next"] : []),
    ]),
  );
  await Promise.all(children.map((child) => child.call("ready")));
  const entries = await StoredEntries.of(servers.map((server) => server.client()));
  const harm = new Harm(redises, proxies.flat(), near ? children : [], random);
  const any = (): Child => children[Math.floor(random.next() * gateways)]!;

  return {
    gateways,
    read: (gateway, wish) => children[gateway]!.call("read", wish),
    invalidate: (gateway, target) => children[gateway]!.call("invalidate", target),
    feel(mood) {
      for (const child of children) child.tell("feel", mood);
    },
    release: (gateway, chosen) => children[gateway]!.tell("release", chosen),
    harm: () => harm.some(),
    async pause() {
      const kind = random.next();
      if (kind < 0.35) await any().call("isIdle");
      else if (kind < 0.75) await redises[0]!.ping();
      // For what ends by itself.
      else if (kind < 0.8) await sleep(1 + random.next() * 15);
      else await new Promise((resolve) => setImmediate(resolve));
    },
    calm() {
      for (const child of children) child.tell("calm");
    },
    async settled(work) {
      await harm.mended();
      await Promise.all(work);
      for (const child of children) while (!(await child.call<boolean>("isIdle"))) await sleep(2);
    },
    reports: () => Promise.all(children.map((child) => child.call<never>("report"))),
    inspect: async () => entries.setBack.splice(0),
    async close() {
      await Promise.all(children.map((child) => child.end()));
      await Promise.all(proxies.flat().map((proxy) => proxy.close()));
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

/** What can happen to a Redis and to the way there. */
class Harm {
  readonly #redises: readonly Redis[];
  readonly #proxies: readonly FaultProxy[];
  readonly #stoppable: readonly Child[];
  readonly #random: Random;
  /** A breaker that is opened again and again stays open for longer: so a dozen settled moments lie between two times. */
  #settledSince = 0;
  #held: { readonly proxy: FaultProxy; readonly since: number } | undefined;

  constructor(
    redises: readonly Redis[],
    proxies: readonly FaultProxy[],
    stoppable: readonly Child[],
    random: Random,
  ) {
    this.#redises = redises;
    this.#proxies = proxies;
    this.#stoppable = stoppable;
    this.#random = random;
  }

  async some(): Promise<void> {
    const kind = this.#random.next();
    const redis = this.#redises[Math.floor(this.#random.next() * this.#redises.length)]!;
    if (this.#stoppable.length > 0 && this.#random.next() < 0.3) return this.#stop();
    if (kind < 0.05) await redis.flushall();
    else if (kind < 0.45) await this.#evict(redis, ":__lock");
    else if (kind < 0.8 || this.#settledSince < 12) await this.#evict(redis);
    else this.#hold();
  }

  async mended(): Promise<void> {
    this.#settledSince += 1;
    if (this.#held === undefined) return;
    const { proxy, since } = this.#held;
    this.#held = undefined;
    await sleep(Math.max(0, since + HOLD_MS - performance.now()));
    await proxy.heal();
  }

  /** A gateway stands still, about as long as its lease, in the middle of whatever it does; what is asked of it meanwhile it finds when it wakes. */
  #stop(): void {
    const child = this.#stoppable[Math.floor(this.#random.next() * this.#stoppable.length)]!;
    child.signal("SIGSTOP");
    setTimeout(() => child.signal("SIGCONT"), this.#random.next() * STOP_MS);
  }

  /** Any key, or any whose name ends so. */
  async #evict(redis: Redis, ending = ""): Promise<void> {
    const keys = (await redis.keys("proof:*")).filter((key) => key.endsWith(ending));
    const key = keys[Math.floor(this.#random.next() * keys.length)];
    if (key !== undefined) await redis.del(key);
  }

  /** From now on, or from the next command of one kind on, a gateway's commands do not arrive, or their replies do not. */
  #hold(): void {
    if (this.#held !== undefined) return;
    this.#settledSince = 0;
    const proxy = this.#proxies[Math.floor(this.#random.next() * this.#proxies.length)]!;
    this.#held = { proxy, since: performance.now() };
    const from = [
      putScript.sha,
      putScript.sha,
      beginScript.sha,
      stampsScript.sha,
      logSinceScript.sha,
      undefined,
    ];
    const word = from[Math.floor(this.#random.next() * from.length)];
    const which = this.#random.next() < 0.7 ? "requests" : "replies";
    if (word === undefined) proxy.hold(which);
    else proxy.holdFrom(word, which);
  }
}

/**
 * The second law: what is stored under a key never goes back in time, as a late holder would make it do. Redis tells every SET
 * that a script of ours makes, in the order in which it makes them.
 */
class StoredEntries {
  /** What was seen to go back. */
  readonly setBack: string[] = [];
  readonly #keys = createKeys("proof");
  readonly #born = new Map<string, number>();

  static async of(redises: readonly Redis[]): Promise<StoredEntries> {
    const entries = new StoredEntries();
    for (const redis of redises) {
      const feed = await redis.monitor();
      feed.on("error", () => {});
      feed.on("monitor", (_time: string, [command = "", key = "", text = ""]: string[], source: string) => {
        if (source === "lua" && command.toLowerCase() === "set") entries.#stored(key, text);
      });
    }
    return entries;
  }

  #stored(key: string, text: string): void {
    const entry = this.#keys.parseEntry(key) === undefined ? undefined : parseEntry(text);
    if (entry === undefined) return;
    const before = this.#born.get(key) ?? 0;
    if (entry.born < before) this.setBack.push(`${key} went back by ${before - entry.born} µs`);
    this.#born.set(key, Math.max(before, entry.born));
  }
}
