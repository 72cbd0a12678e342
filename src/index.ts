// What the package `fieldgate` exports. Anything else may change without notice.

// Describe a schema

export { typeDefs } from "./directives/definitions.ts";
export { type PolicyProblem, SchemaPolicyError } from "./directives/read-policies.ts";
export type { PolicyInput } from "./fields/field-policy.ts";

// Make a cache

export type { ApolloPluginOptions, HttpOptions } from "./library/apollo-plugin.ts";
export { type CacheStats, createFieldCache, type FieldCache } from "./library/create-field-cache.ts";
export type { Logger } from "./library/logger.ts";
export type { AuthorizeField, FieldCacheOptions, IdentifyRow } from "./library/options.ts";
export type { ReadCounts } from "./library/statistics.ts";
export type { EntityLoader, EntityOptions } from "./loaders/entity.ts";
export type { WriteBatch } from "./loaders/row-writer.ts";

// Say what has changed

export type { InvalidationTarget } from "./directives/invalidation-targets.ts";
export { InvalidationError } from "./engine/invalidator.ts";
export type { InvalidateOptions, InvalidationPreview } from "./library/invalidate.ts";

// Hear of changes made elsewhere

export type { EventBatch, EventRequest, EventSource } from "./events/event-source.ts";
export { type JetStreamClient, type JetStreamEventsOptions, jetStreamEvents } from "./events/jet-stream.ts";
export { type PostgresClient, type PostgresEventsOptions, postgresEvents } from "./events/postgres.ts";
export { type RedisPubSubOptions, redisPubSubEvents } from "./events/redis/pub-sub.ts";
export { type RedisStreamOptions, redisStreamEvents } from "./events/redis/stream.ts";
export type { EventCounts, ListenOptions } from "./library/listen.ts";

// Speak to the cache from a resolver

export { addCacheTags, type CachePolicyHint, setCachePolicy } from "./fields/hints.ts";

// Hear what happens

export { FieldgateError } from "./base/errors.ts";
export type { CacheEvent, StoreOutcome } from "./engine/events.ts";
export type { Outcome } from "./engine/read-plan.ts";
export { SourceBusyError, type SourceLimits, type SourceState } from "./engine/sources.ts";
