import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRedis } from "../support/redis-server.ts";
import { type Shop, startShop } from "./shop.ts";

const ready = async (shop: Shop) => {
  const answer = await fetch(`${shop.gateway.url}/health/ready`);
  return { code: answer.status, body: (await answer.json()) as object };
};

describe("/health", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(() => shop.close());

  it("is live as long as it answers", async () => {
    expect((await fetch(`${shop.gateway.url}/health/live`)).status).toBe(200);
  });

  it("is ready with its source", async () => {
    expect(await ready(shop)).toEqual({ code: 200, body: { status: "ready", source: "up", store: "up" } });
  });

  it("is not ready without its source, and ready again with it", async () => {
    shop.sources.ready = false;
    expect(await ready(shop)).toEqual({
      code: 503,
      body: { status: "not-ready", source: "down", store: "up" },
    });
    expect((await fetch(`${shop.gateway.url}/health/live`)).status).toBe(200);
    shop.sources.ready = true;
    expect((await ready(shop)).code).toBe(200);
  });

  it("is degraded from the start where Redis cannot be reached, which is said in the log", async () => {
    const environment = { REDIS_URL: "unix:/nowhere.sock", CACHE_SECRET: "s".repeat(32) };
    const alone = await startShop({ environment });
    try {
      expect(await ready(alone)).toMatchObject({ code: 200, body: { status: "degraded", source: "up" } });
      const metrics = await (await fetch(`${alone.gateway.url}/metrics`)).text();
      expect(metrics).toContain("fieldgate_store_up 0");
      expect(alone.logLines()).toContainEqual(
        expect.objectContaining({
          msg: "The store of the cache does not answer; requests go to the source.",
        }),
      );
      const answer = await alone.get(`{ product(id: "1") { price } }`);
      expect(await answer.json()).toEqual({ data: { product: { price: 10 } } });
    } finally {
      await alone.close();
    }
  });

  it("is degraded, and still ready, without Redis; requests are answered from the source", async () => {
    const redis = await startRedis();
    const remote = await startShop({ environment: { REDIS_URL: redis.url, CACHE_SECRET: "s".repeat(32) } });
    try {
      const query = `{ product(id: "1") { price } }`;
      await remote.cache.ready();
      await remote.get(query);
      expect((await remote.get(query)).headers.get("x-cache")).toBe("HIT");
      await redis.kill();
      const answer = await remote.get(query);
      expect(await answer.json()).toEqual({ data: { product: { price: 10 } } });
      expect(answer.headers.get("x-cache")).toBe("BYPASS");
      expect(await ready(remote)).toMatchObject({ code: 200, body: { status: "degraded", source: "up" } });
    } finally {
      await remote.close();
      await redis.stop();
    }
  });
});

describe("/metrics", () => {
  it("counts reads, fills and requests by coordinate, all under fieldgate_", async () => {
    const shop = await startShop();
    try {
      const query = `{ product(id: "1") { price } }`;
      await shop.get(query);
      await shop.get(query);
      const answer = await fetch(`${shop.gateway.url}/metrics`);
      const text = await answer.text();
      expect(answer.headers.get("content-type")).toContain("text/plain; version=0.0.4");
      const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      expect(lines.filter((line) => !line.startsWith("fieldgate_"))).toEqual([]);
      expect(text).toMatch(
        /fieldgate_reads_total\{coordinate="Product.price",outcome="hit",reason="[^"]*"\} 1/,
      );
      expect(text).toMatch(
        /fieldgate_reads_total\{coordinate="Product.price",outcome="miss",reason="[^"]*"\} 1/,
      );
      expect(text).toContain(
        'fieldgate_fills_total{coordinate="Product.price",stored="stored",background="false"} 1',
      );
      expect(text).toContain('fieldgate_http_request_seconds_count{status="200",cache="HIT"} 1');
      expect(text).toContain("fieldgate_store_up 1");
    } finally {
      await shop.close();
    }
  });

  it("has no label that a client could fill", async () => {
    const shop = await startShop();
    try {
      await shop.get(`query evil { product(id: "injected") { price } }`, { "x-request-id": "injected" });
      expect(await (await fetch(`${shop.gateway.url}/metrics`)).text()).not.toMatch(/injected|evil/);
    } finally {
      await shop.close();
    }
  });
});

describe("GET /graphql in a browser", () => {
  const html = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

  it("is Apollo Sandbox, with the example to run", async () => {
    const shop = await startShop({ definition: { exampleOperation: "{ hinted } # </script>" } });
    try {
      const answer = await fetch(shop.url, { headers: html });
      const page = await answer.text();
      expect(answer.headers.get("content-type")).toContain("text/html");
      expect(page).toContain("https://embeddable-sandbox.cdn.apollographql.com/");
      expect(page).toContain('<meta charset="utf-8">');
      expect(page).toContain("{ hinted } # \\u003c/script>");
    } finally {
      await shop.close();
    }
  });

  it("falls back to a page whose every part is served here", async () => {
    const shop = await startShop();
    try {
      const page = await (await fetch(shop.url, { headers: html })).text();
      const assets = [...page.matchAll(/"(\/graphql\/explorer\/[^"]+)"/g)].map(([, path]) => String(path));
      expect(assets).toHaveLength(4);
      for (const path of assets) {
        const asset = await fetch(shop.gateway.url + path);
        expect(asset.status).toBe(200);
        expect(asset.headers.get("content-type")).toMatch(
          path.endsWith(".css") ? /^text\/css/ : /^text\/javascript/,
        );
        const text = await asset.text();
        expect(text.length).toBeGreaterThan(10_000);
        expect(text).not.toMatch(/@import|url\(["']?(https?:)?\/\//);
      }
      const elsewhere = [...page.matchAll(/(?:src|href)="?(https?:[^" ]+)/g)];
      expect(elsewhere).toEqual([]);
    } finally {
      await shop.close();
    }
  });

  it("is nothing in production", async () => {
    const shop = await startShop({ environment: { NODE_ENV: "production" } });
    try {
      const answer = await fetch(shop.url, { headers: html });
      expect(answer.status).toBe(400);
      expect(answer.headers.get("content-type")).toContain("application/json");
      expect(
        (await fetch(`${shop.gateway.url}/graphql/explorer/react-18.3.1.production.min.js`)).status,
      ).toBe(404);
    } finally {
      await shop.close();
    }
  });

  it("is Apollo Server's plain answer to whoever does not ask for HTML", async () => {
    const shop = await startShop();
    try {
      const answer = await fetch(shop.url, { headers: { "apollo-require-preflight": "1" } });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({
        errors: [{ message: expect.stringContaining("non-empty `query`") }],
      });
    } finally {
      await shop.close();
    }
  });
});

describe("whoever asks for what is not there", () => {
  it("is told so in JSON", async () => {
    const shop = await startShop();
    try {
      const answer = await fetch(`${shop.gateway.url}/nowhere`);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toEqual({ error: "There is nothing here." });
    } finally {
      await shop.close();
    }
  });
});
