import type { GraphQLSchema } from "graphql";
import { type Clock, systemClock } from "../base/clock.ts";
import { hmacDigest } from "../base/digest.ts";
import { FieldgateError } from "../base/errors.ts";
import { type Random, systemRandom } from "../base/random.ts";
import { didYouMean } from "../base/suggest.ts";
import { applyPolicies } from "../directives/apply.ts";
import { applyCacheWrites } from "../directives/cache-writes.ts";
import { applyInvalidates } from "../directives/invalidates.ts";
import type { InvalidationTarget, TargetWords } from "../directives/invalidation-targets.ts";
import { describeProblem } from "../directives/policies/policy-problem.ts";
import { readPolicies, type SchemaPolicies } from "../directives/read-policies.ts";
import type { FlushLimits } from "../engine/behind/flusher.ts";
import { type CacheLimits, createCache, type CacheStats as EngineStats } from "../engine/cache.ts";
import type { CacheEvent } from "../engine/events.ts";
import { Fleet } from "../engine/fleet.ts";
import { Memo } from "../engine/memo.ts";
import { type SourceLimits, type SourceState, Sources } from "../engine/sources.ts";
import type { EventSource } from "../events/event-source.ts";
import { createAudiences } from "../fields/audience.ts";
import { createEarlyWaves, type EarlyWaves } from "../fields/early-waves.ts";
import { setCachePolicy } from "../fields/hints.ts";
import { createIdentities, type Identities } from "../fields/identity.ts";
import { createReferences, type References } from "../fields/references.ts";
import { createRequestStates } from "../fields/request-state.ts";
import { createTaintGuard } from "../fields/taint-guard.ts";
import { createWarnOnce } from "../fields/warn-once.ts";
import { createKeys, type Keys } from "../keys/grammar.ts";
import { StampCopies } from "../keys/stamp-copies.ts";
import {
  checkEntity,
  Entity,
  type EntityLoader,
  type EntityOptions,
  type EntityParts,
} from "../loaders/entity.ts";
import { createMemoryStore } from "../store/memory/memory-store.ts";
import { createNearStore, type NearStoreOptions } from "../store/near/near-store.ts";
import { createRedisStore } from "../store/redis/create-redis-store.ts";
import { failureCode, type Store, type StoreState } from "../store/store.ts";
import { type ApolloPluginOptions, createApolloPlugin } from "./apollo-plugin.ts";
import { AssembledAnswers } from "./assembled-answers.ts";
import type { HintSource } from "./cache-hints.ts";
import { createEventLog } from "./event-log.ts";
import { graphqlErrors } from "./graphql-errors.ts";
import { type InvalidateOptions, type InvalidationPreview, invalidate } from "./invalidate.ts";
import { type EventCounts, Listening, type ListenOptions } from "./listen.ts";
import { quietConsole } from "./logger.ts";
import { openFirst } from "./opening.ts";
import { type AnyContext, checkOptions, type FieldCacheOptions, type NearOptions } from "./options.ts";
import { PendingInvalidations } from "./pending-invalidations.ts";
import { type Counts, Statistics } from "./statistics.ts";
import { Switches } from "./switches.ts";
import { type AssertWrapped, createWrapperCheck } from "./wrapper-order.ts";
import { WriteBehind } from "./write-behind.ts";

