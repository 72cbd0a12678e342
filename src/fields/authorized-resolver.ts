import type { GraphQLFieldResolver, GraphQLResolveInfo } from "graphql";
import type { TaintGuard } from "./taint-guard.ts";

/** Refuses by throwing, once the value is known. What it returns does not count, but for `false`, which is a mistake. */
export type Authorize = (
  parent: never,
  args: never,
  context: never,
  info: GraphQLResolveInfo,
  value: never,
) => unknown;

type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** The resolver of a field that is authorised by its value: the same on a hit, on a miss, and where nothing is cached. */
export function authorizedResolver(
  resolve: Resolver,
  coordinate: string,
  authorize: Authorize,
  guard: TaintGuard,
): Resolver {
  return async (parent, args, context, info) => {
    const value = await resolve(parent, args, context, info);
    const answer = await guard.outside(() =>
      authorize(parent as never, args as never, context as never, info, value as never),
    );
    if (answer !== false) return value;
    throw new TypeError(
      `authorize["${coordinate}"] must throw to refuse a value, but it returned false. The value was refused.`,
    );
  };
}
