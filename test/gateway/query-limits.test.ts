import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Shop, startShop } from "./shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await startShop({
    definition: { limits: { depth: 4, aliases: 3, directives: 2, tokens: 200, cost: 100 } },
  });
});
afterAll(() => shop.close());

async function codeOf(query: string, variables: object = {}): Promise<string | undefined> {
  const answer = await shop.post({ query, variables });
  const body = (await answer.json()) as { errors?: { extensions: { code: string } }[] };
  if (body.errors !== undefined) expect(answer.status).toBe(400);
  return body.errors?.[0]?.extensions.code;
}

const related = (depth: number): string =>
  depth === 0 ? "id" : `related(first: 1) { ${related(depth - 1)} }`;

describe("a hostile query", () => {
  it.each([
    ["deep", `{ product(id: "1") { ${related(3)} } }`, "QUERY_TOO_DEEP"],
    [
      "deep through fragments",
      `{ ...A } fragment A on Query { product(id: "1") { ...B } } fragment B on Product { ${related(3)} }`,
      "QUERY_TOO_DEEP",
    ],
    ["with many aliases", "{ a: hinted b: hinted c: hinted d: hinted }", "TOO_MANY_ALIASES"],
    [
      "with many directives",
      "{ hinted @skip(if: false) @include(if: true) stale @skip(if: false) }",
      "TOO_MANY_DIRECTIVES",
    ],
    ["with many tokens", `{ ${"hinted ".repeat(300)} }`, "TOO_MANY_TOKENS"],
    ["with long lists", "{ products(first: 30) { id name price stock } }", "QUERY_TOO_COSTLY"],
    [
      "with long lists in lists",
      "{ products(first: 9) { related(first: 9) { id name } } }",
      "QUERY_TOO_COSTLY",
    ],
    ["with a default size", "{ products { related { related { id } } } }", "QUERY_TOO_COSTLY"],
  ])("%s is refused by name", async (_kind, query, code) => {
    expect(await codeOf(query)).toBe(code);
  });

  it("hides no list size in a variable", async () => {
    const query = "query ($n: Int) { products(first: $n) { id name } }";
    expect(await codeOf(query, { n: 1000 })).toBe("QUERY_TOO_COSTLY");
    expect(await codeOf(query, { n: 3 })).toBeUndefined();
  });

  it("of fragments that double at each step is refused before it is counted out", async () => {
    const doubling = Array.from(
      { length: 12 },
      (_, n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`,
    );
    const code = await codeOf(`{ ...F0 } ${doubling.join(" ")} fragment F12 on Query { hinted }`);
    expect(["QUERY_TOO_COSTLY", "GRAPHQL_VALIDATION_FAILED"]).toContain(code);
  });

  it("runs no resolver", () => {
    expect(shop.calls).not.toContain("price");
  });
});

describe("an honest query", () => {
  it.each([
    `{ product(id: "1") { ${related(2)} } }`,
    "{ a: hinted b: hinted }",
    "{ products(first: 10) { id name stock } }",
    "{ hinted @skip(if: false) }",
  ])("passes: %s", async (query) => {
    expect(await codeOf(query)).toBeUndefined();
  });

  it("with a bad variable gets the executor's own message", async () => {
    const answer = await shop.post({
      query: "query ($n: Int!) { products(first: $n) { id } }",
      variables: { n: "x" },
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("Int cannot represent non-integer value");
  });
});

describe("the default limits", () => {
  it("let the introspection of every explorer through", async () => {
    const { getIntrospectionQuery } = await import("graphql");
    const open = await startShop();
    try {
      const answer = await open.post({
        query: getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }),
      });
      expect(await answer.json()).toHaveProperty("data.__schema");
    } finally {
      await open.close();
    }
  });
});
