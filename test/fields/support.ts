import { makeExecutableSchema } from "@graphql-tools/schema";
import { type ExecutionResult, execute, type GraphQLSchema, parse } from "graphql";
import { seededRandom } from "../../src/base/random.ts";
import { applyPolicies } from "../../src/directives/apply.ts";
import { typeDefs as directives } from "../../src/directives/definitions.ts";
import { readPolicies } from "../../src/directives/read-policies.ts";
import { type Cache, createCache } from "../../src/engine/cache.ts";
import type { CacheEvent } from "../../src/engine/events.ts";
import { Sources } from "../../src/engine/sources.ts";
import { createAudiences } from "../../src/fields/audience.ts";
import type { Authorize } from "../../src/fields/authorized-resolver.ts";
import type { EntitySource } from "../../src/fields/entity-registry.ts";
import { createIdentities, type Identify, type Identities } from "../../src/fields/identity.ts";
import { type Codecs, createReferences } from "../../src/fields/references.ts";
import {
  createRequestStates,
  type RequestState,
  type RequestStates,
} from "../../src/fields/request-state.ts";
import { createTaintGuard } from "../../src/fields/taint-guard.ts";
import { createWarnOnce } from "../../src/fields/warn-once.ts";
import { createKeys, ROW, stampNames } from "../../src/keys/grammar.ts";
import { ForwardingStore } from "../../src/store/forwarding-store.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createSteppedClock, type SteppedClock } from "../../src/testing/manual-clock.ts";

export interface ShopOptions {
  readonly typeDefs: string;
  readonly resolvers: Record<string, unknown>;
  /** Entities with a loader: their rows by key. */
  readonly entities?: Readonly<Record<string, (key: unknown) => unknown>>;
  readonly principal?: (context: never) => unknown;
  readonly vary?: Readonly<Record<string, (context: never) => unknown>>;
  readonly identify?: Identify;
  readonly codecs?: Codecs;
  readonly authorize?: Readonly<Record<string, Authorize>>;
  readonly backgroundContext?: (asker: never) => unknown;
  readonly isOn?: (coordinate: string) => boolean;
}

export interface Shop {
  readonly schema: GraphQLSchema;
  readonly original: GraphQLSchema;
  readonly cache: Cache;
  readonly clock: SteppedClock;
  readonly states: RequestStates;
  readonly identities: Identities;
  readonly events: CacheEvent[];
  /** Batches of entity keys that reached the source, in order. */
  readonly batches: { readonly typeName: string; readonly keys: readonly unknown[] }[];
  /** Runs an operation; resolves once what it loaded is stored. */
  ask(source: string, context?: unknown, variables?: Record<string, unknown>): Promise<Answer>;
  /** Every entry's key. */
  entries(): Promise<readonly string[]>;
  warnings(): readonly string[];
}

export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks into
  readonly data: any;
  readonly errors: readonly string[];
  /** `Product.price hit`, in the order in which the reads ended; with the reason of a bypass. */
  readonly reads: readonly string[];
  readonly state: RequestState;
}

