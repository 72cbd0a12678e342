import { isObjectType } from "graphql";
import { didYouMean } from "../../base/suggest.ts";
import type { EntityKeys } from "../../fields/identity.ts";
import type { ProblemLog } from "./policy-problem.ts";
import { coordinateOf, fieldsOf, type SchemaFacts } from "./schema-facts.ts";
import { directivesOf } from "./written-directives.ts";

/** Checks every `@cacheWrite`: where it stands, and that its entity can be written. */
export function checkCacheWrites(
  facts: SchemaFacts,
  keys: EntityKeys,
  writable: ReadonlySet<string>,
  log: ProblemLog,
): void {
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
        } else if (!writable.has(entity)) {
          reject(
            "has nothing to write with.",
            "No entity can be written in this version: write in the resolver, and name what changed with @invalidates.",
          );
        }
      }
    }
  }
}
