import { describe, expect, it } from "vitest";
import { shop } from "./support.ts";

/** The same item, once with both of its keys and once with its first alone; whoever loads counts. */
async function itemShop() {
  let loads = 0;
  const made = await shop({
    typeDefs: /* GraphQL */ `
      type Query { whole: Item, brief: Item, list: [Item] @cacheTTL(seconds: 60) }
      type Item @key(fields: "id") @key(fields: "upc") { id: ID!, upc: ID, price: Int @cacheTTL(seconds: 60) }
    `,
    resolvers: {
      Query: {
        whole: () => ({ id: 1, upc: "a" }),
        brief: () => ({ id: 1 }),
        list: () => {
          loads += 1;
          return [{ id: 1 }];
        },
      },
      Item: {
        price: () => {
          loads += 1;
          return 9;
        },
      },
    },
  });
  return {
    ask: async (source: string) => {
      const before = loads;
      await made.ask(source, {});
      return loads - before;
    },
    /** As `invalidate({ entity: "Item", id })` does. */
    invalidate: async (id: object) => {
      const { home, aliases } = made.identities.ofId("Item", id);
      await made.cache.invalidate([home, ...aliases, "__any:Item"]);
    },
  };
}

describe("an entity with two keys", () => {
  it.each([
    ["whole", "brief"],
    ["brief", "whole"],
  ])("has one entry per field, loaded through %s and read through %s, in turns", async (first, second) => {
    const { ask } = await itemShop();
    expect(await ask(`{ ${first} { price } }`)).toBe(1);
    for (const name of [second, first, second]) expect(await ask(`{ ${name} { price } }`)).toBe(0);
  });

  it.each(["whole { price }", "brief { price }", "list { id }"])(
    "is reached in %s by an invalidation by either key",
    async (selection) => {
      const { ask, invalidate } = await itemShop();
      await ask(`{ ${selection} }`);
      for (const id of [{ upc: "a" }, { id: 1 }]) {
        await invalidate(id);
        expect(await ask(`{ ${selection} }`)).toBe(1);
        expect(await ask(`{ ${selection} }`)).toBe(0);
      }
    },
  );

  it("stays where another one is invalidated, if it shows all of its keys", async () => {
    const { ask, invalidate } = await itemShop();
    await ask("{ whole { price } }");
    await invalidate({ upc: "b" });
    await invalidate({ id: 2 });
    expect(await ask("{ whole { price } }")).toBe(0);
  });
});
