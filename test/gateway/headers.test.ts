import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Shop, startShop } from "./shop.ts";

const admin = "a-long-admin-token";
const asAdmin = { authorization: `Bearer ${admin}` };

describe("X-Cache", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop({ environment: { ADMIN_TOKEN: admin } });
  });
  afterAll(() => shop.close());

  it("is MISS, then HIT, and the answers are the same bytes", async () => {
    const query = `{ product(id: "1") { id price } }`;
    const cold = await shop.get(query);
    expect(cold.headers.get("x-cache")).toBe("MISS");
    const warm = await shop.get(query);
    expect(warm.headers.get("x-cache")).toBe("HIT");
    expect(await warm.text()).toBe(await cold.text());
    expect(shop.calls.filter((name) => name === "price")).toHaveLength(1);
  });

  it("is PARTIAL when only some came from entries", async () => {
    await shop.get(`{ product(id: "2") { id } }`);
    const answer = await shop.get(`{ product(id: "2") { price } }`);
    expect(answer.headers.get("x-cache")).toBe("PARTIAL");
  });

  it("is BYPASS when nothing could be looked up: a PRIVATE field without principal", async () => {
    const answer = await shop.get(`{ products { id } }`);
    expect(answer.headers.get("x-cache")).toBe("MISS");
    await shop.get(`{ product(id: "1") { id } }`);
    const mixed = await shop.get(`{ product(id: "1") { discount } }`);
    expect(mixed.headers.get("x-cache")).toBe("PARTIAL");
  });

  it("is absent without cached fields, from mutations, from introspection and from errors before execution", async () => {
    const answers = await Promise.all([
      shop.get("{ hinted }"),
      shop.post({ query: `mutation { setPrice(id: "9", price: 1) { id price } }` }),
      shop.get("{ __schema { queryType { name } } }"),
      shop.get("{ nonsense }"),
    ]);
    expect(answers.map((answer) => answer.headers.get("x-cache"))).toEqual([null, null, null, null]);
  });

  it("is BYPASS with CACHE_DISABLED", async () => {
    const disabled = await startShop({ environment: { CACHE_DISABLED: "true" } });
    try {
      const query = `{ product(id: "1") { id price } }`;
      await disabled.get(query);
      const answer = await disabled.get(query);
      expect(answer.headers.get("x-cache")).toBe("BYPASS");
      expect(disabled.calls).toEqual(["product", "price", "product", "price"]);
    } finally {
      await disabled.close();
    }
  });
});

describe("a request's Cache-Control", () => {
  const query = `{ product(id: "1") { price } }`;

  it("no-cache of a trusted caller skips reading and still writes", async () => {
    const shop = await startShop({ environment: { ADMIN_TOKEN: admin } });
    try {
      await shop.get(query);
      const skipped = await shop.get(query, { ...asAdmin, "cache-control": "no-cache" });
      expect(skipped.headers.get("x-cache")).not.toBe("HIT");
      expect(shop.calls).toEqual(["product", "price", "product", "price"]);
      expect((await shop.get(query)).headers.get("x-cache")).toBe("HIT");
    } finally {
      await shop.close();
    }
  });

  it("no-store of a trusted caller reads and does not write", async () => {
    const shop = await startShop({ environment: { ADMIN_TOKEN: admin } });
    try {
      await shop.get(query, { ...asAdmin, "cache-control": "no-store" });
      expect((await shop.get(query)).headers.get("x-cache")).toBe("MISS");
      const read = await shop.get(query, { ...asAdmin, "cache-control": "no-store" });
      expect(read.headers.get("x-cache")).toBe("HIT");
    } finally {
      await shop.close();
    }
  });

  it("of anybody else changes nothing", async () => {
    const shop = await startShop({ environment: { ADMIN_TOKEN: admin } });
    try {
      await shop.get(query, { "cache-control": "no-store" });
      const answer = await shop.get(query, { "cache-control": "no-cache", authorization: "Bearer somebody" });
      expect(answer.headers.get("x-cache")).toBe("HIT");
    } finally {
      await shop.close();
    }
  });
});

describe("Cache-Control and ETag", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(() => shop.close());

  it("let a browser keep the answer and ask each time", async () => {
    const query = `{ product(id: "1") { price } }`;
    const first = await shop.get(query);
    const etag = first.headers.get("etag");
    expect(first.headers.get("cache-control")).toBe("no-cache");
    expect(etag).toMatch(/^"[\w-]{27}"$/);

    const second = await shop.get(query, { "if-none-match": String(etag) });
    expect(second.status).toBe(304);
    expect(await second.text()).toBe("");
    expect(second.headers.get("etag")).toBe(etag);
    expect(second.headers.get("x-cache")).toBe("HIT");
  });

  it("never answer 304 to the ETag of what has been invalidated", async () => {
    const query = `{ product(id: "2") { price } }`;
    const etag = String((await shop.get(query)).headers.get("etag"));
    await shop.post({ query: `mutation { setPrice(id: "2", price: 21) { id } }` });
    const answer = await shop.get(query, { "if-none-match": etag });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ data: { product: { price: 21 } } });
  });

  it.each([
    ["a list", (etag: string) => `"other", ${etag}`, 304],
    ["a weak form", (etag: string) => `W/${etag}`, 304],
    ["a star", () => "*", 304],
    ["another", () => `"other"`, 200],
  ])("compare If-None-Match as RFC 9110 says: %s", async (_name, header, status) => {
    const query = "{ hinted }";
    const etag = String((await shop.get(query)).headers.get("etag"));
    expect((await shop.get(query, { "if-none-match": header(etag) })).status).toBe(status);
  });

  it("do not turn a POST into a 304", async () => {
    const body = { query: "{ hinted }" };
    const etag = String((await shop.post(body)).headers.get("etag"));
    expect((await shop.post(body, { "if-none-match": etag })).status).toBe(200);
  });

  it("are no-store with any error, partial data included, and for mutations", async () => {
    const answers = await Promise.all([
      shop.get(`{ fails product(id: "1") { price } }`),
      shop.get("{ nonsense }"),
      shop.get("{ broken"),
      shop.post("{not json"),
      shop.post({ query: `mutation { setPrice(id: "9", price: 1) { id } }` }),
    ]);
    for (const answer of answers) {
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.get("etag")).toBeNull();
    }
  });

  it("are private, and Vary, with any PRIVATE part", async () => {
    const answer = await shop.get(`{ product(id: "1") { discount } }`, { authorization: "Bearer eve" });
    expect(answer.headers.get("cache-control")).toBe("private, no-cache");
    expect(answer.headers.get("vary")).toBe("Authorization, Cookie");
    expect((await shop.get(`{ product(id: "1") { price } }`)).headers.get("vary")).toBeNull();
  });

  it("vary with a part whose key holds a context value", async () => {
    const answer = await shop.get(`{ product(id: "1") { label } }`);
    expect(answer.headers.get("vary")).toBe("Authorization, Cookie");
  });
});

