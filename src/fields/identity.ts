import { inspect } from "node:util";
import {
  type GraphQLLeafType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  parseConstValue,
} from "graphql";
import { canonicalJson } from "../base/canonical-json.ts";
import { entityHome, stampNames } from "../keys/grammar.ts";

/**
 * Names one entity in the words of its schema: the serialised value of its identity's only field, otherwise a record of
 * key fields. Plain JSON, equal for a row's `42` and an argument's `"42"`.
 */
export type EntityKey = KeyValue | KeyRecord;
export interface KeyRecord {
  readonly [field: string]: KeyValue | KeyRecord;
}
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

/** `Product` of `Product:42`, `Product@slug` of `Product@slug:tea`: names of one key can be compared. */
export function keyIn(home: string): string {
  return home.slice(0, home.indexOf(":"));
}

export interface Identities {
  /** `undefined`: the type has no key, or the row lacks a value of every one. */
  of(typeName: string, row: unknown): Identity | undefined;
  /** The same for what `invalidate` and a loader take as id: the value of a single-field key, or a record of key fields. */
  ofId(typeName: string, id: unknown): Identity;
  /** Whether objects of the type can be told apart at all. */
  isKeyed(typeName: string): boolean;
  /**
   * Stamp names besides its home that what is made of an entity depends on: its aliases, and `__any:<Type>` unless every key
   * of the type is among them, as nobody can tell which invalidations by a key that is not shown are about it.
   *
   * Value tags, never tags of a plan: one query's row shows the keys that another's leaves out, and both want one entry.
   */
  otherNames(identity: Pick<Identity, "typeName" | "home" | "aliases">): readonly string[];
  /** An object that shows the key and nothing else. */
  keyFields(identity: Identity): object;
}

/** Without a schema (a process that only invalidates) every type has the key `id`, taken as text. */
export function createIdentities(options: {
  readonly schema?: GraphQLSchema;
  readonly keys: EntityKeys;
  readonly identify?: Identify;
}): Identities {
  const { schema, keys, identify = {} } = options;
  const compiled = new Map(
    [...keys].map(([typeName, all]) => [typeName, compileKeys(typeName, all, schema)]),
  );
  const keysOf = (typeName: string): readonly CompiledKey[] =>
    compiled.get(typeName) ?? (schema === undefined ? compileKeys(typeName, [["id"]], schema) : []);

  function identified(typeName: string, row: unknown): Identity | undefined {
    let key: EntityKey | undefined;
    const homes: string[] = [];
    for (const one of keysOf(typeName)) {
      const values = valuesOf(one, row);
      if (values === undefined) continue;
      key ??= keyOf(one, values);
      homes.push(entityHome(one.homeType, values.map(String)));
    }
    const [home, ...aliases] = homes;
    return key === undefined || home === undefined ? undefined : { typeName, key, home, aliases };
  }

  return {
    of(typeName, row) {
      const take = identify[typeName];
      return identified(typeName, take === undefined ? row : attempt(() => take(row as never)));
    },
    ofId(typeName, id) {
      const single = keysOf(typeName).find(({ fields }) => fields.length === 1);
      const row = isPlainRecord(id) || single === undefined ? id : nested([[single.fields[0]!.path, id]]);
      const identity = identified(typeName, row);
      if (identity === undefined) throw new TypeError(badId(typeName, id, keysOf(typeName)));
      return identity;
    },
    isKeyed: (typeName) => keysOf(typeName).length > 0,
    otherNames({ typeName, home, aliases }) {
      const all = keysOf(typeName).length;
      if (all <= 1) return aliases;
      const shown = new Set([home, ...aliases].map(keyIn)).size;
      return shown < all ? [...aliases, stampNames.any(typeName)] : aliases;
    },
    keyFields({ typeName, key }) {
      return typeof key === "object" ? key : nested([[keysOf(typeName)[0]!.fields[0]!.path, key]]);
    },
  };
}

interface CompiledKey {
  readonly fields: readonly KeyField[];
  /** The type's own name for its identity; for another key one that says which. */
  readonly homeType: string;
  readonly isIdentity: boolean;
}

interface KeyField {
  readonly name: string;
  /** `organization.id` is followed into the nested object. */
  readonly path: readonly string[];
  readonly type: GraphQLLeafType | undefined;
}

function compileKeys(
  typeName: string,
  keys: readonly KeyFields[],
  schema: GraphQLSchema | undefined,
): readonly CompiledKey[] {
  return keys.map((names, at) => ({
    fields: names.map((name) => {
      const path = name.split(".");
      return { name, path, type: leafType(schema, typeName, path) };
    }),
    // "@" stands in no type name and in no escaped id: the upc 5 is never taken for the id 5.
    homeType: at === 0 ? typeName : `${typeName}@${names.join("+")}`,
    isIdentity: at === 0,
  }));
}

/** undefined unless the row has them all. */
function valuesOf({ fields }: CompiledKey, row: unknown): readonly KeyValue[] | undefined {
  const values: KeyValue[] = [];
  for (const { path, type } of fields) {
    let value = row;
    for (const name of path) value = (value as Record<string, unknown> | null | undefined)?.[name];
    const serial = value === undefined || value === null ? undefined : serialised(type, value);
    if (serial === undefined) return undefined;
    values.push(serial);
  }
  return values;
}

function keyOf({ fields, isIdentity }: CompiledKey, values: readonly KeyValue[]): EntityKey {
  if (isIdentity && fields.length === 1) return values[0]!;
  return nested(fields.map(({ path }, at) => [path, values[at]!])) as KeyRecord;
}

/** `organization.id` becomes a record within the record. */
export function nested(entries: readonly (readonly [path: readonly string[], value: unknown])[]): object {
  const record: Record<string, unknown> = {};
  for (const [path, value] of entries) {
    let place = record;
    for (const name of path.slice(0, -1)) {
      place[name] ??= {};
      place = place[name] as Record<string, unknown>;
    }
    place[path.at(-1)!] = value;
  }
  return record;
}

function leafType(
  schema: GraphQLSchema | undefined,
  typeName: string,
  path: readonly string[],
): GraphQLLeafType | undefined {
  let type: unknown = schema?.getType(typeName);
  for (const name of path) {
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
    attempt(() => type.serialize(value)) ??
    attempt(() => type.serialize(type.parseValue(value))) ??
    // As it is written in a template: "true,{args.kind}".
    attempt(() => type.serialize(type.parseLiteral(parseConstValue(String(value)), undefined)));
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

function badId(typeName: string, id: unknown, keys: readonly CompiledKey[]): string {
  const came = inspect(id, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
  if (keys.length === 0)
    return `"${typeName}" has no key, so ${came} names none of its entities. Give the type a @key.`;
  const shapes = keys.map(({ fields }) => `{ ${fields.map(({ name }) => name).join(", ")} }`).join(" or ");
  return `The id of a "${typeName}" must be a value of its key field or a record ${shapes}, but got: ${came}.`;
}
