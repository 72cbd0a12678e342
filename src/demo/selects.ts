import type { GraphQLResolveInfo, SelectionSetNode } from "graphql";

/**
 * Whether the field under way was asked for its child `name`, in a fragment too. A resolver whose value depends on
 * this needs `selection: true` in its `@cacheTTL`.
 */
export function selects(info: GraphQLResolveInfo, name: string): boolean {
  const within = (set: SelectionSetNode | undefined): boolean =>
    set?.selections.some((selection) => {
      if (selection.kind === "Field") return selection.name.value === name;
      if (selection.kind === "InlineFragment") return within(selection.selectionSet);
      return within(info.fragments[selection.name.value]?.selectionSet);
    }) ?? false;
  return info.fieldNodes.some((node) => within(node.selectionSet));
}
