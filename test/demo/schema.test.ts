import { makeExecutableSchema } from "@graphql-tools/schema";
import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
  validateSchema,
} from "graphql";
import { describe, expect, it } from "vitest";
import { readTypeDefs } from "./demo.ts";

const schema = makeExecutableSchema({ typeDefs: readTypeDefs() });

interface Described {
  readonly description?: string | null | undefined;
}

function* partsOf(type: GraphQLNamedType): Generator<readonly [string, Described]> {
  yield [type.name, type];
  if (isEnumType(type)) for (const value of type.getValues()) yield [`${type.name}.${value.name}`, value];
  if (isInputObjectType(type)) {
    for (const field of Object.values(type.getFields())) yield [`${type.name}.${field.name}`, field];
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return;
  for (const field of Object.values(type.getFields())) {
    yield [`${type.name}.${field.name}`, field];
    for (const argument of field.args) yield [`${type.name}.${field.name}(${argument.name}:)`, argument];
  }
}

describe("the schema", () => {
  it("is valid", () => {
    expect(validateSchema(schema)).toEqual([]);
  });

  it("describes every type, field, argument, enum value and directive", () => {
    const own = Object.values(schema.getTypeMap()).filter(
      (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
    );
    const directives = schema.getDirectives().filter((directive) => !isSpecifiedDirective(directive));
    const parts = [
      ...own.flatMap((type) => [...partsOf(type)]),
      ...directives.flatMap((directive) => [
        [`@${directive.name}`, directive] as const,
        ...directive.args.map((argument) => [`@${directive.name}(${argument.name}:)`, argument] as const),
      ]),
    ];
    expect(parts.filter(([, part]) => !part.description).map(([name]) => name)).toEqual([]);
    expect(parts.length).toBeGreaterThan(200);
  });
});
