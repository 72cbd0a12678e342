import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Shop, startShop } from "./shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.close());

const as = (user: string) => ({ authorization: `Bearer ${user}` });

describe("a PRIVATE field over HTTP", () => {
  it("is each caller's own, aliased, in fragments, and all at once", async () => {
    const users = ["al", "bob", "carol", "dave", "eve", "mallory-the-long"];
    const queries = [
      `{ product(id: "1") { discount } }`,
      `{ product(id: "1") { discount: discount } }`,
      `{ product(id: "1") { ...D } } fragment D on Product { discount }`,
      `{ a: product(id: "1") { discount } }`,
    ];
    const requests = Array.from({ length: 120 }, (_, n) => ({
      user: String(users[n % users.length]),
      query: String(queries[(n * 7) % queries.length]),
    }));
    const answers = await Promise.all(
      requests.map(async ({ user, query }) => {
        const body = (await (await shop.get(query, as(user))).json()) as { data: Record<string, unknown> };
        const [product] = Object.values(body.data) as { discount: number }[];
        return { user, discount: product?.discount };
      }),
    );
    for (const { user, discount } of answers) expect(discount).toBe(1 + user.length);
    expect(shop.calls.filter((name) => name === "discount")).toHaveLength(users.length);
  });

  it("is neither stored nor shared without a user", async () => {
    const before = shop.calls.length;
    for (let time = 0; time < 2; time++) {
      const answer = await shop.get(`{ product(id: "2") { discount } }`);
      expect(await answer.json()).toEqual({ data: { product: { discount: null } } });
    }
    expect(shop.calls.slice(before).filter((name) => name === "discount")).toHaveLength(2);
  });

  it("is not given to whoever holds the ETag of another's answer", async () => {
    const query = `{ product(id: "1") { discount } }`;
    const etag = String((await shop.get(query, as("bob"))).headers.get("etag"));
    const answer = await shop.get(query, { ...as("carol"), "if-none-match": etag });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ data: { product: { discount: 6 } } });
  });
});
