import type { GraphQLCompositeType, GraphQLObjectType } from "graphql";
import type { TagTemplate } from "../../fields/field-policy.ts";
import { memoised } from "./memoised.ts";
import type { Precedence } from "./precedence.ts";
import {
  compositeOf,
  fieldsOf,
  hasOwnResolver,
  listDepth,
  type SchemaFacts,
  type SchemaField,
} from "./schema-facts.ts";

/** More places than this would make a read of the entry dearer than its load. */
export const MOST_INNER_TAGS = 64;

// Types that contain each other have more paths than anybody would wait for.
const MOST_PATHS = 1000;

export interface InnerTags {
  readonly tags: readonly TagTemplate[];
  /** false: there are more. */
  readonly complete: boolean;
}

/**
 * The tags of what lives inside an entry, told from its value: `brand:{value.slug}` on the type Brand is
 * `brand:{value[].brand.slug}` in a list of products.
 */
export interface InnerTagsOf {
  field(field: SchemaField): InnerTags;
  row(type: GraphQLObjectType): InnerTags;
}

export function createInnerTags(
  facts: SchemaFacts,
  precedence: Precedence,
  entities: ReadonlySet<string>,
): InnerTagsOf {
  const tagged = taggedTypes(facts, precedence, entities);
  const byValue = (type: GraphQLCompositeType | undefined): readonly GraphQLObjectType[] =>
    type === undefined
      ? []
      : facts.membersOf(type).filter(({ name }) => tagged.has(name) && !entities.has(name));
  const placesOf = memoised((type: GraphQLObjectType): readonly Place[] =>
    fieldsOf(type)
      .filter((field) => !hasOwnResolver(field))
      .map((field) => ({
        name: field.name,
        tags: precedence.ofChild(type, field).tags ?? [],
        brackets: brackets(field),
        inner: byValue(compositeOf(field)),
      }))
      .filter(({ tags, inner }) => tags.length + inner.length > 0),
  );

  /** Nearest places first; a path ends at a type that is already on it. */
  function within(starts: readonly Step[]): InnerTags {
    const queue = [...starts];
    const tags: TagTemplate[] = [];
    for (let at = 0; at < queue.length; at++) {
      const { type, prefix, above } = queue[at]!;
      for (const { name, tags: own, brackets, inner } of placesOf(type)) {
        const path = [...prefix, name];
        tags.push(...own.flatMap((tag) => moved(tag, prefix, path)));
        for (const next of inner) {
          if (next === type || above.includes(next)) continue;
          queue.push({ type: next, prefix: [...path, ...brackets], above: [...above, type] });
        }
      }
      if (tags.length > MOST_INNER_TAGS || at > MOST_PATHS) {
        return { tags: tags.slice(0, MOST_INNER_TAGS), complete: false };
      }
    }
    return { tags, complete: true };
  }

  return {
    field: (field) =>
      within(byValue(compositeOf(field)).map((type) => ({ type, prefix: brackets(field), above: [] }))),
    row: (type) => within([{ type, prefix: [], above: [] }]),
  };
}

/** A field without resolver that has tags, or holds what has. */
interface Place {
  readonly name: string;
  readonly tags: readonly TagTemplate[];
  readonly brackets: readonly string[];
  readonly inner: readonly GraphQLObjectType[];
}

interface Step {
  readonly type: GraphQLObjectType;
  /** The way to an object of the type, from the entry's value. */
  readonly prefix: readonly string[];
  readonly above: readonly GraphQLObjectType[];
}

/** A child's parent and value are both parts of the entry's value; its arguments are not in it. */
function moved(
  tag: TagTemplate,
  parent: readonly string[],
  value: readonly string[],
): readonly TagTemplate[] {
  const parts = tag.parts.map((part) => {
    if (typeof part === "string") return part;
    const before = part.root === "parent" ? parent : part.root === "value" ? value : undefined;
    return before && { root: "value" as const, path: [...before, ...part.path] };
  });
  const known = parts.filter((part) => part !== undefined);
  if (known.length < parts.length) return [];
  return [{ source: tag.source, parts: known, fromValue: known.some((part) => typeof part !== "string") }];
}

function brackets(field: SchemaField): readonly string[] {
  return Array.from({ length: listDepth(field.type) }, () => "[]");
}

/** Types with a tagged field in what they hold by value; others need no look. */
function taggedTypes(
  facts: SchemaFacts,
  precedence: Precedence,
  entities: ReadonlySet<string>,
): ReadonlySet<string> {
  const holders = new Map<string, string[]>();
  const queue: string[] = [];
  for (const type of facts.objects) {
    for (const field of fieldsOf(type)) {
      if (hasOwnResolver(field)) continue;
      if ((precedence.ofChild(type, field).tags ?? []).length > 0) queue.push(type.name);
      const child = compositeOf(field);
      if (child === undefined) continue;
      for (const held of facts.membersOf(child)) {
        if (!entities.has(held.name)) holders.set(held.name, [...(holders.get(held.name) ?? []), type.name]);
      }
    }
  }
  const tagged = new Set<string>();
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (tagged.has(name)) continue;
    tagged.add(name);
    queue.push(...(holders.get(name) ?? []));
  }
  return tagged;
}