describe('http: { maxAge: "remaining" }', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop({ definition: { http: { maxAge: "remaining" } } });
  });
  afterAll(() => shop.close());

  const control = async (query: string, headers?: Record<string, string>) =>
    (await shop.get(query, headers)).headers.get("cache-control");

  it("sends the smallest lifetime of the parts, in whole seconds and without Age", async () => {
    const answer = await shop.get(`{ product(id: "1") { price } }`);
    const seconds = Number(/^max-age=(\d+), public$/.exec(String(answer.headers.get("cache-control")))?.[1]);
    // Lifetimes are shortened by up to a tenth, so that entries made together do not end together.
    expect(seconds).toBeGreaterThanOrEqual(53);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(answer.headers.get("age")).toBeNull();
  });

  it("sends none with a part that no entry holds", async () => {
    expect(await control(`{ product(id: "1") { price stock } }`)).toBe("no-cache");
    expect(await control(`{ hinted product(id: "1") { price } }`)).toBe("no-cache");
  });

  it("obeys setCacheHint of a resolver that has no entry", async () => {
    expect(await control("{ hinted(maxAge: 7) }")).toBe("max-age=7, public");
    expect(await control(`{ hinted(maxAge: 7) product(id: "1") { price } }`)).toBe("max-age=7, public");
    expect(await control("{ a: hinted(maxAge: 7) b: hinted(maxAge: 5) }")).toBe("max-age=5, public");
    expect(await control("{ a: hinted(maxAge: 7) b: hinted }")).toBe("no-cache");
  });

  it("is private with a PRIVATE part, and for requests that name their sender", async () => {
    const eve = { authorization: "Bearer eve" };
    expect(await control(`{ product(id: "1") { discount } }`, eve)).toMatch(/^max-age=1\d, private$/);
    expect(await control(`{ product(id: "1") { price } }`, eve)).toMatch(/^max-age=\d+, private$/);
  });

  it("sends none with a varying part, as long as nobody says which header varies it", async () => {
    expect(await control(`{ product(id: "1") { label } }`)).toBe("no-cache");
  });

  it("sends none with errors", async () => {
    expect(await control("{ fails }")).toBe("no-store");
  });
});

describe("X-Cache-Debug: 1", () => {
  const query = `{ one: product(id: "1") { price discount stock } }`;
  const debug = { "x-cache-debug": "1" };

  it("lists what each cached field came to", async () => {
    const shop = await startShop();
    try {
      await shop.get(`{ product(id: "1") { id } }`);
      const body = (await (await shop.get(query, debug)).json()) as { extensions: { cache: object[] } };
      expect(body.extensions.cache).toEqual([
        {
          path: ["one"],
          coordinate: "Query.product",
          key: expect.stringContaining("fieldgate:{Query.product~"),
          outcome: "hit",
          reason: "fresh",
          age: expect.any(Number),
          lifetime: expect.any(Number),
        },
        {
          path: ["one", "discount"],
          coordinate: "Product.discount",
          key: null,
          outcome: "bypass",
          reason: expect.any(String),
          age: null,
          lifetime: 20,
        },
        {
          path: ["one", "price"],
          coordinate: "Product.price",
          key: expect.stringMatching(/^fieldgate:\{Product:1\}:price:v/),
          outcome: "miss",
          reason: "absent",
          age: expect.any(Number),
          lifetime: expect.any(Number),
        },
      ]);
    } finally {
      await shop.close();
    }
  });

  it("is needed: nothing is added to a body unasked", async () => {
    const shop = await startShop();
    try {
      expect(Object.keys((await (await shop.get(query)).json()) as object)).toEqual(["data"]);
    } finally {
      await shop.close();
    }
  });

  it("is for the admin alone in production", async () => {
    const shop = await startShop({ environment: { NODE_ENV: "production", ADMIN_TOKEN: admin } });
    try {
      const stranger = (await (await shop.get(query, debug)).json()) as object;
      expect(stranger).not.toHaveProperty("extensions");
      const trusted = (await (await shop.get(query, { ...debug, ...asAdmin })).json()) as object;
      expect(trusted).toHaveProperty("extensions.cache");
    } finally {
      await shop.close();
    }
  });
});
