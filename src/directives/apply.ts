import { MapperKind, mapSchema } from "@graphql-tools/utils";
import {
  defaultFieldResolver,
  defaultTypeResolver,
  type GraphQLAbstractType,
  type GraphQLFieldConfig,
  type GraphQLFieldResolver,
  GraphQLInterfaceType,
  type GraphQLIsTypeOfFn,
  GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLTypeResolver,
  GraphQLUnionType,
} from "graphql";
import { FieldgateError } from "../base/errors.ts";
import type { Sources } from "../engine/sources.ts";
import { type Authorize, authorizedResolver } from "../fields/authorized-resolver.ts";
import { cachedResolver, type FieldCacheDeps } from "../fields/cached-resolver.ts";
import { likeInner } from "../fields/entry-resolvers.ts";
import { type FieldPolicy, someShape } from "../fields/field-policy.ts";

export interface ApplyDeps extends FieldCacheDeps {
  readonly sources: Sources;
  /** By coordinate, of fields with a policy and without. */
  readonly authorize?: Readonly<Record<string, Authorize>>;
}

/** Stands in the extensions of a schema that has been applied. */
const APPLIED = "fieldgate";

/**
 * A copy of the schema whose fields with a policy read through the cache. The original stays as it was.
 *
 * Wrapped are: fields with a policy; fields that are authorised by their value; the other fields of the query type and the
 * subscriptions', so that a request begins before anything is read for it; the `resolveType` of abstract types under which
 * an entity's row takes the place of the object that told its type; and `isTypeOf`, for a hit has lost the class of its
 * objects. Mutations and introspection are untouched.
 *
 * Throws a {@link FieldgateError} (`ALREADY_APPLIED`) for a schema that came out of this function: its cached
 * resolvers would be cached once more.
 */
export function applyPolicies(
  schema: GraphQLSchema,
  policies: ReadonlyMap<string, FieldPolicy>,
  deps: ApplyDeps,
): GraphQLSchema {
  if (APPLIED in schema.extensions) {
    throw new FieldgateError(
      "ALREADY_APPLIED",
      "cache.apply(schema) was given a schema that it has been applied to already.",
      "Call it once, as the innermost wrapper, and hand its result to what wraps the schema further.",
    );
  }
  const opened = openTypes(policies.values());
  const nameType = (type: GraphQLAbstractType) =>
    opened.has(type.name) ? namedTypeResolver(type, deps) : undefined;

  const applied = mapSchema(schema, {
    [MapperKind.QUERY_ROOT_FIELD]: (config, fieldName, typeName) => {
      const coordinate = `${typeName}.${fieldName}`;
      return authorized(coordinate, wrapped(config, policies.get(coordinate)) ?? opening(config));
    },
    // Each event is an execution of its own: what the loaders remember of the last one is not for it.
    [MapperKind.SUBSCRIPTION_ROOT_FIELD]: (config, fieldName, typeName) =>
      authorized(`${typeName}.${fieldName}`, opening(config)),
    [MapperKind.OBJECT_FIELD]: (config, fieldName, typeName) => {
      const coordinate = `${typeName}.${fieldName}`;
      return authorized(coordinate, wrapped(config, policies.get(coordinate)) ?? config);
    },
    [MapperKind.OBJECT_TYPE]: (type) => {
      const isTypeOf = namedTypeCheck(type, deps);
      return isTypeOf && new GraphQLObjectType({ ...type.toConfig(), isTypeOf });
    },
    [MapperKind.INTERFACE_TYPE]: (type) => {
      const resolveType = nameType(type);
      return resolveType && new GraphQLInterfaceType({ ...type.toConfig(), resolveType });
    },
    [MapperKind.UNION_TYPE]: (type) => {
      const resolveType = nameType(type);
      return resolveType && new GraphQLUnionType({ ...type.toConfig(), resolveType });
    },
  });
  applied.extensions = { ...applied.extensions, [APPLIED]: true };
  return applied;

  function wrapped(config: FieldConfig, policy: FieldPolicy | undefined): FieldConfig | undefined {
    if (policy === undefined) return undefined;
    const original = limited(policy.coordinate, config.resolve ?? defaultFieldResolver);
    const cached = cachedResolver(original, policy, deps);
    // A load may run an operation of its own.
    const resolve: Resolver = (parent, args, context, info) =>
      deps.sources.reading(() => cached(parent, args, context, info));
    return { ...config, resolve: deps.sources.isEmpty ? cached : likeInner(resolve, cached) };
  }

  /** Waits for its source where that has limits. */
  function limited(coordinate: string, resolve: Resolver): Resolver {
    if (!deps.sources.limits(coordinate)) return resolve;
    return (parent, args, context, info) =>
      deps.sources.run(coordinate, async () => resolve(parent, args, context, info));
  }

  /** Outermost, so that what is refused on a miss is refused on a hit. */
  function authorized(coordinate: string, config: FieldConfig): FieldConfig {
    const authorize = deps.authorize;
    if (authorize === undefined || !Object.hasOwn(authorize, coordinate)) return config;
    const resolve = config.resolve ?? defaultFieldResolver;
    return {
      ...config,
      resolve: authorizedResolver(resolve, coordinate, authorize[coordinate]!, deps.guard),
    };
  }

  function opening(config: FieldConfig): FieldConfig {
    const resolve = config.resolve ?? defaultFieldResolver;
    return {
      ...config,
      resolve(parent, args, context, info) {
        const state = deps.states.of(context, info);
        deps.earlyWaves?.begin({ parent, args, context, info }, state);
        return resolve(parent, args, context, info);
      },
    };
  }
}

type FieldConfig = GraphQLFieldConfig<unknown, unknown>;
type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** Abstract types that stand in the value of a policy. */
function openTypes(policies: Iterable<FieldPolicy>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { shape } of policies) {
    someShape(shape, (one) => {
      if (one.kind === "abstract") names.add(one.typeName);
      return false;
    });
  }
  return names;
}

/** A row put in the place of a reference has the type that was found when the reference was made. */
function namedTypeResolver(
  type: GraphQLAbstractType,
  { references }: FieldCacheDeps,
): GraphQLTypeResolver<unknown, unknown> {
  const resolveType = type.resolveType ?? defaultTypeResolver;
  return (value, context, info, abstractType) =>
    references.typeOf(value) ?? resolveType(value, context, info, abstractType);
}

/** A value from an entry is of the type that it was when it was stored. */
function namedTypeCheck(
  { name, isTypeOf }: GraphQLObjectType,
  { references }: FieldCacheDeps,
): GraphQLIsTypeOfFn<unknown, unknown> | undefined {
  if (!isTypeOf) return undefined;
  return (value, context, info) => references.typeOf(value) === name || isTypeOf(value, context, info);
}
