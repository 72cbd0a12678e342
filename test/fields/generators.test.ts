import { expect, it } from "vitest";
import { shop } from "./support.ts";

const typeDefs = /* GraphQL */ `
  type Query { box: Box @cacheTTL(seconds: 60) }
  type Box { items: [Item], odd: Odd }
  type Item { id: ID! }
  type Odd { name: String }
`;

function* twoItems() {
  yield { id: 1 };
  yield { id: 2 };
}

const DATA = { box: { items: [{ id: "1" }, { id: "2" }], odd: { name: "odd" } } };

it("a generator inside a value that is served as it is keeps its items", async () => {
  // An instance with an accessor: no copy would do, so that the resolver's own object is what is served.
  class Odd {
    get name() {
      return "odd";
    }
  }
  const { ask, warnings } = await shop({
    typeDefs,
    resolvers: { Query: { box: () => ({ items: twoItems(), odd: new Odd() }) } },
  });
  const query = "{ box { items { id } odd { name } } }";
  expect(await ask(query, {})).toMatchObject({ data: DATA, errors: [] });
  expect(warnings()).toContain("unstorable Query.box");
});

it("a generator inside a value that a codec encodes keeps its items", async () => {
  const { ask } = await shop({
    typeDefs,
    resolvers: { Query: { box: () => ({ items: twoItems(), odd: { name: "odd" } }) } },
    codecs: {
      Box: {
        encode: ({ items, odd }: { items: Iterable<unknown>; odd: object }) => ({ items: [...items], odd }),
        decode: (box) => box,
      },
    },
  });
  for (let round = 0; round < 2; round++) {
    expect(await ask("{ box { items { id } odd { name } } }", {})).toMatchObject({ data: DATA, errors: [] });
  }
});
