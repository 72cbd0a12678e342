import { describe, expect, it } from "vitest";
import { typeDefs } from "../../src/directives/definitions.ts";
import { describeProblem } from "../../src/directives/policies/policy-problem.ts";
import { type ReadPoliciesOptions, readPolicies } from "../../src/directives/read-policies.ts";
import { policyTable } from "./support/policy-table.ts";
import { schemaOf } from "./support/schema-of.ts";

const APOLLO = `enum CacheControlScope { PUBLIC PRIVATE }
directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean)
  on FIELD_DEFINITION | OBJECT | INTERFACE | UNION`;

function read(sdl: string, resolved = "", options: ReadPoliciesOptions = {}) {
  return readPolicies(schemaOf(sdl, resolved, { typeDefs: [typeDefs, APOLLO] }), {
    cacheControl: true,
    ...options,
  });
}

describe("@cacheControl is a synonym of @cacheTTL when the option says so", () => {
  it("maxAge and scope are seconds and scope, on fields and types", () => {
    const policies = read(
      "type Query { a: Int @cacheControl(maxAge: 60, scope: PRIVATE) b: Thing } type Thing @cacheControl(maxAge: 30) { n: Int }",
      "",
      { principal: true },
    );
    expect(policyTable(policies)).toEqual(["Query.a 60s PRIVATE", "Query.b 30s"]);
    expect(policies.warnings).toEqual([]);
  });

  it("without the option it is not read, and no stranger either", () => {
    const policies = read(
      "type Query { a: Int @cacheControl(maxAge: 60) b: Int @cacheTTL(seconds: 1) @cacheControl(maxAge: 60) }",
      "",
      {
        cacheControl: false,
      },
    );
    expect(policyTable(policies)).toEqual(["Query.b 1s"]);
    expect(policies.warnings).toEqual([]);
  });

  it("beside @cacheTTL it only completes, so that a schema moves over field by field", () => {
    const policies = read(
      "type Query { a: Int @cacheTTL(seconds: 1) @cacheControl(maxAge: 60) b: Int @cacheTTL(staleSeconds: 5) @cacheControl(maxAge: 60) }",
    );
    expect(policyTable(policies)).toEqual(["Query.a 1s", "Query.b 60s stale=5"]);
  });

  it("inheritMaxAge says nothing of a lifetime, even beside maxAge", () => {
    const policies = read(
      "type Query { a: Thing @cacheControl(maxAge: 60) b: Int @cacheControl(inheritMaxAge: true, maxAge: 5) } type Thing { n: Int @cacheControl(inheritMaxAge: true) }",
    );
    expect(policyTable(policies)).toEqual(["Query.a 60s"]);
    expect(policies.warnings).toEqual([]);
  });
});

describe("what is a mistake of @cacheTTL is a warning of @cacheControl, and stays uncached", () => {
  it.each([
    {
      name: "a field of a mutation",
      sdl: "type Query { a: Int } type Mutation { b: Int @cacheControl(maxAge: 5) }",
      table: [],
      warnings: [
        "Mutation.b (line 1:46): @cacheControl stands on a field of the mutation type, which is never cached. It stays uncached. Remove it; to drop what the mutation changes, write @invalidates.",
      ],
    },
    {
      name: "a field of a type without key",
      sdl: "type Query { a: Edge } type Edge { node: Int @cacheControl(maxAge: 5) }",
      resolved: "Edge.node",
      table: [],
      warnings: [
        'Edge.node (line 1:46): @cacheControl stands on a field of Edge, which has no key to tell its objects apart. It stays uncached. Give Edge a field id: ID! or @key(fields: "…"), or cache the field that returns it.',
      ],
    },
    {
      name: "a negative maxAge",
      sdl: "type Query { a: Int @cacheControl(maxAge: -5) }",
      table: ["Query.a 0s"],
      warnings: [
        "Query.a (line 1:21): @cacheControl gives a negative maxAge: -5. It stays uncached. Give 0 to store nothing, or a positive number.",
      ],
    },
    {
      name: "PRIVATE without a principal",
      sdl: "type Query { a: Int @cacheControl(maxAge: 5, scope: PRIVATE) }",
      table: ["Query.a 0s PRIVATE"],
      warnings: [
        "Query.a (line 1:21): @cacheControl is PRIVATE, but nothing tells who asks. It stays uncached. Give the option principal: (context) => context.user?.id ?? null.",
      ],
    },
    {
      name: "maxAge 0 inside an entry, which then is not stored",
      sdl: "type Query { a: Thing @cacheTTL(seconds: 60) } type Thing { n: Int @cacheControl(maxAge: 0) }",
      table: ["Query.a 0s"],
      warnings: [
        "Thing.n (line 1:68): @cacheControl never stores the field, but the field has no resolver of its own, so it lives in the entry of Query.a. It stays uncached. Give the field a resolver of its own, or write 0 seconds on what holds it.",
      ],
    },
    {
      name: "PRIVATE inside a PUBLIC entry, which then is not stored",
      sdl: "type Query { a: Thing @cacheTTL(seconds: 60) } type Thing { n: Int @cacheControl(maxAge: 5, scope: PRIVATE) }",
      options: { principal: true },
      table: ["Query.a 0s"],
      warnings: [
        "Thing.n (line 1:68): @cacheControl is PRIVATE, but the field has no resolver of its own, so it lives in the entry of Query.a, which is PUBLIC. It stays uncached. Give the field a resolver of its own, or make what holds it PRIVATE.",
      ],
    },
    {
      name: "what can never take effect gives no message at all",
      sdl: "type Query { a: Thing @cacheTTL(seconds: 5) } type Thing { n: Int @cacheControl(maxAge: 60) } type Lonely @cacheControl(maxAge: 60) { n: Int }",
      table: ["Query.a 5s"],
      warnings: [],
    },
  ])("$name", ({ sdl, resolved, options, table, warnings }) => {
    const policies = read(sdl, resolved, options);
    expect(policies.warnings.map(describeProblem)).toEqual(warnings);
    expect(policyTable(policies)).toEqual(table);
  });
});
