import { execute, graphql, introspectionFromSchema, parse, printSchema, subscribe } from "graphql";
import { describe, expect, it } from "vitest";
import { applyPolicies } from "../../src/directives/apply.ts";
import { shop } from "../fields/support.ts";

const typeDefs = /* GraphQL */ `
  type Query { product: Product, plain: String, cached: String @cacheTTL(seconds: 60), found: Hit @cacheTTL(seconds: 60) }
  type Mutation { touch: Product }
  type Subscription { touched: Product }
  "What is sold."
  type Product @key(fields: "id") { id: ID!, price: Int @cacheTTL(seconds: 60), name: String }
  type Note { text: String }
  union Hit = Product | Note
`;

async function shopFront() {
  let loads = 0;
  const price = () => ++loads;
  const touched = async function* () {
    yield { touched: { id: 1 } };
    yield { touched: { id: 1 } };
  };
  const made = await shop({
    typeDefs,
    resolvers: {
      Query: {
        product: () => ({ id: 1, name: "tea" }),
        cached: () => String(++loads),
        found: () => ({ __typename: "Note", text: "x" }),
      },
      Mutation: { touch: () => ({ id: 1 }) },
      Subscription: { touched: { subscribe: touched } },
      Product: { price },
    },
  });
  return { ...made, loads: () => loads };
}

describe("applyPolicies", () => {
  it("says the same schema as before, and leaves the original alone", async () => {
    const { schema, original } = await shopFront();
    expect(printSchema(schema)).toBe(printSchema(original));
    expect(introspectionFromSchema(schema)).toEqual(introspectionFromSchema(original));
    const { data } = await graphql({ schema: original, source: `{ cached }` });
    expect(data).toEqual({ cached: "1" });
    expect((await graphql({ schema: original, source: `{ cached }` })).data).toEqual({ cached: "2" });
  });

  it("wraps the cached fields, the query's and the subscription's, and nothing else", async () => {
    const { schema, original } = await shopFront();
    const wrapped = Object.values(schema.getTypeMap()).flatMap((type) => {
      const before = original.getType(type.name);
      if (
        !("getFields" in type) ||
        type.name.startsWith("__") ||
        before === undefined ||
        !("getFields" in before)
      )
        return [];
      return Object.values(type.getFields()).flatMap((field) => {
        const other = before.getFields()[field.name];
        const same =
          !("resolve" in field) || !other || !("resolve" in other) || field.resolve === other.resolve;
        return same ? [] : [`${type.name}.${field.name}`];
      });
    });
    expect(wrapped.sort()).toEqual([
      "Product.price",
      "Query.cached",
      "Query.found",
      "Query.plain",
      "Query.product",
      "Subscription.touched",
    ]);
  });

  it("leaves subscriptions uncached", async () => {
    const { schema, loads } = await shopFront();
    const stream = await subscribe({
      schema,
      document: parse(`subscription { touched { price } }`),
      contextValue: {},
    });
    const prices: unknown[] = [];
    for await (const { data } of stream as AsyncIterable<{ data: { touched: { price: number } } }>)
      prices.push(data.touched.price);
    expect(prices).toEqual([1, 2]);
    expect(loads()).toBe(2);
  });

  it("serves introspection beside cached fields", async () => {
    const { ask } = await shopFront();
    const { data, errors } = await ask(
      `{ __typename __schema { queryType { name } } cached found { __typename } }`,
    );
    expect({ data, errors }).toEqual({
      data: {
        __typename: "Query",
        __schema: { queryType: { name: "Query" } },
        cached: "1",
        found: { __typename: "Note" },
      },
      errors: [],
    });
  });

  it("works without a context, and with one that is no object", async () => {
    const { schema, loads, cache } = await shopFront();
    for (const contextValue of [undefined, null, 7, "text"]) {
      const { errors } = await execute({
        schema,
        document: parse(`{ cached product { price } }`),
        contextValue,
      });
      expect(errors).toBe(undefined);
      await cache.drain(1000);
    }
    expect(loads()).toBe(2);
  });

  it("resolves from a root value, as before", async () => {
    const { schema } = await shopFront();
    const { data } = await graphql({
      schema,
      source: `{ plain }`,
      rootValue: { plain: () => "from the root" },
    });
    expect(data).toEqual({ plain: "from the root" });
  });

  it("refuses a schema that it has been applied to", async () => {
    const { schema } = await shopFront();
    expect(() => applyPolicies(schema, new Map(), {} as never)).toThrow(
      "cache.apply(schema) was given a schema that it has been applied to already. Call it once, as the innermost wrapper, and hand its result to what wraps the schema further.",
    );
  });
});
