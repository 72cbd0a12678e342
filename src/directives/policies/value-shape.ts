import {
  type GraphQLCompositeType,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from "graphql";
import type { ValueShape } from "../../fields/field-policy.ts";
import { createHiddenEntities } from "./hidden-entities.ts";
import { compositeOf, fieldsOf, hasOwnResolver, type SchemaFacts } from "./schema-facts.ts";

const LEAF: ValueShape = Object.freeze({ kind: "leaf" });

export interface ValueShapes {
  ofField(type: GraphQLOutputType): ValueShape;
  /** An entity's row, which is no reference to itself. */
  ofRow(type: GraphQLObjectType): ValueShape;
}

/** One shape per type, shared by all policies: types that contain each other have shapes that do. */
export function createValueShapes(facts: SchemaFacts, keyed: ReadonlySet<string>): ValueShapes {
  const hiddenEntities = createHiddenEntities(facts, keyed);
  const objects = new Map<string, ValueShape>();
  const named = new Map<string, ValueShape>();

  function ofField(type: GraphQLOutputType): ValueShape {
    if (isNonNullType(type)) return ofField(type.ofType);
    if (isListType(type)) {
      const of = ofField(type.ofType);
      return of === LEAF ? LEAF : Object.freeze({ kind: "list", of });
    }
    return ofNamed(type);
  }

  function ofNamed(type: GraphQLLeafType | GraphQLCompositeType): ValueShape {
    if (isLeafType(type)) return LEAF;
    const known = named.get(type.name);
    if (known !== undefined) return known;
    return isObjectType(type) ? ofMember(type) : ofAbstract(type);
  }

  function ofMember(type: GraphQLObjectType): ValueShape {
    if (!keyed.has(type.name)) return ofObject(type);
    const known = named.get(type.name);
    if (known !== undefined) return known;
    // Known before its fields are: they may lead back here.
    const shape = { kind: "entity", typeName: type.name, inner: LEAF as ValueShape } as const;
    named.set(type.name, shape);
    (shape as { inner: ValueShape }).inner = ofObject(type);
    return Object.freeze(shape);
  }

  function ofObject(type: GraphQLObjectType): ValueShape {
    const known = objects.get(type.name);
    if (known !== undefined) return known;
    const fields = new Map<string, ValueShape>();
    const leaves = new Set<string>();
    const shape: ValueShape = Object.freeze({
      kind: "object",
      typeName: type.name,
      fields,
      leaves,
      // Found when first asked for: in a large schema most types never are.
      get hidden() {
        return hiddenEntities.near(type);
      },
      get hiddenDeep() {
        return hiddenEntities.deep(type);
      },
    });
    objects.set(type.name, shape);
    for (const field of fieldsOf(type)) {
      if (hasOwnResolver(field)) continue;
      if (compositeOf(field) === undefined) leaves.add(field.name);
      else fields.set(field.name, ofField(field.type));
    }
    return shape;
  }

  function ofAbstract(type: GraphQLCompositeType): ValueShape {
    const members = new Map<string, ValueShape>();
    const shape: ValueShape = Object.freeze({ kind: "abstract", typeName: type.name, members });
    named.set(type.name, shape);
    for (const member of facts.membersOf(type)) members.set(member.name, ofMember(member));
    return shape;
  }

  return { ofField, ofRow: ofObject };
}
