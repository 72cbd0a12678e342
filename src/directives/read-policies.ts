import { type GraphQLSchema, isObjectType } from "graphql";
import { didYouMean } from "../base/suggest.ts";
import type { Lifetimes } from "../engine/read-plan.ts";
import type { FieldPolicy, PolicyInput, ValueShape } from "../fields/field-policy.ts";
import type { EntityKeys } from "../fields/identity.ts";
import { type InvalidateRules, readInvalidates } from "./invalidates.ts";
import type { CacheTtlChecks } from "./policies/cache-ttl.ts";
import { type CacheWriteRules, readCacheWrites } from "./policies/cache-write.ts";
import { createEntryClosures } from "./policies/entry-closure.ts";
import { fieldEntries, rowEntries, type SettledPlace } from "./policies/entry-places.ts";
import { createInnerTags } from "./policies/entry-tags.ts";
import { createFingerprints } from "./policies/fingerprint.ts";
import { findGuards } from "./policies/guarding-directives.ts";
import {
  reportIdleEntries,
  reportIdleStatements,
  reportUnkeptStatements,
} from "./policies/idle-statements.ts";
import { type PolicyProblem, ProblemLog, SchemaPolicyError } from "./policies/policy-problem.ts";
import { createPrecedence, type Precedence } from "./policies/precedence.ts";
import { coordinateOf, fieldsOf, readSchemaFacts, type SchemaFacts } from "./policies/schema-facts.ts";
import { settleEntry } from "./policies/settled-entry.ts";
import { unionOfTags } from "./policies/stated-policy.ts";
import { readStatements } from "./policies/statements.ts";
import { readTypeKeys } from "./policies/type-keys.ts";
import { createValueShapes } from "./policies/value-shape.ts";

export { type PolicyProblem, SchemaPolicyError } from "./policies/policy-problem.ts";

export interface ReadPoliciesOptions {
  /** Longer lifetimes are cut to this, with a warning. Default 86400. */
  readonly maxSeconds?: number;
  /** Whether the option `principal` is given: without it PRIVATE is an error. Default false. */
  readonly principal?: boolean;
  /** Whether there is a secret to hide principals with. Default false. */
  readonly secret?: boolean;
  /** Whether others can read the store: then PRIVATE needs a secret. Default false. */
  readonly sharedRedis?: boolean;
  /** Names of the registered context values. Default none. */
  readonly varyNames?: readonly string[];
  /** Types with an entity loader. Default none. */
  readonly entities?: ReadonlySet<string>;
  /** Those of them that have a `write`. Default none. */
  readonly writableEntities?: ReadonlySet<string>;
  /** What code says of places, by coordinate; outdoes the SDL, argument by argument. */
  readonly policies?: Readonly<Record<string, PolicyInput>>;
  /** Types with an `identify` function. Default none. */
  readonly identify?: ReadonlySet<string>;
  /** Coordinates of fields that are authorised by their value. Default none. */
  readonly authorize?: ReadonlySet<string>;
  /** Names of directives that authorise, besides the well-known ones. Default none. */
  readonly authDirectives?: readonly string[];
  /** Names of directives that are applied outside the cache on purpose. Default none. */
  readonly outerDirectives?: readonly string[];
  /** Whether Apollo's `@cacheControl` is a synonym of `@cacheTTL`. Default false. */
  readonly cacheControl?: boolean;
}

/** What a directive on a type says of its objects. */
export interface TypePolicy {
  readonly lifetimes: Pick<Lifetimes, "freshMs">;
  readonly scope: "PUBLIC" | "PRIVATE";
  readonly vary: readonly string[];
}

