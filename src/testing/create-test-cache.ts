import { makeExecutableSchema } from "@graphql-tools/schema";
import { type DocumentNode, type ExecutionResult, type GraphQLSchema, graphql } from "graphql";
import type { Clock } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import { typeDefs as directives } from "../directives/definitions.ts";
import { type FieldCache, wireFieldCache } from "../library/create-field-cache.ts";
import type { Logger } from "../library/logger.ts";
import { type AnyContext, checkOptions, type FieldCacheOptions } from "../library/options.ts";
import type { EntityLoader, EntityOptions } from "../loaders/entity.ts";
import type { Store } from "../store/store.ts";
import { createManualClock, type ManualClock, turns } from "./manual-clock.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { type ResolverCall, runResolver } from "./run-resolver.ts";

/** What `makeExecutableSchema` takes as resolvers. */
export type Resolvers = Parameters<typeof makeExecutableSchema>[0]["resolvers"];

/** Options of {@link createTestCache}: those of `createFieldCache`, and the schema. */
export interface TestCacheOptions extends FieldCacheOptions {
  /** Your type definitions; the cache's directives are added. */
  readonly typeDefs: string | DocumentNode | readonly (string | DocumentNode)[];
  /** Your resolvers, or a function that makes them of the entities' loaders. */
  readonly resolvers?: Resolvers | ((loaders: Readonly<Record<string, EntityLoader>>) => Resolvers);
  /** By type, what `cache.entity` takes. Their calls are recorded. Default none. */
  readonly entities?: Readonly<Record<string, EntityOptions>>;
}

/** What an operation is run with. */
export interface RunOptions {
  /** Default `{}`. */
  readonly context?: unknown;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
}

/** A cache, its schema and its time, in a test's hands. */
export interface TestCache {
  readonly cache: FieldCache;
  readonly schema: GraphQLSchema;
  readonly clock: ManualClock;
  readonly recorder: Recorder;
  readonly loaders: Readonly<Record<string, EntityLoader>>;
  /** Runs an operation, each time as a request of its own. Its errors are in the result, as in graphql-js. */
  run(source: string, options?: RunOptions): Promise<ExecutionResult<AnyContext>>;
  /** Runs one resolver through the cache, each time as a request of its own: `resolve("Product.price", { parent: { id: 1 } })`. */
  resolve(coordinate: string, call?: ResolverCall): Promise<AnyContext>;
  /** Resolves when no refresh, store or load is under way any more. */
  settle(): Promise<void>;
  /** Closes the cache; see `cache.close`. */
  close(): Promise<readonly string[]>;
}

/** A test that waits longer for background work has a load that never ends. */
const LONGEST_SETTLE_MS = 5_000;

/**
 * A cache on the embedded store, with a clock that the test moves, and without chance: lifetimes are exact, no refresh comes
 * early.
 *
 * @example
 * import { createTestCache } from "fieldgate/testing";
 *
 * const shop = createTestCache({
 *   typeDefs: `type Query { price: Int @cacheTTL(seconds: 60) }`,
 *   resolvers: { Query: { price: () => 42 } },
 * });
 * await shop.run("{ price }");
 * await shop.run("{ price }");
 * shop.recorder.count("hit", "Query.price"); // 1
 * await shop.clock.advance(60_000);
 * await shop.run("{ price }");
 * shop.recorder.count("miss", "Query.price"); // 2
 *
 * Trap: timers of your own resolvers run on the real clock.
 */
export function createTestCache(options: TestCacheOptions): TestCache {
  return wireTestCache(options);
}

/** {@link createTestCache} on another store. */
export function wireTestCache(options: TestCacheOptions, openStore?: (clock: Clock) => Store): TestCache {
  const { typeDefs, resolvers, entities = {}, ...cacheOptions } = options;
  checkOptions(cacheOptions);
  const clock = createManualClock();
  const recorder = createRecorder();
  const cache = wireFieldCache(
    {
      ...cacheOptions,
      logger: cacheOptions.logger ?? recordingLogger((message) => recorder.warning(message)),
      onEvent(event) {
        recorder.event(event);
        cacheOptions.onEvent?.(event);
      },
    },
    {
      clock,
      random: { next: () => 0, token: systemRandom.token },
      ...(openStore === undefined ? {} : { store: openStore(clock) }),
    },
  );
  const loaders = Object.fromEntries(
    Object.entries(entities).map(([name, entity]) => {
      const load: EntityOptions["load"] = (keys, context) => {
        recorder.batch(name, keys);
        return entity.load(keys, context);
      };
      return [name, cache.entity(name, { ...entity, load })];
    }),
  );
  const made = typeof resolvers === "function" ? resolvers(loaders) : resolvers;
  const schema = cache.apply(
    makeExecutableSchema({
      typeDefs: [directives, ...[typeDefs].flat()],
      ...(made === undefined ? {} : { resolvers: made }),
    }),
  );

  return {
    cache,
    schema,
    clock,
    recorder,
    loaders,
    run: (source, { context = {}, variables, operationName } = {}) =>
      graphql({
        schema,
        source,
        contextValue: context,
        variableValues: variables ?? null,
        operationName: operationName ?? null,
      }),
    resolve: (coordinate, call = {}) => runResolver(schema, coordinate, call),
    async settle() {
      const until = performance.now() + LONGEST_SETTLE_MS;
      for (;;) {
        await turns();
        const { fills, refreshes, sharedLoads } = cache.stats().running;
        if (fills + refreshes + sharedLoads === 0) return;
        if (performance.now() > until) {
          throw new Error(
            `settle(): loads are under way for more than ${LONGEST_SETTLE_MS} ms; does one never end?`,
          );
        }
      }
    },
    close: () => cache.close(),
  };
}

function recordingLogger(warning: (message: string) => void): Logger {
  return {
    debug: () => {},
    info: () => {},
    warn: (_, message) => warning(message),
    error: (_, message) => warning(message),
  };
}
