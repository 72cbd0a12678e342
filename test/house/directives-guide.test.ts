import { describe, expect, it } from "vitest";
import { readPolicies } from "../../src/directives/read-policies.ts";
import { policyTable } from "../directives/support/policy-table.ts";
import { schemaOf } from "../directives/support/schema-of.ts";
import { readText, snippets } from "./support/snippets.ts";

const [opening, precedence, invalidations] = snippets(readText("docs/directives.md"), "graphql");

function policiesOf(sdl: string, resolved = "") {
  return readPolicies(schemaOf(sdl, resolved), {
    principal: true,
    varyNames: ["locale"],
    entities: new Set(["Product"]),
  });
}

describe("the examples of docs/directives.md", () => {
  it("begin with a schema that has no mistakes", () => {
    const policies = policiesOf(
      `${opening} type User { id: ID! } type Money { amount: Int! }`,
      "Product.price",
    );
    expect(policies.warnings).toEqual([]);
    expect(policyTable(policies)).toEqual([
      "Product 600s",
      "Query.products 60s stale=300 tags=category:{args.category}",
      "Query.viewer 30s PRIVATE",
      "Product.price 5s vary=locale",
    ]);
  });

  it("show whose lifetime counts as the comments beside them say", () => {
    expect(policyTable(policiesOf(precedence!))).toEqual([
      "Query.shop 60s stale=5",
      "Query.home 600s stale=5",
    ]);
  });

  it("invalidate what there is", () => {
    const policies = policiesOf(`${invalidations}
      type Query { bestRated: [Product!]! }
      type Product { id: ID! }
      type Rating { userId: ID! }
      type ImportResult { count: Int! }
      type Release @key(fields: "browser version") { browser: ID!  version: String! }
    `);
    expect(policies.warnings).toEqual([]);
    expect([...policies.invalidations.keys()]).toEqual(["rate", "importProducts", "deleteRelease"]);
  });
});
