import { afterEach, describe, expect, it } from "vitest";
import { type Shop, startShop } from "./shop.ts";

let shop: Shop | undefined;
afterEach(async () => {
  await shop?.close();
  shop = undefined;
});

async function answerOf(query: string, environment: Record<string, string>): Promise<string> {
  shop = await startShop({ environment });
  return (await shop.get(query)).text();
}

describe("a fault of a resolver", () => {
  it("leaves production as a place and a plain sentence", async () => {
    expect(JSON.parse(await answerOf("{ fails }", { NODE_ENV: "production" }))).toEqual({
      errors: [
        {
          message: "Internal server error",
          locations: [{ line: 1, column: 3 }],
          path: ["fails"],
          extensions: { code: "INTERNAL_SERVER_ERROR" },
        },
      ],
      data: { fails: null },
    });
  });

  it("keeps its message in development, and nothing else", async () => {
    const body = await answerOf("{ fails }", { NODE_ENV: "development" });
    expect(JSON.parse(body).errors[0].message).toBe("connect ECONNREFUSED 10.1.2.3:5432");
    expect(body).not.toContain("secret");
    expect(body).not.toContain("stack");
  });

  it("is logged whole, with the request's id", async () => {
    shop = await startShop({ environment: { NODE_ENV: "production" } });
    await shop.get("{ fails }", { "x-request-id": "trace-7" });
    expect(shop.logLines()).toContainEqual(
      expect.objectContaining({
        requestId: "trace-7",
        path: ["fails"],
        err: expect.objectContaining({ message: "connect ECONNREFUSED 10.1.2.3:5432" }),
      }),
    );
  });

  it("is masked just so when it comes from a fill that others wait for", async () => {
    shop = await startShop({ environment: { NODE_ENV: "production" } });
    const bodies = await Promise.all([1, 2, 3].map(async () => (await shop?.get("{ failsCached }"))?.text()));
    for (const body of bodies) expect(body).not.toContain("hunter2");
  });
});

describe("an error thrown for the caller", () => {
  it("reaches it with its message and code", async () => {
    const body = await answerOf(`{ fails(how: "on purpose") }`, { NODE_ENV: "production" });
    expect(JSON.parse(body).errors[0]).toMatchObject({
      message: "Out of stock",
      extensions: { code: "OUT_OF_STOCK" },
    });
  });
});

describe("production", () => {
  it("does not tell its schema", async () => {
    const body = await answerOf("{ __schema { types { name } } }", { NODE_ENV: "production" });
    expect(JSON.parse(body).errors[0].extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
  });

  it("does not suggest the names of fields", async () => {
    expect(await answerOf("{ product(id: 1) { pricee } }", { NODE_ENV: "production" })).not.toContain(
      "Did you mean",
    );
  });

  it("tells both when asked to", async () => {
    shop = await startShop({ environment: { NODE_ENV: "production" }, definition: { introspection: true } });
    expect((await shop.get("{ __schema { queryType { name } } }")).status).toBe(200);
  });
});
