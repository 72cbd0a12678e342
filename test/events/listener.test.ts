import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { deferred } from "../../src/base/deferred.ts";
import type { EventBatch, EventSource, FieldCacheOptions } from "../../src/index.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import {
  createShop,
  message,
  openGateway,
  product,
  type Shop,
  type ShopGateway,
  type ToldSource,
  toldSource,
} from "./support.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

let shop: Shop;
let source: ToldSource;
let namespace: string;
let runs = 0;
beforeEach(() => {
  shop = createShop();
  source = toldSource();
  namespace = `run${++runs}`;
});

const opened: ShopGateway[] = [];
function gateway(options: FieldCacheOptions = {}): ShopGateway {
  const one = openGateway(shop, { redis: redis.url, namespace, ...options });
  opened.push(one);
  return one;
}
async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map(({ cache }) => cache.close()));
}

function leaderOf(gateways: readonly ShopGateway[]): ShopGateway | undefined {
  return gateways.find(({ cache }) => cache.stats().events["news"]?.state === "leading");
}

describe("a fleet that listens to one source", () => {
  it("reads it once: one message is one invalidation, and fresh through every gateway", async () => {
    const fleet = [gateway(), gateway(), gateway()];
    for (const { cache } of fleet) await cache.listen(source);
    for (const one of fleet) expect(await one.price("1")).toBe(10);
    shop.prices.set("1", 11);
    await source.tell({ messages: [message(product("1"))], position: "1" });
    for (const one of fleet) expect(await one.price("1")).toBe(11);
    expect(source.readings).toEqual([undefined]);
    expect(fleet.flatMap((one) => one.invalidated()).filter((name) => name === "Product:1").length).toBe(1);
    await closeAll();
  });

  it("goes on where its leader left off, when that one closes", async () => {
    const fleet = [gateway(), gateway()];
    for (const { cache } of fleet) await cache.listen(source);
    await source.tell({ messages: [message(product("1"))], position: "7" });
    const leader = leaderOf(fleet)!;
    const other = fleet.find((one) => one !== leader)!;
    expect(await other.price("2")).toBe(20);
    await leader.cache.close();
    shop.prices.set("2", 22);
    await source.tell({ messages: [message(product("2"))], position: "8" });
    expect(source.readings).toEqual([undefined, "7"]);
    expect(await other.price("2")).toBe(22);
    expect(other.cache.stats().events["news"]).toMatchObject({ state: "leading", messages: 1, dropped: 0 });
    await closeAll();
  });

  it("catches up after all of it was away", async () => {
    const first = gateway();
    await first.cache.listen(source);
    await source.tell({ position: "3" });
    expect(await first.price("1")).toBe(10);
    await first.cache.close();
    shop.prices.set("1", 11);
    void source.tell({ messages: [message(product("1"))], position: "4" });
    const second = gateway();
    await second.cache.listen(source);
    expect(source.readings).toEqual([undefined, "3"]);
    expect(await second.price("1")).toBe(11);
    await closeAll();
  });

  it("deals with a message again whose leader could not tell the store, and remembers no position before", async () => {
    const one = gateway({ invalidateTimeoutMs: 300 });
    await one.cache.listen(source, { boundMs: 60_000 });
    expect(await one.price("1")).toBe(10);
    shop.prices.set("1", 11);
    redis.pause();
    const told = source.tell({ messages: [message(product("1"))], position: "9" });
    await vi.waitFor(() => {
      const failed = one.events.some((event) => event.type === "invalidate" && event.error !== undefined);
      expect(failed).toBe(true);
    }, 10_000);
    expect(one.cache.stats().events["news"]?.messages).toBe(0);
    redis.resume();
    await told;
    expect(await one.price("1")).toBe(11);
    await closeAll();
  });

  it("drops what the source covers, and nothing else, when messages may have been missed", async () => {
    const one = gateway();
    await one.cache.listen(source, { covers: [{ entity: "Product" }] });
    expect(await one.price("1")).toBe(10);
    await one.teas();
    shop.prices.set("1", 11);
    await source.tell({ gap: "trimmed", position: "5" });
    expect(await one.price("1")).toBe(11);
    await one.teas();
    expect(shop.loads).toEqual(["1", "teas", "1"]);
    expect(one.events).toContainEqual({
      type: "events-dropped",
      source: "news",
      reason: "gap",
      detail: "trimmed",
    });
    await closeAll();
  });

  it("drops everything where it was not told what the source covers", async () => {
    const one = gateway();
    await one.cache.listen(source);
    await one.price("1");
    await one.teas();
    await source.tell({ gap: "trimmed", position: "5" });
    await one.price("1");
    await one.teas();
    expect(shop.loads).toEqual(["1", "teas", "1", "teas"]);
    await closeAll();
  });

  it("has forgotten the position with the store that forgot the entries", async () => {
    const one = gateway();
    await one.cache.listen(source);
    await source.tell({ position: "5" });
    await one.cache.close();
    await redis.client().flushall();
    const two = gateway();
    await two.cache.listen(source);
    expect(source.readings).toEqual([undefined, undefined]);
    await closeAll();
  });

  it("does not trust a position whose stamp was evicted", async () => {
    const one = gateway();
    await one.cache.listen(source);
    await source.tell({ position: "5" });
    await redis.client().del(`${namespace}:{__events:news}:__stamp`);
    await source.tell({ position: "6" });
    await vi.waitFor(() => expect(source.readings).toEqual([undefined, undefined]), 5000);
    await closeAll();
  });
});

