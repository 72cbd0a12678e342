import { describe, expect, it } from "vitest";
import { shop } from "./support.ts";

const typeDefs = /* GraphQL */ `
  type Query {
    product(id: ID!): Product
    search(filter: Filter, first: Int = 10, word: String): String @cacheTTL(seconds: 60)
  }
  input Filter { a: String, b: String }
  type Product @key(fields: "id") {
    id: ID!
    price(currency: String = "EUR"): Int @cacheTTL(seconds: 60)
  }
`;

async function priceShop() {
  const loads: unknown[] = [];
  const made = await shop({
    typeDefs,
    resolvers: {
      Query: {
        product: (_: unknown, { id }: { id: string }) => ({ id }),
        search: (_: unknown, args: unknown) => JSON.stringify(args) + loads.push(args),
      },
      Product: { price: () => loads.push("price") },
    },
  });
  return { ...made, loads };
}

describe("a cached field", () => {
  it("is loaded once and then served from its entry", async () => {
    const { ask, loads } = await priceShop();
    const cold = await ask(`{ product(id: 1) { price } }`);
    const warm = await ask(`{ product(id: 1) { price } }`);
    expect(cold).toMatchObject({ data: { product: { price: 1 } }, reads: ["Product.price miss"] });
    expect(warm).toMatchObject({ data: { product: { price: 1 } }, reads: ["Product.price hit"] });
    expect(loads).toHaveLength(1);
  });

  it("has the key of the contract", async () => {
    const { ask, entries } = await priceShop();
    await ask(`{ product(id: 42) { price } }`);
    expect(await entries()).toEqual([
      expect.stringMatching(
        /^shop:\{Product:42\}:price:v1\.[0-9a-zA-Z_-]+:%7B%22currency%22%3A%22EUR%22%7D$/,
      ),
    ]);
  });
});
