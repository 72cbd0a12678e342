import { MapperKind, mapSchema } from "@graphql-tools/utils";
import {
  type DirectiveNode,
  defaultFieldResolver,
  type GraphQLFieldConfig,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from "graphql";
import type { Emit } from "../engine/events.ts";
import type { TagTemplate } from "../fields/field-policy.ts";
import { type EntityKeys, nested } from "../fields/identity.ts";
import type { RequestState, RequestStates } from "../fields/request-state.ts";
import {
  type RenderedPart,
  renderParts,
  renderTagTemplate,
  scalarText,
  settledFor,
  type TemplateRoots,
} from "../fields/tag-template.ts";
import { forgetRows } from "../loaders/request-loaders.ts";
import {
  fieldsOf as fieldCoordinates,
  namesOfTarget,
  type TargetWords,
  typesOf,
} from "./invalidation-targets.ts";
import type { ProblemLog } from "./policies/policy-problem.ts";
import { coordinateOf, fieldsOf, type SchemaFacts, type SchemaField } from "./policies/schema-facts.ts";
import { checkTemplate } from "./policies/template-names.ts";
import { directivesOf, type WrittenDirective } from "./policies/written-directives.ts";

/** One target of one `@invalidates`, its templates compiled. */
export type InvalidateRule =
  | { readonly kind: "entity"; readonly typeName: string; readonly id?: EntityIdTemplate }
  | { readonly kind: "field"; readonly coordinate: string }
  | { readonly kind: "tag"; readonly template: TagTemplate };

interface EntityIdTemplate {
  /** Between the parts of a key of several fields stands {@link KEY_JOINT}. */
  readonly template: TagTemplate;
  readonly fields: readonly string[];
}

/** By name of the mutation's root field. */
export type InvalidateRules = ReadonlyMap<string, readonly InvalidateRule[]>;

// Stands between the parts of a key while their templates are one; it is looked for in literal texts alone.
const KEY_JOINT = "\u0000";

/** Reads `@invalidates` everywhere; mistakes go to `log`, so that they are told with those of the policies. */
export function readInvalidates(facts: SchemaFacts, keys: EntityKeys, log: ProblemLog): InvalidateRules {
  const rules = new Map<string, readonly InvalidateRule[]>();
  for (const type of facts.composites) {
    for (const field of fieldsOf(type)) {
      const written = directivesOf(field).filter(({ name }) => name === "invalidates");
      const place = { facts, keys, log, field, coordinate: coordinateOf(type, field) };
      if (facts.rootOf(type) === "mutation") {
        rules.set(
          field.name,
          written.flatMap((one) => readOne(place, one)),
        );
      } else if (written.length > 0) {
        log.warn({
          coordinate: place.coordinate,
          node: written[0]!.node,
          problem: "@invalidates never takes effect here.",
          mend: "Move it to the field of the mutation type that changes the data.",
        });
      }
    }
  }
  return rules;
}

interface Place {
  readonly facts: SchemaFacts;
  readonly keys: EntityKeys;
  readonly log: ProblemLog;
  readonly field: SchemaField;
  readonly coordinate: string;
}

function readOne(place: Place, { args, node }: WrittenDirective): readonly InvalidateRule[] {
  const { entity, id, field, tags } = args;
  const mistake = mistakes(place, node);
  if (entity === undefined && id !== undefined) {
    mistake('has an "id" without an "entity".', 'Name the type too: entity: "Product".');
  } else if (entity === undefined && field === undefined && tags === undefined) {
    mistake("names nothing.", 'Give it "entity" and "id", "entity", "field" or "tags".');
  }
  return [
    ...(entity === undefined ? [] : entityRule(place, node, String(entity), id)),
    ...(field === undefined ? [] : fieldRule(place, node, String(field))),
    ...(tags === undefined ? [] : [tags].flat()).flatMap((source) => {
      const template = compiled(place, node, String(source));
      return template === undefined ? [] : [{ kind: "tag", template } as const];
    }),
  ];
}

function entityRule(
  place: Place,
  node: DirectiveNode | undefined,
  typeName: string,
  id: unknown,
): readonly InvalidateRule[] {
  const unknown = problemOf(() => typesOf(typeName, place.facts.schema));
  if (unknown !== undefined) {
    mistakes(place, node)(`cannot work. ${unknown}`, "Name a type of the schema.");
    return [];
  }
  if (!typesOf(typeName, place.facts.schema).some((type) => place.keys.has(type))) {
    mistakes(place, node)(
      `cannot work, as "${typeName}" has no key.`,
      'Give it one, or name the fields that show it: field: "Type.field".',
    );
    return [];
  }
  if (id === undefined) return [{ kind: "entity", typeName }];
  const fields = place.keys.get(typeName)?.[0] ?? ["id"];
  const sources = fields.length === 1 ? [String(id)] : String(id).split(",");
  if (sources.length !== fields.length) {
    const example = fields.map((name) => `{args.${name}}`).join(",");
    mistakes(place, node)(
      `gives the id ${JSON.stringify(id)}, but a "${typeName}" has the key fields ${fields.join(", ")}.`,
      `Give a part for each, in this order, such as "${example}".`,
    );
    return [];
  }
  const template = compiled(place, node, sources.map((source) => source.trim()).join(KEY_JOINT));
  return template === undefined ? [] : [{ kind: "entity", typeName, id: { template, fields } }];
}

function fieldRule(
  place: Place,
  node: DirectiveNode | undefined,
  coordinate: string,
): readonly InvalidateRule[] {
  const unknown = problemOf(() => fieldCoordinates(coordinate, place.facts.schema));
  if (unknown === undefined) return [{ kind: "field", coordinate }];
  mistakes(place, node)(`cannot work. ${unknown}`, 'Name a field of the schema, as "Type.field".');
  return [];
}

function compiled(place: Place, node: DirectiveNode | undefined, source: string): TagTemplate | undefined {
  const { facts, field } = place;
  const checked = checkTemplate(facts, source, { args: field.args, result: field.type });
  if ("template" in checked) return checked.template;
  const shown = JSON.stringify(source.replaceAll(KEY_JOINT, ","));
  for (const mistake of checked.mistakes) {
    mistakes(place, node)(`has the template ${shown}, which ${mistake}`, "Mend the template.");
  }
  return undefined;
}

function mistakes({ log, coordinate }: Place, node: DirectiveNode | undefined) {
  return (problem: string, mend: string) =>
    log.error({ coordinate, node, problem: `@invalidates ${problem}`, mend });
}

function problemOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
}

