import { expect, it } from "vitest";
import { readPolicies } from "../../src/directives/read-policies.ts";
import { schemaOf } from "./support/schema-of.ts";

it.each([
  { name: "a field id: ID! is the key", sdl: "type A { id: ID! }", keys: [["id"]] },
  { name: "neither id: ID nor id: Int! nor id: String! is", sdl: "type A { id: Int! }", keys: undefined },
  { name: "@key takes its place", sdl: 'type A @key(fields: "sku") { id: ID! sku: Int! }', keys: [["sku"]] },
  {
    name: "several keys, the first being the identity; the same one twice counts once",
    sdl: 'type A @key(fields: "id") @key(fields: "sku region") @key(fields: "id") { id: ID! sku: Int! region: ID }',
    keys: [["id"], ["sku", "region"]],
  },
  {
    name: "nested fields are dotted",
    sdl: 'type A @key(fields: "id shop { owner { id } region }") { id: ID! shop: Shop! } type Shop { owner: B! region: ID } type B { id: ID! }',
    keys: [["id", "shop.owner.id", "shop.region"]],
  },
  {
    name: "an interface's @key is inherited, where the type has none",
    sdl: 'interface I @key(fields: "sku") { sku: ID! } type A implements I { id: ID! sku: ID! }',
    keys: [["sku"]],
  },
  {
    name: "a list of scalars may be a part of a key",
    sdl: 'type A @key(fields: "path") { path: [String!]! }',
    keys: [["path"]],
  },
  {
    name: "commas are blanks, as everywhere in GraphQL",
    sdl: 'type A @key(fields: "x, y") { x: ID! y: ID! }',
    keys: [["x", "y"]],
  },
])("$name", ({ sdl, keys }) => {
  const policies = readPolicies(schemaOf(`${sdl} type Query { a: A }`));
  expect(policies.keys.get("A")).toEqual(keys);
});

it("a root has no key, an id or not", () => {
  expect([...readPolicies(schemaOf("type Query { id: ID! a: Query }")).keys]).toEqual([]);
});
