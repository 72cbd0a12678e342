import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Shop, type ShopOptions, startShop } from "../gateway/shop.ts";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { startOldRedis } from "../support/old-redis.ts";
import { freePort, type RedisServer, type RedisServerOptions, startRedis } from "../support/redis-server.ts";
import { PATIENT, SECRET } from "./support/demo-server.ts";

/** Each fault once, through a gateway: what its client sees, the log line, the metric. The table of docs/operations.md. */

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function redisServer(options?: RedisServerOptions): Promise<RedisServer> {
  const redis = await startRedis(options);
  closing.push(() => redis.stop());
  return redis;
}

async function proxyTo(redis: RedisServer): Promise<FaultProxy> {
  const proxy = await startFaultProxy(redis.port);
  closing.push(() => proxy.close());
  return proxy;
}

async function directory(): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), "fieldgate-faults-"));
  closing.push(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Time-outs play a part only where nothing answers at all. */
async function gatewayOn(url: string, cache: ShopOptions["cache"] = PATIENT): Promise<Gateway> {
  const environment = { REDIS_URL: url, CACHE_SECRET: SECRET, CACHE_NAMESPACE: "shop" };
  const shop = await startShop({ environment, cache });
  closing.push(() => shop.close());
  await shop.cache.ready();
  return new Gateway(shop);
}

const SHORT = { readTimeoutMs: 100, writeTimeoutMs: 100, invalidateTimeoutMs: 300 };

class Gateway {
  readonly shop: Shop;

  constructor(shop: Shop) {
    this.shop = shop;
  }

  /** A product with its price: what the client sees of it. */
  async product(id = "1"): Promise<{ readonly price: number; readonly cache: string | null }> {
    const answer = await this.shop.get(`{ product(id: "${id}") { price } }`);
    const { data, errors } = (await answer.json()) as { data: { product: { price: number } }; errors?: [] };
    expect({ status: answer.status, errors }).toEqual({ status: 200, errors: undefined });
    return { price: data.product.price, cache: answer.headers.get("x-cache") };
  }

  async setPrice(price: number): Promise<void> {
    const answer = await this.shop.post({
      query: `mutation { setPrice(id: "1", price: ${price}) { id } }`,
    });
    expect(await answer.json()).toEqual({ data: { setPrice: { id: "1" } } });
  }

  /** Resolves once this product comes from the cache. */
  async hits(id = "1"): Promise<void> {
    await vi.waitFor(async () => expect((await this.product(id)).cache).toBe("HIT"), {
      timeout: 10_000,
      interval: 10,
    });
  }

  /** Resolves once the log has this line. */
  async logged(msg: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
    await vi.waitFor(
      () => expect(this.shop.logLines()).toContainEqual(expect.objectContaining({ msg, ...fields })),
      { timeout: 10_000, interval: 10 },
    );
  }

  doesNotAnswer(status: "down" | "open", detail: string): Promise<void> {
    const msg = "The store of the cache does not answer; requests go to the source.";
    return this.logged(msg, { level: WARN, status, detail: expect.stringContaining(detail) });
  }

  refuses(code: string): Promise<void> {
    return this.logged("The store of the cache refuses commands.", { level: WARN, code });
  }

  answersAgain(): Promise<void> {
    return this.logged("The store of the cache answers.", { level: INFO });
  }

  /** The value of a metric; 0 where it has not been met. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.shop.gateway.url}/metrics`)).text();
    const line = text.split("\n").find((one) => one.startsWith(`${name} `));
    return line === undefined ? 0 : Number(line.slice(name.length + 1));
  }

  /** A store that is away: the client sees the source, health and metrics say so. */
  async isAway(): Promise<void> {
    expect(await this.product()).toMatchObject({ cache: "BYPASS" });
    expect(await this.metric("fieldgate_store_up")).toBe(0);
    const health = await fetch(`${this.shop.gateway.url}/health/ready`);
    expect([health.status, await health.json()]).toEqual([
      200,
      expect.objectContaining({ status: "degraded" }),
    ]);
  }
}

const WARN = 40;
const INFO = 30;

describe("Redis", () => {
  it("killed", async () => {
    const redis = await redisServer();
    const gateway = await gatewayOn(redis.url);
    await gateway.hits();
    await redis.kill();
    await gateway.doesNotAnswer("down", "ECONNREFUSED");
    await gateway.isAway();
    await redisServer({ port: redis.port });
    await gateway.hits();
    await gateway.answersAgain();
    expect(await gateway.metric("fieldgate_store_up")).toBe(1);
  });

  it("stopped", async () => {
    const redis = await redisServer();
    const gateway = await gatewayOn(redis.url, SHORT);
    await gateway.hits();
    redis.pause();
    await gateway.isAway();
    await gateway.doesNotAnswer("open", "no answer within 100 ms");
    expect(await gateway.metric('fieldgate_store_errors_total{code="TIMEOUT"}')).toBeGreaterThan(0);
    redis.resume();
    await gateway.hits();
  });

  it("black-holed", async () => {
    const proxy = await proxyTo(await redisServer());
    const gateway = await gatewayOn(proxy.url, SHORT);
    await gateway.hits();
    proxy.hold();
    await gateway.isAway();
    await gateway.doesNotAnswer("open", "no answer within 100 ms");
    expect(await gateway.metric('fieldgate_store_errors_total{code="TIMEOUT"}')).toBeGreaterThan(0);
    await proxy.heal();
    await gateway.hits();
  });

  it("slowed beyond the time-out", async () => {
    const proxy = await proxyTo(await redisServer());
    const gateway = await gatewayOn(proxy.url, SHORT);
    await gateway.hits();
    proxy.delay(300);
    await gateway.isAway();
    await gateway.doesNotAnswer("open", "no answer within 100 ms");
    expect(await gateway.metric('fieldgate_store_errors_total{code="TIMEOUT"}')).toBeGreaterThan(0);
    await proxy.heal();
    await gateway.hits();
  });

  it("full, with the policy noeviction", async () => {
    const redis = await redisServer({ args: ["--maxmemory-policy", "noeviction"] });
    const gateway = await gatewayOn(redis.url);
    await gateway.hits("1");
    await redis.client().config("SET", "maxmemory", "1");
    // What is there is still found, and forgotten when it must be.
    expect((await gateway.product("1")).cache).toBe("HIT");
    expect((await gateway.product("2")).cache).toBe("BYPASS");
    await gateway.refuses("OOM");
    expect(await gateway.metric('fieldgate_store_errors_total{code="OOM"}')).toBeGreaterThan(0);
    expect(await gateway.metric("fieldgate_store_up")).toBe(1);
    await gateway.setPrice(11);
    expect((await gateway.product("1")).price).toBe(11);
    await redis.client().config("SET", "maxmemory", "0");
    await gateway.hits("2");
  });

  it.each([
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
  ])("full, with the policy %s", async (policy) => {
    const redis = await redisServer({ args: ["--maxmemory-policy", policy] });
    const gateway = await gatewayOn(redis.url);
    await gateway.hits();
    const admin = redis.client();
    const used = Number(/used_memory:(\d+)/.exec(await admin.info("memory"))![1]);
    await admin.config("SET", "maxmemory", String(used + 200_000));
    const evicted = async () => Number(/evicted_keys:(\d+)/.exec(await admin.info("stats"))![1]);
    // Others fill it, with keys that may be evicted like ours.
    for (let i = 0; (await evicted()) < 400; i++) await admin.set(`other:${i}`, "x".repeat(2000), "EX", 60);
    await gateway.setPrice(12);
    expect((await gateway.product()).price).toBe(12);
    await gateway.hits();
    expect((await gateway.product()).price).toBe(12);
    expect(await gateway.metric("fieldgate_store_up")).toBe(1);
    expect(await gateway.metric('fieldgate_store_errors_total{code="OOM"}')).toBe(0);
  });

  it("read-only", async () => {
    const redis = await redisServer();
    const gateway = await gatewayOn(redis.url);
    await gateway.hits();
    const admin = redis.client();
    await admin.replicaof("127.0.0.1", await freePort());
    await gateway.doesNotAnswer("down", "the server is a replica");
    await gateway.isAway();
    await admin.replicaof("NO", "ONE");
    await gateway.hits();
  });

  it("short of replicas", async () => {
    const redis = await redisServer();
    const gateway = await gatewayOn(redis.url);
    await gateway.hits("1");
    const admin = redis.client();
    await admin.config("SET", "min-replicas-to-write", "1");
    expect((await gateway.product("1")).cache).toBe("HIT");
    expect((await gateway.product("2")).cache).toBe("BYPASS");
    await gateway.refuses("NOREPLICAS");
    expect(await gateway.metric('fieldgate_store_errors_total{code="NOREPLICAS"}')).toBeGreaterThan(0);
    await admin.config("SET", "min-replicas-to-write", "0");
    await gateway.hits("2");
  });

  it("LOADING", async () => {
    const dir = await directory();
    const first = await redisServer({ dir });
    const gateway = await gatewayOn(first.url);
    await gateway.hits();
    const admin = first.client();
    for (let i = 0; i < 100; i++) await admin.set(`other:${i}`, "x".repeat(2000));
    await admin.config("SET", "rdbcompression", "no");
    await admin.save();
    await first.kill();
    const slow = ["--key-load-delay", "20000", "--loading-process-events-interval-bytes", "1024"];
    await redisServer({ dir, port: first.port, args: slow });
    await gateway.doesNotAnswer("down", "the server is loading its data");
    await gateway.isAway();
    await gateway.hits();
  });

  it("BUSY", async () => {
    const redis = await redisServer({ args: ["--lua-time-limit", "1"] });
    const gateway = await gatewayOn(redis.url);
    await gateway.hits();
    const admin = redis.client();
    await admin.ping();
    const others = redis.client();
    const endless = others.eval("while true do end", 0).catch((error: Error) => error.message);
    await gateway.doesNotAnswer("down", "BUSY");
    await gateway.isAway();
    await admin.script("KILL");
    expect(await endless).toContain("killed");
    await gateway.hits();
  });

  it("MISCONF", async () => {
    const dir = await directory();
    const redis = await redisServer({ dir });
    const gateway = await gatewayOn(redis.url);
    await gateway.hits("1");
    const admin = redis.client();
    // A snapshot cannot be put in the place of a directory.
    await mkdir(path.join(dir, "dump.rdb"));
    await admin.config("SET", "save", "3600 1");
    await admin.bgsave();
    await vi.waitFor(
      async () => expect(await admin.info("persistence")).toContain("last_bgsave_status:err"),
      {
        timeout: 10_000,
      },
    );
    expect((await gateway.product("1")).cache).toBe("HIT");
    expect((await gateway.product("2")).cache).toBe("BYPASS");
    await gateway.refuses("MISCONF");
    expect(await gateway.metric('fieldgate_store_errors_total{code="MISCONF"}')).toBeGreaterThan(0);
    await admin.config("SET", "stop-writes-on-bgsave-error", "no");
    await gateway.hits("2");
  });

  it("out of connections", async () => {
    const redis = await redisServer();
    const admin = redis.client();
    await admin.ping();
    const gateway = await gatewayOn(redis.url);
    await gateway.hits();
    await admin.config("SET", "maxclients", "1");
    await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await gateway.doesNotAnswer("down", "maxclients");
    await gateway.isAway();
    await admin.config("SET", "maxclients", "100");
    await gateway.hits();
  });

  it("asked with a wrong password", async () => {
    const redis = await redisServer({ args: ["--requirepass", "right"] });
    const gateway = await gatewayOn(`redis://:wrong@127.0.0.1:${redis.port}`);
    await gateway.isAway();
    await gateway.doesNotAnswer("down", "WRONGPASS");
  });

  it("with keys of a wrong type under ours", async () => {
    const redis = await redisServer();
    const gateway = await gatewayOn(redis.url);
    await gateway.hits();
    const admin = redis.client();
    for (const key of await admin.keys("shop:*")) {
      await admin.del(key);
      await admin.rpush(key, "not ours");
    }
    expect(await gateway.product()).toMatchObject({ price: 10, cache: expect.not.stringMatching("HIT") });
    await gateway.hits();
    expect(await gateway.metric("fieldgate_store_up")).toBe(1);
  });

  it("restarted from a snapshot", async () => {
    const dir = await directory();
    const redis = await redisServer({ dir });
    const gateway = await gatewayOn(redis.url);
    await gateway.hits();
    await redis.client().save();
    // Invalidated, acknowledged, and lost with the crash.
    await gateway.setPrice(13);
    await redis.kill();
    await gateway.doesNotAnswer("down", "");
    const restored = await redisServer({ dir, port: redis.port });
    expect(await restored.client().keys("shop:{Product:1}:price:*")).toHaveLength(1);
    await gateway.answersAgain();
    expect((await gateway.product()).price).toBe(13);
    await gateway.hits();
    expect((await gateway.product()).price).toBe(13);
  });

  it("older than 6.2", async () => {
    const old = await startOldRedis("6.0.16");
    closing.push(() => old.close());
    const gateway = await gatewayOn(old.url);
    await gateway.isAway();
    await gateway.doesNotAnswer("down", "the server is Redis 6.0.16, but 6.2 or newer is needed");
  });
});