export interface InvalidatesOptions {
  readonly rules: InvalidateRules;
  readonly states: RequestStates;
  readonly words: TargetWords;
  /** Resolves when the names are invalidated, or when somebody else has taken over the duty to do it. */
  readonly invalidate: (names: readonly string[], coordinate: string) => Promise<void>;
  readonly emit: Emit;
}

/**
 * Wraps every root field of the mutation type: what `@invalidates` says is done once the resolver has settled, before
 * the selection under it is resolved, so that what this very answer shows is read afresh.
 */
export function applyInvalidates(schema: GraphQLSchema, options: InvalidatesOptions): GraphQLSchema {
  return mapSchema(schema, {
    [MapperKind.MUTATION_ROOT_FIELD]: (config: GraphQLFieldConfig<unknown, unknown>, fieldName, typeName) => {
      const resolve = config.resolve ?? defaultFieldResolver;
      const rules = options.rules.get(fieldName) ?? [];
      return {
        ...config,
        resolve: invalidatingResolver(resolve, rules, `${typeName}.${fieldName}`, options),
      };
    },
  });
}

function invalidatingResolver(
  resolve: GraphQLFieldResolver<unknown, unknown>,
  rules: readonly InvalidateRule[],
  coordinate: string,
  options: InvalidatesOptions,
): GraphQLFieldResolver<unknown, unknown> {
  const withoutResult = rules.filter((rule) => !needsResult(rule));
  const templates = rules.map(templateOf).filter((template) => template !== undefined);
  if (rules.length === 0) {
    return (parent, args, context, info) => {
      // From here on the request is a mutation, and its loaders read nothing from the cache.
      options.states.of(context, info);
      return resolve(parent, args, context, info);
    };
  }
  return async (parent, args, context, info) => {
    const state = options.states.of(context, info);
    let result: unknown;
    try {
      result = await resolve(parent, args, context, info);
    } catch (error) {
      // The write may have happened all the same.
      await invalidate(withoutResult, { args }, state);
      throw error;
    }
    if (result instanceof Error) await invalidate(withoutResult, { args }, state);
    else await invalidate(rules, { args, result: await settledFor("result", templates, result) }, state);
    return result;
  };

  async function invalidate(due: readonly InvalidateRule[], roots: TemplateRoots, state: RequestState) {
    const names = new Set<string>();
    // All of them: what a target is about may be shown inside another row that the request has read already.
    forgetRows(state);
    for (const rule of due) {
      const { targets, dropped } = targetsOf(rule, roots);
      let lost = dropped;
      for (const target of targets) {
        try {
          for (const name of namesOfTarget(target, options.words)) names.add(name);
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
          lost++;
        }
      }
      for (; lost > 0; lost--) tellDropped(rule);
    }
    if (names.size > 0) await options.invalidate([...names], coordinate);
  }

  function tellDropped(rule: InvalidateRule): void {
    options.emit({
      type: "warning",
      code: "dropped-target",
      coordinate,
      message: `@invalidates of ${coordinate} dropped the target ${sourceOf(rule)}: a part of it is null or names nothing.`,
    });
  }
}

