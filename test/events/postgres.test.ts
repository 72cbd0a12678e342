import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { postgresEvents } from "../../src/index.ts";
import { readText, snippets } from "../house/support/snippets.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { createShop, message, openGateway, product, type Shop, type ShopGateway } from "./support.ts";

let postgres: PostgresServer;
let redis: RedisServer;
let database: pg.Client;
beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  database = await connected();
  await database.query("create table products (id integer primary key, price integer not null)");
  await database.query("insert into products values (1, 10), (2, 20), (3, 30)");
  // As docs/events.md has it.
  const [setUp] = snippets(readText("docs/events.md"), "sql");
  await database.query(setUp!);
});
afterAll(async () => {
  await database?.end();
  await Promise.all([postgres?.stop(), redis?.stop()]);
});

async function connected(): Promise<pg.Client> {
  const client = new pg.Client(postgres.url);
  await client.connect();
  return client;
}

let shop: Shop;
let run = 0;
beforeEach(async () => {
  shop = createShop();
  run += 1;
});

const gateway = (): ShopGateway => openGateway(shop, { redis: redis.url, namespace: `run${run}` });
const client = () => new pg.Client(postgres.url);
const logged = (keepSeconds?: number) =>
  postgresEvents({
    client,
    channel: "cache_events",
    changelog: "cache_events",
    ...(keepSeconds === undefined ? {} : { keepSeconds }),
  });
const counts = (one: ShopGateway) => one.cache.stats().events["cache_events"]!;
const patience = { timeout: 15_000, interval: 20 };

async function freshIn(one: ShopGateway, id: string, price: number): Promise<void> {
  await vi.waitFor(async () => expect(await one.price(id)).toBe(price), patience);
}

describe("a changelog", () => {
  const update = (by: pg.Client, id: number) =>
    by.query("update products set price = price + 1 where id = $1", [id]);

  it("tells what the triggers of docs/events.md write, in one message a statement", async () => {
    const one = gateway();
    await one.cache.listen(logged());
    for (const id of ["1", "2"]) await one.price(id);
    for (const [id, price] of [
      ["1", 11],
      ["2", 22],
    ] as const)
      shop.prices.set(id, price);
    await database.query("update products set price = price + 1 where id < 3");
    await freshIn(one, "1", 11);
    expect(await one.price("2")).toBe(22);
    expect(counts(one)).toMatchObject({ messages: 1, bad: 0, dropped: 1 });
    await one.cache.close();
  });

  it("is read in the order of commits: a number that commits after a larger one is not passed over", async () => {
    const one = gateway();
    await one.cache.listen(logged());
    for (const id of ["1", "2"]) await one.price(id);
    // 1. A takes its number · 2. B takes the next one and commits · 3. B is read · 4. A commits.
    const late = await connected();
    await late.query("begin");
    await update(late, 1);
    shop.prices.set("2", 22);
    await update(database, 2);
    await freshIn(one, "2", 22);
    expect(await one.price("1")).toBe(10);
    shop.prices.set("1", 11);
    await late.query("commit");
    await freshIn(one, "1", 11);
    expect(counts(one)).toMatchObject({ messages: 2, dropped: 1 });
    await Promise.all([late.end(), one.cache.close()]);
  });

  it("is caught up with, page by page, after a restart; a transaction that was open meanwhile is not lost", async () => {
    const one = gateway();
    await one.cache.listen(logged());
    const late = await connected();
    await late.query("begin");
    await update(late, 1);
    await update(database, 3);
    await vi.waitFor(() => expect(counts(one).messages).toBe(1), patience);
    for (const id of ["1", "2"]) await one.price(id);
    await one.cache.close();
    for (let n = 0; n < 600; n++) await update(database, 3);
    shop.prices.set("1", 11);
    await late.query("commit");
    const two = gateway();
    await two.cache.listen(logged());
    expect(await two.price("1")).toBe(11);
    expect(counts(two)).toMatchObject({ messages: 601, dropped: 0 });
    await two.price("2");
    expect(shop.loads.filter((id) => id === "2").length).toBe(1);
    await Promise.all([late.end(), two.cache.close()]);
  });

  it("that was read longer ago than it is kept, or of a database that is older, has everything dropped", async () => {
    for (const forge of [
      // A position of an hour ago; one of a server that has gone further.
      (position: string) => position.replace(/^(=\S+ )(\d+)/, (_, mark, at) => `${mark}${Number(at) - 3600}`),
      (position: string) => position.replace(/ \d+:\d+:\S*$/, " 900000000:900000000:"),
    ]) {
      const one = gateway();
      await one.cache.listen(logged(1800));
      await update(database, 3);
      await vi.waitFor(() => expect(counts(one).messages).toBe(1), patience);
      await one.price("1");
      await one.cache.close();
      const key = `run${run}:{__events:cache_events}:__position`;
      await redis.client().set(key, forge((await redis.client().get(key))!), "KEEPTTL");
      shop.prices.set("1", shop.prices.get("1")! + 1);
      const two = gateway();
      await two.cache.listen(logged(1800));
      expect(await two.price("1")).toBe(shop.prices.get("1"));
      expect(counts(two).dropped).toBe(1);
      await two.cache.close();
    }
  });

  it("is cleared of what is too old by who reads it", async () => {
    await database.query("update cache_events set at = at - interval '2 days'");
    const one = gateway();
    await one.cache.listen(logged());
    const left = async () =>
      Number((await database.query("select count(*) as n from cache_events")).rows[0].n);
    await vi.waitFor(async () => expect(await left()).toBe(0), patience);
    await one.cache.close();
  });
});

describe("notifications without a changelog", () => {
  it("are the messages; whenever they are listened to anew, everything is dropped", async () => {
    const one = gateway();
    await one.cache.listen(postgresEvents({ client, channel: "news" }));
    await one.price("1");
    shop.prices.set("1", 11);
    await database.query("select pg_notify('news', $1)", [message(product("1"))]);
    await freshIn(one, "1", 11);
    const dropped = one.cache.stats().events["news"]!.dropped;
    shop.prices.set("1", 12);
    await database.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%' or query = 'select 1'",
    );
    await freshIn(one, "1", 12);
    expect(one.cache.stats().events["news"]!.dropped).toBe(dropped + 1);
    await one.cache.close();
  });
});
