import { expect, it } from "vitest";
import { type ReadPoliciesOptions, readPolicies } from "../../src/directives/read-policies.ts";
import type { ValueShape } from "../../src/fields/field-policy.ts";
import { schemaOf } from "./support/schema-of.ts";

/** `[&Product{price:Money}]`: a list of entities; hidden types after `?`, deeply hidden ones after `??`. */
function text(shape: ValueShape, above: readonly ValueShape[] = []): string {
  const inner = (one: ValueShape) => text(one, [...above, shape]);
  if (above.includes(shape)) return "↑";
  switch (shape.kind) {
    case "leaf":
      return "leaf";
    case "list":
      return `[${inner(shape.of)}]`;
    case "entity":
      return `&${inner(shape.inner)}`;
    case "abstract":
      return `${shape.typeName}(${[...shape.members.values()].map(inner).join(" | ")})`;
    case "object": {
      const fields = [...shape.fields].map(([name, one]) => `${name}: ${inner(one)}`);
      const deeper = shape.hiddenDeep.filter((name) => !shape.hidden.includes(name));
      return [
        shape.typeName,
        `{${[...shape.leaves, ...fields].join(", ")}}`,
        shape.hidden.length > 0 && ` ?${shape.hidden.join()}`,
        deeper.length > 0 && ` ??${deeper.join()}`,
      ]
        .filter((part) => part !== false)
        .join("");
    }
  }
}

function shapesOf(sdl: string, resolved = "", options: ReadPoliciesOptions = {}): readonly string[] {
  const { fields, rows } = readPolicies(schemaOf(sdl, resolved), options);
  return [...rows.values(), ...fields.values()].map(({ shape }) => text(shape));
}

it.each([
  {
    name: "scalars and lists of scalars hold no entities",
    sdl: "type Query { a: [[Int!]] @cacheTTL(seconds: 1) b: String @cacheTTL(seconds: 1) }",
    shapes: ["leaf", "leaf"],
  },
  {
    name: "an entity is told from an object by its key, a loader or not",
    sdl: `type Query { a: [Product!]! @cacheTTL(seconds: 1) } type Product { id: ID! price: Money shop: Shop }
      type Money { n: Int } type Shop @key(fields: "code") { code: ID! }`,
    shapes: ["[&Product{id, price: Money{n}, shop: &Shop{code}}]"],
  },
  {
    name: "a row is no reference to itself, but to others of its type",
    sdl: "type Query { a: Node } type Node @cacheTTL(seconds: 1) { id: ID! next: Node all: [Node!] }",
    options: { entities: new Set(["Node"]) },
    shapes: ["Node{id, next: &↑, all: [&↑]}"],
  },
  {
    name: "types that contain each other have shapes that do",
    sdl: `type Query { a: Author @cacheTTL(seconds: 1) } type Author { id: ID! books: [Book!]! } type Book { author: Author }`,
    shapes: ["&Author{id, books: [Book{author: ↑}]}"],
  },
  {
    name: "of an abstract type each member has a shape",
    sdl: `type Query { a: [Hit!] @cacheTTL(seconds: 1) n: Named @cacheTTL(seconds: 1) } union Hit = Product | Note interface Named { name: String }
      type Product implements Named { id: ID! name: String more: Hit } type Note { text: String }`,
    shapes: [
      "[Hit(&Product{id, name, more: ↑} | Note{text})]",
      "Named(&Product{id, name, more: Hit(↑ | Note{text})})",
    ],
  },
] as const)("$name", ({ sdl, shapes, ...more }) => {
  expect(shapesOf(sdl, "", "options" in more ? more.options : {})).toEqual(shapes);
});

const SHOP = `type Query { page: Page @cacheTTL(seconds: 1) product: Product @cacheTTL(seconds: 1) }
  type Page { edges: [Edge!]! total: Int query: Query }
  type Edge { cursor: String node: Product }
  type Product { id: ID! brand: Brand maker: Maker reviews: [Review!]! }
  type Brand { id: ID! } type Maker { id: ID! } type Review { id: ID! author: User } type User { id: ID! }`;

it("a child with a resolver may find entities in what no field names: those it returns, with what their rows show", () => {
  expect(
    shapesOf(SHOP, "Page.edges Page.query Edge.node Product.brand Product.reviews Review.author"),
  ).toEqual([
    "Page{total} ?Maker,Product ??Brand,Review,User",
    "&Product{id, maker: &Maker{id}} ?Brand,Review ??User",
  ]);
});

it("children without a resolver hide nothing", () => {
  expect(shapesOf(SHOP)).toEqual([
    "Page{total, edges: [Edge{cursor, node: &Product{id, brand: &Brand{id}, maker: &Maker{id}, reviews: [&Review{id, author: &User{id}}]}}], query: Query{}}",
    expect.stringMatching(/^&Product\{id, brand/),
  ]);
});

it("a child that has an entry of its own hides its entities all the same: it may be refilled from this object", () => {
  const sdl = `type Query { order: Order @cacheTTL(seconds: 1) }
    type Order { id: ID! customer: Customer @cacheTTL(seconds: 1) } type Customer { id: ID! }`;
  expect(shapesOf(sdl, "Order.customer", { entities: new Set(["Customer"]) })).toEqual([
    "&Order{id} ?Customer",
    "&Customer{id}",
  ]);
});
