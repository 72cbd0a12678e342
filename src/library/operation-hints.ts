import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";
import { type CacheHint, createPolicy, hintOf, type SchemaHints } from "./cache-hints.ts";

/** What the schema says of a whole operation, whatever its data turn out to be. */
export interface OperationHints {
  /** Smallest lifetime and strictest scope of the parts that have a policy. */
  readonly hint: CacheHint;
  /** Some part's key holds a registered context value. */
  readonly varies: boolean;
}

/** The hints of each operation, computed once per document: Apollo keeps parsed documents, so warm operations only look them up. */
export function createOperationHints(
  hints: SchemaHints,
): (schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) => OperationHints {
  const known = new WeakMap<OperationDefinitionNode, OperationHints>();
  return (schema, document, operation) => {
    const cached = known.get(operation);
    if (cached !== undefined) return cached;
    const computed = hintOperation(hints, schema, document, operation);
    known.set(operation, computed);
    return computed;
  };
}

function hintOperation(
  hints: SchemaHints,
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): OperationHints {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const policy = createPolicy();
  let varies = false;
  // A fragment's fields depend on its own type condition alone, so that one visit each is enough.
  const visited = new Set<string>();

  function visit(selections: SelectionSetNode, type: GraphQLCompositeType): void {
    for (const selection of selections.selections) {
      if (selection.kind === Kind.FIELD) {
        const child = note(type, selection.name.value);
        if (selection.selectionSet !== undefined && child !== undefined) visit(selection.selectionSet, child);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const narrowed = selection.typeCondition && schema.getType(selection.typeCondition.name.value);
        visit(selection.selectionSet, isCompositeType(narrowed) ? narrowed : type);
      } else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        const on = fragment && schema.getType(fragment.typeCondition.name.value);
        if (fragment !== undefined && isCompositeType(on)) visit(fragment.selectionSet, on);
      }
    }
  }

  /** Takes in the hint of a field, on an abstract type that of each member; answers what the field returns. */
  function note(type: GraphQLCompositeType, fieldName: string): GraphQLCompositeType | undefined {
    const members = isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];
    for (const member of members) {
      const field = member.getFields()[fieldName];
      const hint = field && hints.ofField(member.name, field);
      policy.restrict(hint ?? {});
      varies ||= hint?.varies ?? false;
    }
    const returned = isUnionType(type) ? undefined : type.getFields()[fieldName]?.type;
    const named = returned && getNamedType(returned);
    return isCompositeType(named) ? named : undefined;
  }

  const root = schema.getRootType(operation.operation);
  if (root) visit(operation.selectionSet, root);
  return { hint: hintOf(policy), varies };
}
