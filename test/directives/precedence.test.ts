import { describe, expect, it } from "vitest";
import { type ReadPoliciesOptions, readPolicies } from "../../src/directives/read-policies.ts";
import { policyTable } from "./support/policy-table.ts";
import { schemaOf } from "./support/schema-of.ts";

const OPTIONS: ReadPoliciesOptions = { principal: true, secret: true, varyNames: ["locale", "currency"] };

interface Case {
  readonly name: string;
  readonly sdl: string;
  readonly resolved?: string;
  readonly options?: ReadPoliciesOptions;
  readonly table: readonly string[];
}

describe("a field's directive comes before that of the type it returns", () => {
  table([
    {
      name: "argument by argument",
      sdl: `type Query { a: Thing @cacheTTL(seconds: 600, nullSeconds: 2) }
        type Thing @cacheTTL(seconds: 60, staleSeconds: 30, staleIfErrorSeconds: 40, nullSeconds: 1, hot: true, version: 3) { n: Int }`,
      table: ["Query.a 600s stale=30 error=40 null=2 v3 hot"],
    },
    {
      name: "lifetimes may be overridden upwards and downwards, 0 included",
      sdl: `type Query { a: Thing @cacheTTL(seconds: 1) b: Thing @cacheTTL(seconds: 100) c: Thing @cacheTTL(seconds: 0) d: Never @cacheTTL(seconds: 9) }
        type Thing @cacheTTL(seconds: 10) { n: Int } type Never @cacheTTL(seconds: 0) { n: Int }`,
      table: ["Query.a 1s", "Query.b 100s", "Query.c 0s", "Query.d 9s"],
    },
    {
      name: "scope is the stricter of both, whoever says it",
      sdl: `type Query { a: Mine @cacheTTL(seconds: 1, scope: PUBLIC) b: Ours @cacheTTL(seconds: 1, scope: PRIVATE) c: Ours }
        type Mine @cacheTTL(seconds: 10, scope: PRIVATE) { n: Int } type Ours @cacheTTL(seconds: 10, scope: PUBLIC) { n: Int }`,
      table: ["Query.a 1s PRIVATE", "Query.b 1s PRIVATE", "Query.c 10s"],
    },
    {
      name: "vary and tags are the union",
      sdl: `type Query { a(id: ID): Thing @cacheTTL(vary: ["locale"], tags: ["a:{args.id}", "both"]) }
        type Thing @cacheTTL(seconds: 10, vary: ["currency", "locale"], tags: ["both", "t:{value.n}"]) { n: Int }`,
      table: ["Query.a 10s vary=currency,locale tags=a:{args.id},both,t:{value.n}"],
    },
    {
      name: "ignoreArgs and selection are overridden as a whole",
      sdl: `type Query { a(x: Int, y: Int): Thing @cacheTTL(ignoreArgs: ["x"], selection: false) b(x: Int, y: Int): Thing }
        type Thing @cacheTTL(seconds: 10, ignoreArgs: ["y"], selection: true) { n: Int }`,
      table: ["Query.a 10s ignore=x", "Query.b 10s ignore=y selection"],
    },
    {
      name: "the default of nullSeconds follows the lifetime that is left",
      sdl: `type Query { a: Thing @cacheTTL(seconds: 3) b: Thing c: Int @cacheTTL(seconds: 9, nullSeconds: 0) d: Int @cacheTTL(seconds: 9, nullSeconds: 60) }
        type Thing @cacheTTL(seconds: 60) { n: Int }`,
      table: ["Query.a 3s", "Query.b 60s", "Query.c 9s null=0", "Query.d 9s null=60"],
    },
    {
      name: "0 seconds: nothing is stored, whatever else is said",
      sdl: "type Query { a: Int @cacheTTL(seconds: 0, staleSeconds: 5, staleIfErrorSeconds: 5, nullSeconds: 5) }",
      table: ["Query.a 0s"],
    },
    {
      name: "through lists and non-nulls; a type's tags are those of each item",
      sdl: `type Query { a: [[Thing!]]! } type Thing @cacheTTL(seconds: 60, tags: ["t:{value.n}"]) { n: Int }`,
      table: ["Query.a 60s tags=t:{value[][].n}"],
    },
  ]);
});

