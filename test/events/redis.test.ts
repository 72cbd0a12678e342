import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { redisPubSubEvents, redisStreamEvents } from "../../src/index.ts";
import { startFaultProxy } from "../support/fault-proxy.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { createShop, message, openGateway, product, type Shop, type ShopGateway } from "./support.ts";

/** The cache has a Redis of its own: what happens to the source does not happen to it. */
let cacheRedis: RedisServer;
let redis: RedisServer;
beforeAll(async () => {
  [cacheRedis, redis] = await Promise.all([startRedis(), startRedis()]);
});
afterAll(() => Promise.all([cacheRedis.stop(), redis.stop()]));

let shop: Shop;
let run = 0;
beforeEach(() => {
  shop = createShop();
  run += 1;
});

const gateway = (): ShopGateway => openGateway(shop, { redis: cacheRedis.url, namespace: `run${run}` });
const patience = { timeout: 15_000, interval: 20 };

async function freshIn(one: ShopGateway, id: string, price: number): Promise<void> {
  await vi.waitFor(async () => expect(await one.price(id)).toBe(price), patience);
}

describe("a Redis stream", () => {
  const add = (text: string) => redis.client().xadd(`changes${run}`, "*", "by", "shop", "message", text);
  const source = (url = redis.url) =>
    redisStreamEvents({ redis: url, stream: `changes${run}`, name: "changes" });

  it("invalidates for all gateways what is added to it", async () => {
    const fleet = [gateway(), gateway()];
    for (const { cache } of fleet) await cache.listen(source());
    for (const one of fleet) expect(await one.price("1")).toBe(10);
    shop.prices.set("1", 11);
    await add(message(product("1")));
    for (const one of fleet) await freshIn(one, "1", 11);
    await add("nonsense");
    await redis.client().xadd(`changes${run}`, "*", "note", "without the field");
    await vi.waitFor(() => {
      const counts = fleet.map(({ cache }) => cache.stats().events["changes"]!);
      expect(counts.map(({ bad }) => bad).sort()).toEqual([0, 2]);
    }, patience);
    await Promise.all(fleet.map(({ cache }) => cache.close()));
  });

  it("is caught up with, entry by entry, after a lost connection and after a restart", async () => {
    const proxy = await startFaultProxy(redis.port);
    const one = gateway();
    await one.cache.listen(source(proxy.url));
    await add(message(product("3")));
    await vi.waitFor(() => expect(one.cache.stats().events["changes"]?.messages).toBe(1), patience);
    for (const id of ["1", "2"]) await one.price(id);
    const { dropped } = one.cache.stats().events["changes"]!;
    await proxy.refuse();
    shop.prices.set("1", 11);
    await add(message(product("1")));
    await proxy.heal();
    await freshIn(one, "1", 11);
    await one.cache.close();

    shop.prices.set("1", 12);
    for (let n = 0; n < 1200; n++) await add(message(product("3")));
    await add(message(product("1")));
    const two = gateway();
    await two.cache.listen(source());
    expect(await two.price("1")).toBe(12);
    expect(two.cache.stats().events["changes"]).toMatchObject({ messages: 1201, dropped: 0 });
    expect(one.cache.stats().events["changes"]?.dropped).toBe(dropped);
    // What no entry was about is still there.
    await two.price("2");
    expect(shop.loads.filter((id) => id === "2").length).toBe(1);
    await two.cache.close();
    await proxy.close();
  });

  it.each([
    [
      "was trimmed",
      async () => {
        for (let n = 0; n < 3; n++) await add(message(product("3")));
        await redis.client().xtrim(`changes${run}`, "MAXLEN", 1);
      },
    ],
    ["was deleted", () => redis.client().del(`changes${run}`)],
    [
      "was begun anew",
      async () => {
        await redis.client().del(`changes${run}`);
        await redis.client().xadd(`changes${run}`, "1-1", "message", message(product("3")));
      },
    ],
  ])("that %s while nobody read it has everything dropped that it covers", async (_, harm) => {
    const one = gateway();
    await one.cache.listen(source());
    await add(message(product("3")));
    await vi.waitFor(() => expect(one.cache.stats().events["changes"]?.messages).toBe(1), patience);
    await one.price("1");
    await one.cache.close();
    await harm();
    shop.prices.set("1", 11);
    const two = gateway();
    await two.cache.listen(source());
    expect(await two.price("1")).toBe(11);
    expect(two.cache.stats().events["changes"]?.dropped).toBe(1);
    await two.cache.close();
  });

  it("that is deleted while it is read has everything dropped that it covers", async () => {
    const one = gateway();
    await one.cache.listen(source());
    await add(message(product("3")));
    await vi.waitFor(() => expect(one.cache.stats().events["changes"]?.messages).toBe(1), patience);
    await one.price("1");
    shop.prices.set("1", 11);
    await redis.client().del(`changes${run}`);
    await freshIn(one, "1", 11);
    await one.cache.close();
  });
});

describe("a Redis channel", () => {
  const publish = (text: string) => redis.client().publish(`changes${run}`, text);
  const source = (url = redis.url) =>
    redisPubSubEvents({ redis: url, channel: `changes${run}`, name: "changes" });

  it("invalidates for all gateways what is published on it", async () => {
    const fleet = [gateway(), gateway()];
    for (const { cache } of fleet) await cache.listen(source());
    for (const one of fleet) expect(await one.price("1")).toBe(10);
    shop.prices.set("1", 11);
    await publish(message(product("1")));
    for (const one of fleet) await freshIn(one, "1", 11);
    await Promise.all(fleet.map(({ cache }) => cache.close()));
  });

  it.each(["reset", "hold"] as const)(
    "remembers nothing: after a lost connection (%s) all that it covers is dropped",
    async (fault) => {
      const proxy = await startFaultProxy(redis.port);
      const one = gateway();
      await one.cache.listen(source(proxy.url), { boundMs: 1000, covers: [{ entity: "Product" }] });
      expect(await one.price("1")).toBe(10);
      await one.teas();
      if (fault === "reset") await proxy.refuse();
      else proxy.hold();
      shop.prices.set("1", 11);
      await publish(message(product("1")));
      await freshIn(one, "1", 11);
      await proxy.heal();
      await vi.waitFor(() => expect(one.cache.stats().events["changes"]?.state).toBe("leading"), patience);
      await one.teas();
      expect(shop.loads.filter((what) => what === "teas").length).toBe(1);
      await one.cache.close();
      await proxy.close();
    },
  );
});
