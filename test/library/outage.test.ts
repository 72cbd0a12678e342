import { makeExecutableSchema } from "@graphql-tools/schema";
import { type ExecutionResult, graphql } from "graphql";
import { afterEach, describe, expect, it } from "vitest";
import { createFieldCache, type FieldCache, typeDefs } from "../../src/index.ts";
import { freePort } from "../support/redis-server.ts";

let cache: FieldCache | undefined;
afterEach(() => cache?.close());

const SDL = `
  type Product @cacheTTL(seconds: 60) { id: ID!  name: String!  price: Int! @cacheTTL(seconds: 60)  made: Date @cacheTTL(seconds: 60) }
  type Query { products: [Product!]! @cacheTTL(seconds: 60) }
  scalar Date
`;

/** A gateway whose Redis is not there. */
async function gateway() {
  const made = createFieldCache({
    redis: `redis://127.0.0.1:${await freePort()}`,
    codecs: {
      Product: {
        encode: ({ id, name }) => [id, name],
        decode: ([id, name]) => ({ id, name, decoded: true }),
      },
    },
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  cache = made;
  const asked: string[] = [];
  made.entity("Product", {
    load: async (ids: readonly string[]) => {
      asked.push(`products ${ids.join()}`);
      return ids.map((id) => ({ id, name: `Product ${id}` }));
    },
  });
  const schema = made.apply(
    makeExecutableSchema({
      typeDefs: [typeDefs, SDL],
      resolvers: {
        // References only: the rows come from their loader, with Redis or without.
        Query: { products: () => [{ id: "1" }, { id: "2" }] },
        Product: {
          price: ({ id }: { id: string }) => {
            asked.push(`price ${id}`);
            return Number(id);
          },
          made: () => new Date(0),
        },
      },
    }),
  );
  await made.ready();
  const ask = (source: string) => graphql({ schema, source, contextValue: {} }) as Promise<ExecutionResult>;
  return { cache: made, ask, asked };
}

describe("a request that begins while Redis is known to be away", () => {
  it("makes no look, and is answered as it would be with it", async () => {
    const { cache, ask, asked } = await gateway();
    const answer = await ask(`{ products { id name price made } }`);
    expect(answer).toEqual({
      data: {
        products: [
          { id: "1", name: "Product 1", price: 1, made: new Date(0) },
          { id: "2", name: "Product 2", price: 2, made: new Date(0) },
        ],
      },
    });
    expect(asked).toEqual(["products 1,2", "price 1", "price 2"]);
    const { reads, store, running } = cache.stats();
    expect(reads).toEqual({ hit: 0, stale: 0, miss: 0, wait: 0, bypass: 7 });
    expect(store.commands).toBe(0);
    expect(running.earlyLooks).toBe(0);
  });

  it("shares what has not begun with those who ask at the same time", async () => {
    const { ask, asked } = await gateway();
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(`{ products { price name } }`)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(asked).toEqual(["products 1,2", "price 1", "price 2"]);
  });
});
