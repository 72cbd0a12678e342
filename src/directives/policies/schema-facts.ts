import {
  defaultFieldResolver,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type GraphQLUnionType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from "graphql";

export type SchemaField = GraphQLField<unknown, unknown>;
export type FieldsType = GraphQLObjectType | GraphQLInterfaceType;

/** Plain questions about a schema, each answered in one way for all who ask. */
export interface SchemaFacts {
  readonly schema: GraphQLSchema;
  /** Composite types of the schema, introspection's own left out. */
  readonly composites: readonly GraphQLCompositeType[];
  readonly objects: readonly GraphQLObjectType[];
  /** Which root a type is, if any. */
  rootOf(type: GraphQLNamedType): "query" | "mutation" | "subscription" | undefined;
  /** The object types that a value of this type may have. */
  membersOf(type: GraphQLCompositeType): readonly GraphQLObjectType[];
  /** Unions that the object type belongs to. */
  unionsOf(type: GraphQLObjectType): readonly GraphQLUnionType[];
}

export function readSchemaFacts(schema: GraphQLSchema): SchemaFacts {
  const composites = Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLCompositeType => isCompositeType(type) && !type.name.startsWith("__"),
  );
  const roots = new Map<string, "query" | "mutation" | "subscription">();
  for (const [type, root] of [
    [schema.getSubscriptionType(), "subscription"],
    [schema.getMutationType(), "mutation"],
    [schema.getQueryType(), "query"],
  ] as const) {
    if (type) roots.set(type.name, root);
  }
  const unions = new Map<string, GraphQLUnionType[]>();
  for (const union of composites.filter(isUnionType)) {
    for (const member of union.getTypes()) {
      unions.set(member.name, [...(unions.get(member.name) ?? []), union]);
    }
  }
  return {
    schema,
    composites,
    objects: composites.filter(isObjectType),
    rootOf: (type) => roots.get(type.name),
    membersOf: (type) => (isAbstractType(type) ? schema.getPossibleTypes(type) : [type]),
    unionsOf: (type) => unions.get(type.name) ?? [],
  };
}

/** What has no resolver of its own is read from its parent, and so lives in its parent's entry. */
export function hasOwnResolver(field: SchemaField): boolean {
  return field.resolve !== undefined && field.resolve !== defaultFieldResolver;
}

export function fieldsOf(type: GraphQLNamedType): readonly SchemaField[] {
  return isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
}

/** The composite type that a field's value is of, through lists and non-nulls; undefined for a leaf. */
export function compositeOf(field: SchemaField): GraphQLCompositeType | undefined {
  const type = getNamedType(field.type);
  return isCompositeType(type) ? type : undefined;
}

/** How many lists are around the named type. */
export function listDepth(type: GraphQLOutputType): number {
  if (isNonNullType(type)) return listDepth(type.ofType);
  return isListType(type) ? 1 + listDepth(type.ofType) : 0;
}

export function coordinateOf(type: GraphQLNamedType, field: SchemaField): string {
  return `${type.name}.${field.name}`;
}
