import {
  type DirectiveNode,
  type FieldNode,
  type GraphQLCompositeType,
  GraphQLIncludeDirective,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isUnionType,
  type SelectionNode,
  type SelectionSetNode,
  TypeNameMetaFieldDef,
} from "graphql";
import { canonicalJson } from "../base/canonical-json.ts";
import { digest } from "../base/digest.ts";

/**
 * Digest of what is selected under a field: equal for equal selections, however they are written. Fragments are
 * expanded, `@include` and `@skip` evaluated, aliases dropped, fields merged and sorted; arguments count by value.
 *
 * Throws (`UNKEYABLE`) where an argument has no canonical text.
 */
export function selectionDigest(info: GraphQLResolveInfo): string {
  const known = digests.get(info.fieldNodes);
  if (known !== undefined && known.variables === info.variableValues) return known.digest;
  const tree: Tree = new Map();
  const type = getNamedType(info.returnType);
  for (const node of info.fieldNodes) {
    if (isCompositeType(type)) collect({ info, tree, type, condition: "" }, node.selectionSet);
  }
  const result = digest(textOf(tree));
  digests.set(info.fieldNodes, { variables: info.variableValues, digest: result });
  return result;
}

// graphql-js shares these nodes between the items of a list.
const digests = new WeakMap<readonly FieldNode[], { readonly variables: unknown; readonly digest: string }>();

/** Sub-selections by `[condition]name(arguments)`. */
type Tree = Map<string, Tree>;

interface Place {
  readonly info: GraphQLResolveInfo;
  readonly tree: Tree;
  readonly type: GraphQLCompositeType;
  /** Type conditions and unknown directives on the way here: ` on Book`. */
  readonly condition: string;
}

function collect(place: Place, set: SelectionSetNode | undefined): void {
  for (const node of set?.selections ?? []) {
    if (!isIncluded(node, place.info)) continue;
    if (node.kind === "Field") collectField(place, node);
    else if (node.kind === "InlineFragment")
      collectFragment(place, node, node.typeCondition?.name.value, node.selectionSet);
    else {
      const fragment = place.info.fragments[node.name.value];
      collectFragment(place, node, fragment?.typeCondition.name.value, fragment?.selectionSet);
    }
  }
}

function collectField(place: Place, node: FieldNode): void {
  const { info, type } = place;
  const name = node.name.value;
  const field =
    name === "__typename" ? TypeNameMetaFieldDef : "getFields" in type ? type.getFields()[name] : undefined;
  if (field === undefined) return;
  const args = field.args.length === 0 ? {} : getArgumentValues(field, node, info.variableValues);
  const key = `${place.condition} ${name}${canonicalJson(args)}${directivesText(node, info)}`;
  const tree = place.tree.get(key) ?? new Map();
  place.tree.set(key, tree);
  const below = getNamedType(field.type);
  if (isCompositeType(below)) collect({ info, tree, type: below, condition: "" }, node.selectionSet);
}

function collectFragment(
  place: Place,
  node: SelectionNode,
  conditionName: string | undefined,
  set: SelectionSetNode | undefined,
): void {
  const { info, type } = place;
  const conditionType = conditionName === undefined ? type : info.schema.getType(conditionName);
  if (!isCompositeType(conditionType)) return;
  const narrows = !always(info, type, conditionType);
  const condition = `${place.condition}${narrows ? ` on ${conditionType.name}` : ""}${directivesText(node, info)}`;
  collect({ info, tree: place.tree, type: narrows ? conditionType : type, condition }, set);
}

/** Whether every value of `type` meets the condition, so that it says nothing. */
function always(
  info: GraphQLResolveInfo,
  type: GraphQLCompositeType,
  condition: GraphQLCompositeType,
): boolean {
  if (condition === type) return true;
  return isAbstractType(condition) && !isUnionType(type) && info.schema.isSubType(condition, type);
}

function isIncluded(node: SelectionNode, { variableValues }: GraphQLResolveInfo): boolean {
  const skip = getDirectiveValues(GraphQLSkipDirective, node, variableValues) as Condition;
  const include = getDirectiveValues(GraphQLIncludeDirective, node, variableValues) as Condition;
  return skip?.if !== true && include?.if !== false;
}

type Condition = { readonly if?: boolean } | undefined;

/** Any other directive may mean something to the resolver. */
function directivesText(
  node: { readonly directives?: readonly DirectiveNode[] },
  info: GraphQLResolveInfo,
): string {
  const texts = (node.directives ?? []).flatMap(({ name }) => {
    const directive = info.schema.getDirective(name.value);
    if (!directive || directive === GraphQLSkipDirective || directive === GraphQLIncludeDirective) return [];
    if (directive.name === "skip" || directive.name === "include") return [];
    return [
      ` @${name.value}${canonicalJson(getDirectiveValues(directive, node, info.variableValues) ?? {})}`,
    ];
  });
  return texts.sort().join("");
}

function textOf(tree: Tree): string {
  if (tree.size === 0) return "";
  const parts = [...tree].map(([key, below]) => key + textOf(below)).sort();
  return `{${parts.join(",")}}`;
}
