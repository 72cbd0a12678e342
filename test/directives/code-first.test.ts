import { makeExecutableSchema } from "@graphql-tools/schema";
import {
  GraphQLID,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} from "graphql";
import { describe, expect, it } from "vitest";
import { typeDefs } from "../../src/directives/definitions.ts";
import { describeProblem, SchemaPolicyError } from "../../src/directives/policies/policy-problem.ts";
import { readPolicies } from "../../src/directives/read-policies.ts";
import { policyTable } from "./support/policy-table.ts";

const resolve = () => null;

/** A schema built without SDL: directives are what the code's `extensions` say. */
function codeFirst(onField: unknown, onType: unknown = undefined): GraphQLSchema {
  const product = new GraphQLObjectType({
    name: "Product",
    extensions: { directives: onType },
    fields: { sku: { type: new GraphQLNonNull(GraphQLString) }, price: { type: GraphQLInt } },
  });
  return new GraphQLSchema({
    query: new GraphQLObjectType({
      name: "Query",
      fields: {
        products: {
          type: new GraphQLList(product),
          args: { id: { type: GraphQLID } },
          resolve,
          extensions: { directives: onField },
        },
      },
    }),
  });
}

describe("directives in extensions count like those of the SDL", () => {
  it.each([
    { shape: "a record of arguments", said: { cacheTTL: { seconds: 60, scope: "PRIVATE" } } },
    { shape: "a record of lists of arguments", said: { cacheTTL: [{ seconds: 60, scope: "PRIVATE" }] } },
    {
      shape: "a list of names and arguments",
      said: [{ name: "cacheTTL", args: { seconds: 60, scope: "PRIVATE" } }],
    },
  ])("as $shape", ({ said }) => {
    expect(policyTable(readPolicies(codeFirst(said), { principal: true }))).toEqual([
      "Query.products 60s PRIVATE",
    ]);
  });

  it("on types, with keys", () => {
    const policies = readPolicies(
      codeFirst([{ name: "cacheTTL", args: { seconds: 5 } }], {
        key: [{ fields: "sku" }],
        cacheTTL: { seconds: 60, tags: ["p:{value.sku}"] },
      }),
      { entities: new Set(["Product"]) },
    );
    expect(policies.keys).toEqual(new Map([["Product", [["sku"]]]]));
    expect(policyTable(policies)).toEqual([
      "Product 60s tags=p:{value.sku}",
      "Query.products 5s tags=p:{value[].sku}",
    ]);
  });

  it("with their mistakes, which have no location", () => {
    const schema = codeFirst({ cacheTTL: { secnds: 60, tags: ["{args.ix}"] } });
    expect(problemsOf(() => readPolicies(schema))).toEqual([
      'Query.products: @cacheTTL has no argument "secnds". Did you mean "seconds"? Its arguments are seconds, staleSeconds, staleIfErrorSeconds, nullSeconds, scope, vary, ignoreArgs, selection, tags, version, hot.',
      'Query.products: @cacheTTL has the tag "{args.ix}", which names the argument "ix", which the field does not have. Did you mean "id"? Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.',
    ]);
  });

  it.each([null, true, "cacheTTL", [null, 1], { cacheTTL: null }, { cacheTTL: true }])(
    "what is no directive is passed over: %j",
    (said) => {
      expect(policyTable(readPolicies(codeFirst(said)))).toEqual([]);
    },
  );

  it("extensions come before the SDL, and the option policies before both", () => {
    const schema = makeExecutableSchema({
      typeDefs: [typeDefs, "type Query { a: Int @cacheTTL(seconds: 1, staleSeconds: 1, nullSeconds: 1) }"],
    });
    const field = schema.getQueryType()!.getFields()["a"]!;
    field.resolve = resolve;
    field.extensions = { directives: { cacheTTL: { seconds: 2, staleSeconds: 2 } } };
    expect(policyTable(readPolicies(schema, { policies: { "Query.a": { seconds: 3 } } }))).toEqual([
      "Query.a 3s stale=2 null=1",
    ]);
  });
});

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
    return [];
  } catch (error) {
    if (!(error instanceof SchemaPolicyError)) throw error;
    return error.problems.map(describeProblem);
  }
}
