import { describe, expect, it } from "vitest";
import { shop } from "./support.ts";

/** A field of this type, and how often its source was asked. */
async function fieldOf(type: string, values: readonly unknown[]) {
  let loads = 0;
  const { ask, entries, clock } = await shop({
    typeDefs: /* GraphQL */ `
      enum Size { SMALL LARGE }
      type Note { text: String }
      type Query { one: ${type} @cacheTTL(seconds: 60) }
    `,
    resolvers: { Query: { one: () => values[Math.min(loads++, values.length - 1)] } },
  });
  return { ask, entries, clock, loads: () => loads };
}

describe("a value that the schema refuses", () => {
  it.each<[string, unknown, unknown]>([
    ["Int!", null, 1],
    ["Int!", undefined, 1],
    ["[Int!]", [1, null], [1]],
    ["[Int!]", [1, Promise.resolve(null)], [1]],
    ["[[Int!]!]", [[1], null], [[1]]],
    ["[Int]", 5, [5]],
    ["Int", "many", 1],
    ["Size", "MEDIUM", "LARGE"],
  ])("is an error that is not stored: of %s, %j", async (type, refused, right) => {
    const { ask, entries, loads } = await fieldOf(type, [refused, right]);
    expect((await ask("{ one }", {})).errors).toHaveLength(1);
    expect((await entries()).filter((key) => key.includes("Query.one"))).toEqual([]);
    expect(await ask("{ one }", {})).toMatchObject({ data: { one: right }, errors: [] });
    expect(loads()).toBe(2);
  });

  it("is an error that is not stored: of Note!, null", async () => {
    const { ask, loads } = await fieldOf("Note!", [null, { text: "a" }]);
    expect((await ask("{ one { text } }", {})).errors).toHaveLength(1);
    expect((await ask("{ one { text } }", {})).data).toEqual({ one: { text: "a" } });
    expect(loads()).toBe(2);
  });
});

describe("a value that the schema takes", () => {
  it("is served whole where a list in it is a generator", async () => {
    const { ask } = await fieldOf("[[Int!]]", [[[1, 2].values()]]);
    expect(await ask("{ one }", {})).toMatchObject({ data: { one: [[1, 2]] }, errors: [] });
  });

  it.each<[string, unknown]>([
    ["Int", null],
    ["[Int]!", [null, 1]],
    ["[Int!]!", new Set([1, 2])],
    ["Size!", "LARGE"],
    ["ID!", 42],
  ])("is stored: of %s, %j", async (type, value) => {
    const { ask, loads } = await fieldOf(type, [value]);
    expect(await ask("{ one }", {})).toMatchObject({ errors: [] });
    await ask("{ one }", {});
    expect(loads()).toBe(1);
  });
});