/** A cache for the fields of one schema. Made by {@link createFieldCache}. */
export interface FieldCache<Context = AnyContext> {
  /**
   * Registers how the entities of a type are loaded; before `apply`. Fields that return them then keep references, and each
   * row is kept once, by the policy of the type. A type without `@cacheTTL` is batched and not kept.
   *
   * @example
   * const products = cache.entity("Product", { load: (ids) => selectProducts(ids) });
   *
   * @throws FieldgateError `BAD_ENTITY`, `ENTITY_TWICE`, `ENTITY_AFTER_APPLY`.
   */
  entity<Key = AnyContext, Row = AnyContext>(
    name: string,
    options: EntityOptions<Key, Row, Context>,
  ): EntityLoader<Key, Row, Context>;
  /**
   * A copy of the schema whose fields read through the cache, for any graphql-js server. The cache is the innermost wrapper:
   * whatever authorises by wrapping resolvers is applied to the result.
   *
   * @throws SchemaPolicyError with every mistake of the directives at once; FieldgateError
   * `APPLIED_TWICE`, or `ALREADY_APPLIED` for a schema that came out of a cache.
   */
  apply(schema: GraphQLSchema): GraphQLSchema;
  /**
   * The request of this context begins now: what its resolvers store is then never older than that, also where they return
   * what the context function has read. Returns the context.
   *
   * Call it first in a context function that reads anything which a resolver returns. Without it a request begins when
   * Apollo Server, or the first resolver of a query, does. Idempotent; a copy of the context is the same request.
   *
   * @example
   * context: async ({ req }) => {
   *   const context = cache.begin({ locale: localeOf(req) });
   *   return { ...context, user: await userOf(req) };
   * }
   *
   * Trap: a frozen context cannot carry it over to a copy.
   *
   * @throws TypeError for a context that is no object.
   */
  begin<Begun extends object>(context: Begun): Begun;
  /** The Apollo Server plugin that takes the place of Apollo's cacheControl plugin. */
  plugin(options?: ApolloPluginOptions): ReturnType<typeof createApolloPlugin>;
  /**
   * Resolves when no request that begins from now on, in any process, is answered with a value that was loaded before this
   * call and depends on one of the targets. The list is checked whole before anything happens.
   *
   * @example
   * await updateProduct(42, { price });
   * await cache.invalidate({ entity: "Product", id: 42 });
   *
   * Trap: within a mutation, a loader of the same request still remembers the row: `loader(context).clear(id)`. `@invalidates`
   * does it by itself.
   *
   * @throws InvalidationError when the store could not be reached for all of it, FieldgateError `BAD_TARGET`.
   */
  invalidate(
    target: InvalidationTarget | readonly InvalidationTarget[],
    options: InvalidateOptions & { readonly dryRun: true },
  ): Promise<InvalidationPreview>;
  invalidate(
    target: InvalidationTarget | readonly InvalidationTarget[],
    options?: InvalidateOptions,
  ): Promise<void>;
  /**
   * Invalidates what the messages of a source say: see docs/events.md. Resolves once what happened before is dealt with, or another gateway
   * does so; a gateway that waits for it serves nothing older. Ends with `close`. Every gateway of a namespace listens; one of them reads.
   *
   * @example
   * await cache.listen(redisStreamEvents({ redis: "redis://localhost:6379", stream: "changes" }), {
   *   covers: [{ entity: "Product" }, { field: "Query.products" }],
   * });
   *
   * Trap: without `covers` the whole namespace is dropped where messages may have been missed.
   *
   * @throws FieldgateError `BAD_EVENT_SOURCE`, `LISTENING_TWICE`, `BAD_TARGET`.
   */
  listen(source: EventSource, options?: ListenOptions): Promise<void>;
  /**
   * Leaves a small text beside the entries, under a name of `[A-Za-z0-9_.-]`, for a day: what one process wants the next one to know. It may
   * be gone at any time; nothing is told where the store does not answer.
   */
  remember(name: string, text: string): Promise<void>;
  /** What was left under this name last; undefined where nothing is. */
  recall(name: string): Promise<string | undefined>;
  /**
   * The kill switch at run time, in this process: everything, a type with its fields (`"Product"`), or a field
   * (`"Product.price"`). What is off is neither read nor stored; invalidations still go out.
   */
  disable(coordinate?: string): void;
  /** Takes back {@link FieldCache.disable} of the same coordinate. */
  enable(coordinate?: string): void;
  /**
   * Resolves once the store has answered, or is known not to. Requests that begin earlier store nothing; those of the
   * query type wait for it, a job may do so too.
   */
  ready(): Promise<void>;
  /** What happened in this process so far, and what is going on. */
  stats(): CacheStats;
  /** Waits for what is under way, within `shutdownMs`, then lets go of the store; resolves to what could not be finished. */
  close(): Promise<readonly string[]>;
}

/** What `stats()` tells: counts since the process began, and the present. */
export interface CacheStats extends Counts {
  readonly store: StoreState & { readonly kind: Store["kind"] };
  readonly running: EngineStats & { readonly pendingInvalidations: number };
  /** Of each source of the option `sources`. */
  readonly sources: Readonly<Record<string, SourceState>>;
  /** By the names of the sources that this process listens to. */
  readonly events: Readonly<Record<string, EventCounts>>;
}

/**
 * A cache for the fields of a GraphQL schema, in Redis, or in this process.
 *
 * @example
 * const cache = createFieldCache({
 *   redis: "redis://localhost:6379",
 *   namespace: "shop",
 *   principal: (context) => context.user?.id ?? null,
 *   secret: process.env.CACHE_SECRET,
 * });
 * const products = cache.entity("Product", { load: (ids) => selectProducts(ids) });
 * const schema = cache.apply(makeExecutableSchema({ typeDefs: [typeDefs, mine], resolvers }));
 *
 * Trap: without `redis` two processes do not see each other's invalidations.
 *
 * @throws FieldgateError `BAD_OPTIONS` with every problem of the options at once.
 */
