import { describe, expect, it } from "vitest";
import { typeDefs } from "../../src/directives/definitions.ts";
import { type ReadPoliciesOptions, readPolicies } from "../../src/directives/read-policies.ts";
import { schemaOf } from "./support/schema-of.ts";

/** Each must give no message; `cached` lists the fields and rows that get an entry. */
interface GoodSchema {
  readonly name: string;
  readonly sdl: string;
  readonly resolved?: string;
  readonly options?: ReadPoliciesOptions;
  readonly cached: string;
  readonly ownKey?: string;
}

const FEDERATION = `
  scalar FieldSet
  directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
  directive @shareable repeatable on OBJECT | FIELD_DEFINITION
  directive @external on OBJECT | FIELD_DEFINITION
  directive @requires(fields: FieldSet!) on FIELD_DEFINITION`;

const schemas: readonly GoodSchema[] = [
  { name: "no directive, no entry", sdl: "type Query { a: Int }", cached: "" },
  {
    name: "Relay connections under a type's directive",
    sdl: `type Query { products(first: Int, after: String): ProductConnection! }
      type ProductConnection { edges: [ProductEdge!]! nodes: [Product!]! pageInfo: PageInfo! totalCount: Int! }
      type ProductEdge { cursor: String! node: Product! }
      type PageInfo { hasNextPage: Boolean! endCursor: String }
      type Product @cacheTTL(seconds: 60) { id: ID! name: String }`,
    resolved: "ProductConnection.* ProductEdge.node",
    cached: "",
  },
  {
    name: "a connection that is cached itself",
    sdl: `type Query { products(first: Int): ProductConnection! }
      type ProductConnection @cacheTTL(seconds: 30) { edges: [ProductEdge!]! totalCount: Int! }
      type ProductEdge @cacheTTL(seconds: 60) { node: Product! }
      type Product @cacheTTL(seconds: 60) { id: ID! related: ProductConnection! }`,
    resolved: "ProductConnection.totalCount ProductEdge.node Product.related",
    cached: "Product.related Query.products",
  },
  {
    name: "a mutation's payload under a type's directive",
    sdl: `type Query { product(id: ID!): Product }
      type Mutation { rename(id: ID!): RenamePayload! replace(id: ID!): Product! }
      type RenamePayload @cacheTTL(seconds: 5) { product: Product! query: Query! }
      type Product @cacheTTL(seconds: 60) { id: ID! }`,
    resolved: "RenamePayload.*",
    cached: "Query.product",
  },
  {
    name: "a subscription that returns a cached type",
    sdl: `type Query { product: Product } type Subscription { changed: Product! }
      type Product @cacheTTL(seconds: 60) { id: ID! }`,
    cached: "Query.product",
  },
  {
    name: "types that contain each other",
    sdl: `type Query { author: Author @cacheTTL(seconds: 60) }
      type Author { id: ID! books: [Book!]! friend: Author }
      type Book { id: ID! author: Author! sequel: Book }`,
    cached: "Query.author",
  },
  {
    name: "a union with a member of which nothing is said",
    sdl: `type Query { search: [Hit!]! }
      union Hit = Product | Note
      type Product @cacheTTL(seconds: 60) { id: ID! }
      type Note { text: String }`,
    cached: "Query.search",
  },
  {
    name: "a union whose cached members are all served by loaders",
    sdl: `type Query { search: [Hit!]! }
      union Hit = Product | Note
      type Product @cacheTTL(seconds: 60) { id: ID! }
      type Note { text: String }`,
    options: { entities: new Set(["Product"]) },
    cached: "Product",
  },
  {
    name: "Federation's own @key, with several keys and a nested one",
    sdl: `type Query { product: Product }
      type Product @key(fields: "id") @key(fields: "sku shop { id }", resolvable: false) @shareable {
        id: ID! sku: String! @external shop: Shop! price: Int @requires(fields: "sku") @cacheTTL(seconds: 60) }
      type Shop @key(fields: "id") { id: ID! }`,
    resolved: "Product.price",
    ownKey: FEDERATION,
    cached: "Product.price",
  },
  {
    name: "Federation's entity field, which takes nothing from its members",
    sdl: `scalar _Any union _Entity = Product | User
      type Query { _entities(representations: [_Any!]!): [_Entity]! }
      type Product @key(fields: "id") @cacheTTL(seconds: 60) { id: ID! } type User @key(fields: "id") { id: ID! }`,
    ownKey: FEDERATION,
    cached: "",
  },
  {
    name: "types and fields that are extended",
    sdl: `type Query { a: Int @cacheTTL(seconds: 1) } extend type Query { b: Thing }
      type Thing { n: Int } extend type Thing @cacheTTL(seconds: 2) @key(fields: "n")
      extend type Thing { m: Int @cacheTTL(seconds: 3) }`,
    resolved: "Thing.m",
    cached: "Query.a Query.b Thing.m",
  },
  {
    name: "roots by another name",
    sdl: `schema { query: Root mutation: Change }
      type Root { a: Int @cacheTTL(seconds: 1) } type Change { b: Thing } type Query { id: ID! a: Int @cacheTTL(seconds: 1) }
      type Thing @cacheTTL(seconds: 2) { q: Query n: Int }`,
    resolved: "Query.a",
    cached: "Query.a Root.a",
  },
  {
    name: "interfaces that implement interfaces",
    sdl: `interface Node @cacheTTL(seconds: 10) { id: ID! }
      interface Resource implements Node @cacheTTL(seconds: 60) { id: ID! url: String }
      type Page implements Node & Resource { id: ID! url: String }
      type User implements Node { id: ID! }
      type Query { page: Page user: User node: Node }`,
    cached: "Query.node Query.page Query.user",
  },
  {
    name: "a field of a type without key under a cached type",
    sdl: `type Query { a: Edge } type Edge { node: Thing } type Thing @cacheTTL(seconds: 60) { n: Int }`,
    resolved: "Edge.node",
    cached: "",
  },
  {
    name: "PRIVATE with principal, secret and a shared Redis",
    sdl: "type Query { viewer: User } type User @cacheTTL(seconds: 60, scope: PRIVATE) { id: ID! }",
    options: { principal: true, secret: true, sharedRedis: true },
    cached: "Query.viewer",
  },
  {
    name: "PRIVATE in the embedded store, which needs no secret",
    sdl: "type Query { viewer: Int @cacheTTL(seconds: 60, scope: PRIVATE) }",
    options: { principal: true },
    cached: "Query.viewer",
  },
  {
    name: "0 seconds on a field with a resolver, in an entity that is cached",
    sdl: "type Query { a: Product } type Product @cacheTTL(seconds: 60) { id: ID! stock: Int @cacheTTL(seconds: 0) }",
    resolved: "Product.stock",
    options: { entities: new Set(["Product"]) },
    cached: "Product Product.stock",
  },
  {
    name: "0 seconds without resolver, where nothing around it is stored",
    sdl: "type Query { a: Thing @cacheTTL(seconds: 0) } type Thing { stock: Int @cacheTTL(seconds: 0) }",
    cached: "Query.a",
  },
  {
    name: "PRIVATE without resolver in a PRIVATE entry",
    sdl: "type Query { a: Thing @cacheTTL(seconds: 60, scope: PRIVATE) } type Thing { mine: Int @cacheTTL(scope: PRIVATE) }",
    options: { principal: true },
    cached: "Query.a",
  },
  {
    name: "a child that lives exactly as long as its entry",
    sdl: "type Query { a: Thing @cacheTTL(seconds: 60) } type Thing { n: Int @cacheTTL(seconds: 60) }",
    cached: "Query.a",
  },
  {
    name: "tags through arguments, input objects, parents, values, lists and members of unions",
    sdl: `input Where { slug: String ids: [ID!] }
      type Query { hits(where: Where, ids: [ID!]): [Hit!]! @cacheTTL(seconds: 60, tags: [
        "all", "s:{args.where.slug}", "i:{args.ids[]}", "w:{args.where.ids[]}", "h:{value[].sku}:{value[].labels[]}"]) }
      union Hit = Product | Note type Note { text: String }
      type Product { id: ID! sku: ID labels: [String!] price(currency: String): Int @cacheTTL(seconds: 1, tags: ["p:{parent.id}:{args.currency}:{value}"]) }`,
    resolved: "Product.price",
    cached: "Product.price Query.hits",
  },
  {
    name: "ignoreArgs on a type, for those fields that have the argument",
    sdl: 'type Query { a(trace: ID): Thing b: Thing } type Thing @cacheTTL(seconds: 1, ignoreArgs: ["trace"]) { n: Int }',
    cached: "Query.a Query.b",
  },
  {
    name: "arguments that are null count as left out",
    sdl: "type Query { a: Int @cacheTTL(seconds: 1, scope: null, vary: null, tags: null) }",
    cached: "Query.a",
  },
  {
    name: "a list that is written as one name",
    sdl: 'type Query { a: Int @cacheTTL(seconds: 1, tags: "all") }',
    cached: "Query.a",
  },
];

describe("schemas that must not be refused give no message", () => {
  it.each(schemas)("$name", ({ sdl, resolved, options, cached, ownKey }) => {
    const ours = ownKey === undefined ? [typeDefs] : [withoutKey(), ownKey];
    const policies = readPolicies(schemaOf(sdl, resolved, { typeDefs: ours }), options);
    expect(policies.warnings).toEqual([]);
    expect([...policies.fields.keys(), ...policies.rows.keys()].sort().join(" ")).toBe(cached);
  });
});

function withoutKey() {
  const definitions = typeDefs.definitions.filter(
    (definition) => !(definition.kind === "DirectiveDefinition" && definition.name.value === "key"),
  );
  return { ...typeDefs, definitions };
}
