import { inspect } from "node:util";
import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from "graphql";
import { FieldgateError } from "../base/errors.ts";
import { didYouMean } from "../base/suggest.ts";
import type { Identities } from "../fields/identity.ts";
import { stampNames } from "../keys/grammar.ts";

/** What can be invalidated, each form by itself. */
export type InvalidationTarget =
  /** One entity: the value of its key field, or a record of its key fields. Everything cached of it, and every entry that shows it. */
  | { readonly entity: string; readonly id: EntityId }
  /** All entities of a type, an interface or a union. */
  | { readonly entity: string }
  /** All entries of a field: `"Product.price"`, `"Query.products"`. */
  | { readonly field: string }
  /** Every entry with one of these tags, as the templates make them: `"category:books"`. */
  | { readonly tags: readonly string[] }
  /** Every PRIVATE entry of this principal. */
  | { readonly principal: string | number | bigint }
  /** Everything in the namespace. */
  | { readonly all: true };

export type EntityId = string | number | bigint | Readonly<Record<string, unknown>>;

/** What the names of a schema are checked against, and made of. */
export interface TargetWords {
  /** Absent before `apply`, and in a process that only invalidates: then names are taken on trust. */
  readonly schema?: GraphQLSchema | undefined;
  readonly identities: Identities;
  readonly principalDigest: (principal: string | number | bigint) => string;
  /** Whether entities of the type may have something pending: then what is known of their rows is wrong, too. */
  readonly isBehind?: (typeName: string) => boolean;
}

/**
 * Names of the stamps to drop: see docs/protocol.md, "Keys". Checked whole: throws {@link FieldgateError} (`BAD_TARGET`)
 * with everything that is wrong with any of the targets.
 */
export function stampNamesOf(targets: readonly unknown[], words: TargetWords): readonly string[] {
  const names = new Set<string>();
  const problems: string[] = [];
  for (const target of targets) {
    try {
      for (const name of namesOfTarget(target, words)) names.add(name);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      problems.push(error.message);
    }
  }
  if (targets.length === 0) problems.push("An empty list names nothing.");
  if (problems.length === 0) return [...names];
  throw new FieldgateError(
    "BAD_TARGET",
    `Nothing was invalidated, because ${problems.length === 1 ? "a target is" : `${problems.length} targets are`} wrong:\n${problems.map((problem) => `- ${problem}`).join("\n")}\n`,
    "A target is one of { entity, id }, { entity }, { field }, { tags }, { principal } and { all: true }.",
  );
}

/** The names of one target; throws a TypeError whose message is a sentence. */
export function namesOfTarget(target: unknown, words: TargetWords): readonly string[] {
  if (!isRecord(target)) throw new TypeError(`A target must be an object, but got: ${print(target)}.`);
  const given = Object.keys(target).filter((name) => target[name] !== undefined);
  switch ([...given].sort().join()) {
    case "entity":
      return entityTypes(nameIn(target, "entity"), words).flatMap((type) => [
        stampNames.type(type),
        stampNames.any(type),
      ]);
    case "entity,id":
      return entityNames(nameIn(target, "entity"), target["id"], words);
    case "field":
      return fieldsOf(nameIn(target, "field"), words.schema).map(stampNames.field);
    case "tags":
      return tagsOf(target["tags"]).map(stampNames.tag);
    case "all":
      if (target["all"] === true) return [stampNames.all];
      throw new TypeError(`"all" must be true, but got: ${print(target["all"])}.`);
    case "principal":
      return [stampNames.principal(words.principalDigest(principalOf(target["principal"])))];
    default:
      throw new TypeError(`${print(target)} is no target.${strange(given)}`);
  }
}

const FORMS = ["entity", "id", "field", "tags", "principal", "all"];

function strange(given: readonly string[]): string {
  const unknown = given.find((name) => !FORMS.includes(name));
  if (unknown !== undefined) return ` It has no "${unknown}".${didYouMean(unknown, FORMS)}`;
  return given.length > 1 ? " Give each form a target of its own." : "";
}

