import { ApolloServer, type ApolloServerPlugin, type BaseContext } from "@apollo/server";
import { ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import type { FastifyBaseLogger } from "fastify";
import type { GraphQLSchema } from "graphql";
import type { FieldCache, HttpOptions } from "../index.ts";
import type { GatewayContext } from "./define-gateway.ts";
import { createExplorerPlugin } from "./explorer.ts";
import { createErrorMask, faultOf } from "./mask-errors.ts";
import { assertCost, limitRules, type QueryLimits } from "./query-limits.ts";
import { type RecentOperations, recentPlugin } from "./warm-up.ts";

export interface GraphqlServerOptions {
  readonly schema: GraphQLSchema;
  readonly cache: Pick<FieldCache, "plugin">;
  readonly limits: QueryLimits;
  readonly http: HttpOptions | undefined;
  readonly introspection: boolean;
  readonly explorer: boolean;
  readonly exampleOperation: string | undefined;
  readonly isProduction: boolean;
  /** Where the queries of strangers are counted; undefined: nowhere. */
  readonly recent: RecentOperations | undefined;
  readonly log: FastifyBaseLogger;
}

/** Apollo Server as the gateway runs it. */
export function createGraphqlServer(options: GraphqlServerOptions): ApolloServer<BaseContext> {
  return new ApolloServer<BaseContext>({
    schema: options.schema,
    introspection: options.introspection,
    hideSchemaDetailsFromClientErrors: options.isProduction,
    includeStacktraceInErrorResponses: false,
    // The gateway's own shutdown ends requests first, then the server.
    stopOnTerminationSignals: false,
    nodeEnv: options.isProduction ? "production" : "development",
    logger: apolloLogger(options.log),
    formatError: createErrorMask({ showMessages: !options.isProduction }),
    parseOptions: { maxTokens: options.limits.tokens },
    maxRecursiveSelections: true,
    validationRules: [...limitRules(options.limits)],
    plugins: [
      options.cache.plugin({
        debug: !options.isProduction,
        ...(options.http === undefined ? {} : { http: options.http }),
      }),
      costPlugin(options.limits),
      faultLog(options.log),
      ...(options.recent === undefined ? [] : [recentPlugin(options.recent)]),
      options.explorer
        ? createExplorerPlugin({ exampleOperation: options.exampleOperation })
        : ApolloServerPluginLandingPageDisabled(),
    ],
  });
}

/** The cost depends on the variables, which validation does not know. */
function costPlugin(limits: QueryLimits): ApolloServerPlugin<BaseContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operation, request }) {
          if (operation === undefined) return;
          assertCost(limits, { schema, document, operation, variables: request.variables ?? {} });
        },
      };
    },
  };
}

/** Writes down whole what callers only see the place of. */
function faultLog(log: FastifyBaseLogger): ApolloServerPlugin<BaseContext> {
  return {
    async contextCreationDidFail({ error }) {
      const fault = faultOf(error);
      if (fault !== undefined) log.error({ err: fault }, "the context of a request could not be made");
    },
    async requestDidStart() {
      return {
        async didEncounterErrors({ errors, contextValue, operationName }) {
          const requestLog = (contextValue as Partial<GatewayContext>).gateway?.log ?? log;
          for (const error of errors) {
            const fault = faultOf(error);
            if (fault !== undefined)
              requestLog.error({ err: fault, path: error.path, operationName }, "a resolver failed");
          }
        },
      };
    },
  };
}

function apolloLogger(log: FastifyBaseLogger) {
  const child = log.child({ part: "apollo" });
  return {
    debug: (message?: unknown) => child.debug(String(message)),
    info: (message?: unknown) => child.info(String(message)),
    warn: (message?: unknown) => child.warn(String(message)),
    error: (message?: unknown) => child.error(String(message)),
  };
}
