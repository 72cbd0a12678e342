import { describe, expect, it } from "vitest";
import { createTestCache } from "../../src/testing/index.ts";

describe("cache.close", () => {
  it("waits for the loads under way and their entries", async () => {
    let finish: (value: number) => void = () => {};
    const { run, cache, recorder, settle } = createTestCache({
      typeDefs: "type Query { slow: Int @cacheTTL(seconds: 60) }",
      resolvers: {
        Query: {
          slow: () =>
            new Promise<number>((resolve) => {
              finish = resolve;
            }),
        },
      },
    });
    const answer = run("{ slow }");
    while (cache.stats().running.fills === 0) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const closed = cache.close();
    finish(3);
    expect(await closed).toEqual([]);
    expect((await answer).data).toEqual({ slow: 3 });
    await settle();
    expect(recorder.fills).toMatchObject([{ stored: "stored" }]);
  });

  it("waits for the write of a job, which no request waits for", async () => {
    let saved = (): void => {};
    const { loaders, cache } = createTestCache({
      typeDefs: "type Query { note: Note }  type Note { id: ID! }",
      entities: {
        Note: {
          load: (ids) => ids,
          write: (rows) =>
            new Promise((resolve) => {
              saved = () => resolve(rows);
            }),
        },
      },
    });
    const written = loaders["Note"]!.write({ id: 1 });
    let isClosed = false;
    await new Promise((resolve) => setTimeout(resolve, 5));
    const closed = cache.close().then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(isClosed).toBe(false);
    saved();
    expect(await written).toEqual({ id: 1 });
    await closed;
  });

  it("says what did not end within shutdownMs", async () => {
    const { run, cache, clock } = createTestCache({
      typeDefs: "type Query { stuck: Int @cacheTTL(seconds: 60) }",
      resolvers: { Query: { stuck: () => new Promise(() => {}) } },
      shutdownMs: 1000,
    });
    void run("{ stuck }");
    while (cache.stats().running.fills === 0) await new Promise((resolve) => setImmediate(resolve));
    const closed = cache.close();
    await clock.advance(1000);
    expect(await closed).toEqual([expect.stringMatching(/^load of fieldgate:\{Query\.stuck\}:v/)]);
  });

  it("serves from the source afterwards, and can be called twice", async () => {
    const { run, cache } = createTestCache({
      typeDefs: "type Query { price: Int @cacheTTL(seconds: 60) }",
      resolvers: { Query: { price: () => 5 } },
    });
    await run("{ price }");
    expect(cache.close()).toBe(cache.close());
    await cache.close();
    expect((await run("{ price }")).data).toEqual({ price: 5 });
  });
});

describe("cache.stats", () => {
  it("counts what happened, by coordinate too, and tells what is going on", async () => {
    const { run, cache, settle } = createTestCache({
      typeDefs:
        "type Query { product: Product  price: Int @cacheTTL(seconds: 60) } type Product @cacheTTL(seconds: 60) { id: ID! }",
      entities: { Product: { load: async (keys) => keys.map((id) => ({ id })) } },
      resolvers: (loaders) => ({
        Query: { price: () => 5, product: (_, __, context) => loaders["Product"]!.loader(context).load(1) },
      }),
    });
    await run("{ price product { id } }");
    await settle();
    await run("{ price product { id } }");
    expect(cache.stats()).toMatchObject({
      reads: { hit: 2, stale: 0, miss: 2, wait: 0, bypass: 0 },
      fills: { stored: 2, refused: 0, "not-stored": 0, failed: 0, errors: 0 },
      batches: { calls: 1, keys: 1 },
      invalidations: { done: 0, failed: 0, droppedTargets: 0 },
      fields: { "Query.price": { hit: 1, miss: 1 }, Product: { hit: 1, miss: 1 } },
      store: { kind: "embedded", status: "up", entries: expect.any(Number) },
      running: { fills: 0, refreshes: 0, pendingInvalidations: 0 },
    });
  });
});

describe("onEvent and logger", () => {
  it("an onEvent that throws is logged and harms nobody", async () => {
    const { run, recorder } = createTestCache({
      typeDefs: "type Query { price: Int @cacheTTL(seconds: 60) }",
      resolvers: { Query: { price: () => 5 } },
      onEvent: () => {
        throw new Error("mine");
      },
    });
    expect((await run("{ price }")).data).toEqual({ price: 5 });
    expect(recorder.warnings).toContain('The option "onEvent" threw.');
  });
});
