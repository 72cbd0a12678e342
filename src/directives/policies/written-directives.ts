import { type DirectiveNode, type GraphQLField, type GraphQLNamedType, valueFromASTUntyped } from "graphql";

/** A directive as it stands on a place, whether the SDL or the code says so. */
export interface WrittenDirective {
  readonly name: string;
  /** Arguments that were written; a null counts as left out. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Where it stands; absent where code said it. */
  readonly node?: DirectiveNode;
}

/** Code first, since it is nearer to the resolvers; then the SDL's, with those of `extend type`. */
export function directivesOf(
  element: GraphQLNamedType | GraphQLField<unknown, unknown>,
): readonly WrittenDirective[] {
  return [...fromExtensions(element.extensions["directives"]), ...fromSdl(element)];
}

function fromSdl(element: GraphQLNamedType | GraphQLField<unknown, unknown>): readonly WrittenDirective[] {
  const extensionNodes = "extensionASTNodes" in element ? element.extensionASTNodes : [];
  return [element.astNode, ...extensionNodes]
    .flatMap((node) => node?.directives ?? [])
    .map((node) => ({
      name: node.name.value,
      args: written(
        (node.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)] as const),
      ),
      node,
    }));
}

/**
 * The two shapes in use: a list of `{ name, args }`, or a record from name to arguments, where a repeatable directive
 * has a list of them.
 */
function fromExtensions(said: unknown): readonly WrittenDirective[] {
  if (Array.isArray(said)) {
    return said
      .filter(isRecord)
      .map(({ name, args }) => ({ name: String(name), args: written(entriesOf(args)) }));
  }
  if (!isRecord(said)) return [];
  return Object.entries(said).flatMap(([name, args]) =>
    (Array.isArray(args) ? args : [args]).map((one) => ({ name, args: written(entriesOf(one)) })),
  );
}

function written(entries: Iterable<readonly [string, unknown]>): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...entries].filter(([, value]) => value !== null && value !== undefined));
}

function entriesOf(args: unknown): readonly (readonly [string, unknown])[] {
  return isRecord(args) ? Object.entries(args) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
