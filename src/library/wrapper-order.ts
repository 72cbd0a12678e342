import { type GraphQLSchema, isObjectType } from "graphql";
import { type PolicyProblem, SchemaPolicyError } from "../directives/read-policies.ts";

/** Checks that what authorises a cached field stands outside of the cache. */
export type AssertWrapped = (schema: GraphQLSchema) => void;

/**
 * A directive such as `@auth` works by wrapping resolvers. Wrapped before `apply`, it stands inside the cache and is not
 * asked on a hit; wrapped after, its resolver is another one than `apply` left there.
 *
 * `needed`: by coordinate, the name of the directive. Throws a {@link SchemaPolicyError} with all fields at once.
 */
export function createWrapperCheck(
  applied: GraphQLSchema,
  needed: ReadonlyMap<string, string>,
): AssertWrapped {
  const left = new Map([...needed.keys()].map((coordinate) => [coordinate, resolverAt(applied, coordinate)]));
  return (schema) => {
    const bare = [...needed].filter(
      ([coordinate]) => resolverAt(schema, coordinate) === left.get(coordinate),
    );
    if (bare.length > 0) throw new SchemaPolicyError(bare.map(problemOf));
  };
}

function problemOf([coordinate, directive]: readonly [string, string]): PolicyProblem {
  return {
    coordinate,
    problem: `@${directive} looks like authorisation, but nothing wraps the resolver that cache.apply left, so a hit would be served to everybody.`,
    mend: `Apply it after the cache: schema = ${directive}Transformer(cache.apply(makeExecutableSchema({ … }))). Where it does not guard the resolver, name it in the option "outerDirectives".`,
  };
}

function resolverAt(schema: GraphQLSchema, coordinate: string): unknown {
  const [typeName = "", fieldName = ""] = coordinate.split(".");
  const type = schema.getType(typeName);
  return isObjectType(type) ? type.getFields()[fieldName]?.resolve : undefined;
}