/** What a schema says of caching, resolved and frozen. */
export interface SchemaPolicies {
  /** By coordinate, `Product.price`: every field that has an entry of its own. */
  readonly fields: ReadonlyMap<string, FieldPolicy>;
  /** By type name: the row of every entity that has a loader and a policy. */
  readonly rows: ReadonlyMap<string, FieldPolicy>;
  /** By name of a composite type: what its own directive says of its objects, whether or not that makes an entry. */
  readonly types: ReadonlyMap<string, TypePolicy>;
  /** By type name: its keys, the first being its identity. A nested field's path is dotted: `organization.id`. */
  readonly keys: EntityKeys;
  /** What `@invalidates` says, templates compiled. */
  readonly invalidations: InvalidateRules;
  /** What `@cacheWrite` says. */
  readonly writes: CacheWriteRules;
  readonly warnings: readonly PolicyProblem[];
  /** By coordinate of a cached field: the directive that looks like authorisation, so that something must wrap the cache. */
  readonly needsAuthWrapper: ReadonlyMap<string, string>;
}

/**
 * Reads every cache directive of a schema, from the SDL, from `extensions.directives` and from the option `policies`.
 *
 * Throws one {@link SchemaPolicyError} with all mistakes. What is doubtful is in `warnings`.
 *
 *     const { fields } = readPolicies(schema, { varyNames: ["locale"] });
 *     fields.get("Product.price")?.lifetimes.freshMs // 60000
 *
 * Resolvers must be in place before: a field is cached only where it has a resolver of its own.
 */
export function readPolicies(schema: GraphQLSchema, options: ReadPoliciesOptions = {}): SchemaPolicies {
  const log = new ProblemLog();
  const facts = readSchemaFacts(schema);
  const keys = readTypeKeys(facts, log);
  const entities = checkEntities(facts, keys, log, options);
  checkAuthorize(facts, log, options);
  const checks: CacheTtlChecks = {
    facts,
    log,
    maxSeconds: options.maxSeconds ?? 86_400,
    varyNames: options.varyNames ?? [],
    principal: options.principal ?? false,
    secret: options.secret ?? false,
    sharedRedis: options.sharedRedis ?? false,
  };
  const statements = readStatements(checks, {
    policies: options.policies ?? {},
    cacheControl: options.cacheControl ?? false,
  });
  const precedence = createPrecedence(facts, statements, entities);
  const closures = createEntryClosures(facts, precedence, entities);
  const innerTags = createInnerTags(facts, precedence, entities);
  const places = [...fieldEntries(facts, keys, precedence), ...rowEntries(facts, precedence, entities)];
  const entries = places.map((entry): SettledPlace => {
    const children = entry.kind === "row" ? closures.ofRow(entry.type) : closures.ofValue(entry.start);
    const inner = entry.kind === "row" ? innerTags.row(entry.type) : innerTags.field(entry.field);
    return {
      ...entry,
      children,
      settled: settleEntry(entry.stated, children, statements),
      tags: unionOfTags(entry.stated.tags, inner.tags) ?? [],
      tagsComplete: inner.complete,
    };
  });
  const cached = new Set(entries.map(({ coordinate }) => coordinate));
  reportUnkeptStatements({ facts, keys, statements, entries, log });
  reportIdleStatements({ facts, keys, statements, entries, log, entities, precedence });
  reportIdleEntries(entries, statements, log);
  const invalidations = readInvalidates(facts, keys, log);
  const writes = readCacheWrites(facts, keys, options.writableEntities ?? new Set(), log);
  const needsAuthWrapper = findGuards(facts, log, cached, {
    authDirectives: options.authDirectives ?? [],
    outerDirectives: options.outerDirectives ?? [],
  });
  if (log.errors.length > 0) throw new SchemaPolicyError(log.errors);

  const shapes = createValueShapes(facts, new Set(keys.keys()));
  const fingerprints = createFingerprints(facts, statements, keys, entities);
  const policies = entries.map((entry) =>
    entry.kind === "field"
      ? policyOf(entry, shapes.ofField(entry.field.type), fingerprints.ofField(entry.type, entry.field))
      : policyOf(entry, shapes.ofRow(entry.type), fingerprints.ofRow(entry.type)),
  );
  return Object.freeze({
    fields: byCoordinate(policies.filter(({ kind }) => kind === "field")),
    rows: byCoordinate(policies.filter(({ kind }) => kind === "row")),
    types: typePolicies(facts, precedence, checks.maxSeconds),
    keys,
    invalidations,
    writes,
    warnings: Object.freeze(log.warnings),
    needsAuthWrapper,
  });
}

