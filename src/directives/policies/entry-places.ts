import type { GraphQLCompositeType, GraphQLObjectType } from "graphql";
import type { TagTemplate } from "../../fields/field-policy.ts";
import type { EntityKeys } from "../../fields/identity.ts";
import type { EntryChild } from "./entry-closure.ts";
import type { Precedence } from "./precedence.ts";
import {
  compositeOf,
  coordinateOf,
  fieldsOf,
  hasOwnResolver,
  type SchemaFacts,
  type SchemaField,
} from "./schema-facts.ts";
import type { SettledEntry } from "./settled-entry.ts";
import { isEmpty, type StatedPolicy } from "./stated-policy.ts";

/** A place that gets an entry. */
export type EntryPlace = {
  readonly coordinate: string;
  readonly type: GraphQLObjectType;
  readonly stated: StatedPolicy;
  /** The type whose fields without resolver live in the entry. */
  readonly start: GraphQLCompositeType | undefined;
} & ({ readonly kind: "field"; readonly field: SchemaField } | { readonly kind: "row" });

/** The same, once what lives in the entry has had its say. */
export type SettledPlace = EntryPlace & {
  readonly children: readonly EntryChild[];
  readonly settled: SettledEntry;
  /** Its own and those of what lives in it. */
  readonly tags: readonly TagTemplate[];
  /** false: more live in it than it can carry. */
  readonly tagsComplete: boolean;
};

/** Only under a query root or a keyed type: elsewhere a value has no name to be found again by. */
export function fieldEntries(
  facts: SchemaFacts,
  keys: EntityKeys,
  precedence: Precedence,
): readonly EntryPlace[] {
  return facts.objects
    .filter((type) => facts.rootOf(type) === "query" || keys.has(type.name))
    .flatMap((type) =>
      fieldsOf(type).flatMap((field): readonly EntryPlace[] => {
        if (!hasOwnResolver(field)) return [];
        if (isEmpty(precedence.ofPlace(type, field)) && !precedence.inheritsEntry(field)) return [];
        const stated = precedence.ofField(type, field);
        if (stated.seconds === undefined) return [];
        const coordinate = coordinateOf(type, field);
        return [{ kind: "field", coordinate, type, field, stated, start: compositeOf(field) }];
      }),
    );
}

/** The rows of entities that a loader serves, where something is said of their type. */
export function rowEntries(
  facts: SchemaFacts,
  precedence: Precedence,
  entities: ReadonlySet<string>,
): readonly EntryPlace[] {
  return facts.objects
    .filter((type) => entities.has(type.name) && precedence.ofType(type).seconds !== undefined)
    .map((type) => ({
      kind: "row",
      coordinate: type.name,
      type,
      stated: precedence.ofType(type),
      start: type,
    }));
}
