import {
  type DocumentNode,
  defaultFieldResolver,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";
import { isFromEntries } from "../fields/entry-resolvers.ts";

/** An operation all of whose fields are cached ones or plain properties of what those return. */
export interface CachedOperation {
  /** Of this process. */
  readonly id: number;
  /** Coordinates of its cached fields, and names of the types that stand in it: their rows may be cached, too. */
  readonly coordinates: readonly string[];
  /** false once anybody has wrapped a resolver of it: then that is to be asked. */
  isUnwrapped(): boolean;
}

type Field = GraphQLField<unknown, unknown>;

/** Found out once per operation and schema; undefined where a resolver of the application's runs even if everything hits. */
export function createCachedOperations(): (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
) => CachedOperation | undefined {
  const known = new WeakMap<GraphQLSchema, WeakMap<OperationDefinitionNode, CachedOperation | false>>();
  let ids = 0;
  return (schema, document, operation) => {
    const operations = known.get(schema) ?? new WeakMap<OperationDefinitionNode, CachedOperation | false>();
    known.set(schema, operations);
    let found = operations.get(operation);
    if (found === undefined) {
      found = cachedOperation(schema, document, operation, ids++) ?? false;
      operations.set(operation, found);
    }
    return found === false ? undefined : found;
  };
}

function cachedOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  id: number,
): CachedOperation | undefined {
  const root = schema.getQueryType();
  if (operation.operation !== "query" || !root) return undefined;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const fields = new Map<Field, Field["resolve"]>();
  const coordinates = new Set<string>();
  const visited = new Set<string>();
  if (!areCached(operation.selectionSet, root)) return undefined;
  return {
    id,
    coordinates: [...coordinates],
    isUnwrapped() {
      for (const [field, resolve] of fields) if (field.resolve !== resolve) return false;
      return true;
    },
  };

  function areCached({ selections }: SelectionSetNode, type: GraphQLCompositeType): boolean {
    return selections.every((selection) => {
      if (selection.kind === Kind.FIELD) return isCached(selection.name.value, selection.selectionSet, type);
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const narrowed = selection.typeCondition && schema.getType(selection.typeCondition.name.value);
        return areCached(selection.selectionSet, isCompositeType(narrowed) ? narrowed : type);
      }
      const name = selection.name.value;
      if (visited.has(name)) return true;
      visited.add(name);
      const fragment = fragments.get(name);
      const on = fragment && schema.getType(fragment.typeCondition.name.value);
      return fragment !== undefined && isCompositeType(on) && areCached(fragment.selectionSet, on);
    });
  }

  /** On an abstract type: of each of its members. */
  function isCached(name: string, below: SelectionSetNode | undefined, type: GraphQLCompositeType): boolean {
    if (name === "__typename") return true;
    const members = isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];
    return members.every((member) => {
      const field = member.getFields()[name];
      if (field === undefined) return name !== "__schema" && name !== "__type";
      const { resolve } = field;
      const isProperty = resolve === undefined || resolve === defaultFieldResolver;
      // A property of the root is whatever the server was given as one.
      if (isProperty ? member === root : !isFromEntries(resolve)) return false;
      fields.set(field, resolve);
      coordinates.add(member.name);
      if (!isProperty) coordinates.add(`${member.name}.${name}`);
      const returned = getNamedType(field.type);
      return below === undefined || !isCompositeType(returned) || areCached(below, returned);
    });
  }
}