describe("a type's directive", () => {
  table([
    {
      name: "is for the rows of an entity that a loader serves, not for the fields that return it",
      sdl: `type Query { product: Product products: [Product!]! }
        type Product @cacheTTL(seconds: 60, staleSeconds: 5, tags: ["b:{value.brand}"]) { id: ID! brand: ID }`,
      options: { entities: new Set(["Product"]) },
      table: ["Product 60s stale=5 tags=b:{value.brand}"],
    },
    {
      name: "still completes a directive on a field that returns such an entity",
      sdl: `type Query { products: [Product!]! @cacheTTL(seconds: 5) }
        type Product @cacheTTL(seconds: 60, scope: PRIVATE, vary: ["locale"], staleSeconds: 7) { id: ID! }`,
      options: { entities: new Set(["Product"]) },
      table: ["Product 60s stale=7 PRIVATE vary=locale", "Query.products 5s stale=7 PRIVATE vary=locale"],
    },
    {
      name: "gives an entry to fields with a resolver under a root or a keyed type only",
      sdl: `type Query { a: Money b: Shelf c: Product } type Product { id: ID! price: Money list: Money }
        type Shelf { price: Money } type Money @cacheTTL(seconds: 60) { n: Int }`,
      resolved: "Product.price Shelf.price",
      table: ["Query.a 60s", "Product.price 60s"],
    },
    {
      name: "without seconds gives none",
      sdl: "type Query { a: Thing } type Thing @cacheTTL(hot: true) { n: Int }",
      table: [],
    },
  ]);
});

describe("interfaces and unions come last", () => {
  table([
    {
      name: "an object type is completed by its interfaces",
      sdl: `interface Node @cacheTTL(seconds: 10, staleSeconds: 1) { id: ID! } type Query { a: A b: B }
        type A implements Node @cacheTTL(seconds: 60) { id: ID! } type B implements Node { id: ID! }`,
      table: ["Query.a 60s stale=1", "Query.b 10s stale=1"],
    },
    {
      name: "and by the unions that it belongs to",
      sdl: `union Hit @cacheTTL(seconds: 10) = A | B type Query { a: A b: B }
        type A @cacheTTL(seconds: 60) { n: Int } type B { n: Int }`,
      table: ["Query.a 60s", "Query.b 10s"],
    },
    {
      name: "of several of one rank, the shortest lifetime and the strictest of all else",
      sdl: `interface X @cacheTTL(seconds: 10, scope: PRIVATE, vary: ["locale"]) { n: Int } interface Y @cacheTTL(seconds: 20, vary: ["currency"], selection: true) { n: Int }
        union U @cacheTTL(seconds: 15, version: 2) = A type A implements X & Y { n: Int } type Query { a: A }`,
      table: ["Query.a 10s PRIVATE vary=currency,locale selection v2"],
    },
    {
      name: "a nearer interface comes before the one that it implements",
      sdl: `interface Node @cacheTTL(seconds: 10, staleSeconds: 3) { id: ID! } interface Page implements Node @cacheTTL(seconds: 60) { id: ID! }
        type A implements Node & Page { id: ID! } type Query { a: A }`,
      table: ["Query.a 60s stale=3"],
    },
    {
      name: "an interface's field is obeyed by the fields that implement it",
      sdl: `interface Priced { price: Int @cacheTTL(seconds: 10, scope: PRIVATE) } type Query { a: A b: B }
        type A implements Priced { id: ID! price: Int } type B implements Priced { id: ID! price: Int @cacheTTL(seconds: 60) }`,
      resolved: "A.price B.price",
      table: ["A.price 10s PRIVATE", "B.price 60s PRIVATE"],
    },
    {
      name: "rows of loaded entities inherit as well",
      sdl: "interface Node @cacheTTL(seconds: 10) { id: ID! } type A implements Node { id: ID! } type Query { node: A }",
      options: { entities: new Set(["A"]) },
      table: ["A 10s"],
    },
  ]);
});

