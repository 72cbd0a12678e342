import { type GraphQLCompositeType, isObjectType } from "graphql";
import type { TagTemplate } from "../../fields/field-policy.ts";
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

/**
 * The tags of what lives inside an entry, told from its value: `brand:{value.slug}` on the type Brand is
 * `brand:{value[].brand.slug}` in a list of products. At most {@link MOST_INNER_TAGS} + 1 of them.
 */
export type InnerTags = (
  start: GraphQLCompositeType | undefined,
  from: { readonly row: true } | { readonly field: SchemaField },
) => readonly TagTemplate[];

export function createInnerTags(
  facts: SchemaFacts,
  precedence: Precedence,
  entities: ReadonlySet<string>,
): InnerTags {
  const tagged = taggedTypes(facts, precedence, entities);

  return (start, from) => {
    const tags: TagTemplate[] = [];
    const visit = (
      type: GraphQLCompositeType | undefined,
      prefix: readonly string[],
      path: readonly string[],
      isRow: boolean,
    ): void => {
      if (type === undefined || !tagged.has(type.name) || path.includes(type.name)) return;
      if (!isObjectType(type)) {
        for (const member of facts.membersOf(type)) visit(member, prefix, path, false);
        return;
      }
      if (entities.has(type.name) && !isRow) return;
      for (const field of fieldsOf(type)) {
        if (hasOwnResolver(field)) continue;
        if (tags.length > MOST_INNER_TAGS) return;
        const at = [...prefix, field.name];
        for (const tag of precedence.ofChild(type, field).tags ?? []) tags.push(...moved(tag, prefix, at));
        visit(compositeOf(field), [...at, ...brackets(field)], [...path, type.name], false);
      }
    };
    visit(start, "row" in from ? [] : brackets(from.field), [], "row" in from);
    return tags.slice(0, MOST_INNER_TAGS + 1);
  };
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
  // An abstract type is entered for the sake of its members.
  for (const type of facts.composites) {
    if (facts.membersOf(type).some((member) => tagged.has(member.name))) tagged.add(type.name);
  }
  return tagged;
}
