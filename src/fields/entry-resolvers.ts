import type { GraphQLFieldResolver } from "graphql";

type Resolver = GraphQLFieldResolver<unknown, unknown>;

const fromEntries = new WeakSet<Resolver>();

/** Marks a resolver of the cache's own: on a hit nothing of the application's runs in it. */
export function servesEntries<Own extends Resolver>(resolver: Own): Own {
  fromEntries.add(resolver);
  return resolver;
}

/** The same mark for what the cache wraps around a resolver that has it. */
export function likeInner<Own extends Resolver>(wrapper: Own, inner: Resolver): Own {
  if (fromEntries.has(inner)) fromEntries.add(wrapper);
  return wrapper;
}

/** Whether a field with this resolver is answered by the cache alone where it hits; not if anybody has wrapped it since. */
export function isFromEntries(resolver: Resolver): boolean {
  return fromEntries.has(resolver);
}
