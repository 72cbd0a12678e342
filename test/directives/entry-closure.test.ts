import { describe, expect, it } from "vitest";
import { describeProblem } from "../../src/directives/policies/policy-problem.ts";
import { type ReadPoliciesOptions, readPolicies } from "../../src/directives/read-policies.ts";
import { policyTable } from "./support/policy-table.ts";
import { schemaOf } from "./support/schema-of.ts";

const OPTIONS: ReadPoliciesOptions = { principal: true, secret: true, varyNames: ["locale", "currency"] };

describe("what has no resolver of its own lives in its parent's entry, and shortens it", () => {
  it.each([
    {
      name: "by its own directive",
      sdl: "type Query { a: Thing @cacheTTL(seconds: 60) } type Thing { n: Int @cacheTTL(seconds: 10) m: Int }",
      table: ["Query.a 10s"],
    },
    {
      name: "by the directive of its type, without a word",
      sdl: "type Query { a: Thing @cacheTTL(seconds: 60) } type Thing { price: Money } type Money @cacheTTL(seconds: 10) { n: Int }",
      table: ["Query.a 10s"],
    },
    {
      name: "unless its own directive overrides that of its type upwards",
      sdl: `type Query { a: Thing @cacheTTL(seconds: 60) } type Thing { price: Money @cacheTTL(seconds: 60) }
        type Money @cacheTTL(seconds: 10) { n: Int }`,
      table: ["Query.a 60s"],
    },
    {
      name: "through lists, and members of unions",
      sdl: `type Query { a: [Hit!]! @cacheTTL(seconds: 60) } union Hit = A | B
        type A { n: Int @cacheTTL(seconds: 20) } type B { n: Int @cacheTTL(seconds: 10) }`,
      table: ["Query.a 10s"],
    },
    {
      name: "never lengthens it",
      sdl: `type Query { a: Thing @cacheTTL(seconds: 5) b: Thing @cacheTTL(seconds: 600) } type Thing { n: Int @cacheTTL(seconds: 60) }`,
      table: ["Query.a 5s", "Query.b 60s"],
    },
    {
      name: "in its stale windows too: each ends with the part that ends first",
      sdl: `type Query { a: Thing @cacheTTL(seconds: 60, staleSeconds: 300, staleIfErrorSeconds: 600) }
        type Thing { n: Int @cacheTTL(seconds: 40, staleSeconds: 100) }`,
      table: ["Query.a 40s stale=100"],
    },
    {
      name: "so that a longer child without stale window still cuts the entry's",
      sdl: `type Query { a: Thing @cacheTTL(seconds: 60, staleSeconds: 300) } type Thing { price: Money }
        type Money @cacheTTL(seconds: 100) { n: Int }`,
      table: ["Query.a 60s stale=40"],
    },
    {
      name: "leaves the lifetime of a null alone: there is no child in it",
      sdl: "type Query { a: Thing @cacheTTL(seconds: 60, nullSeconds: 30) } type Thing { n: Int @cacheTTL(seconds: 10) }",
      table: ["Query.a 10s null=30"],
    },
    {
      name: "but not where a resolver of its own stands between",
      sdl: `type Query { a: Thing @cacheTTL(seconds: 60) } type Thing { id: ID! more: More }
        type More { n: Int @cacheTTL(seconds: 10) }`,
      resolved: "Thing.more",
      table: ["Query.a 60s"],
      warnings: 1,
    },
    {
      name: "down to entities that a loader serves, which have entries of their own",
      sdl: `type Query { a: [Product!]! @cacheTTL(seconds: 60) b: Box @cacheTTL(seconds: 60) }
        type Box { product: Product! } type Product @cacheTTL(seconds: 10) { id: ID! n: Int @cacheTTL(seconds: 2) }`,
      options: { entities: new Set(["Product"]) },
      table: ["Product 2s", "Query.a 60s", "Query.b 60s"],
    },
    {
      name: "through entities that none serves, since those are held by value",
      sdl: `type Query { b: Box @cacheTTL(seconds: 60) } type Box { product: Product! }
        type Product @cacheTTL(seconds: 10) { id: ID! n: Int @cacheTTL(seconds: 2) }`,
      table: ["Query.b 2s"],
    },
    {
      name: "down to types already met",
      sdl: `type Query { a: Node @cacheTTL(seconds: 60) } type Node { next: Node down: Leaf @cacheTTL(seconds: 30) } type Leaf { up: Node n: Int @cacheTTL(seconds: 20) }`,
      table: ["Query.a 20s"],
    },
    {
      name: "in an entity's row likewise",
      sdl: `type Query { a: Product } type Product @cacheTTL(seconds: 60) { id: ID! price: Money twin: Product }
        type Money { n: Int @cacheTTL(seconds: 10) }`,
      options: { entities: new Set(["Product"]) },
      table: ["Product 10s"],
    },
  ] as const)("$name", ({ sdl, table, ...more }) => {
    const policies = readPolicies(schemaOf(sdl, "resolved" in more ? more.resolved : ""), {
      ...OPTIONS,
      ...("options" in more ? more.options : {}),
    });
    expect(policyTable(policies)).toEqual(table);
    expect(policies.warnings).toHaveLength("warnings" in more ? more.warnings : 0);
  });
});

