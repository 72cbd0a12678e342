import { randomUUID } from "node:crypto";
import type { ApolloServer, BaseContext } from "@apollo/server";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import type { FieldCache } from "../index.ts";
import { bearerOf, isToken } from "./admin.ts";
import type { GatewayParts, GatewayRequest } from "./define-gateway.ts";
import { etagOf, matchesEtag } from "./etag.ts";
import type { GatewayMetrics } from "./metrics.ts";

const graphqlPath = "/graphql";
/** Larger request bodies are refused with 413, in bytes. */
const maxBodyBytes = 1024 * 1024;
/** A client that takes longer to send its request is cut off, in ms. */
const requestPatienceMs = 30_000;

/** Fastify with what holds for every route: request ids, one log line a request, errors that tell nothing internal. */
export function createHttpServer(options: {
  readonly log: FastifyBaseLogger;
  readonly isClosing: () => boolean;
}): FastifyInstance {
  const app = Fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: (request) => requestIdOf(request.headers["x-request-id"]),
    bodyLimit: maxBodyBytes,
    requestTimeout: requestPatienceMs,
  });

  app.addHook("onRequest", async (request, reply) => {
    void reply.header("x-request-id", request.id).header("x-content-type-options", "nosniff");
  });
  app.addHook("onSend", async (_request, reply) => {
    // Else a connection that is kept alive would keep a closing server alive too.
    if (options.isClosing()) void reply.header("connection", "close");
  });
  app.addHook("onResponse", async (request, reply) => {
    const [path] = request.url.split("?");
    const fields = {
      method: request.method,
      path,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    };
    const cache = reply.getHeader("x-cache");
    if (path === graphqlPath)
      request.log.info(cache === undefined ? fields : { ...fields, cache }, "request");
    else request.log.debug(fields, "request");
  });
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).send({ error: "There is nothing here." }),
  );
  app.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) request.log.error({ err: error }, "a request failed");
    const message = status >= 500 ? "Internal server error" : error.message;
    const code = status >= 500 ? "INTERNAL_SERVER_ERROR" : "BAD_REQUEST";
    const isGraphql = request.url.split("?")[0] === graphqlPath;
    return reply
      .code(status)
      .header("cache-control", "no-store")
      .send(isGraphql ? { errors: [{ message, extensions: { code } }] } : { error: message });
  });
  return app;
}

/** `/graphql`: Apollo Server, with validators for what it answers. */
export function serveGraphql(
  app: FastifyInstance,
  options: {
    readonly apollo: ApolloServer<BaseContext>;
    readonly cache: Pick<FieldCache, "begin">;
    readonly context: GatewayParts["context"];
    readonly adminToken: string | undefined;
    readonly metrics: GatewayMetrics;
  },
): void {
  app.route({
    // The methods besides GET and POST get Apollo's 405.
    method: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    url: graphqlPath,
    handler: fastifyApolloHandler(options.apollo, {
      context: async (request) => {
        const described = describeRequest(request, options.adminToken);
        const { id, admin, log } = described;
        // Before anything is read for it: what the definition's context holds may be returned by a cached field.
        const begun = options.cache.begin({});
        return { ...begun, ...(await options.context?.(described)), gateway: { id, admin, log } };
      },
    }),
    onSend: async (request, reply, payload) => {
      if (!reply.hasHeader("cache-control")) {
        void reply.header("cache-control", reply.statusCode >= 400 ? "no-store" : "no-cache");
      }
      return validate(request, reply, payload);
    },
    onResponse: async (_request, reply) => {
      options.metrics.onRequest({
        status: reply.statusCode,
        cache: String(reply.getHeader("x-cache") ?? ""),
        seconds: reply.elapsedTime / 1000,
      });
    },
  });
}

/** Gives an answer that may be kept its ETag, and no body where the caller has it already. */
function validate(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  const isKept = reply.statusCode === 200 && reply.getHeader("cache-control") !== "no-store";
  if (!isKept || typeof payload !== "string") return payload;
  const etag = etagOf(payload);
  void reply.header("etag", etag);
  if (request.method !== "GET" || !matchesEtag(request.headers["if-none-match"], etag)) return payload;
  void reply.code(304).removeHeader("content-type").removeHeader("content-length");
  return "";
}

function describeRequest(request: FastifyRequest, adminToken: string | undefined): GatewayRequest {
  const bearer = bearerOf(request.headers.authorization);
  const admin = isToken(adminToken, bearer);
  return {
    id: request.id,
    bearer: admin ? undefined : bearer,
    admin,
    headers: request.headers,
    log: request.log,
  };
}

/** The caller's id where it is short and plain, as it goes into logs and headers. */
function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === "string" && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}
