import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { RecentOperations } from "../../src/gateway/warm-up.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { type Shop, type ShopOptions, startShop } from "./shop.ts";

async function readiness({ gateway }: Shop): Promise<{ readonly code: number; readonly status: string }> {
  const answer = await fetch(`${gateway.url}/health/ready`);
  return { code: answer.status, status: ((await answer.json()) as { status: string }).status };
}

const ready = (shop: Shop) =>
  vi.waitFor(async () => expect((await readiness(shop)).code).toBe(200), { timeout: 10_000, interval: 10 });

describe("a new gateway", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  const open = (definition: ShopOptions["definition"] = {}, namespace = "warm") =>
    startShop({
      definition,
      environment: { REDIS_URL: redis.url, CACHE_SECRET: "s".repeat(32), CACHE_NAMESPACE: namespace },
      cache: { readTimeoutMs: 5000, writeTimeoutMs: 5000 },
    });

  it("runs its operations before it is ready, and answers meanwhile", async () => {
    const shop = await open({
      warmUp: { operations: ["{ slowCached }", "{ nonsense }", `{ product(id: "2") { price } }`] },
    });
    await shop.slowRuns;
    expect(await readiness(shop)).toEqual({ code: 503, status: "warming" });
    expect((await shop.get(`{ product(id: "1") { price } }`)).status).toBe(200);
    shop.release();
    await ready(shop);
    shop.calls.length = 0;
    expect(await (await shop.get(`{ product(id: "2") { price } }`)).json()).toEqual({
      data: { product: { price: 20 } },
    });
    expect(shop.calls).toEqual([]);
    expect(shop.logLines()).toContainEqual(
      expect.objectContaining({ msg: "warmed up", operations: 3, failed: 1 }),
    );
    await shop.close();
  });

  it("is ready without them when their time is over", async () => {
    const shop = await open({ warmUp: { operations: ["{ slow }"], ms: 100 } });
    await ready(shop);
    expect(shop.logLines()).toContainEqual(
      expect.objectContaining({ msg: "the warm-up took too long; the gateway goes on without" }),
    );
    await shop.close();
  });

  it("loads what the fleet was asked lately, after Redis has lost all of it but the list", async () => {
    const first = await open({}, "recent");
    const query = "query ($id: ID!) { product(id: $id) { price } }";
    for (let n = 0; n < 3; n++) await first.post({ query, variables: { id: "1" } });
    await first.post({ query: "{ products { name } }" });
    await first.post({ query: `{ product(id: "2") { discount } }` }, { authorization: "Bearer ann" });
    await first.post({ query: `mutation { setPrice(id: "1", price: 11) { id } }` });
    await first.close();

    const kept = await redis.client().get("recent:{__memo:operations}:__text");
    expect(JSON.parse(kept!).map((text: string) => JSON.parse(text))).toEqual([
      { query, variables: { id: "1" } },
      { query: "{ products { name } }" },
    ]);
    const entries = (await redis.client().keys("recent:*")).filter((key) => !key.includes("__memo"));
    await redis.client().del(...entries);

    const second = await open({}, "recent");
    await ready(second);
    expect(second.calls.toSorted()).toEqual(["price", "product", "products"]);
    second.calls.length = 0;
    await second.post({ query, variables: { id: "1" } });
    expect(second.calls).toEqual([]);
    await second.close();

    const third = await open({ warmUp: { recent: 0 } }, "recent");
    await ready(third);
    expect(third.calls).toEqual([]);
    await third.close();
  });

  it("takes a list that is none for empty", async () => {
    await redis.client().set("odd:{__memo:operations}:__text", "nonsense");
    const shop = await open({}, "odd");
    await ready(shop);
    await shop.close();
  });
});

describe("recent operations", () => {
  it("are bounded, the most frequent are kept, and long ones are not remembered", () => {
    const recent = new RecentOperations();
    recent.count({ query: `{ long(text: "${"x".repeat(5000)}") }` });
    for (let n = 0; n < 5; n++) recent.count({ query: "{ often }" });
    for (let n = 0; n < 3; n++) recent.count({ query: "{ sometimes }" });
    for (let n = 0; n < 600; n++) recent.count({ query: `{ once(n: ${n}) }` });
    expect(recent.top(2)).toEqual(['{"query":"{ often }"}', '{"query":"{ sometimes }"}']);
    expect(recent.top(1000).length).toBeLessThan(500);
  });
});
