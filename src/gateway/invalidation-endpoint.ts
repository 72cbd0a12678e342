import type { FastifyInstance } from "fastify";
import { type FieldCache, FieldgateError, type InvalidationTarget } from "../index.ts";
import { bearerOf, isToken } from "./admin.ts";

/** More in one request is more likely a mistake than a wish. */
const maxTargets = 1_000;

/**
 * `POST /cache/invalidate`: a JSON list of what `cache.invalidate` takes, for those who hold the admin token.
 *
 * The list is checked whole before anything happens. Answers 200 once it is done, 400 for a list with a mistake, and 502 where the store
 * could not be reached for all of it; it may then be sent again. Without `ADMIN_TOKEN` there is no such address.
 */
export function serveInvalidation(
  app: FastifyInstance,
  options: { readonly cache: FieldCache; readonly adminToken: string | undefined },
): void {
  const { cache, adminToken } = options;
  if (adminToken === undefined) return;

  app.post("/cache/invalidate", {
    // Before the body is read: strangers get no say in what is parsed.
    onRequest: async (request, reply) => {
      if (isToken(adminToken, bearerOf(request.headers.authorization))) return;
      await reply
        .code(401)
        .header("www-authenticate", "Bearer")
        .send({ error: "The admin token is missing or wrong." });
    },
    handler: async (request, reply) => {
      const { body } = request;
      if (!Array.isArray(body) || body.length === 0 || body.length > maxTargets) {
        return reply.code(400).send({
          error: `The body must be a JSON list of 1 to ${maxTargets} targets, for example [{"entity": "Product", "id": "42"}].`,
        });
      }
      const targets: readonly InvalidationTarget[] = body;
      try {
        await cache.invalidate(targets, { by: `request ${request.id}` });
        return { invalidated: targets.length };
      } catch (error) {
        if (!(error instanceof FieldgateError)) throw error;
        return reply.code(error.code === "BAD_TARGET" ? 400 : 502).send({ error: error.message });
      }
    },
  });
}
