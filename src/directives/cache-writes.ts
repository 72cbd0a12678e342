import { MapperKind, mapSchema } from "@graphql-tools/utils";
import {
  defaultFieldResolver,
  type GraphQLFieldConfig,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from "graphql";
import type { RequestState, RequestStates } from "../fields/request-state.ts";
import type { CacheWriteRule, CacheWriteRules } from "./policies/cache-write.ts";

export interface CacheWritesOptions {
  readonly rules: CacheWriteRules;
  readonly states: RequestStates;
  /** Writes a row of an entity, for a request; resolves to the row as it was written, or queued. */
  readonly write: (
    rule: CacheWriteRule,
    row: unknown,
    state: RequestState,
    context: unknown,
  ) => Promise<unknown>;
}

/**
 * Wraps the mutation fields with `@cacheWrite`: what their resolver returned is written, and what was written is the answer. Inside
 * of `@invalidates`, whose `{result.x}` then names what was written.
 */
export function applyCacheWrites(schema: GraphQLSchema, options: CacheWritesOptions): GraphQLSchema {
  return mapSchema(schema, {
    [MapperKind.MUTATION_ROOT_FIELD]: (config: GraphQLFieldConfig<unknown, unknown>, fieldName) => {
      const rule = options.rules.get(fieldName);
      if (rule === undefined) return config;
      return { ...config, resolve: writingResolver(config.resolve ?? defaultFieldResolver, rule, options) };
    },
  });
}

function writingResolver(
  resolve: GraphQLFieldResolver<unknown, unknown>,
  rule: CacheWriteRule,
  { states, write }: CacheWritesOptions,
): GraphQLFieldResolver<unknown, unknown> {
  return async (parent, args, context, info) => {
    const state = states.of(context, info);
    const result: unknown = await resolve(parent, args, context, info);
    return replaced(result, rule.path, (row) => write(rule, row, state, context));
  };
}

/** The result with another row at the end of the path. No row there, or an Error: the resolver has refused, nothing is written. */
async function replaced(
  result: unknown,
  path: readonly string[],
  replace: (row: unknown) => Promise<unknown>,
): Promise<unknown> {
  const value = await result;
  if (value === null || value === undefined || value instanceof Error) return value;
  const [name, ...rest] = path;
  if (name === undefined) return replace(value);
  const holder = value as Record<string, unknown>;
  const next = await replaced(holder[name], rest, replace);
  // The resolver's own object stays as it is, and a copy of an instance is one of its class.
  return Object.assign(Object.create(Object.getPrototypeOf(holder) as object | null), holder, {
    [name]: next,
  });
}