type Target =
  | { readonly entity: string; readonly id?: unknown }
  | { readonly field: string }
  | { readonly tags: readonly string[] };

function targetsOf(
  rule: InvalidateRule,
  roots: TemplateRoots,
): { readonly targets: readonly Target[]; readonly dropped: number } {
  switch (rule.kind) {
    case "field":
      return { targets: [{ field: rule.coordinate }], dropped: 0 };
    case "tag": {
      const { texts, dropped } = renderTagTemplate(rule.template, roots);
      return { targets: texts.map((text) => ({ tags: [text] })), dropped };
    }
    case "entity": {
      const { typeName: entity, id } = rule;
      if (id === undefined) return { targets: [{ entity }], dropped: 0 };
      const { rows, dropped } = renderParts(id.template, roots);
      const ids = rows.map((row) => keyOf(row, id.fields)).filter((key) => key !== undefined);
      return {
        targets: ids.map((key) => ({ entity, id: key })),
        dropped: dropped + rows.length - ids.length,
      };
    }
  }
}

/** undefined where a part is null or no scalar. */
function keyOf(row: readonly RenderedPart[], fields: readonly string[]): unknown {
  const values = partsOfKey(row).map(keyValue);
  if (values.includes(undefined)) return undefined;
  return fields.length === 1 ? values[0] : nested(fields.map((field, at) => [field.split("."), values[at]]));
}

function partsOfKey(row: readonly RenderedPart[]): readonly (readonly RenderedPart[])[] {
  const parts: RenderedPart[][] = [[]];
  for (const piece of row) {
    if (typeof piece !== "string") {
      parts.at(-1)!.push(piece);
      continue;
    }
    const [first = "", ...others] = piece.split(KEY_JOINT);
    if (first !== "") parts.at(-1)!.push(first);
    for (const text of others) parts.push(text === "" ? [] : [text]);
  }
  return parts;
}

/** What stands alone stays what it is: a Boolean, or an enum's own value, is not what its text is to the key's scalar. */
function keyValue(part: readonly RenderedPart[]): unknown {
  const texts = part.map((piece) => (typeof piece === "string" ? piece : scalarText(piece.value)));
  if (texts.includes(undefined)) return undefined;
  const [only, ...more] = part;
  return more.length === 0 && typeof only === "object" ? only.value : texts.join("");
}

function needsResult(rule: InvalidateRule): boolean {
  return templateOf(rule)?.fromValue ?? false;
}

function templateOf(rule: InvalidateRule): TagTemplate | undefined {
  if (rule.kind === "field") return undefined;
  return rule.kind === "tag" ? rule.template : rule.id?.template;
}

function sourceOf(rule: InvalidateRule): string {
  if (rule.kind === "field") return rule.coordinate;
  if (rule.kind === "tag") return JSON.stringify(rule.template.source);
  return `${rule.typeName} ${JSON.stringify(rule.id?.template.source.replaceAll(KEY_JOINT, ","))}`;
}
