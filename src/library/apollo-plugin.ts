import type {
  ApolloServerPlugin,
  BaseContext,
  GraphQLRequestContext,
  GraphQLRequestContextWillSendResponse,
  GraphQLRequestListener,
} from "@apollo/server";
import type { GraphQLSchema } from "graphql";
import type { FieldRead, RequestStates } from "../fields/request-state.ts";
import type { AssembledAnswer, AssembledAnswers } from "./assembled-answers.ts";
import { type HintSources, RequestHints, type RestrictEntry, SchemaHints } from "./cache-hints.ts";
import { createOperationHints, type OperationHints } from "./operation-hints.ts";
import {
  cacheControl,
  cacheStatus,
  type HeaderFacts,
  type HeaderPolicy,
  requestLimits,
  smallestRemaining,
  varyHeader,
} from "./response-headers.ts";

/** Options of `cache.plugin()`. */
export interface ApolloPluginOptions {
  /** How answers may be kept by browsers and shared caches. */
  readonly http?: HttpOptions;
  /**
   * Whether any caller may ask for `extensions.cache` with `X-Cache-Debug: 1`; trusted callers always may.
   * Default: unless `NODE_ENV` is `production`.
   */
  readonly debug?: boolean;
}

/** How answers may be kept by browsers and shared caches. */
export interface HttpOptions {
  /**
   * `"remaining"`: `Cache-Control: max-age=` the smallest remaining lifetime of the parts, in whole seconds; an answer with a
   * part that has no entry stays `no-cache`. What was kept outside no invalidation reaches. Default: always `no-cache`.
   */
  readonly maxAge?: "remaining";
  /**
   * Request headers that decide who asks and what `vary` values the context gets; sent as `Vary` with private or varying
   * parts. Default `["Authorization", "Cookie"]`; varying parts are then never given a lifetime.
   */
  readonly vary?: readonly string[];
}

/** What the plugin needs of the cache; given by `createFieldCache`. */
export interface ApolloPluginParts {
  readonly states: RequestStates;
  /** Policies by coordinate, a type's own by its name. Asked after `apply`. */
  readonly policies: HintSources;
  readonly restrictEntry: RestrictEntry;
  readonly trusted: (context: unknown) => boolean;
  /** Resolves once the store has answered: requests that begin earlier store nothing. */
  readonly ready: () => Promise<void>;
  /** Throws, naming all of them, where a field that looks authorised is wrapped by nothing. */
  readonly assertWrapped: (schema: GraphQLSchema) => void;
  /** Absent where every operation is executed. Each plugin has its own. Asked when the server starts. */
  readonly openAnswers: () => AssembledAnswers | undefined;
}

/**
 * The Apollo Server plugin behind `cache.plugin()`: stands in for Apollo's own cacheControl plugin, gives resolvers
 * `info.cacheControl`, honours a trusted caller's `Cache-Control`, and answers with `Cache-Control`, `Vary` and `X-Cache`.
 */
export function createApolloPlugin(
  parts: ApolloPluginParts,
  options: ApolloPluginOptions = {},
): ApolloServerPlugin<BaseContext> {
  const requests = new WeakMap<object, RequestHints>();
  const hints = new SchemaHints({
    sources: parts.policies,
    restrictEntry: parts.restrictEntry,
    requestOf: (context) => (isObject(context) ? requests.get(context) : undefined),
  });
  const operationHints = createOperationHints(hints);
  let answers: AssembledAnswers | undefined;
  const debugForAll = options.debug ?? process.env["NODE_ENV"] !== "production";
  const policy: HeaderPolicy = { maxAge: options.http?.maxAge ?? "none", vary: options.http?.vary };

  const plugin: ApolloServerPlugin<BaseContext> = {
    async serverWillStart({ schema }) {
      parts.assertWrapped(schema);
      await parts.ready();
      hints.instrument(schema);
      answers = parts.openAnswers();
    },

    async requestDidStart({ contextValue, request }): Promise<GraphQLRequestListener<BaseContext>> {
      const headers = request.http?.headers;
      // The request begins here: the session notes its place in the log before anything is read.
      const state = parts.states.of(contextValue);
      const asksDebug = headers?.get("x-cache-debug") === "1";
      const limits = requestLimits(headers?.get("cache-control"));
      if (asksDebug || !limits.read || !limits.write) {
        const trusted = parts.trusted(contextValue);
        if (asksDebug && (debugForAll || trusted)) state.debug = true;
        if (trusted) parts.states.restrict(contextValue, limits);
      }
      const requestHints = new RequestHints();
      requests.set(contextValue, requestHints);
      let operation: OperationHints | undefined;
      let assembled: AssembledAnswer | undefined;
      let keep: ((data: unknown) => void) | undefined;

      return {
        async responseForOperation(context) {
          const { schema, document, operation: node, overallCachePolicy } = context;
          // A document of several operations whose name nobody said is Apollo's to refuse.
          if (!node) return null;
          const taken = await answers?.take({
            schema,
            document,
            operation: node,
            variables: context.request.variables,
            context: contextValue,
            state: parts.states.of(contextValue),
          });
          if (taken === undefined || !("data" in taken)) {
            keep = taken?.keep;
            return null;
          }
          assembled = taken;
          operation = operationHints(schema, document, node);
          if (!isRestricted(overallCachePolicy)) overallCachePolicy.restrict(operation.hint);
          return {
            http: { headers: new Map() as never },
            body: { kind: "single", singleResult: { data: taken.data } },
          };
        },

        async executionDidStart(context) {
          if (!context.operation) return undefined;
          // A plugin that has set a policy by now has decided: as with Apollo's own, hints are then ignored.
          const decided = isRestricted(context.overallCachePolicy);
          operation = operationHints(context.schema, context.document, context.operation);
          return {
            async executionDidEnd() {
              if (keep !== undefined) keepAnswer(context, keep);
              if (decided || operation === undefined) return;
              context.overallCachePolicy.restrict(operation.hint);
              context.overallCachePolicy.restrict(requestHints.fold());
            },
          };
        },

        async willSendResponse(context) {
          const isQuery = context.operation?.operation === "query";
          const reads = isQuery ? parts.states.of(contextValue).reads : [];
          if (isQuery && state.debug) addReport(context, reads);
          const told = assembled === undefined ? reads : [readOf(assembled)];
          setHeaders(context, factsOf(context, { reads: told, operation }), told);
        },
      };
    },
  };
  // What Apollo's own plugin calls itself: a server that finds the name adds none of its own.
  return Object.assign(plugin, { __internal_plugin_id__: "CacheControl", __is_disabled_plugin__: false });

  function setHeaders(
    context: GraphQLRequestContextWillSendResponse<BaseContext>,
    facts: HeaderFacts,
    reads: readonly HeaderRead[],
  ): void {
    const { headers } = context.response.http;
    // Whoever has set the header already knew why; only an error is stricter.
    const isStricter =
      facts.unstorable || (context.requestIsBatched && facts.isPrivate && !isNoStore(headers));
    if (isStricter || !headers.has("cache-control")) {
      headers.set(
        "cache-control",
        cacheControl(facts, context.requestIsBatched ? { ...policy, maxAge: "none" } : policy),
      );
    }
    const vary = varyHeader(facts, policy);
    if (vary !== undefined) headers.set("vary", joinVary(headers.get("vary"), vary));
    const status = cacheStatus(reads);
    // The operations of a batch share one head: no single word would be true of all.
    if (status !== undefined && !context.requestIsBatched && context.response.body.kind === "single") {
      headers.set("x-cache", status);
    }
  }
}

