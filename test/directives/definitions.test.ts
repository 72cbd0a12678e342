import { buildASTSchema, isEnumType, printSchema, validateSchema } from "graphql";
import { expect, it } from "vitest";
import { typeDefs } from "../../src/directives/definitions.ts";

const schema = buildASTSchema(typeDefs);
const own = schema.getDirectives().filter(({ astNode }) => astNode !== undefined);

it("the definitions are those of the contract", () => {
  expect(validateSchema(schema).filter(({ message }) => !message.startsWith("Query root type"))).toEqual([]);
  expect(
    own.map(
      ({ name, args, isRepeatable, locations }) =>
        `@${name}(${args.map((arg) => `${arg.name}: ${arg.type}`).join(", ")})${isRepeatable ? " repeatable" : ""} on ${locations.join(" | ")}`,
    ),
  ).toEqual([
    "@cacheTTL(seconds: Int, staleSeconds: Int, staleIfErrorSeconds: Int, nullSeconds: Int, scope: CacheScope, vary: [String!], ignoreArgs: [String!], selection: Boolean, tags: [String!], version: Int, hot: Boolean) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION",
    "@key(fields: String!) repeatable on OBJECT | INTERFACE",
    "@invalidates(entity: String, id: String, field: String, tags: [String!]) repeatable on FIELD_DEFINITION",
    "@cacheWrite(entity: String!, mode: CacheWriteMode!, rowPath: String) on FIELD_DEFINITION",
  ]);
  expect(printSchema(schema)).toContain("mode: CacheWriteMode! = THROUGH");
});

it("everything is described", () => {
  const enums = Object.values(schema.getTypeMap())
    .filter(isEnumType)
    .filter(({ astNode }) => astNode);
  const described = [
    ...own.flatMap((directive) => [directive, ...directive.args]),
    ...enums.flatMap((type) => [type, ...type.getValues()]),
  ];
  expect(described.filter(({ description }) => !description).map(({ name }) => name)).toEqual([]);
  expect(
    enums.map(
      (type) =>
        `${type.name} ${type
          .getValues()
          .map(({ name }) => name)
          .join(" ")}`,
    ),
  ).toEqual(["CacheScope PUBLIC PRIVATE", "CacheWriteMode THROUGH BEHIND"]);
});
