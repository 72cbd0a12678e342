import { makeExecutableSchema } from "@graphql-tools/schema";
import { type GraphQLSchema, graphql } from "graphql";
import { describe, expect, it } from "vitest";
import { typeDefs as directives } from "../../src/directives/definitions.ts";
import { createFieldCache } from "../../src/library/create-field-cache.ts";

const typeDefs = /* GraphQL */ `
  type Query { product(id: ID!): Product  products: [Product!]! @cacheTTL(seconds: 60) }
  type Mutation { rename(id: ID!, name: String!): Product @invalidates(entity: "Product", id: "{args.id}") }
  type Product @cacheTTL(seconds: 60) { id: ID!  name: String!  price: Int! @cacheTTL(seconds: 5) }
`;

function shop() {
  const rows = new Map([1, 2, 3].map((id) => [String(id), { id, name: `name ${id}` }]));
  const calls: string[] = [];
  const cache = createFieldCache();
  const products = cache.entity("Product", {
    load: async (keys: readonly (string | number)[]) => {
      calls.push(`load ${keys.join()}`);
      return keys.map((key) => rows.get(String(key)) ?? null);
    },
  });
  const schema = cache.apply(
    makeExecutableSchema({
      typeDefs: [directives, typeDefs],
      resolvers: {
        Query: {
          product: (_: unknown, { id }: { id: string }, context: object) => products.loader(context).load(id),
          products: () => {
            calls.push("products");
            return [...rows.values()];
          },
        },
        Product: {
          price: ({ id }: { id: number }) => {
            calls.push(`price ${id}`);
            return id * 100;
          },
        },
        Mutation: {
          rename: (_: unknown, { id, name }: { id: string; name: string }, context: object) => {
            rows.set(id, { id: Number(id), name });
            return products.loader(context).load(id);
          },
        },
      },
    }),
  );
  return { cache, calls, schema, products };
}

async function run(schema: GraphQLSchema, source: string) {
  const result = await graphql({ schema, source, contextValue: {} });
  expect(result.errors).toBeUndefined();
  return JSON.parse(JSON.stringify(result.data));
}

describe("a cache on the embedded store", () => {
  it("answers the second request from entries, the first one included in what is stored", async () => {
    const { schema, calls } = shop();
    const cold = await run(schema, "{ products { id name price } product(id: 2) { name } }");
    expect(calls.splice(0)).toMatchInlineSnapshot(`
      [
        "products",
        "load 2,1,3",
        "price 1",
        "price 2",
        "price 3",
      ]
    `);
    const warm = await run(schema, "{ products { id name price } product(id: 2) { name } }");
    expect(warm).toEqual(cold);
    expect(calls).toEqual([]);
  });

  it("shows a mutation's effect in its own answer and in the next one", async () => {
    const { schema } = shop();
    await run(schema, "{ products { id name } }");
    const changed = await run(schema, 'mutation { rename(id: 2, name: "new") { name } }');
    expect(changed).toEqual({ rename: { name: "new" } });
    const { products } = await run(schema, "{ products { id name } }");
    expect(products[1]).toEqual({ id: "2", name: "new" });
  });
});
