import { type GraphQLCompositeType, isObjectType } from "graphql";
import type { Precedence } from "./precedence.ts";
import {
  compositeOf,
  coordinateOf,
  fieldsOf,
  hasOwnResolver,
  type SchemaFacts,
  type SchemaField,
} from "./schema-facts.ts";
import type { StatedPolicy } from "./stated-policy.ts";

/** A field without resolver of its own, and what is said of it. */
export interface EntryChild {
  readonly coordinate: string;
  readonly says: StatedPolicy;
}

/**
 * The fields that live inside an entry: those without resolver of the object types in it, down to entities that a loader
 * serves and types already met. Fields of which nothing is said are left out.
 */
export function childrenWithin(
  facts: SchemaFacts,
  precedence: Precedence,
  entities: ReadonlySet<string>,
  start: GraphQLCompositeType | undefined,
  startIsRow: boolean,
): readonly EntryChild[] {
  const children: EntryChild[] = [];
  const met = new Set<string>();
  const visit = (type: GraphQLCompositeType | undefined, isRow: boolean): void => {
    if (type === undefined || met.has(type.name)) return;
    met.add(type.name);
    if (!isObjectType(type)) {
      for (const member of facts.membersOf(type)) visit(member, false);
      return;
    }
    if (entities.has(type.name) && !isRow) return;
    for (const field of fieldsOf(type)) {
      if (hasOwnResolver(field)) continue;
      const child = childOf(precedence, type, field);
      if (child !== undefined) children.push(child);
      visit(compositeOf(field), false);
    }
  };
  visit(start, startIsRow);
  return children;
}

function childOf(
  precedence: Precedence,
  type: GraphQLCompositeType,
  field: SchemaField,
): EntryChild | undefined {
  const says = precedence.ofChild(type, field);
  return Object.keys(says).length === 0 ? undefined : { coordinate: coordinateOf(type, field), says };
}
