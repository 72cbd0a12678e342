import { inspect } from "node:util";
import {
  type GraphQLLeafType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
} from "graphql";
import { canonicalJson } from "../base/canonical-json.ts";
import { entityHome } from "../keys/grammar.ts";

/**
 * Names one entity in the words of its schema: the serialised value of its identity's only field, otherwise a record of
 * key fields. Plain JSON, equal for a row's `42` and an argument's `"42"`.
 */
export type EntityKey = KeyValue | Readonly<Record<string, KeyValue>>;
export type KeyValue = string | number | boolean;

/** Field names of one `@key`, in the order written. */
export type KeyFields = readonly string[];

/** Every key of each keyed type, the first being its identity. Made by `directives/read-policies.ts`. */
export type EntityKeys = ReadonlyMap<string, readonly KeyFields[]>;

/**
 * Takes the key values from a row that does not have them as properties: `{ Product: (row) => ({ id: row.sku }) }`. One
 * that throws says as much as one that answers null: this row has no key.
 */
export type Identify = Readonly<
  Record<string, (row: never) => Readonly<Record<string, unknown>> | null | undefined>
>;

export interface Identity {
  readonly typeName: string;
  readonly key: EntityKey;
  /** Stamp name of the entity: `Product:42`. */
  readonly home: string;
  /** Stamp names under the other keys that the row shows: what is invalidated by them must be reached too. */
  readonly aliases: readonly string[];
}

export interface Identities {
  /** `undefined`: the type has no key, or the row lacks a value of every one. */
  of(typeName: string, row: unknown): Identity | undefined;
  /** The same for what `invalidate` and a loader take as id: the value of a single-field key, or a record of key fields. */
  ofId(typeName: string, id: unknown): Identity;
}

/** Without a schema (a process that only invalidates) every type has the key `id`, taken as text. */
export function createIdentities(options: {
  readonly schema?: GraphQLSchema;
  readonly keys: EntityKeys;
  readonly identify?: Identify;
}): Identities {
  const keysOf = (typeName: string): readonly KeyFields[] =>
    options.keys.get(typeName) ?? (options.schema === undefined ? [["id"]] : []);

  function keyValueOf(typeName: string, field: string, source: unknown): KeyValue | undefined {
    const value = valueAt(source, field);
    if (value === undefined || value === null) return undefined;
    return serialised(leafType(options.schema, typeName, field), value);
  }

  function identified(typeName: string, row: unknown): Identity | undefined {
    const found = keysOf(typeName).flatMap((fields, index) => {
      const values = fields.map((field) => keyValueOf(typeName, field, row));
      return values.every((value) => value !== undefined) ? [{ fields, values, index }] : [];
    });
    const [first, ...rest] = found;
    if (first === undefined) return undefined;
    return {
      typeName,
      key: keyOf(first),
      home: homeOf(typeName, first),
      aliases: rest.map((key) => homeOf(typeName, key)),
    };
  }

  return {
    of(typeName, row) {
      const identify = options.identify?.[typeName];
      return identified(typeName, identify === undefined ? row : attempt(() => identify(row as never)));
    },
    ofId(typeName, id) {
      const single = keysOf(typeName).find((fields) => fields.length === 1);
      const row = isPlainRecord(id) || single === undefined ? id : recordAt(single[0]!, id);
      const identity = identified(typeName, row);
      if (identity === undefined) throw new TypeError(badId(typeName, id, keysOf(typeName)));
      return identity;
    },
  };
}

interface FoundKey {
  readonly fields: KeyFields;
  readonly values: readonly KeyValue[];
  /** 0 is the type's identity; the homes of other keys are told apart by their fields' names. */
  readonly index: number;
}

function homeOf(typeName: string, { fields, values, index }: FoundKey): string {
  // "@" stands in no type name and in no escaped id: the upc 5 is never taken for the id 5.
  const name = index === 0 ? typeName : `${typeName}@${fields.join("+")}`;
  return entityHome(name, values.map(String));
}

function keyOf({ fields, values, index }: FoundKey): EntityKey {
  if (index === 0 && fields.length === 1) return values[0]!;
  return Object.fromEntries(fields.map((field, at) => [field, values[at]!]));
}

/** `organization.id` is followed into the nested object. */
function valueAt(source: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], source);
}

function recordAt(path: string, value: unknown): unknown {
  return path.split(".").reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
}

function leafType(
  schema: GraphQLSchema | undefined,
  typeName: string,
  path: string,
): GraphQLLeafType | undefined {
  let type: unknown = schema?.getType(typeName);
  for (const name of path.split(".")) {
    if (!isObjectType(type) && !isInterfaceType(type)) return undefined;
    const field = type.getFields()[name];
    type = field && getNamedType(field.type);
  }
  return isLeafType(type) ? type : undefined;
}

/** By the scalar of the field; an argument's form is parsed first where the scalar refuses it as a result. */
function serialised(type: GraphQLLeafType | undefined, value: unknown): KeyValue | undefined {
  if (type === undefined) return isKeyValue(value) || typeof value === "bigint" ? String(value) : undefined;
  const result =
    attempt(() => type.serialize(value)) ?? attempt(() => type.serialize(type.parseValue(value)));
  if (result === undefined || result === null) return undefined;
  return isKeyValue(result) ? result : canonicalJson(result);
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

function isKeyValue(value: unknown): value is KeyValue {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function isPlainRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function badId(typeName: string, id: unknown, keys: readonly KeyFields[]): string {
  const came = inspect(id, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
  if (keys.length === 0)
    return `"${typeName}" has no key, so ${came} names none of its entities. Give the type a @key.`;
  const shapes = keys.map((fields) => `{ ${fields.join(", ")} }`).join(" or ");
  return `The id of a "${typeName}" must be a value of its key field or a record ${shapes}, but got: ${came}.`;
}
