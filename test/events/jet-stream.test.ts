import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { jetStreamEvents } from "../../src/index.ts";
import { startFaultProxy } from "../support/fault-proxy.ts";
import { type NatsServer, startNats } from "../support/nats-server.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { createShop, message, openGateway, product, type Shop, type ShopGateway } from "./support.ts";

let nats: NatsServer;
let redis: RedisServer;
let connection: NatsConnection;
let manager: JetStreamManager;
beforeAll(async () => {
  [nats, redis] = await Promise.all([startNats(), startRedis()]);
  connection = await connect({ servers: nats.address });
  manager = await jetstreamManager(connection);
});
afterAll(async () => {
  await connection?.close();
  await Promise.all([nats?.stop(), redis?.stop()]);
});

let shop: Shop;
let run = 0;
beforeEach(async () => {
  shop = createShop();
  run += 1;
  await manager.streams.add({ name: `CHANGES${run}`, subjects: [`changes${run}.>`] });
});

const patience = { timeout: 15_000, interval: 20 };
const gateway = (): ShopGateway => openGateway(shop, { redis: redis.url, namespace: `run${run}` });
const source = (client = jetstream(connection)) =>
  jetStreamEvents({ client, stream: `CHANGES${run}`, subject: `changes${run}.shop`, name: "changes" });
const send = (text: string, subject = "shop") =>
  jetstream(connection).publish(`changes${run}.${subject}`, text);
const counts = (one: ShopGateway) => one.cache.stats().events["changes"]!;

async function freshIn(one: ShopGateway, id: string, price: number): Promise<void> {
  await vi.waitFor(async () => expect(await one.price(id)).toBe(price), patience);
}

describe("a stream of NATS JetStream", () => {
  it("invalidates for all gateways what is sent to it, other subjects left out", async () => {
    const fleet = [gateway(), gateway()];
    for (const { cache } of fleet) await cache.listen(source());
    for (const one of fleet) expect(await one.price("1")).toBe(10);
    shop.prices.set("1", 11);
    await send("of no concern", "other");
    await send(message(product("1")));
    for (const one of fleet) await freshIn(one, "1", 11);
    expect(fleet.map((one) => counts(one).messages).toSorted()).toEqual([0, 1]);
    expect(fleet.map((one) => counts(one).bad)).toEqual([0, 0]);
    await Promise.all(fleet.map(({ cache }) => cache.close()));
  });

  it("is caught up with, message by message, after a restart", async () => {
    const one = gateway();
    await one.cache.listen(source());
    await send(message(product("3")));
    await vi.waitFor(() => expect(counts(one).messages).toBe(1), patience);
    for (const id of ["1", "2"]) await one.price(id);
    await one.cache.close();
    shop.prices.set("1", 11);
    for (let n = 0; n < 700; n++) await send(message(product("3")));
    await send(message(product("1")));
    const two = gateway();
    await two.cache.listen(source());
    expect(await two.price("1")).toBe(11);
    expect(counts(two)).toMatchObject({ messages: 701, dropped: 0 });
    await two.price("2");
    expect(shop.loads.filter((id) => id === "2").length).toBe(1);
    await two.cache.close();
  });

  it("is read on when its connection was lost, or dropped within the bound while it is", async () => {
    const proxy = await startFaultProxy(nats.port);
    const through = await connect({
      servers: `127.0.0.1:${proxy.port}`,
      reconnectTimeWait: 50,
      maxReconnectAttempts: -1,
    });
    const one = gateway();
    await one.cache.listen(source(jetstream(through)), { boundMs: 1500 });
    expect(await one.price("1")).toBe(10);
    await proxy.refuse();
    shop.prices.set("1", 11);
    await send(message(product("1")));
    await freshIn(one, "1", 11);
    await proxy.heal();
    shop.prices.set("1", 12);
    await send(message(product("1")));
    await freshIn(one, "1", 12);
    await vi.waitFor(() => expect(counts(one).state).toBe("leading"), patience);
    await one.cache.close();
    await through.close();
    await proxy.close();
  });

  it.each([
    [
      "lost messages to its limits",
      async () => {
        for (let n = 0; n < 3; n++) await send(message(product("3")));
        await manager.streams.purge(`CHANGES${run}`, { keep: 1 });
      },
    ],
    [
      "was begun anew",
      async () => {
        await manager.streams.delete(`CHANGES${run}`);
        await manager.streams.add({ name: `CHANGES${run}`, subjects: [`changes${run}.>`] });
      },
    ],
  ])("that %s while nobody read it has everything dropped that it covers", async (_, harm) => {
    const one = gateway();
    await one.cache.listen(source());
    await send(message(product("3")));
    await vi.waitFor(() => expect(counts(one).messages).toBe(1), patience);
    await one.price("1");
    await one.cache.close();
    await harm();
    shop.prices.set("1", 11);
    const two = gateway();
    await two.cache.listen(source());
    expect(await two.price("1")).toBe(11);
    expect(counts(two).dropped).toBe(1);
    await two.cache.close();
  });
});
