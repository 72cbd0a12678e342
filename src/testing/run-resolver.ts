import {
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from "graphql";
import { didYouMean } from "../base/suggest.ts";

/** What a resolver is called with. */
export interface ResolverCall {
  /** Default `{}`. */
  readonly parent?: unknown;
  /** As graphql-js would hand them over: coerced, defaults applied. Default `{}`. */
  readonly args?: Readonly<Record<string, unknown>>;
  /** Default `{}`. */
  readonly context?: unknown;
}

/** Runs the resolver of one field, as an operation that selects nothing else would. */
export async function runResolver(
  schema: GraphQLSchema,
  coordinate: string,
  { parent = {}, args = {}, context = {} }: ResolverCall,
): Promise<unknown> {
  const [typeName = "", fieldName = ""] = coordinate.split(".");
  const parentType = schema.getType(typeName);
  if (!isObjectType(parentType)) {
    throw new TypeError(
      `resolve("${coordinate}"): the schema has no object type "${typeName}".${didYouMean(typeName, Object.keys(schema.getTypeMap()))}`,
    );
  }
  const field = parentType.getFields()[fieldName];
  if (field === undefined) {
    const near = didYouMean(fieldName, Object.keys(parentType.getFields()));
    throw new TypeError(`resolve("${coordinate}"): "${typeName}" has no field "${fieldName}".${near}`);
  }
  const fieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: fieldName } } as const;
  const operation: OperationDefinitionNode = {
    kind: Kind.OPERATION_DEFINITION,
    operation: parentType === schema.getMutationType() ? OperationTypeNode.MUTATION : OperationTypeNode.QUERY,
    selectionSet: { kind: Kind.SELECTION_SET, selections: [fieldNode] },
  };
  const info: GraphQLResolveInfo = {
    fieldName,
    fieldNodes: [fieldNode],
    returnType: field.type,
    parentType,
    path: { prev: undefined, key: fieldName, typename: typeName },
    schema,
    fragments: {},
    rootValue: undefined,
    operation,
    // A new object: every call is a request of its own.
    variableValues: {},
  };
  const resolve = field.resolve;
  if (resolve !== undefined) return resolve(parent, args, context, info);
  const property = (parent as Readonly<Record<string, unknown>>)[fieldName];
  return typeof property === "function" ? property.call(parent, args, context, info) : property;
}
