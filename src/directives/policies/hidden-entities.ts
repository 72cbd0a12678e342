import type { GraphQLObjectType } from "graphql";
import { memoised } from "./memoised.ts";
import { compositeOf, fieldsOf, hasOwnResolver, type SchemaFacts } from "./schema-facts.ts";

/**
 * Entity types that an object may carry where its schema does not show them, for its children with a resolver to find:
 * `products.edges` made from `products.rows`.
 *
 * A child that has an entry of its own counts too. Refilled from this object, or bypassed, it would show the entity as
 * old as this object is.
 */
export interface HiddenEntities {
  /** What lies in one object after another until an entity is met, and what that entity's row shows. */
  near(type: GraphQLObjectType): readonly string[];
  /** Everything within reach, for values with objects in objects, whose children with a resolver may do the same. */
  deep(type: GraphQLObjectType): readonly string[];
}

export function createHiddenEntities(facts: SchemaFacts, keyed: ReadonlySet<string>): HiddenEntities {
  const held = new Map(facts.objects.map((type) => [type.name, heldBy(facts, type)]));

  function within(type: GraphQLObjectType, deep: boolean): readonly string[] {
    const seen = new Set<string>();
    const queue = [...held.get(type.name)!.resolved];
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const { visible, resolved } = held.get(name)!;
      queue.push(...visible);
      if (deep || !keyed.has(name)) queue.push(...resolved);
    }
    return Object.freeze([...seen].filter((name) => keyed.has(name)).sort());
  }

  return {
    near: memoised((type: GraphQLObjectType) => within(type, false)),
    deep: memoised((type: GraphQLObjectType) => within(type, true)),
  };
}

interface Held {
  /** Object types of the fields without resolver. */
  readonly visible: readonly string[];
  /** Object types of the fields with one. */
  readonly resolved: readonly string[];
}

function heldBy(facts: SchemaFacts, type: GraphQLObjectType): Held {
  const held = { visible: new Set<string>(), resolved: new Set<string>() };
  // A root's fields read from the source, never from the object that stands for the root.
  const fields = facts.rootOf(type) === undefined ? fieldsOf(type) : [];
  for (const field of fields) {
    const child = compositeOf(field);
    const names = hasOwnResolver(field) ? held.resolved : held.visible;
    for (const member of child === undefined ? [] : facts.membersOf(child)) names.add(member.name);
  }
  return { visible: [...held.visible], resolved: [...held.resolved] };
}