describe("a source that cannot be read", () => {
  it("is read again from the last position when it breaks", async () => {
    const one = gateway();
    await one.cache.listen(source);
    await source.tell({ position: "5" });
    source.cut();
    await vi.waitFor(() => expect(source.readings).toEqual([undefined, "5"]), 5000);
    await closeAll();
  });

  it.each([
    [
      "fails",
      (broken: ToldSource) => {
        broken.failure = new Error("no route");
        broken.cut();
      },
    ],
    [
      "is silent",
      (broken: ToldSource) => {
        broken.breathes = false;
      },
    ],
  ])("has what it covers dropped each bound while it %s; nothing is wrong for longer", async (_, breakIt) => {
    const one = gateway();
    await one.cache.listen(source, { boundMs: 300, covers: [{ entity: "Product" }] });
    expect(await one.price("1")).toBe(10);
    breakIt(source);
    for (const price of [11, 12]) {
      shop.prices.set("1", price);
      await vi.waitFor(async () => expect(await one.price("1")).toBe(price), {
        timeout: 10_000,
        interval: 20,
      });
    }
    expect(one.cache.stats().events["news"]?.state).toBe("blind");
    // The lease went around: others had their chance.
    expect(
      one.events.filter((event) => event.type === "events-dropped" && event.reason === "blind").length,
    ).toBeGreaterThanOrEqual(2);
    source.failure = undefined;
    source.breathes = true;
    await vi.waitFor(() => expect(one.cache.stats().events["news"]?.state).toBe("leading"), 10_000);
    await closeAll();
  });

  it("keeps nobody from starting", async () => {
    source.failure = new Error("no route");
    const one = gateway();
    await one.cache.listen(source, { boundMs: 200 });
    expect(one.cache.stats().events["news"]).toMatchObject({ state: "blind", dropped: 1 });
    await closeAll();
  });
});