describe("what a child inherits restricts its entry without a message", () => {
  it.each([
    {
      name: "PRIVATE makes it PRIVATE",
      sdl: `type Query { a: Thing @cacheTTL(seconds: 60) } type Thing { card: Card } type Card @cacheTTL(scope: PRIVATE) { n: Int }`,
      table: ["Query.a 60s PRIVATE"],
    },
    {
      name: "so that a child's own PRIVATE beside it is no mistake",
      sdl: `type Query { a: Thing @cacheTTL(seconds: 60) } type Thing { mine: Int @cacheTTL(scope: PRIVATE) card: Card }
        type Card @cacheTTL(scope: PRIVATE) { n: Int }`,
      table: ["Query.a 60s PRIVATE"],
    },
    {
      name: "vary becomes part of its key",
      sdl: `type Query { a: Thing @cacheTTL(seconds: 60, vary: ["locale"]) } type Thing { price: Money title: String @cacheTTL(vary: ["locale"]) }
        type Money @cacheTTL(vary: ["currency"]) { n: Int }`,
      table: ["Query.a 60s vary=currency,locale"],
    },
    {
      name: "tags are told from the entry's value",
      sdl: `type Query { a: [Thing!]! @cacheTTL(seconds: 60, tags: ["a"]) }
        type Thing { sku: ID price: Money @cacheTTL(tags: ["p:{parent.sku}:{value.n}", "all"]) brands: [Brand!]! next: Thing }
        type Money { n: Int } type Brand @cacheTTL(tags: ["b:{value.slug}"]) { slug: ID }`,
      table: ["Query.a 60s tags=a,p:{value[].sku}:{value[].price.n},all,b:{value[].brands[].slug}"],
    },
    {
      name: "in a row, tags begin at the row",
      sdl: `type Query { a: Product } type Product @cacheTTL(seconds: 60) { id: ID! brand: Brand } type Brand @cacheTTL(tags: ["b:{value.slug}"]) { slug: ID }`,
      options: { entities: new Set(["Product"]) },
      table: ["Product 60s tags=b:{value.brand.slug}"],
    },
  ] as const)("$name", ({ sdl, table, ...more }) => {
    const policies = readPolicies(schemaOf(sdl), { ...OPTIONS, ...("options" in more ? more.options : {}) });
    expect(policyTable(policies)).toEqual(table);
    expect(policies.warnings).toEqual([]);
  });

  it("0 seconds keep the whole entry from being stored, and a directive on it is told so", () => {
    const policies = readPolicies(
      schemaOf(`type Query { a: Thing @cacheTTL(seconds: 60) b: Other }
        type Thing { card: Card } type Other @cacheTTL(seconds: 60) { card: Card } type Card @cacheTTL(seconds: 0) { n: Int }`),
      OPTIONS,
    );
    expect(policyTable(policies)).toEqual(["Query.a 0s", "Query.b 0s"]);
    expect(policies.warnings.map(({ coordinate }) => coordinate)).toEqual(["Query.a"]);
  });

  it("more tags than an entry can carry are cut with a warning", () => {
    const fields = Array.from({ length: 70 }, (_, at) => `f${at}: Int @cacheTTL(tags: ["t${at}"])`).join(" ");
    const policies = readPolicies(
      schemaOf(`type Query { a: Thing @cacheTTL(seconds: 60) } type Thing { ${fields} }`),
    );
    expect(policies.warnings.map(describeProblem)).toEqual([
      "Query.a (line 1:23): More than 64 tags live in the entry: those deepest in it do not reach it. Give the types in it a key and an entity loader, so that they have entries of their own.",
    ]);
  });
});
