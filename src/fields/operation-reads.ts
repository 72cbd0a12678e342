import {
  type DirectiveNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  isAbstractType,
  isObjectType,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import type { EntityRegistry } from "./entity-registry.ts";
import type { FieldPolicy, ValueShape } from "./field-policy.ts";
import type { EntityKeys } from "./identity.ts";

/** What an operation reads of the entities in one value, by their types: over-estimated where a type stands in several places. */
export type EntityReads = ReadonlyMap<string, ReadsOfType>;

/** What is read of each entity of a type. */
export interface ReadsOfType {
  readonly fields: readonly SelectedField[];
  /** What is read of the entities that its row refers to; empty without a loader, as then they lie in the same value. */
  readonly inRow: EntityReads;
}

/** A cached field of an entity, selected by an operation. */
export interface SelectedField {
  readonly policy: FieldPolicy;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly node: FieldNode;
  /** What `@include` and `@skip` say on the way here. */
  readonly conditions: readonly Conditioned[];
  /** What is read of the entities in its value. */
  readonly reads: EntityReads;
}

/** A selection with directives. */
export interface Conditioned {
  readonly directives?: readonly DirectiveNode[];
}

export interface OperationReadsOptions {
  /** By coordinate. */
  readonly policies: ReadonlyMap<string, FieldPolicy>;
  readonly keys: EntityKeys;
  readonly registry: EntityRegistry;
}

/** What may be read below a field of an operation, from its selection and the shape of its value alone. */
export interface OperationReads {
  below(
    node: FieldNode,
    shape: ValueShape,
    info: Pick<GraphQLResolveInfo, "schema" | "fragments">,
  ): EntityReads;
}

interface OpenReads extends ReadsOfType {
  readonly fields: SelectedField[];
  readonly inRow: Map<string, OpenReads>;
}

type OpenEntityReads = Map<string, OpenReads>;
type ObjectShape = Extract<ValueShape, { kind: "object" }>;
type Info = Pick<GraphQLResolveInfo, "schema" | "fragments">;

/** Worked out once per document: a node belongs to one. */
export function createOperationReads(options: OperationReadsOptions): OperationReads {
  const known = new WeakMap<FieldNode, EntityReads>();
  return {
    below(node, shape, info) {
      let reads = known.get(node);
      if (reads === undefined) {
        reads = readsBelow(options, info, node.selectionSet, shape);
        known.set(node, reads);
      }
      return reads;
    },
  };
}

function readsBelow(
  { policies, keys, registry }: OperationReadsOptions,
  info: Info,
  selection: SelectionSetNode | undefined,
  start: ValueShape,
): EntityReads {
  const all: OpenEntityReads = new Map();
  visit(start, selection, [], all);
  return all;

  /** Every entity of the value that a selection leads to. */
  function visit(
    shape: ValueShape,
    set: SelectionSetNode | undefined,
    conditions: readonly Conditioned[],
    into: OpenEntityReads,
  ): void {
    switch (shape.kind) {
      case "leaf":
        return;
      case "list":
        visit(shape.of, set, conditions, into);
        return;
      case "object":
        visitObject(shape, set, conditions, into);
        return;
      case "abstract":
        for (const member of shape.members.values()) visit(member, set, conditions, into);
        return;
      case "entity":
        visitEntity(shape.typeName, shape.inner, set, conditions, into);
    }
  }

  function visitObject(
    shape: ObjectShape,
    set: SelectionSetNode | undefined,
    conditions: readonly Conditioned[],
    into: OpenEntityReads,
  ): void {
    const type = info.schema.getType(shape.typeName);
    if (!isObjectType(type)) return;
    for (const one of selected(set, type, conditions)) {
      const field = shape.fields.get(one.node.name.value);
      if (field !== undefined) visit(field, one.node.selectionSet, one.conditions, into);
    }
  }

  function visitEntity(
    typeName: string,
    inner: ValueShape,
    set: SelectionSetNode | undefined,
    conditions: readonly Conditioned[],
    into: OpenEntityReads,
  ): void {
    const type = info.schema.getType(typeName);
    if (!isObjectType(type)) return;
    const reads: OpenReads = into.get(typeName) ?? { fields: [], inRow: new Map() };
    into.set(typeName, reads);
    if (inner.kind === "object") {
      visitObject(inner, set, conditions, registry.get(typeName) === undefined ? into : reads.inRow);
    }
    for (const one of selected(set, type, conditions)) {
      const policy = policies.get(`${typeName}.${one.node.name.value}`);
      const definition = type.getFields()[one.node.name.value];
      if (policy === undefined || definition === undefined || !isPlannable(policy, keys)) continue;
      const below = readsBelow({ policies, keys, registry }, info, one.node.selectionSet, policy.shape);
      reads.fields.push({ ...one, policy, definition, reads: below });
    }
  }

  /** The fields that a selection has for objects of a type, fragments opened. */
  function* selected(
    set: SelectionSetNode | undefined,
    type: GraphQLObjectType,
    outer: readonly Conditioned[],
  ): Generator<{ readonly node: FieldNode; readonly conditions: readonly Conditioned[] }> {
    for (const node of set?.selections ?? []) {
      const conditions = isConditional(node) ? [...outer, node] : outer;
      if (node.kind === "Field") {
        yield { node, conditions };
        continue;
      }
      const fragment = node.kind === "InlineFragment" ? node : info.fragments[node.name.value];
      if (fragment === undefined || !fits(fragment.typeCondition?.name.value, type)) continue;
      yield* selected(fragment.selectionSet, type, conditions);
    }
  }

  function fits(typeName: string | undefined, type: GraphQLObjectType): boolean {
    if (typeName === undefined || typeName === type.name) return true;
    const condition = info.schema.getType(typeName);
    return isAbstractType(condition) && info.schema.isSubType(condition, type);
  }
}

/** Its key is known from the key of the parent, the arguments and who asks. */
function isPlannable({ selection, tags, typeName }: FieldPolicy, keys: EntityKeys): boolean {
  if (selection) return false;
  const identity = keys.get(typeName)?.[0] ?? [];
  return tags
    .filter(({ fromValue }) => !fromValue)
    .every(({ parts }) =>
      parts.every(
        (part) =>
          typeof part === "string" || part.root !== "parent" || identity.includes(part.path.join(".")),
      ),
    );
}

function isConditional(node: SelectionNode): boolean {
  return node.directives?.some(({ name }) => name.value === "include" || name.value === "skip") ?? false;
}
