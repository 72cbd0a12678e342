import { createHash } from "node:crypto";
import { type GraphQLCompositeType, type GraphQLObjectType, isObjectType } from "graphql";
import type { EntityKeys } from "../../fields/identity.ts";
import {
  compositeOf,
  coordinateOf,
  fieldsOf,
  hasOwnResolver,
  type SchemaFacts,
  type SchemaField,
} from "./schema-facts.ts";
import type { Statements } from "./statements.ts";

/**
 * Eight hexadecimal digits that change with the names and types of the fields in an entry, and with the `version` of
 * a directive on one of them; not with order, descriptions, or anything that lives elsewhere.
 */
export interface Fingerprints {
  ofField(parent: GraphQLObjectType, field: SchemaField): string;
  ofRow(type: GraphQLObjectType): string;
}

export function createFingerprints(
  facts: SchemaFacts,
  statements: Statements,
  keys: EntityKeys,
  entities: ReadonlySet<string>,
): Fingerprints {
  const versionAt = (coordinate: string): string => {
    const version = statements.get(coordinate)?.stated.version;
    return version === undefined ? "" : `@${version}`;
  };

  // With another identity, `Product:5` is another product.
  const keyText = (type: GraphQLObjectType): string =>
    `${type.name} ${(keys.get(type.name)?.[0] ?? []).join(" ")}`;

  /** Lines, one per type in the entry, sorted. */
  function linesWithin(start: GraphQLCompositeType, row: boolean): readonly string[] {
    const lines = new Map<string, string>();
    const visit = (type: GraphQLCompositeType, inRow: boolean): void => {
      if (lines.has(type.name)) return;
      if (!isObjectType(type)) {
        const members = facts.membersOf(type);
        lines.set(
          type.name,
          `${type.name} = ${members
            .map(({ name }) => name)
            .sort()
            .join(" | ")}`,
        );
        for (const member of members) visit(member, false);
        return;
      }
      if (!inRow && entities.has(type.name)) {
        // A reference: of the entity only its identity lives here.
        lines.set(type.name, `& ${keyText(type)}`);
        return;
      }
      const fields = fieldsOf(type).filter((field) => !hasOwnResolver(field));
      const texts = fields.map(
        (field) => `${field.name}: ${field.type}${versionAt(coordinateOf(type, field))}`,
      );
      lines.set(type.name, `${type.name}${inRow ? "" : versionAt(type.name)} { ${texts.sort().join(", ")} }`);
      for (const field of fields) {
        const child = compositeOf(field);
        if (child !== undefined) visit(child, false);
      }
    };
    visit(start, row);
    return [...lines.values()].sort();
  }

  return {
    ofField(parent, field) {
      const type = compositeOf(field);
      return hash([
        String(field.type),
        `in ${keyText(parent)}`,
        ...(type === undefined ? [] : linesWithin(type, false)),
      ]);
    },
    ofRow: (type) => hash([`in ${keyText(type)}`, ...linesWithin(type, true)]),
  };
}

function hash(lines: readonly string[]): string {
  return createHash("sha256").update(lines.join("\n"), "utf8").digest("hex").slice(0, 8);
}
