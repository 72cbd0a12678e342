import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Shop, startShop } from "./shop.ts";

const admin = "a-long-admin-token";
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const basic = (password: string) => ({
  authorization: `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`,
});

describe("POST /cache/invalidate", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop({ environment: { ADMIN_TOKEN: admin } });
  });
  afterAll(() => shop.close());

  const invalidate = (body: unknown, headers: Record<string, string> = bearer(admin)) =>
    fetch(`${shop.gateway.url}/cache/invalidate`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const status = async () => (await shop.get(`{ product(id: "1") { price } }`)).headers.get("x-cache");

  it.each([
    [[{ entity: "Product", id: "1" }]],
    [[{ entity: "Product", id: 1 }]],
    [[{ entity: "Product" }]],
    [[{ field: "Product.price" }]],
    [[{ tags: ["spring"] }, { field: "Query.product" }]],
  ])("%j drops what it names before it answers", async (targets) => {
    await shop.get(`{ product(id: "1") { price } }`);
    expect(await status()).toBe("HIT");
    const answer = await invalidate(targets);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ invalidated: targets.length });
    expect(await status()).not.toBe("HIT");
  });

  it.each([
    [{}],
    [[]],
    ["[]"],
    [{ entity: "Product" }],
    [[null]],
    [["Product"]],
    [[[]]],
    [[{ entity: "Prodct" }]],
    [[{ entity: "" }]],
    [[{ entity: "Product", id: null }]],
    [[{ entity: "Product", id: "" }]],
    [[{ entity: "Product", id: { a: { b: 1 } } }]],
    [[{ entity: "Product", ids: ["1"] }]],
    [[{ entity: "*" }]],
    [[{ field: "Product.*" }]],
    [[{ field: "price" }]],
    [[{ tags: [] }]],
    [[{ tags: [1] }]],
    [[{ tags: "all" }]],
    [[{ principal: {} }]],
    [[{ dryRun: true }]],
    [[{ __proto__: { entity: "Product" } }]],
    [Array.from({ length: 1001 }, () => ({ entity: "Product" }))],
    ["{not json"],
  ])("refuses %.60j", async (body) => {
    const answer = await invalidate(body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ error: expect.any(String) });
  });

  it("checks the list whole: with one bad target nothing is dropped", async () => {
    await shop.get(`{ product(id: "1") { price } }`);
    const answer = await invalidate([
      { entity: "Product", id: "1" },
      { entity: "Prodct" },
      { field: "Product.prize" },
    ]);
    expect(answer.status).toBe(400);
    const { error } = (await answer.json()) as { error: string };
    expect(error).toContain('"Prodct"');
    expect(error).toContain('"prize"');
    expect(await status()).toBe("HIT");
  });

  it.each([
    ["no token", {}],
    ["another", bearer("b-long-admin-token")],
    ["a part of it", bearer(admin.slice(0, -1))],
    ["more than it", bearer(`${admin}x`)],
    ["it as a password, which browsers send by themselves", basic(admin)],
  ])("refuses %s, before the body is looked at", async (_kind, headers) => {
    const answer = await invalidate("{not json", headers as Record<string, string>);
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  });

  it("says who did it in the log", async () => {
    await invalidate([{ field: "Product.price" }], { ...bearer(admin), "x-request-id": "audit-1" });
    expect(shop.logLines()).toContainEqual(
      expect.objectContaining({ by: "request audit-1", targets: [{ field: "Product.price" }] }),
    );
  });

  it("does not exist without ADMIN_TOKEN", async () => {
    const open = await startShop();
    try {
      const answer = await fetch(`${open.gateway.url}/cache/invalidate`, {
        method: "POST",
        headers: { "content-type": "application/json", ...bearer("undefined") },
        body: "[]",
      });
      expect(answer.status).toBe(404);
    } finally {
      await open.close();
    }
  });
});

describe("GET /cache", () => {
  it("shows per field what the reads came to, and no value or key", async () => {
    const shop = await startShop();
    try {
      await shop.get(`{ product(id: "1") { name price label } }`);
      await shop.get(`{ product(id: "1") { name price label } }`);
      const page = await (await fetch(`${shop.gateway.url}/cache`)).text();
      expect(page).toContain("<td>Product.price</td><td>50.0 %</td><td>2</td><td>1</td>");
      expect(page).not.toContain("Product 1");
      expect(page).not.toContain("1 in ");
      expect(page).not.toContain("Product:1");
    } finally {
      await shop.close();
    }
  });

  it("needs nothing from elsewhere, and runs no script", async () => {
    const shop = await startShop();
    try {
      const answer = await fetch(`${shop.gateway.url}/cache`);
      expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(await answer.text()).not.toMatch(/<script|src=|href=/);
    } finally {
      await shop.close();
    }
  });

  it("is for the admin alone in production: by bearer, or as a browser's password", async () => {
    const shop = await startShop({ environment: { NODE_ENV: "production", ADMIN_TOKEN: admin } });
    const statusWith = async (headers: Record<string, string>) =>
      (await fetch(`${shop.gateway.url}/cache`, { headers })).status;
    try {
      expect(await statusWith({})).toBe(401);
      expect(await statusWith(bearer("wrong"))).toBe(401);
      expect(await statusWith(basic("wrong"))).toBe(401);
      expect(await statusWith(bearer(admin))).toBe(200);
      expect(await statusWith(basic(admin))).toBe(200);
    } finally {
      await shop.close();
    }
  });

  it("does not exist in production without ADMIN_TOKEN", async () => {
    const shop = await startShop({ environment: { NODE_ENV: "production" } });
    try {
      expect((await fetch(`${shop.gateway.url}/cache`)).status).toBe(404);
    } finally {
      await shop.close();
    }
  });
});
