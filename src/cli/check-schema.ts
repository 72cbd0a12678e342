import { readFile } from "node:fs/promises";
import {
  buildASTSchema,
  concatAST,
  type DirectiveNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
  Kind,
  parse,
  Source,
  visit,
} from "graphql";
import { typeDefs } from "../directives/definitions.ts";
import { describeProblem } from "../directives/policies/policy-problem.ts";
import { readPolicies, SchemaPolicyError } from "../directives/read-policies.ts";
import { policyTable } from "./policy-table.ts";

export interface CheckOptions {
  /** Paths of SDL files. */
  readonly files: readonly string[];
  /** Types with an entity loader. */
  readonly entities: readonly string[];
  /** Whether `@cacheControl` counts. */
  readonly cacheControl: boolean;
}

export interface CheckResult {
  /** What to print. */
  readonly text: string;
  /** false: the schema has mistakes. */
  readonly passed: boolean;
}

/** Reads the cache policies of SDL files as `cache.apply` would. */
export async function checkSchema(options: CheckOptions): Promise<CheckResult> {
  try {
    const document = concatAST(await Promise.all(options.files.map(parseFile)));
    const schema = buildASTSchema(concatAST([missingDefinitions(document), document]));
    assumeResolvers(schema);
    const policies = readPolicies(schema, {
      entities: new Set(options.entities),
      cacheControl: options.cacheControl,
      // What code registers the SDL cannot know; names of context values are taken as they stand.
      principal: true,
      secret: true,
      writableEntities: new Set(Object.keys(schema.getTypeMap())),
      varyNames: varyNames(document),
    });
    const all = [...policies.fields.values(), ...policies.rows.values()];
    const warnings = policies.warnings.map((warning) => `warning: ${describeProblem(warning)}`);
    return { text: [policyTable(all), ...warnings].join("\n"), passed: true };
  } catch (error) {
    return { text: problemText(error), passed: false };
  }
}

async function parseFile(file: string): Promise<DocumentNode> {
  return parse(new Source(await readFile(file, "utf8"), file));
}

/** Our directives and their types, except those that the files define themselves. */
function missingDefinitions(document: DocumentNode): DocumentNode {
  const defined = new Set(document.definitions.map(nameOf));
  return {
    ...typeDefs,
    definitions: typeDefs.definitions.filter((definition) => !defined.has(nameOf(definition))),
  };
}

function nameOf(definition: DocumentNode["definitions"][number]): string {
  const name = "name" in definition ? (definition.name?.value ?? "") : "";
  return definition.kind === Kind.DIRECTIVE_DEFINITION ? `@${name}` : name;
}

function assumeResolvers(schema: GraphQLSchema): void {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    const isRoot = roots.includes(type);
    if (!isRoot && !isKeyed(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (isRoot || hasCacheDirective(field)) field.resolve = () => null;
    }
  }
}

/** Elsewhere a directive can only mean the part of an entry, which has no resolver of its own. */
function isKeyed(type: GraphQLObjectType): boolean {
  const hasKey = type.astNode?.directives?.some((directive) => directive.name.value === "key") ?? false;
  return hasKey || String(type.getFields()["id"]?.type) === "ID!";
}

const cacheDirectives = new Set(["cacheTTL", "cacheControl", "cacheWrite", "invalidates"]);

function hasCacheDirective(field: GraphQLField<unknown, unknown>): boolean {
  return (field.astNode?.directives ?? []).some((directive) => cacheDirectives.has(directive.name.value));
}

function varyNames(document: DocumentNode): readonly string[] {
  const names: string[] = [];
  visit(document, {
    Directive(directive: DirectiveNode) {
      const vary = directive.arguments?.find((argument) => argument.name.value === "vary")?.value;
      const items = vary?.kind === Kind.LIST ? vary.values : vary === undefined ? [] : [vary];
      for (const item of items) if (item.kind === Kind.STRING) names.push(item.value);
    },
  });
  return names;
}

function problemText(error: unknown): string {
  if (error instanceof SchemaPolicyError) {
    return error.problems.map((problem) => `error: ${describeProblem(problem)}`).join("\n");
  }
  if (error instanceof GraphQLError) return `error: ${error.toString()}`;
  return `error: ${error instanceof Error ? error.message : String(error)}`;
}