/** A schema with its cache, on an embedded store whose time stands still. */
export async function shop(options: ShopOptions): Promise<Shop> {
  const original = makeExecutableSchema({
    typeDefs: [directives, options.typeDefs],
    resolvers: options.resolvers as never,
  });
  const keys = createKeys("shop");
  const clock = createSteppedClock();
  // One that has to be waited for, so that waves can be counted.
  const store = new ForwardingStore(createMemoryStore({ keys, clock, random: seededRandom(1) }));
  const events: CacheEvent[] = [];
  const emit = (event: CacheEvent) => void events.push(event);
  const cache = createCache({ store, keys, emit, clock, random: { ...seededRandom(2), next: () => 0 } });
  await cache.ready();

  const policies = readPolicies(original, {
    principal: options.principal !== undefined,
    secret: true,
    varyNames: Object.keys(options.vary ?? {}),
    entities: new Set(Object.keys(options.entities ?? {})),
    identify: new Set(Object.keys(options.identify ?? {})),
  });
  const { principal, vary, identify, codecs, authorize, backgroundContext } = options;
  const identities = createIdentities({
    schema: original,
    keys: policies.keys,
    ...(identify === undefined ? {} : { identify }),
  });
  const warn = createWarnOnce(emit);
  const guard = createTaintGuard({
    ...(principal === undefined ? {} : { principal }),
    onBlind: (property) => warn("blind", property, `The context's "${property}" cannot be watched.`),
  });
  const audiences = createAudiences({
    secret: "0123456789abcdef0123456789abcdef",
    guard,
    warn,
    ...(principal === undefined ? {} : { principal }),
    ...(vary === undefined ? {} : { vary }),
  });
  const states = createRequestStates({ openSession: () => cache.session() });

  const batches: Shop["batches"] = [];
  const sources = new Map(
    Object.entries(options.entities ?? {}).map(([typeName, row]) => {
      const load = batched((all) => {
        batches.push({ typeName, keys: all });
        return all.map(row);
      });
      const source: EntitySource = {
        typeName,
        ahead: () => undefined,
        loadNow: () => undefined,
        async load(state, _context, key) {
          const { home } = identities.ofId(typeName, key);
          const plan = {
            coordinate: typeName,
            key: keys.entry({ home, field: ROW, version: "v1.test" }),
            home,
            tags: [stampNames.type(typeName)],
            lifetimes: { freshMs: 60_000, staleMs: 0, staleIfErrorMs: 0, nullMs: 5000 },
            scope: "PUBLIC" as const,
            session: state.session,
          };
          const { value } = await cache.read(plan, async () => ({ value: await load(key), tags: [] }));
          return value;
        },
      };
      return [typeName, source] as const;
    }),
  );
  const references = createReferences({
    schema: original,
    identities,
    registry: sources,
    ...(codecs === undefined ? {} : { codecs }),
  });
  const schema = applyPolicies(original, policies.fields, {
    cache,
    keys,
    identities,
    audiences,
    states,
    guard,
    references,
    warn,
    emit,
    isOn: options.isOn ?? (() => true),
    sources: new Sources({ limits: {}, clock, emit }),
    ...(authorize === undefined ? {} : { authorize }),
    ...(backgroundContext === undefined ? {} : { backgroundContext: backgroundContext as never }),
  });

  return {
    schema,
    original,
    cache,
    clock,
    states,
    identities,
    events,
    batches,
    async ask(source, context = {}, variables = {}) {
      const result = (await execute({
        schema,
        document: parse(source),
        contextValue: context,
        variableValues: variables,
      })) as ExecutionResult;
      await cache.drain(1000);
      const state = states.of(context);
      return {
        data: JSON.parse(JSON.stringify(result.data ?? null)),
        errors: (result.errors ?? []).map(({ message }) => message),
        reads: state.reads.map(({ coordinate, outcome, reason }) =>
          outcome === "bypass" ? `${coordinate} bypass ${reason}` : `${coordinate} ${outcome}`,
        ),
        state,
      };
    },
    async entries() {
      const found: string[] = [];
      await store.scan((key) => void found.push(key));
      return found.sort();
    },
    warnings: () =>
      events.flatMap((event) => (event.type === "warning" ? [`${event.code} ${event.coordinate}`] : [])),
  };
}

/** Everything asked for in one turn of the event loop is one call. */
function batched(run: (keys: readonly unknown[]) => readonly unknown[]): (key: unknown) => Promise<unknown> {
  let waiting: {
    readonly key: unknown;
    readonly resolve: (row: unknown) => void;
    readonly reject: (error: unknown) => void;
  }[] = [];
  return (key) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) {
        setImmediate(() => {
          const batch = waiting;
          waiting = [];
          const rows = run(batch.map((one) => one.key));
          batch.forEach((one, at) => {
            const row = rows[at];
            if (row instanceof Error) one.reject(row);
            else one.resolve(row);
          });
        });
      }
      waiting.push({ key, resolve, reject });
    });
}
