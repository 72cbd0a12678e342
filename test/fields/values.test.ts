import { execute, GraphQLScalarType, parse } from "graphql";
import { describe, expect, it } from "vitest";
import { deferred } from "../../src/base/deferred.ts";
import { shop } from "./support.ts";

/** A field that gives its value to a child, which shows what it was given. */
async function valueShop(value: () => unknown) {
  const seen: unknown[] = [];
  const made = await shop({
    typeDefs: /* GraphQL */ `
      type Query { holder: Holder @cacheTTL(seconds: 60), plain: Any @cacheTTL(seconds: 60), list: [Int] @cacheTTL(seconds: 60) }
      type Holder { show: String }
      scalar Any
    `,
    resolvers: {
      Any: new GraphQLScalarType({ name: "Any", serialize: (it) => it }),
      Query: { holder: () => ({ value: value() }), plain: value, list: value },
      Holder: {
        show: (parent: { value: unknown }) => {
          seen.push(parent.value);
          return "seen";
        },
      },
    },
  });
  return { ...made, seen };
}

const shared = { n: 1 };

describe("a hit equals the miss", () => {
  it.each<[string, unknown]>([
    ["zero", 0],
    ["minus zero", -0],
    ["not a number", Number.NaN],
    ["false", false],
    ["the empty text", ""],
    ["the empty list", []],
    ["null", null],
    ["undefined", undefined],
    ["a Date", new Date(0)],
    ["an invalid Date", new Date(Number.NaN)],
    ["a BigInt", 2n ** 64n],
    ["a Buffer", Buffer.from("é")],
    ["a typed array", new Float64Array([1.5, -0])],
    [
      "a Map",
      new Map<unknown, unknown>([
        [1, new Set([2])],
        [{ k: 1 }, undefined],
      ]),
    ],
    ["a Set", new Set([1, "1", null])],
    ["an object without prototype", Object.assign(Object.create(null), { a: 1 })],
    ["an object with __typename", { __typename: "Odd", a: [undefined, null] }],
    ["a list with a hole", Object.assign(new Array(3), { 0: 1, 2: 3 })],
    ["one object twice", [shared, shared]],
  ])("for %s", async (_, value) => {
    const { ask, seen } = await valueShop(() => value);
    await ask(`{ holder { show } }`);
    const { reads } = await ask(`{ holder { show } }`);
    expect(reads).toEqual(["Query.holder hit"]);
    expect(seen[1]).toStrictEqual(seen[0]);
    expect(seen[0]).toStrictEqual(value);
  });

  it.each<[string, unknown]>([
    ["zero", 0],
    ["false", false],
    ["the empty text", ""],
    ["the empty list", []],
    ["null", null],
    ["undefined", undefined],
  ])("for %s as the whole value", async (_, value) => {
    const { ask } = await valueShop(() => value);
    const miss = await ask(`{ plain }`);
    const hit = await ask(`{ plain }`);
    expect(hit).toMatchObject({ data: miss.data, reads: ["Query.plain hit"] });
  });

  it.each<[string, () => unknown]>([
    [
      "a generator",
      function* () {
        yield 1;
        yield 2;
      },
    ],
    ["a Set", () => new Set([1, 2])],
    ["promises", () => [Promise.resolve(1), 2]],
    ["a promise of promises", async () => [Promise.resolve(1), Promise.resolve(2)]],
  ])("for a list that is %s", async (_, value) => {
    const { ask } = await valueShop(() => value());
    const miss = await ask(`{ list }`);
    const hit = await ask(`{ list }`);
    expect(miss.data.list).toEqual([1, 2]);
    expect(hit).toMatchObject({ data: miss.data, reads: ["Query.list hit"] });
  });

  it("keeps a null for its own, shorter time", async () => {
    const { ask, clock } = await valueShop(() => null);
    await ask(`{ plain }`);
    clock.step(4999);
    expect((await ask(`{ plain }`)).reads).toEqual(["Query.plain hit"]);
    clock.step(1);
    expect((await ask(`{ plain }`)).reads).toEqual(["Query.plain miss"]);
  });
});