/** Whether the schema has neither such a type nor such a field: another gateway's may. */
export function isForeignTarget(target: unknown, schema: GraphQLSchema | undefined): boolean {
  if (schema === undefined || !isRecord(target)) return false;
  const { entity, field } = target;
  if (typeof entity === "string") return schema.getType(entity) === undefined;
  if (typeof field !== "string") return false;
  const [typeName = "", fieldName = ""] = field.split(".");
  const type = schema.getType(typeName);
  if (type === undefined) return true;
  return (isObjectType(type) || isInterfaceType(type)) && type.getFields()[fieldName] === undefined;
}

function entityNames(typeName: string, id: unknown, words: TargetWords): readonly string[] {
  if (id === null || (typeof id === "string" && id === "")) {
    throw new TypeError(`The id of entity "${typeName}" must not be empty, but got: ${print(id)}.`);
  }
  return entityTypes(typeName, words).flatMap((type) => {
    // A record may name the entity by several of its keys at once.
    const { home, aliases } = words.identities.ofId(type, id);
    const base = words.isBehind?.(type) ? [stampNames.base(home)] : [];
    return [home, ...aliases, ...base, stampNames.any(type)];
  });
}

/** As {@link typesOf}, of those whose objects can be told apart: of the others no entry names any. */
export function entityTypes(
  typeName: string,
  { schema, identities }: Pick<TargetWords, "schema" | "identities">,
): readonly string[] {
  const keyed = typesOf(typeName, schema).filter((type) => identities.isKeyed(type));
  if (keyed.length > 0) return keyed;
  throw new TypeError(`"${typeName}" is no entity, as it has no key. Name the fields that show it.`);
}

/** An abstract type stands for its members. Throws a TypeError where the schema has no such type. */
export function typesOf(typeName: string, schema: GraphQLSchema | undefined): readonly string[] {
  if (schema === undefined) return [typeName];
  const type = schema.getType(typeName);
  if (isObjectType(type)) return [typeName];
  if (isAbstractType(type)) return schema.getPossibleTypes(type).map(({ name }) => name);
  const known = Object.values(schema.getTypeMap()).filter((one) => isObjectType(one) || isAbstractType(one));
  const near = didYouMean(
    typeName,
    known.map(({ name }) => name).filter((name) => !name.startsWith("__")),
  );
  throw new TypeError(`The schema has no entity "${typeName}".${near}`);
}

/** A field of an abstract type stands for that of each member. Throws a TypeError where the schema has no such field. */
export function fieldsOf(coordinate: string, schema: GraphQLSchema | undefined): readonly string[] {
  const [typeName = "", fieldName = "", ...rest] = coordinate.split(".");
  if (fieldName === "" || rest.length > 0) {
    throw new TypeError(`A field is written "Type.field", but got: ${print(coordinate)}.`);
  }
  if (schema === undefined) return [coordinate];
  const type = schema.getType(typeName);
  if (!isObjectType(type) && !isAbstractType(type)) {
    const near = didYouMean(typeName, Object.keys(schema.getTypeMap()));
    throw new TypeError(`The schema has no type "${typeName}", so no field "${coordinate}".${near}`);
  }
  const members = isObjectType(type) ? [type] : schema.getPossibleTypes(type);
  const having = members.filter((member) => member.getFields()[fieldName] !== undefined);
  if (having.length === 0) {
    const names = members.flatMap((member) => Object.keys(member.getFields()));
    throw new TypeError(`"${typeName}" has no field "${fieldName}".${didYouMean(fieldName, names)}`);
  }
  return having.map(({ name }) => `${name}.${fieldName}`);
}

function tagsOf(tags: unknown): readonly string[] {
  if (Array.isArray(tags) && tags.length > 0 && tags.every((tag) => typeof tag === "string" && tag !== "")) {
    return tags;
  }
  throw new TypeError(`"tags" must be an array of texts, but got: ${print(tags)}.`);
}

function principalOf(principal: unknown): string | number | bigint {
  const fits =
    typeof principal === "string" || typeof principal === "number" || typeof principal === "bigint";
  if (fits && principal !== "") return principal;
  throw new TypeError(`"principal" must be an id, but got: ${print(principal)}.`);
}

function nameIn(target: Record<string, unknown>, form: "entity" | "field"): string {
  const name = target[form];
  if (typeof name === "string" && name !== "") return name;
  throw new TypeError(`"${form}" must be a name, but got: ${print(name)}.`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function print(value: unknown): string {
  return inspect(value, { depth: 1, maxStringLength: 80, breakLength: Number.POSITIVE_INFINITY });
}
