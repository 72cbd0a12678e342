import { describe, expect, it } from "vitest";
import { createTestCache } from "../../src/testing/index.ts";

interface Row {
  readonly id: string;
  readonly next?: { readonly id: string } | null;
  readonly other?: { readonly id: string } | null;
}

/** Things whose rows refer to things: `{ a: "b" }`, the row of a refers to that of b. */
function things(
  next: Readonly<Record<string, string | undefined>>,
  other: Readonly<Record<string, string>> = {},
) {
  const referring = (id: string | undefined) => (id === undefined ? null : { id });
  const slow = new Map<string, Promise<void>>();
  const test = createTestCache({
    typeDefs: `
      type Query { thing(id: ID!): Thing  things(ids: [ID!]!): [Thing]  kept(ids: [ID!]!): [Thing] @cacheTTL(seconds: 60) }
      type Thing @cacheTTL(seconds: 60) { id: ID!  next: Thing  other: Other }
      type Other @cacheTTL(seconds: 60) { id: ID!  secret: String }`,
    entities: {
      Thing: {
        load: async (keys: readonly string[]) =>
          keys.map((id): Row | null =>
            id in next ? { id, next: referring(next[id]), other: referring(other[id]) } : null,
          ),
      },
      Other: {
        load: async (keys: readonly string[]) =>
          Promise.all(
            keys.map(async (id) => {
              await slow.get(id);
              return { id, secret: `of ${id}` };
            }),
          ),
      },
    },
    resolvers: (loaders) => ({
      Query: {
        thing: (_: unknown, { id }: { id: string }, context: object) =>
          loaders["Thing"]!.loader(context).load(id),
        things: (_: unknown, { ids }: { ids: readonly string[] }, context: object) =>
          loaders["Thing"]!.loader(context).loadMany(ids),
        kept: (_: unknown, { ids }: { ids: readonly string[] }) => ids.map((id) => ({ id })),
      },
    }),
  });
  return {
    ...test,
    slow,
    async ask(source: string, context: object = {}) {
      const { data, errors } = await test.run(source, { context });
      await test.settle();
      expect(errors).toBeUndefined();
      return JSON.parse(JSON.stringify(data));
    },
  };
}

describe("rows that refer to rows", () => {
  it.each(["things", "kept"])("are put in their places where both are in one batch: %s", async (field) => {
    const { ask } = things({ a: "b", b: "c", c: undefined });
    const source = `{ ${field}(ids: ["a", "b", "c"]) { id next { id next { id } } } }`;
    const cold = await ask(source);
    expect(cold[field]).toEqual([
      { id: "a", next: { id: "b", next: { id: "c" } } },
      { id: "b", next: { id: "c", next: null } },
      { id: "c", next: null },
    ]);
    expect(await ask(source)).toEqual(cold);
  });

  it.each([
    ["itself", { a: "a" }, ["a", "a", "a"]],
    ["one that refers back", { a: "b", b: "a" }, ["a", "b", "a"]],
    ["a ring", { a: "b", b: "c", c: "a" }, ["a", "b", "c"]],
  ] as const)("may refer to %s", async (_, next, [a, b, c]) => {
    const { ask } = things(next);
    for (let round = 0; round < 2; round++) {
      expect(await ask(`{ thing(id: "a") { id next { id next { id } } } }`)).toEqual({
        thing: { id: a, next: { id: b, next: { id: c } } },
      });
    }
  });

  it("are the same objects as those that the loader gives", async () => {
    const { loaders } = things({ a: "b", b: "a" });
    const loader = loaders["Thing"]!.loader({});
    const [a, b] = (await loader.loadMany(["a", "b"])) as [Row, Row];
    expect(a.next).toBe(b);
    expect(b.next).toBe(a);
  });

  it("in a ring are given out when all of them are whole, whoever asks first", async () => {
    const { loaders, slow, settle } = things({ a: "b", b: "a" }, { a: "x" });
    let go = () => {};
    slow.set(
      "x",
      new Promise((resolve) => {
        go = resolve;
      }),
    );
    const loader = loaders["Thing"]!.loader({});
    const given: string[] = [];
    const first = loader.load("a").then((row) => {
      given.push("a");
      return row;
    });
    await Promise.resolve();
    const second = loader.load("b").then((row) => {
      given.push("b");
      return row;
    });
    for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(given).toEqual([]);
    go();
    expect((await second).next.other).toEqual({ id: "x", secret: "of x" });
    expect((await first).other).toEqual({ id: "x", secret: "of x" });
    await settle();
  });

  it("that are gone leave null in their place", async () => {
    const { ask } = things({ a: "gone" });
    expect(await ask(`{ thing(id: "a") { id next { id } } }`)).toEqual({ thing: { id: "a", next: null } });
  });

  it("in a ring that a principal's own row is part of taint every fill that is given one of them", async () => {
    const { run, settle, recorder } = createTestCache({
      typeDefs: `
        type Query { label(id: ID!): String @cacheTTL(seconds: 60) }
        type Thing @cacheTTL(seconds: 60) { id: ID!  next: Thing  own: Own }
        type Own @cacheTTL(seconds: 60, scope: PRIVATE) { id: ID!  text: String }`,
      principal: ({ user }: { readonly user?: string }) => user,
      entities: {
        Thing: {
          load: async (keys: readonly string[]) =>
            keys.map((id) => ({
              id,
              next: { id: id === "a" ? "b" : "a" },
              own: id === "a" ? { id: "o" } : null,
            })),
        },
        Own: { load: async (keys, { user }) => keys.map((id) => ({ id, text: `${user}'s` })) },
      },
      resolvers: (loaders) => ({
        Query: {
          label: async (_: unknown, { id }: { id: string }, context: object) => {
            const row = await loaders["Thing"]!.loader(context).load(id);
            return (row.own ?? row.next.own).text;
          },
        },
      }),
    });
    for (const user of ["ann", "bob"]) {
      const { data } = await run(`{ a: label(id: "a") b: label(id: "b") }`, { context: { user } });
      await settle();
      expect(data).toEqual({ a: `${user}'s`, b: `${user}'s` });
    }
    expect(recorder.count("hit", "Query.label")).toBe(0);
  });
});
