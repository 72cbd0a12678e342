import { parse, Source } from "graphql";
import { describe, expect, it } from "vitest";
import { typeDefs } from "../../src/directives/definitions.ts";
import { describeProblem, SchemaPolicyError } from "../../src/directives/policies/policy-problem.ts";
import { type ReadPoliciesOptions, readPolicies } from "../../src/directives/read-policies.ts";
import { schemaOf } from "./support/schema-of.ts";

/** The SDL begins on line 1, so that the locations in the messages can be counted. */
interface BadSchema {
  readonly name: string;
  readonly sdl: string;
  readonly resolved?: string;
  /** false: the root fields have no resolver. */
  readonly roots?: boolean;
  readonly options?: ReadPoliciesOptions;
  readonly errors?: readonly string[];
  readonly warnings?: readonly string[];
}

const PRODUCT =
  "type Product { id: ID! name: String tags: [String!]! brand: Brand brands: [Brand!]! } type Brand { id: ID! slug: String }";
const query = (field: string, more = PRODUCT): string => `type Query { ${field} }\n${more}`;
const mutation = (field: string): string => `type Query { a: Int } type Mutation {\n${field} }\n${PRODUCT}`;

const errors: readonly BadSchema[] = [
  {
    name: "a negative lifetime",
    sdl: query("a: Int @cacheTTL(seconds: -1)"),
    errors: [
      "Query.a (line 1:21): @cacheTTL gives a negative seconds: -1. Give 0 to store nothing, or a positive number.",
    ],
  },
  {
    name: "every lifetime that is negative",
    sdl: query("a: Int @cacheTTL(seconds: 1, staleSeconds: -2, staleIfErrorSeconds: -3, nullSeconds: -4)"),
    errors: [
      "Query.a (line 1:21): @cacheTTL gives a negative staleSeconds: -2. Give 0 or more.",
      "Query.a (line 1:21): @cacheTTL gives a negative staleIfErrorSeconds: -3. Give 0 or more.",
      "Query.a (line 1:21): @cacheTTL gives a negative nullSeconds: -4. Give 0 or more.",
    ],
  },
  {
    name: "a negative version",
    sdl: query("a: Int @cacheTTL(seconds: 1, version: -1)"),
    errors: ["Query.a (line 1:21): @cacheTTL gives version as -1. Give a whole number, 0 or more."],
  },
  {
    name: "a context value that is not registered",
    sdl: query('a: Int @cacheTTL(seconds: 1, vary: ["local"])'),
    options: { varyNames: ["locale", "currency"] },
    errors: [
      'Query.a (line 1:21): @cacheTTL varies by "local", which is not registered. Did you mean "locale"? Register it with the option vary: { local: (context) => … }.',
    ],
  },
  {
    name: "a context value where none is registered",
    sdl: query('a: Int @cacheTTL(seconds: 1, vary: ["locale"])'),
    errors: [
      'Query.a (line 1:21): @cacheTTL varies by "locale", which is not registered. Register it with the option vary: { locale: (context) => … }.',
    ],
  },
  {
    name: "an ignored argument that the field does not have",
    sdl: query('a(traceId: ID): Int @cacheTTL(seconds: 1, ignoreArgs: ["traceID"])'),
    errors: [
      'Query.a (line 1:34): @cacheTTL ignores the argument "traceID", which the field does not have. Did you mean "traceId"? Name one of traceId.',
    ],
  },
  {
    name: "an ignored argument on a field without arguments",
    sdl: query('a: Int @cacheTTL(seconds: 1, ignoreArgs: ["traceId"])'),
    errors: [
      'Query.a (line 1:21): @cacheTTL ignores the argument "traceId", which the field does not have. Leave ignoreArgs out.',
    ],
  },
  {
    name: "an ignored argument of a type that no field has",
    sdl: query("a(first: Int): Thing", 'type Thing @cacheTTL(seconds: 1, ignoreArgs: ["frist"]) { n: Int }'),
    errors: [
      'Thing (line 2:12): @cacheTTL ignores the argument "frist", which no field that returns the type has. Did you mean "first"? Name one of first.',
    ],
  },
  {
    name: "PRIVATE without a principal",
    sdl: query("a: Int @cacheTTL(seconds: 1, scope: PRIVATE)"),
    errors: [
      "Query.a (line 1:21): @cacheTTL is PRIVATE, but nothing tells who asks. Give the option principal: (context) => context.user?.id ?? null.",
    ],
  },
  {
    name: "PRIVATE in a shared Redis without a secret",
    sdl: query("a: Int @cacheTTL(seconds: 1, scope: PRIVATE)"),
    options: { principal: true, sharedRedis: true },
    errors: [
      "Query.a (line 1:21): @cacheTTL is PRIVATE and the Redis is shared, but there is no secret to hide principals with. Set CACHE_SECRET, or give the option secret: 32 bytes or more, the same in every gateway.",
    ],
  },
  {
    name: "PRIVATE on a type without a principal",
    sdl: query("a: Thing", "type Thing @cacheTTL(seconds: 1, scope: PRIVATE) { n: Int }"),
    errors: [
      "Thing (line 2:12): @cacheTTL is PRIVATE, but nothing tells who asks. Give the option principal: (context) => context.user?.id ?? null.",
    ],
  },
  {
    name: "a tag of an unknown argument",
    sdl: query('a(slug: String): Int @cacheTTL(seconds: 1, tags: ["c:{args.slog}"])'),
    errors: [
      'Query.a (line 1:35): @cacheTTL has the tag "c:{args.slog}", which names the argument "slog", which the field does not have. Did you mean "slug"? Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ],
  },
  {
    name: "a tag of an unknown field of an input object",
    sdl: query(
      'a(where: Where!): Int @cacheTTL(seconds: 1, tags: ["c:{args.where.range.form}"])',
      "input Where { range: Range } input Range { from: Int to: Int }",
    ),
    errors: [
      'Query.a (line 1:36): @cacheTTL has the tag "c:{args.where.range.form}", which names "form" in {args.where.range.form}, which Range does not have. Did you mean "from"? Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ],
  },
  {
    name: "a tag that ends at an input object",
    sdl: query(
      'a(where: Where): Int @cacheTTL(seconds: 1, tags: ["c:{args.where}"])',
      "input Where { from: Int }",
    ),
    errors: [
      'Query.a (line 1:35): @cacheTTL has the tag "c:{args.where}", which ends at "args.where", which is a Where: name one of its fields, such as {args.where.from}. Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ],
  },
  {
    name: "a tag that names no argument",
    sdl: query('a: Int @cacheTTL(seconds: 1, tags: ["c:{args}"])'),
    errors: [
      'Query.a (line 1:21): @cacheTTL has the tag "c:{args}", which names no argument in {args}. Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ],
  },
  {
    name: "a tag of an unknown field of the value",
    sdl: query('a: Product @cacheTTL(seconds: 1, tags: ["p:{value.nme}"])'),
    errors: [
      'Query.a (line 1:25): @cacheTTL has the tag "p:{value.nme}", which names "nme" in {value.nme}, which Product does not have. Did you mean "name"? Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ],
  },
  {
    name: "a tag of an unknown field deep in the value",
    sdl: query('a: [Product] @cacheTTL(seconds: 1, tags: ["p:{value[].brand.slg}"])'),
    errors: [
      'Query.a (line 1:27): @cacheTTL has the tag "p:{value[].brand.slg}", which names "slg" in {value[].brand.slg}, which Brand does not have. Did you mean "slug"? Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ],
  },
  {
    name: "a tag that reads a list as one value",
    sdl: query('a: [Product!] @cacheTTL(seconds: 1, tags: ["p:{value.id}"])'),
    errors: [
      'Query.a (line 1:28): @cacheTTL has the tag "p:{value.id}", which reads {value.id}, but "value" is a list: write {value[].id}. Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ],
  },
  {
    name: "a tag that ends at a list",
    sdl: query('a: Product @cacheTTL(seconds: 1, tags: ["p:{value.tags}"])'),
    errors: [
      'Query.a (line 1:25): @cacheTTL has the tag "p:{value.tags}", which reads {value.tags}, but "value.tags" is a list: write {value.tags[]}. Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ],
  },
  {
    name: "a tag that reads one value as a list",
    sdl: query('a: Product @cacheTTL(seconds: 1, tags: ["p:{value[].id}"])'),
    errors: [
      'Query.a (line 1:25): @cacheTTL has the tag "p:{value[].id}", which reads {value[].id}, but "value" is a Product, not a list. Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ],
  },
  {
    name: "a tag that reads on from a scalar",
    sdl: query('a: Product @cacheTTL(seconds: 1, tags: ["p:{value.name.first}"])'),
    errors: [
      'Query.a (line 1:25): @cacheTTL has the tag "p:{value.name.first}", which reads "first" of "value.name", but that is a String, which has no fields. Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ],
  },
  {
    name: "a tag of an unknown field of the parent",
    sdl: query(
      "a: Product",
      'type Product { id: ID! price: Int @cacheTTL(seconds: 1, tags: ["p:{parent.ID}"]) }',
    ),
    resolved: "Product.price",
    errors: [
      'Product.price (line 2:35): @cacheTTL has the tag "p:{parent.ID}", which names "ID" in {parent.ID}, which Product does not have. Did you mean "id"? Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ],
  },
  {
    name: "a tag with an unknown root",
    sdl: query('a: Int @cacheTTL(seconds: 1, tags: ["p:{arguments.id}"])'),
    errors: [
      'Query.a (line 1:21): @cacheTTL has the tag "p:{arguments.id}", which has the placeholder "{arguments.id}", which is none. Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ],
  },
  {
    name: "a tag with an open brace",
    sdl: query('a: Int @cacheTTL(seconds: 1, tags: ["p:{args.id"])'),
    errors: [
      'Query.a (line 1:21): @cacheTTL has the tag "p:{args.id", which has a "{" without "}". Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ],
  },
  {
    name: "a tag with a closing brace alone",
    sdl: query('a: Int @cacheTTL(seconds: 1, tags: ["p:args.id}"])'),
    errors: [
      'Query.a (line 1:21): @cacheTTL has the tag "p:args.id}", which has a "}" without "{". Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ],
  },
  {
    name: "an empty tag",
    sdl: query('a: Int @cacheTTL(seconds: 1, tags: [""])'),
    errors: [
      'Query.a (line 1:21): @cacheTTL has the tag "", which is empty. Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ],
  },
  {
    name: "a mutation's result in a tag",
    sdl: query('a: Int @cacheTTL(seconds: 1, tags: ["p:{result.id}"])'),
    errors: [
      'Query.a (line 1:21): @cacheTTL has the tag "p:{result.id}", which names "result", which is not known here; known are "args", "parent", "value". Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ],
  },
  {
    name: "arguments in a type's tag",
    sdl: query("a(id: ID): Thing", 'type Thing @cacheTTL(seconds: 1, tags: ["t:{args.id}"]) { n: Int }'),
    errors: [
      'Thing (line 2:12): @cacheTTL has the tag "t:{args.id}", which names "args", which is not known here; known are "value". Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ],
  },
  {
    name: "a field of the mutation type",
    sdl: mutation("a: Int @cacheTTL(seconds: 1)"),
    errors: [
      "Mutation.a (line 2:8): @cacheTTL stands on a field of the mutation type, which is never cached. Remove it; to drop what the mutation changes, write @invalidates.",
    ],
  },
  {
    name: "a field of the subscription type",
    sdl: "type Query { a: Int } type Subscription { b: Int @cacheTTL(seconds: 1) }",
    errors: [
      "Subscription.b (line 1:50): @cacheTTL stands on a field of the subscription type, which is never cached. Remove it.",
    ],
  },
  {
    name: "a field of a type without key",
    sdl: query("a: Edge", "type Edge { node: Int @cacheTTL(seconds: 1) }"),
    resolved: "Edge.node",
    errors: [
      'Edge.node (line 2:23): @cacheTTL stands on a field of Edge, which has no key to tell its objects apart. Give Edge a field id: ID! or @key(fields: "…"), or cache the field that returns it.',
    ],
  },
  {
    name: "a nullable id is no key",
    sdl: query("a: Thing", "type Thing { id: ID n: Int @cacheTTL(seconds: 1) }"),
    resolved: "Thing.n",
    errors: [
      'Thing.n (line 2:28): @cacheTTL stands on a field of Thing, which has no key to tell its objects apart. Give Thing a field id: ID! or @key(fields: "…"), or cache the field that returns it.',
    ],
  },
  {
    name: "0 seconds inside an entry",
    sdl: query(
      "a: Thing @cacheTTL(seconds: 60) b: Thing @cacheTTL(seconds: 60)",
      "type Thing {\n  stock: Int @cacheTTL(seconds: 0) }",
    ),
    errors: [
      "Thing.stock (line 3:14): @cacheTTL never stores the field, but the field has no resolver of its own, so it lives in the entries of Query.a and Query.b. Give the field a resolver of its own, or write 0 seconds on what holds it.",
    ],
  },
  {
    name: "0 seconds inside an entity's row",
    sdl: query(
      "a: Product",
      "type Product @cacheTTL(seconds: 60) { id: ID! stock: Int @cacheTTL(seconds: 0) }",
    ),
    options: { entities: new Set(["Product"]) },
    errors: [
      "Product.stock (line 2:58): @cacheTTL never stores the field, but the field has no resolver of its own, so it lives in the entry of Product. Give the field a resolver of its own, or write 0 seconds on what holds it.",
    ],
  },
  {
    name: "PRIVATE inside a PUBLIC entry",
    sdl: query("a: Thing @cacheTTL(seconds: 60)", "type Thing { mine: Int @cacheTTL(scope: PRIVATE) }"),
    options: { principal: true },
    errors: [
      "Thing.mine (line 2:24): @cacheTTL is PRIVATE, but the field has no resolver of its own, so it lives in the entry of Query.a, which is PUBLIC. Give the field a resolver of its own, or make what holds it PRIVATE.",
    ],
  },
  {
    name: "PRIVATE deep inside many entries",
    sdl: query(
      "a: Thing @cacheTTL(seconds: 60) b: Thing @cacheTTL(seconds: 60) c: Thing @cacheTTL(seconds: 60) d: Thing @cacheTTL(seconds: 60)",
      "type Thing { more: More } type More { mine: Int @cacheTTL(scope: PRIVATE) }",
    ),
    options: { principal: true },
    errors: [
      "More.mine (line 2:49): @cacheTTL is PRIVATE, but the field has no resolver of its own, so it lives in the entries of Query.a, Query.b and 2 more, which are PUBLIC. Give the field a resolver of its own, or make what holds it PRIVATE.",
    ],
  },
  {
    name: "@cacheWrite of an entity without write",
    sdl: mutation('save(id: ID!): Product @cacheWrite(entity: "Product")'),
    options: { entities: new Set(["Product"]) },
    errors: [
      'Mutation.save (line 2:24): @cacheWrite(entity: "Product") has nothing to write with. Give the entity the option: cache.entity("Product", { load, write }); or write in the resolver, and name what changed with @invalidates.',
    ],
  },
  {
    name: "@cacheWrite of an unknown entity",
    sdl: mutation('save(id: ID!): Product @cacheWrite(entity: "Prodct")'),
    errors: [
      'Mutation.save (line 2:24): @cacheWrite(entity: "Prodct") names no type with a key. Did you mean "Product"? Name the type of the row.',
    ],
  },
  {
    name: "@cacheWrite outside the mutation type",
    sdl: query('a: Product @cacheWrite(entity: "Product")'),
    options: { entities: new Set(["Product"]), writableEntities: new Set(["Product"]) },
    errors: [
      "Query.a (line 1:25): @cacheWrite(entity: \"Product\") stands on a field that is none of the mutation type's. Move it to the mutation's field.",
    ],
  },
  {
    name: "@cacheWrite behind of an entity with several keys",
    sdl: `type Query { a: Stock } type Stock @key(fields: "id") @key(fields: "upc") { id: ID!  upc: ID! }
type Mutation { save: Stock @cacheWrite(entity: "Stock", mode: BEHIND) }`,
    options: { entities: new Set(["Stock"]), writableEntities: new Set(["Stock"]) },
    errors: [
      'Mutation.save (line 2:29): @cacheWrite(entity: "Stock") has mode BEHIND, and the type has several keys. What is pending is found by one key: give it one @key, or use mode: THROUGH.',
    ],
  },
  {
    name: "@cacheWrite of what is no row",
    sdl: mutation('save: Boolean @cacheWrite(entity: "Product")'),
    options: { entities: new Set(["Product"]), writableEntities: new Set(["Product"]) },
    errors: [
      'Mutation.save (line 2:15): @cacheWrite(entity: "Product") finds a Boolean at the result. Let the resolver return the Product, or name its place in the payload: rowPath: "…".',
    ],
  },
  {
    name: "@cacheWrite of a list",
    sdl: mutation('save: [Product!]! @cacheWrite(entity: "Product")'),
    options: { entities: new Set(["Product"]), writableEntities: new Set(["Product"]) },
    errors: [
      'Mutation.save (line 2:19): @cacheWrite(entity: "Product") finds a list at the result, and writes one row at a time. Let the resolver return the Product, or name its place in the payload: rowPath: "…".',
    ],
  },
  {
    name: "@cacheWrite with a path to nowhere",
    sdl: mutation('save: Product @cacheWrite(entity: "Product", rowPath: "nmae")'),
    options: { entities: new Set(["Product"]), writableEntities: new Set(["Product"]) },
    errors: [
      'Mutation.save (line 2:15): @cacheWrite(entity: "Product") has a rowPath with "nmae", which Product does not have. Did you mean "name"? Let the resolver return the Product, or name its place in the payload: rowPath: "…".',
    ],
  },
  {
    name: "@key of an unknown field",
    sdl: query("a: Thing", 'type Thing @key(fields: "skew") { sku: ID! }'),
    errors: [
      'Thing (line 2:12): @key(fields: "skew") names the field "skew", which Thing does not have. Did you mean "sku"? Name fields of the type.',
    ],
  },
  {
    name: "@key that is no selection",
    sdl: query("a: Thing", 'type Thing @key(fields: "sku,{") { sku: ID! }'),
    errors: [
      'Thing (line 2:12): @key(fields: "sku,{") is no list of field names. Write names, such as "id" or "id organization { id }".',
    ],
  },
  {
    name: "@key with a fragment",
    sdl: query("a: Thing", 'type Thing @key(fields: "... on Thing { sku }") { sku: ID! }'),
    errors: [
      'Thing (line 2:12): @key(fields: "... on Thing { sku }") holds more than field names. Write names without arguments, aliases and fragments.',
    ],
  },
  {
    name: "@key that ends at an object",
    sdl: query("a: Thing", 'type Thing @key(fields: "shop") { shop: Shop! } type Shop { sku: ID! }'),
    errors: [
      'Thing (line 2:12): @key(fields: "shop") names the object "shop". Name a field of it: "shop { sku }".',
    ],
  },
  {
    name: "@key that reads on from a scalar",
    sdl: query("a: Thing", 'type Thing @key(fields: "sku { id }") { sku: ID! }'),
    errors: [
      'Thing (line 2:12): @key(fields: "sku { id }") reads fields of "sku", which is of type ID. Leave the braces out.',
    ],
  },
  {
    name: "@key through a list of objects",
    sdl: query(
      "a: Thing",
      'type Thing @key(fields: "shops { sku }") { shops: [Shop!]! } type Shop { sku: ID! }',
    ),
    errors: [
      'Thing (line 2:12): @key(fields: "shops { sku }") names "shops", which is of type [Shop!]!. A key is made of scalars and of fields of single objects.',
    ],
  },
  {
    name: "a policy of an unknown field",
    sdl: query("product: Product"),
    options: { policies: { "Product.nmae": { seconds: 1 }, Prodct: { seconds: 1 } } },
    errors: [
      'Product.nmae: policies["Product.nmae"] names no field and no object, interface or union of the schema. Did you mean "Product.name", "Product.brand" or "Product.id"? Write "Type.field" or "Type".',
      'Prodct: policies["Prodct"] names no field and no object, interface or union of the schema. Did you mean "Product"? Write "Type.field" or "Type".',
    ],
  },
  {
    name: "a policy with unknown and wrong arguments",
    sdl: query("a: Int"),
    options: {
      policies: {
        "Query.a": {
          second: 1,
          staleSeconds: 1.5,
          seconds: "60",
          scope: "private",
          vary: [1],
          hot: "yes",
          tags: [null],
          version: "2",
        } as never,
      },
    },
    errors: [
      'Query.a: policies["Query.a"] has no argument "second". Did you mean "seconds" or "scope"? Its arguments are seconds, staleSeconds, staleIfErrorSeconds, nullSeconds, scope, vary, ignoreArgs, selection, tags, version, hot.',
      'Query.a: policies["Query.a"] gives staleSeconds as 1.5. Give a whole number of seconds, 0 or more.',
      "Query.a: policies[\"Query.a\"] gives seconds as '60'. Give a whole number of seconds, 0 or more.",
      'Query.a: policies["Query.a"] gives scope as \'private\'. Did you mean "PRIVATE"? Give PUBLIC or PRIVATE.',
      'Query.a: policies["Query.a"] gives vary as [ 1 ]. Give a list of strings.',
      "Query.a: policies[\"Query.a\"] gives hot as 'yes'. Give true or false.",
      'Query.a: policies["Query.a"] gives tags as [ null ]. Give a list of strings.',
      "Query.a: policies[\"Query.a\"] gives version as '2'. Give a whole number, 0 or more.",
    ],
  },
  {
    name: "a policy that is no object",
    sdl: query("a: Int"),
    options: { policies: { "Query.a": 60 as never } },
    errors: ['Query.a: policies["Query.a"] must be an object, but got: 60. Write { seconds: 60 }.'],
  },
  {
    name: "a policy of a mutation's field",
    sdl: mutation("a: Int"),
    options: { policies: { "Mutation.a": { seconds: 1 } } },
    errors: [
      'Mutation.a: policies["Mutation.a"] stands on a field of the mutation type, which is never cached. Remove it; to drop what the mutation changes, write @invalidates.',
    ],
  },
  {
    name: "an entity loader of a type without key",
    sdl: query("a: Thing", "type Thing { n: Int }"),
    options: { entities: new Set(["Thing"]) },
    errors: [
      'Thing: cache.entity("Thing") names a type without key. Give it a field id: ID!, or @key(fields: "…").',
    ],
  },
  {
    name: "an entity loader of a root or an interface",
    sdl: query("a: Node", "interface Node { id: ID! } type Thing implements Node { id: ID! }"),
    options: { entities: new Set(["Node", "Query"]) },
    errors: [
      'Node: cache.entity("Node") names a type that has no entities of its own. Register object types, one by one; a root has no key.',
      'Query: cache.entity("Query") names a type that has no entities of its own. Register object types, one by one; a root has no key.',
    ],
  },
  {
    name: "authorize of a field that is none",
    sdl: query("a: Named", "interface Named { name: String } type Thing implements Named { name: String }"),
    options: { authorize: new Set(["Thing.nmae", "Named.name", "Thing.name"]) },
    errors: [
      'Thing.nmae: authorize["Thing.nmae"] names no field of an object type. Did you mean "Thing.name"? Write "Type.field"; a field of an interface is named on each type that implements it.',
      'Named.name: authorize["Named.name"] names no field of an object type. Did you mean "Thing.name"? Write "Type.field"; a field of an interface is named on each type that implements it.',
    ],
  },
  {
    name: "identify of a type without key",
    sdl: query("a: Product"),
    options: { identify: new Set(["Prodct"]) },
    errors: [
      'Prodct: identify.Prodct names no type with a key. Did you mean "Product"? Name a type that has a field id: ID! or @key(fields: "…").',
    ],
  },
  {
    name: "everything at once, each where it stands",
    sdl: `type Query {
  a: Int @cacheTTL(seconds: -1)
  b: Int @cacheTTL(seconds: 1, scope: PRIVATE)
}
type Mutation {
  c(id: ID!): Int @cacheTTL(seconds: 1) @invalidates(entity: "Product", id: "{args.id}")
}
type Product @key(fields: "sku") { id: ID! }`,
    errors: [
      'Product (line 8:14): @key(fields: "sku") names the field "sku", which Product does not have. Name fields of the type.',
      "Query.a (line 2:10): @cacheTTL gives a negative seconds: -1. Give 0 to store nothing, or a positive number.",
      "Query.b (line 3:10): @cacheTTL is PRIVATE, but nothing tells who asks. Give the option principal: (context) => context.user?.id ?? null.",
      "Mutation.c (line 6:19): @cacheTTL stands on a field of the mutation type, which is never cached. Remove it; to drop what the mutation changes, write @invalidates.",
    ],
  },
];

const warnings: readonly BadSchema[] = [
  {
    name: "lifetimes above maxSeconds are cut",
    sdl: query("a: Int @cacheTTL(seconds: 100000, staleSeconds: 90000)"),
    warnings: [
      "Query.a (line 1:21): @cacheTTL gives seconds as 100000, more than maxSeconds, 86400: it is cut to that. Write a shorter lifetime, or raise the option maxSeconds.",
      "Query.a (line 1:21): @cacheTTL gives staleSeconds as 90000, more than maxSeconds, 86400: it is cut to that. Write a shorter lifetime, or raise the option maxSeconds.",
    ],
  },
  {
    name: "no seconds anywhere",
    sdl: query('a: Product @cacheTTL(tags: ["x"])'),
    warnings: [
      "Query.a (line 1:25): @cacheTTL never takes effect: neither it nor the type that the field returns says how many seconds. Add seconds.",
    ],
  },
  {
    name: "a field without resolver that nothing cached holds",
    sdl: query("a: Product", "type Product { id: ID! price: Int @cacheTTL(seconds: 5) }"),
    warnings: [
      "Product.price (line 2:35): @cacheTTL never takes effect: the field has no resolver of its own, and nothing that is cached holds it. Give the field a resolver, or cache the field that returns its object.",
    ],
  },
  {
    name: "a field without resolver in a shorter entry",
    sdl: query(
      "a: Product @cacheTTL(seconds: 60)",
      "type Product { id: ID! price: Int @cacheTTL(seconds: 61) }",
    ),
    warnings: [
      "Product.price (line 2:35): @cacheTTL never takes effect: the field has no resolver of its own, so it lives in the entry of Query.a, which is shorter. Remove it, or give the field a resolver.",
    ],
  },
  {
    name: "a field without resolver that says no lifetime",
    sdl: query(
      "a: Product @cacheTTL(seconds: 60)",
      "type Product { id: ID! price: Int @cacheTTL(hot: true) }",
    ),
    warnings: [
      "Product.price (line 2:35): @cacheTTL never takes effect: the field has no resolver of its own, so it lives in the entry of the object around it. Remove it, or give the field a resolver.",
    ],
  },
  {
    name: "a root field without resolver",
    sdl: query("a: Int @cacheTTL(seconds: 60)"),
    roots: false,
    warnings: [
      "Query.a (line 1:21): @cacheTTL never takes effect: the field has no resolver of its own, and nothing that is cached holds it. Give the field a resolver, or cache the field that returns its object.",
    ],
  },
  {
    name: "a type that no field returns",
    sdl: query(
      "a: Int",
      "type Lonely @cacheTTL(seconds: 60) { id: ID! } interface Empty @cacheTTL(seconds: 1) { n: Int }",
    ),
    warnings: [
      "Lonely (line 2:13): @cacheTTL never takes effect: no field returns Lonely, and no entity loader loads it. Remove it.",
      "Empty (line 2:64): @cacheTTL never takes effect: no field returns Empty or a type of it, and no entity loader loads it. Remove it.",
    ],
  },
  {
    name: "a root type",
    sdl: "type Query @cacheTTL(seconds: 60) { a: Int }",
    warnings: [
      "Query (line 1:12): @cacheTTL never takes effect: a type's directive is about the values of the type, and no field returns Query. Write it on the fields that are to be cached.",
    ],
  },
  {
    name: "an interface's field that no type caches",
    sdl: query(
      "a: Thing",
      "interface Node { n: Int @cacheTTL(seconds: 1) } type Thing implements Node { n: Int }",
    ),
    warnings: [
      "Node.n (line 2:25): @cacheTTL never takes effect: no type that implements Node caches the field. Write it on a type that has a key and resolves the field.",
    ],
  },
  {
    name: "a hot entry that is PRIVATE",
    sdl: query("a: Int @cacheTTL(seconds: 60, scope: PRIVATE, hot: true)"),
    options: { principal: true },
    warnings: [
      "Query.a (line 1:21): @cacheTTL(hot: true) never takes effect: what is PRIVATE is not copied, as nobody else would read the copy. Remove hot, or make it PUBLIC.",
    ],
  },
  {
    name: "an entry that holds what is never stored",
    sdl: query(
      "a: Product @cacheTTL(seconds: 60)",
      "type Product { id: ID! price: Money } type Money @cacheTTL(seconds: 0) { amount: Int }",
    ),
    warnings: [
      "Query.a (line 1:25): @cacheTTL never takes effect: Product.price lives in the entry and inherits 0 seconds. Give Product.price a resolver of its own, or a lifetime.",
    ],
  },
  {
    name: "an entity that the schema does not have",
    sdl: query("a: Product"),
    options: { entities: new Set(["Prodct"]) },
    warnings: [
      'Prodct: cache.entity("Prodct") names no type of the schema. Did you mean "Product"? Name an object type, or leave it out of this gateway.',
    ],
  },
  {
    name: "an unknown directive on a cached field",
    sdl: query("a: Int @upper @cacheTTL(seconds: 1)", "directive @upper on FIELD_DEFINITION"),
    warnings: [
      'Query.a (line 1:21): @upper stands on a cached field, and what it does inside the cache is not done on a hit. Apply it after cache.apply(schema) and list it: outerDirectives: ["upper"].',
    ],
  },
];

describe("mistakes stop the start", () => {
  it.each(errors)("$name", ({ sdl, resolved, options, errors }) => {
    expect(messagesOf(() => readPolicies(schemaOf(sdl, resolved), options))).toEqual({ errors });
  });
});

describe("what can never take effect is a warning", () => {
  it.each(warnings)("$name", ({ sdl, resolved, roots = true, options, warnings }) => {
    const schema = schemaOf(sdl, resolved, { roots });
    expect(messagesOf(() => readPolicies(schema, options))).toEqual({ warnings });
  });
});

it("tells all mistakes in one error, by code and as data", () => {
  const schema = schemaOf("type Query { a: Int @cacheTTL(seconds: -1) b: Int @cacheTTL(seconds: -2) }");
  const thrown = catchError(() => readPolicies(schema));
  expect(thrown).toMatchObject({
    code: "SCHEMA_POLICY",
    problems: [
      { coordinate: "Query.a", location: { line: 1, column: 21 } },
      { coordinate: "Query.b", location: { line: 1, column: 51 } },
    ],
  });
  expect((thrown as Error).message).toBe(
    `The schema's cache directives have 2 mistakes:
- Query.a (line 1:21): @cacheTTL gives a negative seconds: -1. Give 0 to store nothing, or a positive number.
- Query.b (line 1:51): @cacheTTL gives a negative seconds: -2. Give 0 to store nothing, or a positive number.
 Nothing is served until they are mended; docs/directives.md tells of each.`,
  );
});

it("names the file where the SDL has one", () => {
  const sdl = parse(new Source("type Query {\n  a: Int @cacheTTL(seconds: -1)\n}", "shop.graphql"));
  const schema = schemaOf("scalar Unused", "", { typeDefs: [typeDefs, sdl] });
  expect(messagesOf(() => readPolicies(schema))).toEqual({
    errors: [
      "Query.a (shop.graphql:2:10): @cacheTTL gives a negative seconds: -1. Give 0 to store nothing, or a positive number.",
    ],
  });
});

function catchError(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

function messagesOf(run: () => ReturnType<typeof readPolicies>): unknown {
  try {
    return { warnings: run().warnings.map(describeProblem) };
  } catch (error) {
    if (!(error instanceof SchemaPolicyError)) throw error;
    return { errors: error.problems.map(describeProblem) };
  }
}
