import type { IncomingHttpHeaders } from "node:http";
import type { FastifyBaseLogger } from "fastify";
import type { GraphQLSchema } from "graphql";
import type { FieldCache, FieldCacheOptions, HttpOptions } from "../index.ts";
import type { GatewayConfig } from "./config.ts";
import type { QueryLimits } from "./query-limits.ts";
import type { WarmUpOptions } from "./warm-up.ts";

/** A gateway before it runs; what {@link startGateway} takes. */
export interface GatewayDefinition<Context extends object = object> {
  /** Opens the sources, makes the cache and the schema. Called once, before the gateway listens; an error of it is an error of the start. */
  readonly start: (services: GatewayServices) => GatewayParts<Context> | Promise<GatewayParts<Context>>;
  /** What one operation may ask for. Default: see {@link QueryLimits}; what is left out keeps its default. */
  readonly limits?: Partial<QueryLimits>;
  /** How answers may be kept by browsers and shared caches. Default: `no-cache`, with an ETag. */
  readonly http?: HttpOptions;
  /** Whether the schema can be asked for. Default: unless `NODE_ENV` is `production`. */
  readonly introspection?: boolean;
  /** Whether browsers that open `/graphql` get an explorer. Default: unless `NODE_ENV` is `production`. */
  readonly explorer?: boolean;
  /** The operation that the explorer opens with. Default none. */
  readonly exampleOperation?: string;
  /** What is run before `/health/ready` says ready. Default: the 20 operations that the fleet was asked most lately, within 10 s. */
  readonly warmUp?: WarmUpOptions;
  /** How long a shutdown may take, in ms. Then it ends, and says what it had to leave. Default 10000. */
  readonly shutdownMs?: number;
}

/** What the gateway gives to {@link GatewayDefinition.start}. */
export interface GatewayServices {
  readonly config: GatewayConfig;
  readonly log: FastifyBaseLogger;
  /**
   * What the environment and the gateway say of the cache: `redis`, `namespace`, `secret`, `enabled`, `trusted`, `logger`, `onEvent`, `shutdownMs`. Spread it
   * into `createFieldCache` first; without it the gateway's metrics stay empty.
   */
  readonly cacheOptions: FieldCacheOptions;
}

/** What {@link GatewayDefinition.start} answers with. */
export interface GatewayParts<Context extends object = object> {
  readonly cache: FieldCache;
  /** What `cache.apply` returned, wrapped further where need be. */
  readonly schema: GraphQLSchema;
  /**
   * Makes the context of one operation; resolvers find the gateway's own part of it as `context.gateway`. The request has begun when it is
   * called (`cache.begin`). Default: nothing else.
   */
  readonly context?: (request: GatewayRequest) => Context | Promise<Context>;
  /** Rejects while the sources cannot be reached; asked by `/health/ready`. Default: they always can. */
  readonly ready?: () => Promise<unknown>;
  /** Closes the sources; called last. */
  readonly close?: () => unknown;
}

/** One HTTP request, as far as a context may depend on it. */
export interface GatewayRequest {
  /** From the header `X-Request-Id` where it is sound, else made here; also in every log line and in the answer. */
  readonly id: string;
  /** What follows `Authorization: Bearer `; undefined without it, and undefined where it is the admin token. */
  readonly bearer: string | undefined;
  /** The request carries the admin token. */
  readonly admin: boolean;
  /** By name in lower case. */
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** Logs with the request's id. */
  readonly log: FastifyBaseLogger;
}

/**
 * The gateway's own part of every context. Without headers and bearer: what a resolver reads of them would not be in the key of the
 * entry that it fills, and the guard that finds such resolvers watches what `principal` reads.
 */
export interface GatewayContext {
  readonly gateway: Pick<GatewayRequest, "id" | "admin" | "log">;
}

/**
 * Describes a gateway; nothing runs until {@link startGateway}.
 *
 * @example
 * import { createFieldCache, typeDefs as directives } from "fieldgate";
 * import { defineGateway, startGateway } from "fieldgate/gateway";
 *
 * const gateway = defineGateway({
 *   start({ cacheOptions }) {
 *     const cache = createFieldCache({ ...cacheOptions, principal: (context) => context.user });
 *     const schema = cache.apply(makeExecutableSchema({ typeDefs: [directives, typeDefs], resolvers }));
 *     return { cache, schema, context: ({ bearer }) => ({ user: bearer ?? null }) };
 *   },
 * });
 * await startGateway(gateway);
 *
 * Trap: the example takes the bearer for the user, as the demo does: outside of development check it first.
 */
export function defineGateway<Context extends object>(
  definition: GatewayDefinition<Context>,
): GatewayDefinition<Context> {
  return definition;
}
