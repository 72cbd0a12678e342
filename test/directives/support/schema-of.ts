import { makeExecutableSchema } from "@graphql-tools/schema";
import { type DocumentNode, type GraphQLSchema, isObjectType } from "graphql";
import { typeDefs } from "../../../src/directives/definitions.ts";

const resolve = () => null;

/**
 * A schema whose only fields with resolvers are those named: `"Query.products Product.*"`. All root fields have one
 * unless `roots` is false.
 */
export function schemaOf(
  sdl: string,
  resolved = "",
  options: { readonly typeDefs?: readonly (DocumentNode | string)[]; readonly roots?: boolean } = {},
): GraphQLSchema {
  const schema = makeExecutableSchema({ typeDefs: [...(options.typeDefs ?? [typeDefs]), sdl] });
  const named = new Set(resolved.split(/\s+/));
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    const all = named.has(`${type.name}.*`) || (options.roots !== false && roots.includes(type));
    for (const field of Object.values(type.getFields())) {
      if (all || named.has(`${type.name}.${field.name}`)) field.resolve = resolve;
    }
  }
  return schema;
}
