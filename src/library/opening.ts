import { MapperKind, mapSchema } from "@graphql-tools/utils";
import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema } from "graphql";
import { likeInner } from "../fields/entry-resolvers.ts";

/**
 * Holds the first operations of a process back until `open` has settled: a request that begins before the store's log
 * was seen once may store nothing (docs/protocol.md, "Why it holds", 7). From then on it costs one look-up in a set.
 *
 * Outermost of what `apply` wraps, so that no resolver of the query has read anything for the request before it begins.
 */
export function openFirst(
  schema: GraphQLSchema,
  open: (schema: GraphQLSchema) => Promise<void>,
): GraphQLSchema {
  const opened = new WeakSet<GraphQLSchema>();
  const openings = new WeakMap<GraphQLSchema, Promise<void>>();

  function begin(served: GraphQLSchema): Promise<void> {
    const known = openings.get(served);
    if (known !== undefined) return known;
    const begun = open(served).then(() => {
      opened.add(served);
    });
    openings.set(served, begun);
    return begun;
  }

  return mapSchema(schema, {
    [MapperKind.QUERY_ROOT_FIELD]: (config) => {
      const resolve: GraphQLFieldResolver<unknown, unknown> = config.resolve ?? defaultFieldResolver;
      const opening: typeof resolve = (parent, args, context, info) => {
        if (opened.has(info.schema)) return resolve(parent, args, context, info);
        return begin(info.schema).then(() => resolve(parent, args, context, info));
      };
      return { ...config, resolve: likeInner(opening, resolve) };
    },
  });
}
