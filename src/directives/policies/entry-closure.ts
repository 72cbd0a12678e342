import type { GraphQLCompositeType, GraphQLObjectType } from "graphql";
import { memoised } from "./memoised.ts";
import type { Precedence } from "./precedence.ts";
import { compositeOf, coordinateOf, fieldsOf, hasOwnResolver, type SchemaFacts } from "./schema-facts.ts";
import { isEmpty, type StatedPolicy } from "./stated-policy.ts";

/** A field without resolver of its own, and what is said of it. */
export interface EntryChild {
  readonly coordinate: string;
  readonly says: StatedPolicy;
}

/**
 * The fields that live inside an entry: those without resolver of the object types in it, down to entities that a loader
 * serves and types already met. Fields of which nothing is said are left out.
 */
export interface EntryClosures {
  /** Of an entry whose value is of this type; a leaf's has none. */
  ofValue(type: GraphQLCompositeType | undefined): readonly EntryChild[];
  ofRow(type: GraphQLObjectType): readonly EntryChild[];
}

export function createEntryClosures(
  facts: SchemaFacts,
  precedence: Precedence,
  entities: ReadonlySet<string>,
): EntryClosures {
  const partOf = memoised((type: GraphQLObjectType): EntryPart => {
    const fields = fieldsOf(type).filter((field) => !hasOwnResolver(field));
    return {
      children: fields
        .map((field) => ({ coordinate: coordinateOf(type, field), says: precedence.ofChild(type, field) }))
        .filter(({ says }) => !isEmpty(says)),
      inner: fields
        .map(compositeOf)
        .flatMap((child) => (child === undefined ? [] : facts.membersOf(child)))
        .filter(({ name }) => !entities.has(name)),
    };
  });

  function within(starts: readonly GraphQLObjectType[]): readonly EntryChild[] {
    const met = new Set<GraphQLObjectType>();
    const queue = [...starts];
    for (let type = queue.pop(); type !== undefined; type = queue.pop()) {
      if (met.has(type)) continue;
      met.add(type);
      queue.push(...partOf(type).inner);
    }
    return [...met].flatMap((type) => partOf(type).children);
  }

  const ofType = memoised((type: GraphQLCompositeType) =>
    within(facts.membersOf(type).filter(({ name }) => !entities.has(name))),
  );

  return {
    ofValue: (type) => (type === undefined ? [] : ofType(type)),
    ofRow: (type) => within([type]),
  };
}

interface EntryPart {
  readonly children: readonly EntryChild[];
  /** Object types that are held by value. */
  readonly inner: readonly GraphQLObjectType[];
}
