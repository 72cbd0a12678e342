import { createHash } from "node:crypto";
import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { createPersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { Client, cacheExchange, fetchExchange } from "@urql/core";
import { auditServer } from "graphql-http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Shop, startShop } from "./shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.close());

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe("graphql-http's audit", () => {
  /** What Apollo Server itself does otherwise, by the audit's id. */
  const known: Record<string, string> = {
    // GETs that a page of another site could send without asking are stopped: CSRF protection.
    "5A70": "notice",
    "6A70": "notice",
    D6D5: "notice",
    // application/json answers 400, not 200, to what does not parse, validate or coerce.
    "572B": "warn",
    FDE2: "warn",
    "7B9B": "warn",
  };

  it("finds no error, and nothing else that Apollo Server does not do on purpose", async () => {
    const results = await auditServer({ url: shop.url });
    const findings = Object.fromEntries(
      results.filter(({ status }) => status !== "ok").map(({ id, status }) => [id, status]),
    );
    expect(results).toHaveLength(61);
    expect(findings).toEqual(known);
  });
});

describe("clients get answers, and X-Cache", () => {
  /** A fetch that notes the headers of each answer. */
  function noting() {
    const seen: (string | null)[] = [];
    const noted: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      seen.push(answer.headers.get("x-cache"));
      return answer;
    };
    return { seen, fetch: noted };
  }

  it("Apollo Client", async () => {
    const { seen, fetch } = noting();
    const client = new ApolloClient({
      link: new HttpLink({ uri: shop.url, fetch }),
      cache: new InMemoryCache(),
    });
    const query = gql`{ product(id: "1") { id price } }`;
    for (let time = 0; time < 2; time++) {
      const { data } = await client.query({ query, fetchPolicy: "no-cache" });
      expect(data).toEqual({ product: { __typename: "Product", id: "1", price: 10 } });
    }
    expect(seen).toEqual(["MISS", "HIT"]);
  });

  it("Apollo Client with automatic persisted queries over GET", async () => {
    const { seen, fetch } = noting();
    const link = createPersistedQueryLink({ sha256, useGETForHashedQueries: true }).concat(
      new HttpLink({ uri: shop.url, fetch }),
    );
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    const query = gql`query Persisted { product(id: "2") { id price } }`;
    for (let time = 0; time < 2; time++) {
      const { data } = await client.query({ query, fetchPolicy: "no-cache" });
      expect(data).toEqual({ product: { __typename: "Product", id: "2", price: 20 } });
    }
    // The hash is unknown at first, and is sent again with the query.
    expect(seen).toEqual([null, "MISS", "HIT"]);
  });

  it.each([false, true])("urql, preferring GET: %s", async (preferGetMethod) => {
    const { seen, fetch } = noting();
    const client = new Client({
      url: shop.url,
      fetch,
      exchanges: [cacheExchange, fetchExchange],
      preferGetMethod: preferGetMethod ? "force" : false,
      fetchOptions: { headers: { "apollo-require-preflight": "true" } },
    });
    const query = `{ products(first: ${preferGetMethod ? 3 : 4}) { id } }`;
    for (let time = 0; time < 2; time++) {
      const { data } = await client.query(query, {}, { requestPolicy: "network-only" }).toPromise();
      expect(data).toMatchObject({ products: [{ id: "1" }, { id: "2" }] });
    }
    expect(seen).toEqual(["MISS", "HIT"]);
  });
});

describe("CSRF protection", () => {
  it("refuses a GET that a page of another site could send without asking", async () => {
    const answer = await fetch(`${shop.url}?query={hinted}`);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("Cross-Site Request Forgery");
  });

  it("refuses a POST in a content type of forms", async () => {
    const answer = await shop.post(JSON.stringify({ query: "{ hinted }" }), { "content-type": "text/plain" });
    expect(answer.status).toBe(400);
  });
});

describe("GraphQL over HTTP", () => {
  it("does not batch", async () => {
    const answer = await shop.post([{ query: "{ hinted }" }, { query: "{ hinted }" }]);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("batching disabled");
  });

  it("does not mutate by GET", async () => {
    const answer = await shop.get(`mutation { setPrice(id: "1", price: 0) { id } }`);
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("POST");
  });

  it.each(["PUT", "PATCH", "DELETE"])("answers 405 to %s", async (method) => {
    const answer = await fetch(shop.url, { method, headers: { "apollo-require-preflight": "1" } });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("GET, POST");
  });

  it.each([
    ["{not json", {}, 400],
    ["", {}, 400],
    [`{"query": ${JSON.stringify(`{ hinted } #${"x".repeat(1_100_000)}`)}}`, {}, 413],
    ["<query/>", { "content-type": "application/xml" }, 415],
  ])("answers a body it cannot read with a GraphQL error: %.20s", async (body, headers, status) => {
    const answer = await shop.post(body, headers as Record<string, string>);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: "BAD_REQUEST" } }],
    });
  });
});

describe("request ids", () => {
  it("come from the caller and go back to it", async () => {
    const answer = await shop.get("{ hinted }", { "x-request-id": "trace-42" });
    expect(answer.headers.get("x-request-id")).toBe("trace-42");
    expect(shop.logLines()).toContainEqual(
      expect.objectContaining({ requestId: "trace-42", msg: "request", status: 200, path: "/graphql" }),
    );
  });

  it.each(["a b", "x".repeat(129), "<script>"])("are made here in place of %.20s", async (given) => {
    const answer = await shop.get("{ hinted }", { "x-request-id": given });
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});