/** What headers tell of a read. */
type HeaderRead = Pick<FieldRead, "outcome" | "reason" | "scope" | "remainingMs">;

/** All of its parts were hits. */
function readOf({ scope, remainingMs }: AssembledAnswer): HeaderRead {
  return { outcome: "hit", scope, remainingMs };
}

/** What was executed without errors, whatever other plugins make of it from now on. */
function keepAnswer(context: GraphQLRequestContext<BaseContext>, keep: (data: unknown) => void): void {
  const { body } = context.response;
  const isPlain =
    body?.kind === "single" &&
    body.singleResult.errors === undefined &&
    body.singleResult.extensions === undefined;
  keep(isPlain ? body.singleResult.data : undefined);
}

function factsOf(
  context: GraphQLRequestContextWillSendResponse<BaseContext>,
  seen: { readonly reads: readonly HeaderRead[]; readonly operation: OperationHints | undefined },
): HeaderFacts {
  const { body } = context.response;
  const overall = context.overallCachePolicy;
  const hasErrors = body.kind === "single" && (body.singleResult.errors?.length ?? 0) > 0;
  const remaining = smallestRemaining(seen.reads);
  const hinted = overall.policyIfCacheable();
  return {
    unstorable: hasErrors || body.kind !== "single" || context.operation?.operation !== "query",
    isPrivate: overall.scope === "PRIVATE" || seen.reads.some(isForCallerAlone),
    authorized: context.request.http?.headers.has("authorization") ?? false,
    varies: seen.operation?.varies ?? false,
    remainingMs:
      hinted === null || remaining === undefined ? undefined : Math.min(hinted.maxAge * 1000, remaining),
  };
}

/** By its policy, or because its fill turned out to depend on who asks. */
function isForCallerAlone({ scope, reason }: HeaderRead): boolean {
  return scope === "PRIVATE" || reason === "private" || reason === "tainted";
}

/** `extensions.cache`: what each read of the answer came to. Times are seconds. */
function addReport(
  context: GraphQLRequestContextWillSendResponse<BaseContext>,
  reads: readonly FieldRead[],
): void {
  const { body } = context.response;
  if (body.kind !== "single") return;
  body.singleResult.extensions = { ...body.singleResult.extensions, cache: reads.map(reportRead) };
}

function reportRead(read: FieldRead): Record<string, unknown> {
  const { ageMs, remainingMs } = read;
  const known = ageMs !== undefined && remainingMs !== undefined;
  return {
    // A row belongs to every field that shows the entity.
    path: read.path ?? null,
    coordinate: read.coordinate,
    key: read.key ?? null,
    outcome: read.outcome,
    reason: read.reason ?? plainReason[read.outcome],
    age: ageMs === undefined ? null : ageMs / 1000,
    lifetime: (known ? ageMs + Math.max(0, remainingMs) : read.lifetimes.freshMs) / 1000,
  };
}

const plainReason = {
  hit: "fresh",
  stale: "refreshing",
  miss: "absent",
  wait: "joined",
  bypass: "not-looked-up",
} satisfies Record<FieldRead["outcome"], string>;

function isNoStore(headers: { get(name: string): string | undefined }): boolean {
  return headers.get("cache-control") === "no-store";
}

function isRestricted(policy: GraphQLRequestContext<BaseContext>["overallCachePolicy"]): boolean {
  return policy.maxAge !== undefined || policy.scope !== undefined;
}

function joinVary(before: string | undefined, added: string): string {
  if (before === undefined || before === "") return added;
  const names = new Set(
    before
      .toLowerCase()
      .split(",")
      .map((name) => name.trim()),
  );
  const missing = added.split(", ").filter((name) => !names.has(name.toLowerCase()));
  return [before, ...missing].join(", ");
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
