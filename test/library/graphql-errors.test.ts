import { makeExecutableSchema } from "@graphql-tools/schema";
import { GraphQLError, graphql } from "graphql";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createFieldCache, type FieldCache, typeDefs } from "../../src/index.ts";
import { graphqlErrors } from "../../src/library/graphql-errors.ts";

describe("an error of the source, for those who meet its back-off mark", () => {
  let cache: FieldCache;
  afterEach(() => cache.close());

  it.each([
    [
      "one written for the caller",
      () => new GraphQLError("Out of stock", { extensions: { code: "OUT_OF_STOCK" } }),
    ],
    ["one without a code", () => new GraphQLError("Out of stock")],
    [
      "one around a fault",
      () => new GraphQLError("Failed", { originalError: new Error("connect 10.1.2.3") }),
    ],
    ["a fault", () => Object.assign(new Error("connect 10.1.2.3"), { extensions: { code: "E" } })],
  ])("is what it was for who ran into it: %s", async (_name, make) => {
    let calls = 0;
    cache = createFieldCache({ logger: { debug() {}, info() {}, warn() {}, error() {} } });
    const schema = cache.apply(
      makeExecutableSchema({
        typeDefs: [typeDefs, "type Query { stock: Int @cacheTTL(seconds: 60) }"],
        resolvers: {
          Query: {
            stock: () => {
              calls += 1;
              throw make();
            },
          },
        },
      }),
    );
    await cache.ready();
    const [thrown, told] = [await ask(), await ask()];
    expect(calls).toBe(1);
    expect(told).toEqual(thrown);

    async function ask() {
      const { errors } = await graphql({ schema, source: "{ stock }", contextValue: {} });
      const [error] = errors ?? [];
      const cause = error?.originalError;
      return {
        answer: error?.toJSON(),
        isToldToCallers: cause instanceof GraphQLError,
        isAroundFault: cause instanceof GraphQLError && cause.originalError instanceof Error,
      };
    }
  });
});

describe("an error of the source, for those who share its load", () => {
  class Refusal extends GraphQLError {}
  it.each([
    ["a GraphQLError", () => new GraphQLError("Out of stock", { extensions: { code: "OUT_OF_STOCK" } })],
    [
      "one of a class of its own",
      () => new Refusal("Out of stock", { extensions: { code: "OUT_OF_STOCK" } }),
    ],
    ["a fault", () => Object.assign(new Error("Out of stock"), { extensions: { code: "OUT_OF_STOCK" } })],
  ])("is each one's own: what a server writes into one answer is in no other: %s", async (_name, make) => {
    let calls = 0;
    let fail = () => {};
    const failing = new Promise<never>((_resolve, reject) => {
      fail = () => reject(make());
    });
    const cache = createFieldCache({ logger: { debug() {}, info() {}, warn() {}, error() {} } });
    const schema = cache.apply(
      makeExecutableSchema({
        typeDefs: [typeDefs, "type Query { stock: Int @cacheTTL(seconds: 60) }"],
        resolvers: {
          Query: {
            stock: () => {
              calls += 1;
              return failing;
            },
          },
        },
      }),
    );
    await cache.ready();
    const asked = ["{ stock }", "{ stock }", "{ a: stock b: stock }"].map((source) =>
      graphql({ schema, source, contextValue: {} }),
    );
    await vi.waitFor(() => expect(calls).toBeGreaterThan(0));
    fail();
    const errors = (await Promise.all(asked)).flatMap((answer) => answer.errors ?? []);
    expect(errors).toHaveLength(4);
    for (const [at, error] of errors.entries()) Object.assign(error.extensions, { requestId: at });
    expect(errors.map(({ extensions }) => extensions)).toEqual(
      [0, 1, 2, 3].map((requestId) => ({ code: "OUT_OF_STOCK", requestId })),
    );
    const causes = errors.map(({ originalError }) => originalError);
    expect(new Set(causes.map((cause) => cause?.constructor.name)).size).toBe(1);
    expect(causes.every((cause) => cause instanceof Error && cause.message === "Out of stock")).toBe(true);
    expect(calls).toBeLessThanOrEqual(2);
    await cache.close();
  });
});

describe("a mark that this version did not write", () => {
  it.each(['{"message":"m","name":"E"}', 'told {"message":"m"}'])("is read where it can be: %s", (text) => {
    expect((graphqlErrors.decode(text) as Error).message).toBe("m");
  });
});
