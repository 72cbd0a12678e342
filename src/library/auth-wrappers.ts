import { type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from "graphql";
import { FieldgateError } from "../base/errors.ts";

/** A cached field with a directive that looks like authorisation. */
export interface GuardedField {
  readonly coordinate: string;
  readonly directive: string;
  /** The resolver that `cache.apply` put there. */
  readonly applied: GraphQLFieldResolver<never, never>;
}

/**
 * Throws, naming all of them, where nothing has wrapped a guarded field since `cache.apply`: what authorises it is then missing, or was
 * applied before the cache, and a hit would be answered without asking it.
 */
export function assertWrapped(schema: GraphQLSchema, guarded: Iterable<GuardedField>): void {
  const bare = [...guarded].filter(({ coordinate, applied }) => resolverOf(schema, coordinate) === applied);
  if (bare.length === 0) return;
  const names = [...new Set(bare.map(({ directive }) => directive))];
  throw new FieldgateError(
    "AUTH_INSIDE_CACHE",
    bare
      .map(
        ({ coordinate, directive }) =>
          `${coordinate}: nothing wraps the cached field, yet it carries @${directive}; a hit would not ask it.`,
      )
      .join("\n"),
    [
      "Authorisation must be the outer wrapper and the cache the inner one:",
      "  let schema = makeExecutableSchema({ typeDefs, resolvers });",
      "  schema = cache.apply(schema);",
      ...names.map((name) => `  schema = ${name}Transformer(schema);   // whatever applies @${name}`),
      'Where the directive is obeyed elsewhere, for instance inside the option "authorize", say so:',
      `  createFieldCache({ outerDirectives: [${names.map((name) => JSON.stringify(name)).join(", ")}] })`,
    ].join("\n"),
  );
}

function resolverOf(schema: GraphQLSchema, coordinate: string): unknown {
  const [typeName = "", fieldName = ""] = coordinate.split(".");
  const type = schema.getType(typeName);
  return isObjectType(type) ? type.getFields()[fieldName]?.resolve : undefined;
}