export function createFieldCache<Context = AnyContext>(
  options: FieldCacheOptions<Context> = {},
): FieldCache<Context> {
  checkOptions(options);
  return wireFieldCache(options, { clock: systemClock, random: systemRandom });
}

/** What a test replaces. */
export interface FieldCacheParts {
  readonly clock: Clock;
  readonly random: Random;
  /** In the place of the one that the options name. */
  readonly store?: Store;
}

/** Names waiting to be invalidated at a time, at most. */
const MOST_PENDING = 10_000;

/** {@link createFieldCache} with its parts chosen: read downwards, it is the wiring diagram. */
export function wireFieldCache(options: FieldCacheOptions, parts: FieldCacheParts): FieldCache {
  const { clock, random } = parts;
  const logger = options.logger ?? quietConsole;
  const secret = options.secret ?? random.token(43);

  // Events go out: counted, logged, told.
  const statistics = new Statistics();
  const log = createEventLog(logger, clock);
  const emit = (event: CacheEvent): void => {
    statistics.count(event);
    log(event);
    try {
      options.onEvent?.(event);
    } catch (error) {
      logger.error({ err: error, event: event.type }, 'The option "onEvent" threw.');
    }
  };
  const warn = createWarnOnce(emit);

  // The store, and the engine on it.
  const keys = createKeys(options.namespace ?? "fieldgate");
  const store = parts.store ?? openStore(options, { keys, clock, random, emit });
  const engine = createCache({
    store,
    keys,
    emit,
    clock,
    random,
    errors: graphqlErrors,
    limits: engineLimits(options),
  });
  const copies = new StampCopies(keys, store);
  const isReady = engine.ready();
  if (store.kind === "embedded") {
    logger.info(
      { store: store.kind },
      "Entries are kept in this process: give the option redis to share them.",
    );
  }

  const sources = new Sources({ limits: options.sources ?? {}, clock, emit });
  const fleet = openFleet(store, sources, { clock, random });
  void isReady.then(() => fleet?.beat());

  const opened = () => atMost(clock, OPENING_MS, isReady);

  // What tells one request from another.
  const states = createRequestStates({ openSession: () => engine.session() });
  const guard = createTaintGuard({
    ...present({ principal: options.principal }),
    varies: options.vary !== undefined,
    onBlind: (property) =>
      warn(
        "blind",
        property,
        `The context's "${property}" cannot be watched: PUBLIC fields that read it are not found out.`,
      ),
  });
  const audiences = createAudiences({
    ...present({ principal: options.principal, vary: options.vary }),
    secret,
    guard,
    warn,
  });
  const switches = new Switches(options.enabled);
  const isOn = (coordinate: string): boolean => switches.isOn(coordinate);
  /** What fields and rows are read with alike. */
  const reading = { cache: engine, keys, audiences, states, guard, isOn, warn, emit };

  // Invalidations that nobody waits for.
  const pending = new PendingInvalidations({
    clock,
    random,
    limit: MOST_PENDING,
    invalidate: (names) => engine.invalidate(names),
    onFailure: (error, names) =>
      logger.error({ err: error, names }, "An invalidation failed in the background."),
  });

  const onUnreached = (entity: string, error: unknown, names: readonly string[]): void => {
    logger.error(
      { entity, names, err: error },
      "A write could not tell the cache; it is told in the background.",
    );
    pending.retry(names);
  };

  // What is written to the source later.
  const behind = new WriteBehind({
    store,
    engine,
    clock,
    random,
    emit,
    logger,
    limits: flushLimits(options),
    opened,
    waitMs: options.lockWaitMs ?? 2000,
    onUnreached,
  });
  let behindChecked: Promise<void> = Promise.resolve();

  // What only the schema tells: there from `apply` on.
  const entities = new Map<string, Entity>();
  let applied: Applied | undefined;
  const untaught = createIdentities({ keys: new Map(), ...present({ identify: options.identify }) });
  const principalDigest = (principal: string | number | bigint) => hmacDigest(secret, principal.toString());
  const isBehind = (typeName: string): boolean => behind.has(typeName);
  const words = (): TargetWords => applied?.words ?? { identities: untaught, principalDigest };

  // Invalidations that begin elsewhere.
  const listening = new Listening({
    store,
    keys,
    clock,
    random,
    emit,
    words,
    untaught: { identities: untaught, principalDigest },
    invalidate: (names) => engine.invalidate(names),
    load(name, keysOfRows) {
      const made = entities.get(name);
      const state = states.of(undefined);
      for (const key of keysOfRows) made?.load(state, undefined, key).catch(() => {});
    },
  });

  function known(call: string): Applied {
    if (applied !== undefined) return applied;
    throw new FieldgateError(
      "NOT_APPLIED",
      `${call} was called before cache.apply(schema).`,
      "Apply the cache to the schema first: it tells keys and policies.",
    );
  }

  function entity(name: string, entityOptions: EntityOptions): EntityLoader {
    checkEntity(name, entityOptions);
    if (applied !== undefined) {
      throw new FieldgateError(
        "ENTITY_AFTER_APPLY",
        `cache.entity("${name}") was called after cache.apply(schema).`,
        "Register all entities first: apply decides by them what an entry holds.",
      );
    }
    if (entities.has(name)) {
      throw new FieldgateError(
        "ENTITY_TWICE",
        `cache.entity("${name}") was called twice.`,
        "Register it once and share what it returned.",
      );
    }
    const parts = (): EntityParts => {
      const { policies, identities, references, earlyWaves } = known(`A loader of cache.entity("${name}")`);
      return {
        ...reading,
        policy: policies.rows.get(name),
        isBehind: isBehind(name),
        backgroundContext: options.backgroundContext,
        earlyWaves,
        identities,
        references,
      };
    };
    const made = new Entity(name, entityOptions, {
      parts,
      states,
      guard,
      emit,
      schedule: setImmediate,
      random,
      sources,
      behind: (own) => behind.rowsOf(own),
      onUnreached: (error, names) => onUnreached(name, error, names),
    });
    entities.set(name, made);
    return made;
  }

  function apply(schema: GraphQLSchema): GraphQLSchema {
    if (applied !== undefined) {
      throw new FieldgateError(
        "APPLIED_TWICE",
        "cache.apply(schema) was called twice.",
        "Make a cache for each schema; with one namespace they share their entries.",
      );
    }
    const policies = readPolicies(schema, {
      ...present({
        policies: options.policies,
        maxSeconds: options.maxSeconds,
        cacheControl: options.cacheControl,
      }),
      ...present({ authDirectives: options.authDirectives, outerDirectives: options.outerDirectives }),
      principal: options.principal !== undefined,
      secret: options.secret !== undefined,
      sharedRedis: store.kind === "redis",
      varyNames: Object.keys(options.vary ?? {}),
      entities: new Set(entities.keys()),
      writableEntities: new Set([...entities].filter(([, one]) => one.isWritable).map(([name]) => name)),
      identify: new Set(Object.keys(options.identify ?? {})),
      authorize: new Set(Object.keys(options.authorize ?? {})),
    });
    for (const problem of policies.warnings) {
      logger.warn({ coordinate: problem.coordinate }, describeProblem(problem));
    }
    behind.choose(entities, policies);
    const identities = createIdentities({
      schema,
      keys: policies.keys,
      ...present({ identify: options.identify }),
    });
    const references = createReferences({
      schema,
      identities,
      registry: entities,
      ...present({ codecs: options.codecs }),
    });
    const writing = applyCacheWrites(schema, {
      rules: policies.writes,
      states,
      write: ({ entity: name, mode }, row, state, context) =>
        entities.get(name)!.writeIn(state, context, row, mode),
    });
    const invalidating = applyInvalidates(writing, {
      rules: policies.invalidations,
      states,
      words: { schema, identities, principalDigest, isBehind },
      emit,
      invalidate: invalidateForMutation,
    });
    const earlyWaves =
      options.earlyWaves === false
        ? undefined
        : createEarlyWaves({ ...reading, policies, identities, references, registry: entities });
    assertLoads(options.sources ?? {}, entities.keys(), policies.fields);
    const cached = applyPolicies(invalidating, policies.fields, {
      ...reading,
      sources,
      ...present({
        authorize: options.authorize,
        backgroundContext: options.backgroundContext,
        earlyWaves,
      }),
      identities,
      references,
    });
    const opening = openFirst(cached, async (served) => {
      assertWrapped(served);
      await opened();
    });
    const assertWrapped = createWrapperCheck(opening, policies.needsAuthWrapper);
    applied = {
      words: { schema, identities, principalDigest, isBehind },
      policies,
      identities,
      references,
      earlyWaves,
      assertWrapped,
    };
    behind.start();
    behindChecked = isReady.then(() => behind.check());
    behindChecked.catch((error: unknown) => logger.error({ err: error }, "Nothing may be written behind."));
    return opening;
  }

  function openAnswers(): AssembledAnswers | undefined {
    const { answerBytes = 32 * 1024 * 1024 } = options;
    if (answerBytes === 0) return undefined;
    const { fields, rows } = known("cache.plugin()").policies;
    const policyOf = (coordinate: string) => fields.get(coordinate) ?? rows.get(coordinate);
    return new AssembledAnswers({ cache: engine, audiences, policyOf, isOn, maxBytes: answerBytes });
  }

  /** The answer of the mutation stands, unless the application wants it otherwise. */
  async function invalidateForMutation(names: readonly string[], coordinate: string): Promise<void> {
    try {
      await engine.invalidate(names);
    } catch (error) {
      if (options.onInvalidateError === "throw") throw error;
      logger.error(
        { coordinate, names, err: error },
        "An invalidation failed; it is tried again in the background.",
      );
      pending.retry(names);
    }
  }

  function assertCoordinate(coordinate: string | undefined): void {
    if (coordinate === undefined || applied === undefined) return;
    const { fields, rows } = applied.policies;
    const types = [...fields.values(), ...rows.values()].map(({ typeName }) => typeName);
    const all = new Set([...fields.keys(), ...types]);
    if (all.has(coordinate)) return;
    throw new FieldgateError(
      "UNKNOWN_COORDINATE",
      `"${coordinate}" is not cached.${didYouMean(coordinate, all)}`,
      'Name a cached field, as "Type.field", or a type.',
    );
  }

  async function close(): Promise<readonly string[]> {
    const shutdownMs = options.shutdownMs ?? 10_000;
    const until = clock.monotonic() + shutdownMs;
    await listening.close();
    // First, and within most of the time: sending needs the engine, and what it could not tell is told after it.
    const unsent = await behind.close(0.7 * shutdownMs);
    const restMs = Math.max(0, until - clock.monotonic());
    const [names, fills] = await Promise.all([pending.close(restMs), engine.close(restMs)]);
    await fleet?.close();
    await store.close();
    const left = [
      ...unsent,
      ...names.map((name) => `invalidation of ${name}`),
      ...fills.map((key) => `load of ${key}`),
    ];
    if (left.length > 0) logger.warn({ left }, `The cache was closed with ${left.length} things unfinished.`);
    return left;
  }
  let closing: Promise<readonly string[]> | undefined;

  return {
    entity,
    apply,
    begin(context) {
      if (typeof context !== "object" || context === null) {
        throw new TypeError(
          `cache.begin(context) takes the context, an object, but got: ${String(context)}.`,
        );
      }
      states.begin(context);
      return context;
    },
    plugin(pluginOptions) {
      return createApolloPlugin(
        {
          states,
          // Asked when the server starts: a plugin may be made before the schema.
          policies: { get: (coordinate) => policyAt(known("cache.plugin()"), coordinate) },
          restrictEntry: (info, { maxAge, scope }) =>
            setCachePolicy(info, present({ seconds: maxAge, scope })),
          trusted: options.trusted ?? (() => false),
          ready: opened,
          assertWrapped: (schema) => known("cache.plugin()").assertWrapped(schema),
          openAnswers,
        },
        pluginOptions,
      );
    },
    // The two overloads differ by what the options say; so does what comes back.
    invalidate: (target, invalidateOptions) =>
      invalidate(
        { words, invalidate: engine.invalidate.bind(engine), pending, store, keys, copies, clock, logger },
        target,
        invalidateOptions,
      ) as Promise<never>,
    remember: (name, text) => new Memo(store, keys.memo(name)).write(text),
    recall: (name) => new Memo(store, keys.memo(name)).read(),
    listen: async (source, listenOptions) => listening.listen(source, listenOptions),
    disable(coordinate) {
      assertCoordinate(coordinate);
      switches.turnOff(coordinate);
    },
    enable(coordinate) {
      assertCoordinate(coordinate);
      switches.turnOn(coordinate);
    },
    async ready() {
      await isReady;
      await behindChecked;
    },
    stats: () => ({
      ...statistics.read(),
      store: { kind: store.kind, ...store.state() },
      running: { ...engine.stats(), pendingInvalidations: pending.size },
      sources: sources.stats(),
      events: listening.stats(),
    }),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** What the schema taught. */
interface Applied {
  readonly words: TargetWords;
  readonly policies: SchemaPolicies;
  readonly identities: Identities;
  readonly references: References;
  readonly earlyWaves: EarlyWaves | undefined;
  readonly assertWrapped: AssertWrapped;
}

function policyAt({ policies }: Applied, coordinate: string): HintSource | undefined {
  return policies.fields.get(coordinate) ?? policies.rows.get(coordinate) ?? policies.types.get(coordinate);
}

/** Only where a limit is to be divided does anybody need to know how many there are. */
function openFleet(store: Store, sources: Sources, { clock, random }: FieldCacheParts): Fleet | undefined {
  if (!sources.isShared) return undefined;
  const enrol = store.enrol?.bind(store) ?? (async () => 1);
  return new Fleet({ enrol, clock, random, onCount: (gateways) => sources.share(gateways) });
}

/** What a source is said to be loaded by is there. */
function assertLoads(
  sources: Readonly<Record<string, SourceLimits>>,
  entities: Iterable<string>,
  fields: ReadonlyMap<string, { readonly typeName: string }>,
): void {
  const typeNames = [...fields.keys()].map((coordinate) => `${coordinate.split(".", 1)[0]}.*`);
  const known = new Set(["*", ...entities, ...fields.keys(), ...typeNames]);
  const unknown = Object.entries(sources).flatMap(([name, { of = [] }]) =>
    of
      .filter((place) => !known.has(place))
      .map((place) => `- "${name}": "${place}".${didYouMean(place, known)}`),
  );
  if (unknown.length === 0) return;
  throw new FieldgateError(
    "UNKNOWN_SOURCE_USER",
    `The option "sources" names what is no entity of cache.entity, no cached field and no type with such fields:\n${unknown.join("\n")}\n`,
    'Name them as "Product", "Query.products", "Query.*" or "*".',
  );
}

/** The first operations of a process wait so long for the store, in ms. */
const OPENING_MS = 250;

function openStore(
  options: FieldCacheOptions,
  {
    keys,
    clock,
    random,
    emit,
  }: Omit<FieldCacheParts, "store"> & { readonly keys: Keys; readonly emit: (event: CacheEvent) => void },
): Store {
  const { redis, near = false, embeddedBytes, readTimeoutMs, writeTimeoutMs, invalidateTimeoutMs } = options;
  if (redis === undefined)
    return createMemoryStore({ keys, clock, random, ...present({ maxBytes: embeddedBytes }) });
  const shared = createRedisStore({
    redis,
    keys,
    clock,
    random,
    timeouts: present({ readMs: readTimeoutMs, writeMs: writeTimeoutMs, invalidateMs: invalidateTimeoutMs }),
    onState: (status, detail) => emit({ type: "store", status, detail }),
    onFailure: (failure) =>
      emit({ type: "store-error", code: failureCode(failure), detail: failure.message }),
  });
  // Also where nothing is held here: others may hold copies of what is invalidated here.
  return createNearStore(shared, shared.openBus(), {
    clock,
    random,
    ...present({ copies: nearCopies(near) }),
  });
}

function flushLimits({
  flushDelayMs = 100,
  flushTries = 10,
  flushLeaseMs = 10_000,
  maxPendingWrites = 10_000,
}: FieldCacheOptions): Required<FlushLimits> {
  return { flushDelayMs, flushTries, flushLeaseMs, maxPendingWrites };
}

function nearCopies(near: boolean | NearOptions): NearStoreOptions["copies"] {
  if (near === false) return undefined;
  const { seconds = 1, maxBytes = 32 * 1024 * 1024 } = near === true ? {} : near;
  return { lifeMs: seconds * 1000, maxBytes };
}

function engineLimits(options: FieldCacheOptions): CacheLimits {
  const { lockWaitMs, maxValueBytes, hotReads, hotShare, replicaMs, invalidateTimeoutMs = 1000 } = options;
  return {
    ...present({ lockWaitMs, maxValueBytes, hotReads, hotShare, replicaMs }),
    // All tries of an invalidation together: its caller, mostly a mutation, is waiting.
    invalidateMs: invalidateTimeoutMs,
  };
}

/** Without what is undefined: an option that is not given is one that is left out. */
function present<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

async function atMost(clock: Clock, ms: number, work: Promise<void>): Promise<void> {
  let cancel = (): void => {};
  const late = new Promise<void>((resolve) => {
    cancel = clock.setTimer(resolve, ms);
  });
  await Promise.race([work, late]);
  cancel();
}
