import { describe, expect, it } from "vitest";
import { createTestCache } from "../../src/testing/index.ts";

describe("createTestCache", () => {
  it("does what its documentation shows", async () => {
    const shop = createTestCache({
      typeDefs: `type Query { price: Int @cacheTTL(seconds: 60) }`,
      resolvers: { Query: { price: () => 42 } },
    });
    await shop.run("{ price }");
    await shop.run("{ price }");
    expect(shop.recorder.count("hit", "Query.price")).toBe(1);
    await shop.clock.advance(60_000);
    await shop.run("{ price }");
    expect(shop.recorder.count("miss", "Query.price")).toBe(2);
  });

  it("keeps lifetimes exact: neither jitter nor early refreshes", async () => {
    const { run, clock, recorder } = createTestCache({
      typeDefs: "type Query { price: Int @cacheTTL(seconds: 60) }",
      resolvers: { Query: { price: () => 42 } },
    });
    for (let round = 0; round < 20; round++) {
      await run("{ price }");
      await clock.advance(59_999);
      await run("{ price }");
      await clock.advance(1);
    }
    expect(recorder.count("miss")).toBe(20);
    expect(recorder.count("hit")).toBe(20);
  });

  it("records batches with their keys, fills with theirs, and reads", async () => {
    const { run, settle, recorder } = createTestCache({
      typeDefs: "type Query { products: [Product!] }  type Product @cacheTTL(seconds: 60) { id: ID! }",
      entities: { Product: { load: async (keys) => keys.map((id) => ({ id })) } },
      resolvers: ({ Product }) => ({
        Query: { products: (_, __, context) => Product!.loader(context).loadMany([1, 2]) },
      }),
    });
    await run("{ products { id } }");
    await settle();
    expect(recorder.batches).toEqual([{ entity: "Product", keys: [1, 2] }]);
    expect(recorder.fills).toEqual(
      [1, 2].map((id) => ({
        coordinate: "Product",
        key: expect.stringContaining(`{Product:${id}}:__row:`),
        stored: "stored",
        background: false,
      })),
    );
    expect(recorder.reads).toEqual([
      { coordinate: "Product", outcome: "miss" },
      { coordinate: "Product", outcome: "miss" },
    ]);
    recorder.clear();
    expect(recorder.batches).toEqual([]);
    expect(recorder.keys).toEqual([]);
  });

  it("runs one resolver through the cache, each time as a request of its own", async () => {
    let calls = 0;
    const { resolve, recorder } = createTestCache({
      typeDefs: `
        type Query { product: Product }
        type Product { id: ID!  name: String  price(currency: String): String @cacheTTL(seconds: 60) }
      `,
      resolvers: {
        Product: {
          price: ({ id }: { id: number }, { currency }: { currency: string }) => {
            calls++;
            return `${id} ${currency}`;
          },
        },
      },
    });
    const price = (currency: string) =>
      resolve("Product.price", { parent: { id: 5, name: "tea" }, args: { currency } });
    expect(await price("EUR")).toBe("5 EUR");
    expect(await price("EUR")).toBe("5 EUR");
    expect(await price("USD")).toBe("5 USD");
    expect(calls).toBe(2);
    expect(recorder.count("hit", "Product.price")).toBe(1);
    expect(await resolve("Product.name", { parent: { name: "tea" } })).toBe("tea");
  });

  it("runs a mutation's resolver as a mutation", async () => {
    const invalidated: string[] = [];
    const { resolve } = createTestCache({
      typeDefs: `
        type Query { a: Int }
        type Mutation { change(id: ID!): Int @invalidates(tags: ["item:{args.id}"]) }
      `,
      resolvers: { Mutation: { change: () => 1 } },
      onEvent: (event) => event.type === "invalidate" && invalidated.push(...event.names),
    });
    expect(await resolve("Mutation.change", { args: { id: 3 } })).toBe(1);
    expect(invalidated).toEqual(["__tag:item:3"]);
  });

  it("hands variables, context and operation name to graphql-js", async () => {
    const { run } = createTestCache({
      typeDefs: "type Query { echo(text: String): String }",
      resolvers: {
        Query: {
          echo: (_: unknown, { text }: { text: string }, { user }: { user: string }) => `${user}: ${text}`,
        },
      },
    });
    const source = "query A { echo } query B($text: String) { echo(text: $text) }";
    const result = await run(source, {
      context: { user: "ann" },
      variables: { text: "hi" },
      operationName: "B",
    });
    expect(result.data).toEqual({ echo: "ann: hi" });
  });

  it("settles once a background refresh has landed", async () => {
    let version = 1;
    const { run, settle, clock } = createTestCache({
      typeDefs: "type Query { version: Int @cacheTTL(seconds: 10, staleSeconds: 60) }",
      resolvers: { Query: { version: () => version } },
    });
    await run("{ version }");
    await settle();
    version = 2;
    await clock.advance(10_000);
    expect((await run("{ version }")).data).toEqual({ version: 1 });
    await settle();
    expect((await run("{ version }")).data).toEqual({ version: 2 });
  });

  it("takes the options of createFieldCache, and refuses what is none of them", () => {
    expect(() => createTestCache({ typeDefs: "type Query { a: Int }", nearby: true } as never)).toThrow(
      'There is no option "nearby".',
    );
  });
});