describe("a message", () => {
  it("of a type that only a newer gateway has is done by an older one that leads", async () => {
    const one = gateway();
    await one.cache.listen(source);
    await source.tell({
      messages: [message({ entity: "Offer", id: 7 }, { field: "Query.offers" })],
      position: "1",
    });
    expect(one.invalidated()).toEqual(
      expect.arrayContaining(["Offer:7", "__any:Offer", "__field:Query.offers"]),
    );
    expect(one.cache.stats().events["news"]).toMatchObject({ messages: 1, bad: 0 });
    await closeAll();
  });

  it("that cannot be understood is counted, logged once a kind and set aside; the next one is done", async () => {
    const warned: string[] = [];
    const one = gateway({
      logger: { debug() {}, info() {}, warn: (_, text) => warned.push(text), error() {} },
    });
    await one.cache.listen(source);
    await one.price("1");
    shop.prices.set("1", 11);
    const bad = [
      "nonsense",
      "{}",
      '{"targets":[{"entity":"Named"}]}',
      '{"targets":[{"tags":["a"]}],"again":-1}',
      "more",
    ];
    await source.tell({ messages: [...bad, message({ principal: {} }, product("1"))], position: "1" });
    expect(await one.price("1")).toBe(11);
    expect(one.cache.stats().events["news"]).toMatchObject({ messages: 6, bad: 6 });
    expect(one.cache.stats().events["news"]?.setAside).toEqual([
      { message: "nonsense", problem: "A message must be JSON." },
      { message: "{}", problem: 'A message must have "targets", a list of 1 to 1000.' },
      { message: bad[2], problem: expect.stringContaining('"Named" is no entity') },
      { message: bad[3], problem: '"again" must be a positive number of milliseconds.' },
      { message: "more", problem: "A message must be JSON." },
      {
        message: expect.stringContaining("principal"),
        problem: expect.stringContaining('"principal" must be an id'),
      },
    ]);
    expect(warned.filter((text) => text.includes("was set aside")).length).toBe(4);
    await closeAll();
  });

  it("that carries a row has it loaded before anybody asks, and is not believed itself", async () => {
    const one = gateway();
    await one.cache.listen(source);
    await one.price("1");
    shop.prices.set("1", 12);
    const row = { entity: "Product", row: { id: 1, price: 11, in_stock: true } };
    await source.tell({ messages: [message(row)], position: "1" });
    await vi.waitFor(() => expect(shop.loads).toEqual(["1", "1"]));
    expect(await one.price("1")).toBe(12);
    expect(shop.loads).toEqual(["1", "1"]);
    await closeAll();
  });

  it("is repeated for a replica that lags; a leader that dies before leaves that to the next one", async () => {
    const one = gateway();
    await one.cache.listen(source, { again: 60_000 });
    await source.tell({ messages: [message(product("1"))], position: "1" });
    await source.tell({ position: "2" });
    await one.cache.close();
    const two = gateway();
    await two.cache.listen(source, { again: 5 });
    // From before the message whose repetition was outstanding.
    expect(source.readings).toEqual([undefined, "0"]);
    shop.prices.set("1", 10);
    expect(await two.price("1")).toBe(10);
    await source.tell({ messages: [message(product("1"))], position: "1" });
    // The replica still shows the old row to the first load behind the invalidation.
    await two.price("1");
    shop.prices.set("1", 11);
    await vi.waitFor(async () => expect(await two.price("1")).toBe(11));
    await source.tell({ position: "3" });
    expect(two.invalidated().filter((name) => name === "Product:1").length).toBe(2);
    await closeAll();
  });
});

describe("cache.listen", () => {
  it("says what is wrong with a call", async () => {
    const one = gateway();
    await expect(
      one.cache.listen({ name: "a b" } as never, { bound: 1, boundMs: 0, covers: {} } as never),
    ).rejects.toThrow(
      "cache.listen(source, options): The source's \"name\" must be 1 to 64 of A-Z a-z 0-9 _ . -, but got: 'a b'. " +
        'The source must have a function "read", but got: undefined. There is no option "bound". Did you mean "boundMs"? ' +
        '"boundMs" must be a whole number of milliseconds, at least 1, but got: 0. "covers" must be a list of targets, but got: {}.',
    );
    await expect(one.cache.listen(source, { covers: [{ entity: "Produkt" }] })).rejects.toMatchObject({
      code: "BAD_TARGET",
    });
    await one.cache.listen(source);
    await expect(one.cache.listen(source)).rejects.toThrow('called twice for a source named "news"');
    await closeAll();
  });

  it("lets a gateway go on after a drop, where the source is never current", async () => {
    const one = gateway();
    const behind: EventSource = {
      name: "news",
      async *read({ everyMs }) {
        for (;;) {
          yield { messages: [], position: "1", current: false };
          await new Promise((resolve) => setTimeout(resolve, everyMs));
        }
      },
    };
    await one.cache.listen(behind, { boundMs: 200 });
    expect(one.cache.stats().events["news"]?.dropped).toBeGreaterThan(0);
    await closeAll();
  });

  it("keeps nothing of what was dealt with, however long it reads", async () => {
    const one = gateway();
    const batches: WeakRef<EventBatch>[] = [];
    const allRead = deferred<void>();
    const long: EventSource = {
      name: "news",
      async *read({ signal }) {
        for (let n = 0; n < 100; n++) {
          const batch = { messages: [], position: String(n), current: true };
          batches.push(new WeakRef(batch));
          yield batch;
        }
        allRead.resolve();
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    };
    await one.cache.listen(long);
    await allRead.promise;
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(batches.filter((batch) => batch.deref() !== undefined).length).toBeLessThan(10);
    await closeAll();
  });
});

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}