function typePolicies(
  facts: SchemaFacts,
  precedence: Precedence,
  maxSeconds: number,
): ReadonlyMap<string, TypePolicy> {
  const found = new Map<string, TypePolicy>();
  for (const type of facts.composites) {
    const { seconds, scope = "PUBLIC", vary = [] } = precedence.ofType(type);
    if (seconds === undefined) continue;
    found.set(type.name, { lifetimes: { freshMs: Math.min(seconds, maxSeconds) * 1000 }, scope, vary });
  }
  return found;
}

function policyOf(entry: SettledPlace, shape: ValueShape, fingerprint: string): FieldPolicy {
  const { stated, settled } = entry;
  const args = entry.kind === "field" ? entry.field.args.map(({ name }) => name) : [];
  return Object.freeze({
    kind: entry.kind,
    coordinate: entry.coordinate,
    typeName: entry.type.name,
    fieldName: entry.kind === "field" ? entry.field.name : "",
    lifetimes: Object.freeze(settled.lifetimes),
    scope: settled.scope,
    vary: Object.freeze(settled.vary),
    // A type's directive may name arguments that only some of the fields that return it have.
    ignoreArgs: Object.freeze((stated.ignoreArgs ?? []).filter((name) => args.includes(name)).sort()),
    selection: entry.kind === "field" && (stated.selection ?? false),
    tags: Object.freeze(entry.tags),
    version: `${stated.version ?? 1}.${fingerprint}`,
    hot: stated.hot ?? false,
    shape,
  });
}

function byCoordinate(policies: readonly FieldPolicy[]): ReadonlyMap<string, FieldPolicy> {
  return new Map(policies.map((policy) => [policy.coordinate, policy]));
}

/** Checks the names of types that options give; returns the entities that the schema has. */
function checkEntities(
  facts: SchemaFacts,
  keys: EntityKeys,
  log: ProblemLog,
  { entities = new Set(), identify = new Set() }: ReadPoliciesOptions,
): ReadonlySet<string> {
  const names = facts.objects.map(({ name }) => name);
  for (const coordinate of entities) {
    const type = facts.schema.getType(coordinate);
    const said = `cache.entity(${JSON.stringify(coordinate)})`;
    if (type === undefined) {
      log.warn({
        coordinate,
        problem: `${said} names no type of the schema.${didYouMean(coordinate, names)}`,
        mend: "Name an object type, or leave it out of this gateway.",
      });
    } else if (!isObjectType(type) || facts.rootOf(type) !== undefined) {
      log.error({
        coordinate,
        problem: `${said} names a type that has no entities of its own.`,
        mend: "Register object types, one by one; a root has no key.",
      });
    } else if (!keys.has(coordinate)) {
      log.error({
        coordinate,
        problem: `${said} names a type without key.`,
        mend: `Give it a field id: ID!, or @key(fields: "…").`,
      });
    }
  }
  for (const coordinate of identify) {
    if (keys.has(coordinate)) continue;
    log.error({
      coordinate,
      problem: `identify.${coordinate} names no type with a key.${didYouMean(coordinate, keys.keys())}`,
      mend: `Name a type that has a field id: ID! or @key(fields: "…").`,
    });
  }
  return new Set([...entities].filter((name) => keys.has(name)));
}

/** A check that hangs on no field would refuse nobody. */
function checkAuthorize(
  facts: SchemaFacts,
  log: ProblemLog,
  { authorize = new Set() }: ReadPoliciesOptions,
): void {
  const known = new Set(
    facts.objects.flatMap((type) => fieldsOf(type).map((field) => coordinateOf(type, field))),
  );
  for (const coordinate of authorize) {
    if (known.has(coordinate)) continue;
    log.error({
      coordinate,
      problem: `authorize[${JSON.stringify(coordinate)}] names no field of an object type.${didYouMean(coordinate, known)}`,
      mend: 'Write "Type.field"; a field of an interface is named on each type that implements it.',
    });
  }
}
