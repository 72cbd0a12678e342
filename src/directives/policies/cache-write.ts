import { getNamedType, getNullableType, isAbstractType, isListType, isObjectType } from "graphql";
import { didYouMean } from "../../base/suggest.ts";
import type { EntityKeys } from "../../fields/identity.ts";
import type { ProblemLog } from "./policy-problem.ts";
import { coordinateOf, fieldsOf, type SchemaFacts, type SchemaField } from "./schema-facts.ts";
import { directivesOf } from "./written-directives.ts";

/** What one `@cacheWrite` says. */
export interface CacheWriteRule {
  readonly entity: string;
  /** Fields from the result of the resolver to the row; empty where the result is the row. */
  readonly path: readonly string[];
  readonly mode: "THROUGH" | "BEHIND";
}

/** By name of the mutation's root field. */
export type CacheWriteRules = ReadonlyMap<string, CacheWriteRule>;

/** Reads every `@cacheWrite`: where it stands, that its entity can be written, and that its path leads to one. */
export function readCacheWrites(
  facts: SchemaFacts,
  keys: EntityKeys,
  writable: ReadonlySet<string>,
  log: ProblemLog,
): CacheWriteRules {
  const rules = new Map<string, CacheWriteRule>();
  for (const type of facts.composites) {
    for (const field of fieldsOf(type)) {
      for (const { name, args, node } of directivesOf(field)) {
        if (name !== "cacheWrite") continue;
        const coordinate = coordinateOf(type, field);
        const entity = String(args["entity"]);
        const said = `@cacheWrite(entity: ${JSON.stringify(entity)})`;
        const reject = (problem: string, mend: string): void =>
          log.error({ coordinate, node, problem: `${said} ${problem}`, mend });
        if (!isObjectType(type) || facts.rootOf(type) !== "mutation") {
          reject(
            "stands on a field that is none of the mutation type's.",
            "Move it to the mutation's field.",
          );
        }
        if (!keys.has(entity)) {
          reject(`names no type with a key.${didYouMean(entity, keys.keys())}`, "Name the type of the row.");
          continue;
        }
        if (!writable.has(entity)) {
          reject(
            "has nothing to write with.",
            `Give the entity the option: cache.entity("${entity}", { load, write }); or write in the resolver, and name what changed with @invalidates.`,
          );
        }
        const mode = args["mode"] === "BEHIND" ? "BEHIND" : "THROUGH";
        if (mode === "BEHIND" && (keys.get(entity)?.length ?? 0) > 1) {
          reject(
            "has mode BEHIND, and the type has several keys.",
            "What is pending is found by one key: give it one @key, or use mode: THROUGH.",
          );
        }
        const rowPath = args["rowPath"];
        const path = rowPath === undefined || rowPath === null ? [] : String(rowPath).split(".");
        const wrong = wrongPath(facts, field, path, entity);
        if (wrong === undefined) rules.set(field.name, { entity, path, mode });
        else
          reject(
            wrong,
            `Let the resolver return the ${entity}, or name its place in the payload: rowPath: "…".`,
          );
      }
    }
  }
  return rules;
}

/** Why the path does not lead from the field's value to one row of the entity. */
function wrongPath(
  facts: SchemaFacts,
  field: SchemaField,
  path: readonly string[],
  entity: string,
): string | undefined {
  let { type } = field;
  let sofar = "the result";
  for (const name of path) {
    const holder = getNullableType(type);
    const next = fieldsOf(getNamedType(holder)).find((one) => one.name === name);
    if (isListType(holder)) return `has a rowPath through ${sofar}, which is a list.`;
    if (next === undefined) {
      const near = didYouMean(
        name,
        fieldsOf(getNamedType(holder)).map((one) => one.name),
      );
      return `has a rowPath with "${name}", which ${getNamedType(holder).name} does not have.${near}`;
    }
    ({ type } = next);
    sofar = `"${name}"`;
  }
  const end = getNullableType(type);
  if (isListType(end)) return `finds a list at ${sofar}, and writes one row at a time.`;
  const members = isAbstractType(end) ? facts.membersOf(end).map(({ name }) => name) : [end.name];
  return members.includes(entity) ? undefined : `finds a ${end.name} at ${sofar}.`;
}
