import { expect, it } from "vitest";
import { describeProblem } from "../../src/directives/policies/policy-problem.ts";
import { type ReadPoliciesOptions, readPolicies } from "../../src/directives/read-policies.ts";
import { schemaOf } from "./support/schema-of.ts";

const DIRECTIVES = `directive @auth(requires: String) on FIELD_DEFINITION | OBJECT
  directive @requiresScopes(scopes: [String!]) on FIELD_DEFINITION
  directive @federation__policy(policies: [String!]) on FIELD_DEFINITION
  directive @staffOnly on FIELD_DEFINITION
  directive @upper on FIELD_DEFINITION`;

function read(sdl: string, options?: ReadPoliciesOptions, resolved?: string) {
  const policies = readPolicies(schemaOf(`${DIRECTIVES} ${sdl}`, resolved), options);
  return {
    guarded: Object.fromEntries(policies.needsAuthWrapper),
    warnings: policies.warnings.map(describeProblem),
  };
}

it("a cached field with a directive that looks like authorisation needs something around the cache", () => {
  expect(
    read(`type Query {
      a: Int @cacheTTL(seconds: 1) @auth(requires: "ADMIN")
      b: Int @auth
      c: Int @requiresScopes(scopes: ["x"]) @cacheTTL(seconds: 1)
      d: Int @federation__policy(policies: ["x"]) @cacheTTL(seconds: 1) }`),
  ).toEqual({
    guarded: { "Query.a": "auth", "Query.c": "requiresScopes", "Query.d": "federation__policy" },
    warnings: [],
  });
});

it("the directive may stand on the type that the field belongs to", () => {
  const sdl =
    "type Query { a: Product } type Product @auth { id: ID! price: Int @cacheTTL(seconds: 1) name: String }";
  expect(read(sdl, {}, "Product.price").guarded).toEqual({ "Product.price": "auth" });
});

it("a field that is cached by its type's directive counts too", () => {
  expect(read("type Query { a: T @auth } type T @cacheTTL(seconds: 1) { n: Int }").guarded).toEqual({
    "Query.a": "auth",
  });
});

it("authDirectives adds to the list, and takes the warning away", () => {
  const sdl = "type Query { a: Int @staffOnly @cacheTTL(seconds: 1) }";
  expect(read(sdl).guarded).toEqual({});
  expect(read(sdl).warnings).toHaveLength(1);
  expect(read(sdl, { authDirectives: ["staffOnly"] })).toEqual({
    guarded: { "Query.a": "staffOnly" },
    warnings: [],
  });
});

it("outerDirectives silences both", () => {
  const sdl = "type Query { a: Int @auth @upper @cacheTTL(seconds: 1) }";
  expect(read(sdl, { outerDirectives: ["auth", "upper"] })).toEqual({ guarded: {}, warnings: [] });
});

it("a strange directive on a field that is not cached is nobody's business", () => {
  expect(read("type Query { a: Int @upper }").warnings).toEqual([]);
});

it("directives of GraphQL, Apollo and Federation are known", () => {
  const sdl = `directive @shareable on FIELD_DEFINITION directive @tag(name: String!) repeatable on FIELD_DEFINITION
    directive @cost(weight: Int) on FIELD_DEFINITION directive @federation__inaccessible on FIELD_DEFINITION
    type Query { a: Int @shareable @tag(name: "x") @cost(weight: 1) @federation__inaccessible @deprecated @cacheTTL(seconds: 1) }`;
  expect(read(sdl)).toEqual({ guarded: {}, warnings: [] });
});