describe("what would not survive", () => {
  it.each<[string, unknown]>([
    ["a function", () => 1],
    ["an instance with methods", new URL("http://localhost")],
    ["an accessor", Object.defineProperty({}, "now", { get: () => 1, enumerable: true })],
  ])("is served and not stored: %s", async (_, value) => {
    const { ask, entries, seen } = await valueShop(() => value);
    const { errors } = await ask(`{ holder { show } }`);
    expect(errors).toEqual([]);
    expect(seen[0]).toBe(value);
    expect(await entries()).toEqual([]);
  });

  it("fails one item of a list that rejects, and stores nothing", async () => {
    const { ask, entries } = await valueShop(() => [1, Promise.reject(new Error("two")), 3]);
    const { data, errors } = await ask(`{ list }`);
    expect({ data, errors }).toEqual({ data: { list: [1, null, 3] }, errors: ["two"] });
    expect(await entries()).toEqual([]);
  });

  it("is an Error that a resolver returns: the field fails", async () => {
    const { ask, entries } = await valueShop(() => new Error("returned"));
    expect((await ask(`{ plain }`)).errors).toEqual(["returned"]);
    expect(await entries()).toEqual([]);
  });
});

describe("each caller's copy", () => {
  const source = `{ holder { show } }`;

  it("may be changed without harm to those who joined, and to those who come later", async () => {
    const gate = deferred<void>();
    const made = await shop({
      typeDefs: `type Query { holder: Holder @cacheTTL(seconds: 60) } type Holder { show: Int }`,
      resolvers: {
        Query: {
          holder: async () => {
            await gate.promise;
            return { counts: [1] };
          },
        },
        Holder: { show: ({ counts }: { counts: number[] }) => counts.push(2) },
      },
    });
    const document = parse(source);
    const asking = [1, 2, 3].map(() => execute({ schema: made.schema, document, contextValue: {} }));
    gate.resolve();
    for (const { data } of await Promise.all(asking)) expect(data?.["holder"]).toEqual({ show: 2 });
    await made.cache.drain(1000);
    expect((await made.ask(source)).data.holder).toEqual({ show: 2 });
    expect((await made.ask(source)).data.holder).toEqual({ show: 2 });
  });
});

describe("a type that knows its objects by their class", () => {
  class Dog {
    readonly name: string;

    constructor(name: string) {
      this.name = name;
    }
  }

  const kennel = (isTypeOf: (value: unknown) => unknown) =>
    shop({
      typeDefs: /* GraphQL */ `
        type Query {
          dog: Dog @cacheTTL(seconds: 60)
          pets: [Pet] @cacheTTL(seconds: 60)
          wrong: Dog @cacheTTL(seconds: 60)
        }
        interface Pet { name: String }
        type Dog implements Pet { name: String, friend: Dog }
      `,
      resolvers: {
        Query: {
          dog: () => Object.assign(new Dog("Rex"), { friend: new Dog("Bello") }),
          pets: () => [new Dog("Rex")],
          wrong: () => ({ name: "a cat" }),
        },
        Dog: { __isTypeOf: isTypeOf },
      },
    });

  it.each<[string, (value: unknown) => unknown]>([
    ["at once", (value) => value instanceof Dog],
    ["later", async (value) => value instanceof Dog],
  ])("knows them on a hit too, whether it answers %s", async (_, isTypeOf) => {
    const { ask } = await kennel(isTypeOf);
    const query = `{ dog { name friend { name } } pets { __typename name } }`;
    const miss = await ask(query, {});
    const hit = await ask(query, {});
    expect(miss.errors).toEqual([]);
    expect(hit).toMatchObject({ data: miss.data, errors: [], reads: ["Query.dog hit", "Query.pets hit"] });
  });

  it("refuses another object on every read, and such a one is not stored", async () => {
    const { ask, entries } = await kennel((value) => value instanceof Dog);
    const refusals = [await ask(`{ wrong { name } }`, {}), await ask(`{ wrong { name } }`, {})];
    expect(refusals.map(({ errors }) => errors)).toEqual(
      Array(2).fill(['Expected value of type "Dog" but got: { name: "a cat" }.']),
    );
    expect(await entries()).toEqual([]);
  });
});
