import { inspect } from "node:util";
import type { ASTNode, GraphQLArgument, GraphQLCompositeType } from "graphql";
import { didYouMean } from "../../base/suggest.ts";
import type { PolicyInput } from "../../fields/field-policy.ts";
import { type CacheTtlChecks, checkCacheTtl, type StatedPlace } from "./cache-ttl.ts";
import { ProblemLog } from "./policy-problem.ts";
import {
  compositeOf,
  coordinateOf,
  type FieldsType,
  fieldsOf,
  type SchemaFacts,
  type SchemaField,
} from "./schema-facts.ts";
import { completedBy, type StatedPolicy } from "./stated-policy.ts";
import { directivesOf } from "./written-directives.ts";

/** A place of the schema that says something about caching. */
export interface Statement {
  readonly coordinate: string;
  readonly type: GraphQLCompositeType;
  /** Absent where the statement is on the type. */
  readonly field?: SchemaField;
  readonly stated: StatedPolicy;
  /** Where its first directive stands in the SDL. */
  readonly node?: ASTNode | undefined;
  /** How it is told in a message: `@cacheTTL`, or `policies["Product.price"]`. */
  readonly said: string;
  /** true: only Apollo's `@cacheControl` says it. Its mistakes are warnings, and what they concern stays uncached. */
  readonly lenient: boolean;
}

/** Everything that the schema and the code say about caching, by coordinate. */
export type Statements = ReadonlyMap<string, Statement>;

export interface StatementSources {
  readonly policies: Readonly<Record<string, PolicyInput>>;
  /** Whether `@cacheControl` counts. */
  readonly cacheControl: boolean;
}

export function readStatements(checks: CacheTtlChecks, sources: StatementSources): Statements {
  const places = placesOf(checks);
  checkCoordinates(checks, sources.policies, places);
  const statements = new Map<string, Statement>();
  for (const place of places.values()) {
    const statement = readPlace(checks, sources, place);
    if (statement !== undefined) statements.set(statement.coordinate, statement);
  }
  return statements;
}

interface Place extends Omit<StatedPlace, "said" | "node"> {
  readonly type: GraphQLCompositeType;
  readonly field?: SchemaField;
}

function placesOf({ facts }: CacheTtlChecks): ReadonlyMap<string, Place> {
  const argsOfReturning = argumentsByReturnedType(facts);
  const places: Place[] = facts.composites.flatMap((type) => {
    const args = argsOfReturning.get(type.name) ?? [];
    const onType: Place = { coordinate: type.name, type, templates: { value: type }, args };
    return [onType, ...fieldsOf(type).map((field) => fieldPlace(type as FieldsType, field))];
  });
  return new Map(places.map((place) => [place.coordinate, place]));
}

/** By type: the arguments of every field that a directive on the type may reach, through its members and what it is one of. */
function argumentsByReturnedType(facts: SchemaFacts): ReadonlyMap<string, readonly GraphQLArgument[]> {
  const found = new Map<string, Set<GraphQLArgument>>();
  for (const field of facts.composites.flatMap(fieldsOf)) {
    const type = compositeOf(field);
    if (type === undefined || field.args.length === 0) continue;
    const kin = facts
      .membersOf(type)
      .flatMap((member) => [member, ...member.getInterfaces(), ...facts.unionsOf(member)]);
    for (const { name } of [type, ...kin]) {
      const args = found.get(name) ?? new Set();
      found.set(name, args);
      for (const argument of field.args) args.add(argument);
    }
  }
  return new Map([...found].map(([name, args]) => [name, [...args]]));
}

function fieldPlace(type: FieldsType, field: SchemaField): Place {
  return {
    coordinate: coordinateOf(type, field),
    type,
    field,
    templates: { args: field.args, parent: type, value: field.type },
    args: field.args,
  };
}

/** The option's word first, then code's `extensions`, then the SDL's, then Apollo's. */
function readPlace(checks: CacheTtlChecks, sources: StatementSources, place: Place): Statement | undefined {
  const { coordinate } = place;
  const written = directivesOf(place.field ?? place.type);
  const own = written.filter(({ name }) => name === "cacheTTL");
  const apollo = sources.cacheControl ? written.filter(({ name }) => name === "cacheControl") : [];
  const mapped = Object.hasOwn(sources.policies, coordinate) ? sources.policies[coordinate] : undefined;
  if (own.length + apollo.length === 0 && mapped === undefined) return undefined;

  const layers: StatedPolicy[] = [];
  const saidByOption = `policies[${JSON.stringify(coordinate)}]`;
  if (mapped !== undefined) {
    if (typeof mapped !== "object" || mapped === null) {
      checks.log.error({
        coordinate,
        problem: `${saidByOption} must be an object, but got: ${inspect(mapped)}.`,
        mend: "Write { seconds: 60 }.",
      });
    }
    layers.push(checkCacheTtl(checks, { ...place, said: saidByOption }, { ...mapped }));
  }
  for (const { args, node } of own)
    layers.push(checkCacheTtl(checks, { ...place, node, said: "@cacheTTL" }, args));
  for (const { args, node } of apollo)
    layers.push(fromCacheControl(checks, { ...place, node, said: "@cacheControl" }, args));
  const lenient = mapped === undefined && own.length === 0;
  return {
    coordinate,
    type: place.type,
    ...(place.field === undefined ? {} : { field: place.field }),
    stated: layers.reduce(completedBy),
    node: [...own, ...apollo].find(({ node }) => node !== undefined)?.node,
    said: mapped !== undefined ? saidByOption : lenient ? "@cacheControl" : "@cacheTTL",
    lenient,
  };
}

/** Apollo's words for ours. As there, `inheritMaxAge` outdoes `maxAge`: the place says nothing of a lifetime. */
function fromCacheControl(
  checks: CacheTtlChecks,
  place: StatedPlace,
  { maxAge, scope, inheritMaxAge }: Readonly<Record<string, unknown>>,
): StatedPolicy {
  const log = new ProblemLog();
  const stated = checkCacheTtl(
    { ...checks, log },
    { ...place, lifetimeName: "maxAge" },
    { seconds: inheritMaxAge === true ? undefined : maxAge, scope },
  );
  const mistakes = log.errors.map((mistake) => ({ ...mistake, mend: `It stays uncached. ${mistake.mend}` }));
  checks.log.warnings.push(...log.warnings, ...mistakes);
  return log.errors.length === 0 ? stated : { ...stated, seconds: 0 };
}

function checkCoordinates(
  { log }: CacheTtlChecks,
  policies: StatementSources["policies"],
  places: ReadonlyMap<string, Place>,
): void {
  for (const coordinate of Object.keys(policies)) {
    if (places.has(coordinate)) continue;
    log.error({
      coordinate,
      problem: `policies[${JSON.stringify(coordinate)}] names no field and no object, interface or union of the schema.${didYouMean(coordinate, places.keys())}`,
      mend: 'Write "Type.field" or "Type".',
    });
  }
}
