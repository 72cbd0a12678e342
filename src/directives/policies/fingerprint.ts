import { createHash } from "node:crypto";
import { type GraphQLCompositeType, type GraphQLObjectType, isObjectType } from "graphql";
import type { EntityKeys } from "../../fields/identity.ts";
import { memoised } from "./memoised.ts";
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

  /** What a type contributes to an entry that holds it by value. */
  const partOf = memoised((type: GraphQLCompositeType): Part => {
    if (!isObjectType(type)) {
      const members = facts.membersOf(type);
      const names = members.map(({ name }) => name).sort();
      return { line: `${type.name} = ${names.join(" | ")}`, inner: members };
    }
    const fields = fieldsOf(type).filter((field) => !hasOwnResolver(field));
    const texts = fields.map(
      (field) => `${field.name}: ${field.type}${versionAt(coordinateOf(type, field))}`,
    );
    return {
      line: `{ ${texts.sort().join(", ")} }`,
      inner: fields.map(compositeOf).filter((child) => child !== undefined),
    };
  });

  function lineOf(type: GraphQLCompositeType): string {
    const { line } = partOf(type);
    return isObjectType(type) ? `${type.name}${versionAt(type.name)} ${line}` : line;
  }

  /** Digest of one line per type in the entry, in the order of their names. */
  const within = memoised((start: GraphQLCompositeType): string => {
    const lines = new Map<string, string>();
    addLines(start, lines);
    return digestOf(lines);
  });

  function addLines(start: GraphQLCompositeType, lines: Map<string, string>): void {
    const queue = [start];
    for (let type = queue.pop(); type !== undefined; type = queue.pop()) {
      if (lines.has(type.name)) continue;
      if (isObjectType(type) && entities.has(type.name)) {
        // A reference: of the entity only its identity lives here.
        lines.set(type.name, `& ${keyText(type)}`);
        continue;
      }
      lines.set(type.name, lineOf(type));
      queue.push(...partOf(type).inner);
    }
  }

  return {
    ofField(parent, field) {
      const type = compositeOf(field);
      return hash([`in ${keyText(parent)}`, String(field.type), type === undefined ? "" : within(type)]);
    },
    ofRow(type) {
      const { line, inner } = partOf(type);
      const lines = new Map<string, string>();
      for (const child of inner) addLines(child, lines);
      return hash([`in ${keyText(type)}`, line, digestOf(lines)]);
    },
  };
}

interface Part {
  readonly line: string;
  readonly inner: readonly GraphQLCompositeType[];
}

function digestOf(lines: ReadonlyMap<string, string>): string {
  return hash([...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line));
}

function hash(lines: readonly string[]): string {
  return createHash("sha256").update(lines.join("\n"), "utf8").digest("hex").slice(0, 8);
}
