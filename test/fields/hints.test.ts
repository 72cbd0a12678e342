import type { GraphQLResolveInfo } from "graphql";
import { describe, expect, it } from "vitest";
import { addCacheTags, type CachePolicyHint, setCachePolicy } from "../../src/fields/hints.ts";
import { shop } from "./support.ts";

async function hinted(hint: (info: GraphQLResolveInfo) => void, value: unknown = 1) {
  let loads = 0;
  const made = await shop({
    typeDefs: /* GraphQL */ `
      type Query { price: Int @cacheTTL(seconds: 60, staleIfErrorSeconds: 600), free: Int }
      type Mutation { price: Int }
    `,
    resolvers: Object.fromEntries(
      ["Query", "Mutation"].map((name) => [
        name,
        Object.fromEntries(
          (name === "Query" ? ["price", "free"] : ["price"]).map((field) => [
            field,
            (_p: unknown, _a: unknown, _c: unknown, info: GraphQLResolveInfo) => {
              loads += 1;
              hint(info);
              return value;
            },
          ]),
        ),
      ]),
    ),
  });
  return { ...made, loads: () => loads };
}

describe("setCachePolicy", () => {
  it("shortens a lifetime", async () => {
    const { ask, clock, loads } = await hinted((info) => setCachePolicy(info, { seconds: 10 }));
    await ask(`{ price }`);
    clock.step(9999);
    expect((await ask(`{ price }`)).state.reads[0]).toMatchObject({ outcome: "hit", remainingMs: 1 });
    clock.step(1);
    await ask(`{ price }`);
    expect(loads()).toBe(2);
  });

  it("never lengthens one, nor makes a scope laxer", async () => {
    const { ask, clock, loads } = await hinted((info) =>
      setCachePolicy(info, { seconds: 600, nullSeconds: 600, scope: "PUBLIC" }),
    );
    await ask(`{ price }`);
    clock.step(60_000);
    await ask(`{ price }`);
    expect(loads()).toBe(2);
  });

  it("keeps a null no longer than it allows a value", async () => {
    const { ask, clock, loads } = await hinted((info) => setCachePolicy(info, { seconds: 2 }), null);
    await ask(`{ price }`);
    clock.step(2000);
    await ask(`{ price }`);
    expect(loads()).toBe(2);
  });

  it.each<CachePolicyHint>([{ seconds: 0 }, { scope: "PRIVATE" }])(
    "keeps a value out of the store: %j",
    async (hint) => {
      const { ask, loads, entries } = await hinted((info) => setCachePolicy(info, hint));
      await ask(`{ price }`);
      await ask(`{ price }`);
      expect(loads()).toBe(2);
      expect(await entries()).toEqual([]);
    },
  );

  it("has the strictest of several calls", async () => {
    const { ask, clock, loads } = await hinted((info) => {
      setCachePolicy(info, { seconds: 10 });
      setCachePolicy(info, { seconds: 30 });
    });
    await ask(`{ price }`);
    clock.step(10_000);
    await ask(`{ price }`);
    expect(loads()).toBe(2);
  });

  it("has no effect in a field that is not cached, and in a mutation", async () => {
    const { ask } = await hinted((info) => setCachePolicy(info, { seconds: 0 }));
    expect((await ask(`{ free }`)).errors).toEqual([]);
    expect((await ask(`mutation { price }`)).errors).toEqual([]);
  });

  it.each([
    [
      { seconds: -1 },
      `setCachePolicy(info, hint): "seconds" must be a number of seconds, 0 or more, but got: -1.`,
    ],
    [
      { staleSeconds: Number.NaN },
      `setCachePolicy(info, hint): "staleSeconds" must be a number of seconds, 0 or more, but got: NaN.`,
    ],
    [
      { scope: "private" },
      `setCachePolicy(info, hint): "scope" must be "PUBLIC" or "PRIVATE", but got: 'private'.`,
    ],
  ])("refuses %j", async (hint, message) => {
    const { ask } = await hinted((info) => setCachePolicy(info, hint as CachePolicyHint));
    expect((await ask(`{ price }`)).errors).toEqual([message]);
  });
});

describe("addCacheTags", () => {
  it("makes the entry one that its tags reach", async () => {
    const { ask, loads, cache } = await hinted((info) => addCacheTags(info, ["author:7", "shelf"]));
    await ask(`{ price }`);
    await cache.invalidate(["__tag:shelf"]);
    await ask(`{ price }`);
    await cache.invalidate(["__tag:author:7"]);
    await ask(`{ price }`);
    await cache.invalidate(["__tag:author:8"]);
    await ask(`{ price }`);
    expect(loads()).toBe(3);
  });

  it("refuses what is no list of texts", async () => {
    const { ask } = await hinted((info) => addCacheTags(info, "shelf" as never));
    expect((await ask(`{ price }`)).errors).toEqual([
      `addCacheTags(info, tags) takes a list of texts that are not empty, such as ["author:7"], but got: 'shelf'.`,
    ]);
  });
});
