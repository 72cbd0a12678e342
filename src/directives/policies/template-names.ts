import {
  type GraphQLArgument,
  type GraphQLNamedType,
  type GraphQLType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from "graphql";
import { didYouMean } from "../../base/suggest.ts";
import type { Placeholder, TagTemplate } from "../../fields/field-policy.ts";
import { compileTagTemplate } from "../../fields/tag-template.ts";
import type { SchemaFacts } from "./schema-facts.ts";

/** What a template may name at its place. A root that is left out may not be named there. */
export interface TemplateScope {
  readonly args?: readonly GraphQLArgument[];
  readonly parent?: GraphQLType;
  readonly value?: GraphQLType;
  readonly result?: GraphQLType;
}

export type CompiledTemplate =
  | { readonly template: TagTemplate }
  /** Clauses that continue "the template …", each with its "Did you mean". */
  | { readonly mistakes: readonly string[] };

/** Compiles a template and checks every name in it against the schema. */
export function checkTemplate(facts: SchemaFacts, source: string, scope: TemplateScope): CompiledTemplate {
  let template: TagTemplate;
  try {
    template = compileTagTemplate(source);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { mistakes: [`${error.message}.`] };
  }
  const mistakes = template.parts.flatMap((part) => {
    const mistake = typeof part === "string" ? undefined : mistakeOf(facts, part, scope);
    return mistake === undefined ? [] : [mistake];
  });
  return mistakes.length === 0 ? { template } : { mistakes };
}

function mistakeOf(
  facts: SchemaFacts,
  { root, path }: Placeholder,
  scope: TemplateScope,
): string | undefined {
  if (root !== "args") {
    const type = scope[root];
    if (type === undefined) return notHere(root, scope);
    return mistakeIn(facts, type, path, root);
  }
  if (scope.args === undefined) return notHere(root, scope);
  const [name, ...rest] = path;
  if (name === undefined || name === "[]") return `names no argument in {${text(root, path)}}.`;
  const argument = scope.args.find((known) => known.name === name);
  if (argument === undefined) {
    const known = scope.args.map((one) => one.name);
    return `names the argument "${name}", which the field does not have.${didYouMean(name, known)}`;
  }
  return mistakeIn(facts, argument.type, rest, `args.${name}`);
}

function notHere(root: string, scope: TemplateScope): string {
  const known = (["args", "parent", "value", "result"] as const).filter((name) => scope[name] !== undefined);
  return `names "${root}", which is not known here; known are ${known.map((name) => `"${name}"`).join(", ")}.`;
}

/** Follows the rest of a path into a type; `sofar` is what has been read of it. */
function mistakeIn(
  facts: SchemaFacts,
  type: GraphQLType,
  path: readonly string[],
  sofar: string,
): string | undefined {
  const [step, ...rest] = path;
  if (isNonNullType(type)) return mistakeIn(facts, type.ofType, path, sofar);
  if (isListType(type)) {
    if (step === "[]") return mistakeIn(facts, type.ofType, rest, `${sofar}[]`);
    return `reads {${text(sofar, path)}}, but "${sofar}" is a list: write {${text(`${sofar}[]`, path)}}.`;
  }
  if (step === "[]") return `reads {${text(sofar, path)}}, but "${sofar}" is a ${type.name}, not a list.`;
  if (isLeafType(type)) {
    if (step === undefined) return undefined;
    return `reads "${step}" of "${sofar}", but that is a ${type.name}, which has no fields.`;
  }
  const known = namesIn(facts, type);
  if (step === undefined) {
    return `ends at "${sofar}", which is a ${type.name}: name one of its fields, such as {${sofar}.${[...known.keys()][0] ?? "id"}}.`;
  }
  const next = known.get(step);
  if (next === undefined) {
    return `names "${step}" in {${text(sofar, path)}}, which ${type.name} does not have.${didYouMean(step, known.keys())}`;
  }
  return mistakeIn(facts, next, rest, `${sofar}.${step}`);
}

/** Fields of a type; of an abstract one also those that only some of its members have. */
function namesIn(facts: SchemaFacts, type: GraphQLNamedType): ReadonlyMap<string, GraphQLType> {
  const places =
    isInterfaceType(type) || isUnionType(type) ? [...facts.membersOf(type), type].reverse() : [type];
  const names = new Map<string, GraphQLType>();
  for (const place of places) {
    if (!isObjectType(place) && !isInterfaceType(place) && !isInputObjectType(place)) continue;
    for (const field of Object.values(place.getFields())) {
      if (!names.has(field.name)) names.set(field.name, field.type);
    }
  }
  return names;
}

function text(root: string, path: readonly string[]): string {
  return path.reduce((sofar, step) => (step === "[]" ? `${sofar}[]` : `${sofar}.${step}`), root);
}
