import type { GraphQLCompositeType, GraphQLObjectType } from "graphql";
import { compositeOf, fieldsOf, hasOwnResolver, type SchemaFacts } from "./schema-facts.ts";

/**
 * Entity types that an object may carry where its schema does not show them, for its children with a resolver to find:
 * `products.edges` made from `products.rows`.
 *
 * A child that has an entry of its own counts too. Refilled from this object, or bypassed, it would show the entity as
 * old as this object is.
 *
 * `hidden`: what lies in one object after another until an entity is met, and what that entity's row shows. `hiddenDeep`:
 * everything within reach, for values that hold objects in objects, whose children with a resolver may do the same.
 */
export function hiddenEntities(
  facts: SchemaFacts,
  keyed: ReadonlySet<string>,
  type: GraphQLObjectType,
): { readonly hidden: readonly string[]; readonly hiddenDeep: readonly string[] } {
  // A root's fields read from the source, never from the object that stands for the root.
  const children = facts.rootOf(type) === undefined ? fieldsOf(type).filter(hasOwnResolver) : [];
  const starts = children.map(compositeOf).filter((child) => child !== undefined);
  const within = (deep: boolean) => Object.freeze([...entitiesWithin(facts, keyed, starts, deep)].sort());
  return { hidden: within(false), hiddenDeep: within(true) };
}

function entitiesWithin(
  facts: SchemaFacts,
  keyed: ReadonlySet<string>,
  starts: readonly GraphQLCompositeType[],
  deep: boolean,
): ReadonlySet<string> {
  const entities = new Set<string>();
  const seen = new Set<string>();
  const queue = starts.flatMap((type) => facts.membersOf(type));
  for (let type = queue.pop(); type !== undefined; type = queue.pop()) {
    if (seen.has(type.name) || facts.rootOf(type) !== undefined) continue;
    seen.add(type.name);
    const isEntity = keyed.has(type.name);
    if (isEntity) entities.add(type.name);
    for (const field of fieldsOf(type)) {
      const child = compositeOf(field);
      if (child === undefined || (isEntity && !deep && hasOwnResolver(field))) continue;
      queue.push(...facts.membersOf(child));
    }
  }
  return entities;
}