describe("a field that returns an interface or union", () => {
  const members = `type A @cacheTTL(seconds: 60, vary: ["locale"]) { id: ID! } type B @cacheTTL(seconds: 20, scope: PRIVATE) { id: ID! } type C { id: ID! }`;
  table([
    {
      name: "takes the shortest lifetime and strictest scope of the members that have a policy",
      sdl: `union Hit = A | B | C type Query { hits: [Hit!]! } ${members}`,
      table: ["Query.hits 20s PRIVATE vary=locale"],
    },
    {
      name: "counts its own directive for members that say nothing",
      sdl: `union Hit @cacheTTL(seconds: 5) = A | B | C type Query { hits: [Hit!]! } ${members}`,
      table: ["Query.hits 5s PRIVATE vary=locale"],
    },
    {
      name: "may override lifetimes upwards, scope never",
      sdl: `union Hit = A | B | C type Query { hits: [Hit!]! @cacheTTL(seconds: 600, scope: PUBLIC) } ${members}`,
      table: ["Query.hits 600s PRIVATE vary=locale"],
    },
    {
      name: "is never stored where a member is not",
      sdl: "union Hit = A | B type A @cacheTTL(seconds: 9) { n: Int } type B @cacheTTL(seconds: 0) { n: Int } type Query { hits: [Hit!]! }",
      table: ["Query.hits 0s"],
    },
    {
      name: "has an entry by its own directive, even where loaders serve all members",
      sdl: "union Hit @cacheTTL(seconds: 7) = A type A { id: ID! } type Query { hits: [Hit!]! }",
      options: { entities: new Set(["A"]) },
      table: ["A 7s", "Query.hits 7s"],
    },
    {
      name: "keeps an argument in the key unless all members leave it out",
      sdl: `union Hit = A | B type Query { hits(x: Int, y: Int): [Hit!]! }
        type A @cacheTTL(seconds: 9, ignoreArgs: ["x", "y"]) { n: Int } type B @cacheTTL(seconds: 9, ignoreArgs: ["y"]) { n: Int }`,
      table: ["Query.hits 9s ignore=y"],
    },
  ]);
});

describe("code comes before the SDL", () => {
  table([
    {
      name: "the option policies outdoes a directive, argument by argument; scope, vary and tags only add",
      sdl: `type Query { a: Int @cacheTTL(seconds: 1, staleSeconds: 2, scope: PRIVATE, tags: ["sdl"]) b: Thing } type Thing { n: Int }`,
      options: {
        policies: {
          "Query.a": { seconds: 60, scope: "PUBLIC", tags: ["code"], vary: ["locale"] },
          Thing: { seconds: 30 },
        },
      },
      table: ["Query.a 60s stale=2 PRIVATE vary=locale tags=code,sdl", "Query.b 30s"],
    },
  ]);
});

it("lifetimes above maxSeconds are cut before they are compared", () => {
  const schema = schemaOf(
    "type Query { a: Int @cacheTTL(seconds: 500, staleSeconds: 20, nullSeconds: 400) }",
  );
  expect(policyTable(readPolicies(schema, { maxSeconds: 100 }))).toEqual(["Query.a 100s stale=20 null=100"]);
});

function table(cases: readonly Case[]): void {
  it.each(cases)("$name", ({ sdl, resolved, options, table }) => {
    const policies = readPolicies(schemaOf(sdl, resolved), { ...OPTIONS, ...options });
    expect(policies.warnings).toEqual([]);
    expect(policyTable(policies)).toEqual(table);
  });
}
