import { describe, expect, it } from "vitest";
import { type ReadPoliciesOptions, readPolicies } from "../../src/directives/read-policies.ts";
import { schemaOf } from "./support/schema-of.ts";

const BASE = `
  type Query { products(first: Int): [Product!]! @cacheTTL(seconds: 60) hits: [Hit!]! @cacheTTL(seconds: 60) plain: Int @cacheTTL(seconds: 60) }
  union Hit = Product | Note
  type Product @cacheTTL(seconds: 60) { id: ID! name: String price: Money reviews: [Review!]! twin: Product }
  type Money { amount: Int! currency: String }
  type Review { id: ID! text: String }
  type Note { text: String }
  type Elsewhere { n: Int }`;

type Versions = Readonly<Record<string, string>>;

function versionsOf(sdl: string, options: ReadPoliciesOptions = {}): Versions {
  const { fields, rows } = readPolicies(schemaOf(sdl, "Product.reviews"), options);
  return Object.fromEntries(
    [...rows.values(), ...fields.values()].map((one) => [one.coordinate, one.version]),
  );
}

function changed(before: Versions, after: Versions): readonly string[] {
  return Object.keys(before).filter((coordinate) => before[coordinate] !== after[coordinate]);
}

function change(from: string, to: string, options?: ReadPoliciesOptions): readonly string[] {
  expect(BASE).toContain(from);
  return changed(versionsOf(BASE, options), versionsOf(BASE.replace(from, to), options));
}

const PRODUCT = { entities: new Set(["Product"]) };

it("a version is the directive's, 1 by default, and eight hexadecimal digits", () => {
  const versions = versionsOf(
    "type Query { a: Int @cacheTTL(seconds: 1) b: Int @cacheTTL(seconds: 1, version: 7) }",
  );
  expect(versions["Query.a"]).toMatch(/^1\.[0-9a-f]{8}$/);
  expect(versions["Query.b"]).toBe(versions["Query.a"]!.replace("1.", "7."));
});

it("the same schema has the same versions in every process: these are pinned", () => {
  expect(versionsOf(BASE, PRODUCT)).toMatchInlineSnapshot(`
    {
      "Product": "1.79ad01cd",
      "Query.hits": "1.207a8f72",
      "Query.plain": "1.7637a3c7",
      "Query.products": "1.a068c280",
    }
  `);
});

describe("what leaves the fields of an entry as they are leaves its version", () => {
  it.each([
    ["the order of fields", "name: String price: Money", "price: Money name: String"],
    ["the order of a union's members", "Product | Note", "Note | Product"],
    ["a description", "name: String", '"What it is called." name: String'],
    ["an argument", "products(first: Int)", "products(first: Int, after: ID)"],
    ["a lifetime", "[Product!]! @cacheTTL(seconds: 60)", "[Product!]! @cacheTTL(seconds: 61)"],
    ["a field with a resolver, which lives elsewhere", "reviews: [Review!]!", "reviews: [Review]"],
    ["a type that is reached by resolvers only", "text: String }\n  type Note", "text: Int }\n  type Note"],
    ["a type that has nothing to do with it", "Elsewhere { n: Int", "Elsewhere { n: Int m: Int"],
    ["a deprecation", "name: String", "name: String @deprecated"],
  ])("%s", (_, from, to) => {
    expect(change(from, to)).toEqual([]);
  });
});

describe("what changes the fields of an entry changes its version, and no other", () => {
  it.each([
    ["a field that is added", "name: String", "name: String more: Int", ["Query.products", "Query.hits"]],
    ["a field that is removed", "name: String", "", ["Query.products", "Query.hits"]],
    ["a field of another type", "name: String", "name: String!", ["Query.products", "Query.hits"]],
    ["a field of an object inside", "amount: Int!", "amount: Float!", ["Query.products", "Query.hits"]],
    ["a member of a union", "Product | Note", "Product | Note | Elsewhere", ["Query.hits"]],
    ["a field of a member", "Note { text: String }", "Note { text: Int }", ["Query.hits"]],
    ["the field's own type", "plain: Int", "plain: Float", ["Query.plain"]],
    ["a list that becomes one", "[Product!]! @cacheTTL", "[Product!] @cacheTTL", ["Query.products"]],
    [
      "the version of a type inside",
      "type Money",
      "type Money @cacheTTL(version: 2)",
      ["Query.products", "Query.hits"],
    ],
    [
      "the version of a field inside",
      "amount: Int!",
      "amount: Int! @cacheTTL(version: 2)",
      ["Query.products", "Query.hits"],
    ],
  ])("%s", (_, from, to, coordinates) => {
    expect(change(from, to)).toEqual(coordinates);
  });
});

describe("an entity that a loader serves has its fields in its row, and only its key in other entries", () => {
  it.each([
    ["a field that is added", "name: String", "name: String more: Int", ["Product"]],
    ["a field of an object inside", "amount: Int!", "amount: Float!", ["Product"]],
    [
      "its key",
      "type Product @cacheTTL",
      'type Product @key(fields: "name") @cacheTTL',
      ["Product", "Query.products", "Query.hits"],
    ],
  ])("%s", (_, from, to, coordinates) => {
    expect(change(from, to, PRODUCT)).toEqual(coordinates);
  });
});
