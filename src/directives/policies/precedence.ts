import {
  type GraphQLCompositeType,
  type GraphQLInterfaceType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  isUnionType,
} from "graphql";
import type { TagTemplate } from "../../fields/field-policy.ts";
import { memoised } from "./memoised.ts";
import { compositeOf, coordinateOf, listDepth, type SchemaFacts, type SchemaField } from "./schema-facts.ts";
import { completedBy, isEmpty, type StatedPolicy, strictest } from "./stated-policy.ts";
import type { Statements } from "./statements.ts";

/** Joins what the places say: field, then object type, then interface and union. */
export interface Precedence {
  /** Of values of this type. For an abstract type: the strictest of the members that have a policy. */
  ofType(type: GraphQLCompositeType): StatedPolicy;
  /** The field's own word and that of the interface fields it implements; {} where nobody says anything. */
  ofPlace(type: GraphQLCompositeType, field: SchemaField): StatedPolicy;
  /** The same, completed by what is said of the type that the field returns. */
  ofField(type: GraphQLCompositeType, field: SchemaField): StatedPolicy;
  /**
   * For a field that lives in an entry: its word, completed by what is said of the objects in it. Entities that a loader
   * serves are not in it, only their references are.
   */
  ofChild(type: GraphQLCompositeType, field: SchemaField): StatedPolicy;
  /** Whether the type that the field returns gives it an entry, without a word on the field. */
  inheritsEntry(field: SchemaField): boolean;
}

export function createPrecedence(
  facts: SchemaFacts,
  statements: Statements,
  entities: ReadonlySet<string>,
): Precedence {
  const own = (name: string): StatedPolicy => statements.get(name)?.stated ?? {};

  const ofInterface = memoised(
    (type: GraphQLInterfaceType): StatedPolicy =>
      completedBy(own(type.name), strictest(nearest(type.getInterfaces()).map(ofInterface).filter(says))),
  );

  const ofType = memoised((type: GraphQLCompositeType): StatedPolicy => {
    if (isObjectType(type)) {
      const above = [
        ...nearest(type.getInterfaces()).map(ofInterface),
        ...facts.unionsOf(type).map(({ name }) => own(name)),
      ];
      return completedBy(own(type.name), strictest(above.filter(says)));
    }
    const members = facts.membersOf(type);
    // Without members there is only its own word. With them, each has it already, where it says nothing itself.
    return members.length === 0 ? ofAbstract(type) : strictest(members.map(ofType).filter(says));
  });

  function ofAbstract(type: GraphQLCompositeType): StatedPolicy {
    return isInterfaceType(type) ? ofInterface(type) : own(type.name);
  }

  function byValue(type: GraphQLCompositeType): StatedPolicy {
    return strictest(
      facts
        .membersOf(type)
        .filter((member) => !entities.has(member.name))
        .map(ofType)
        .filter(says),
    );
  }

  function ofPlace(type: GraphQLCompositeType, field: SchemaField): StatedPolicy {
    if (isUnionType(type)) return {};
    const implemented = nearest(type.getInterfaces()).flatMap((face) => {
      const above = face.getFields()[field.name];
      return above === undefined ? [] : [ofPlace(face, above)];
    });
    return completedBy(own(coordinateOf(type, field)), strictest(implemented.filter(says)));
  }

  function completed(
    type: GraphQLCompositeType,
    field: SchemaField,
    typeSays: (type: GraphQLCompositeType) => StatedPolicy,
  ): StatedPolicy {
    const returned = compositeOf(field);
    const place = ofPlace(type, field);
    return returned === undefined ? place : completedBy(place, forEachItem(typeSays(returned), field));
  }

  // Asked for each entry that the child lives in.
  const children = new Map<SchemaField, StatedPolicy>();

  return {
    ofType,
    ofPlace,
    ofField: (type, field) => completed(type, field, ofType),
    ofChild(type, field) {
      const known = children.get(field) ?? completed(type, field, byValue);
      children.set(field, known);
      return known;
    },
    inheritsEntry(field) {
      const type = compositeOf(field);
      // Federation's own field returns any entity for its router; what is said of one of them is not meant for it.
      if (type === undefined || type.name === "_Entity") return false;
      if (isAbstractType(type) && ofAbstract(type).seconds !== undefined) return true;
      return byValue(type).seconds !== undefined;
    },
  };
}

function says(stated: StatedPolicy): boolean {
  return !isEmpty(stated);
}

/** An interface that another of the list implements is overridden by it. */
function nearest(faces: readonly GraphQLInterfaceType[]): readonly GraphQLInterfaceType[] {
  return faces.filter((face) => !faces.some((other) => other.getInterfaces().includes(face)));
}

/** On a type, `value` is one object of it; where a field returns a list, its tags are those of every item. */
function forEachItem(stated: StatedPolicy, field: SchemaField): StatedPolicy {
  const depth = listDepth(field.type);
  if (depth === 0 || stated.tags === undefined) return stated;
  return { ...stated, tags: stated.tags.map((tag) => ofItems(tag, depth)) };
}

function ofItems(tag: TagTemplate, depth: number): TagTemplate {
  const brackets = Array.from({ length: depth }, () => "[]");
  return {
    ...tag,
    parts: tag.parts.map((part) =>
      typeof part === "string" || part.root !== "value"
        ? part
        : { ...part, path: [...brackets, ...part.path] },
    ),
  };
}
