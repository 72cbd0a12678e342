import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { basicPasswordOf, bearerOf, isToken } from "./admin.ts";
import { dashboardPage } from "./dashboard-page.ts";
import type { Overview } from "./overview.ts";

/**
 * `GET /cache`: what the cache does, per field; never what is in it. In production for those who hold the admin token, by bearer or, as
 * browsers do, as the password of basic authentication; without a token there is then no such page.
 */
export function serveDashboard(
  app: FastifyInstance,
  options: {
    readonly overview: Pick<Overview, "stats" | "workers">;
    readonly adminToken: string | undefined;
    readonly isProtected: boolean;
  },
): void {
  if (options.isProtected && options.adminToken === undefined) return;

  app.get("/cache", async (request, reply) => {
    if (options.isProtected && !isAdmin(request, options.adminToken)) return refuse(reply);
    return reply
      .type("text/html; charset=utf-8")
      .header("cache-control", "no-store")
      .header(
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      )
      .send(dashboardPage(await options.overview.stats(), options.overview.workers()));
  });
}

function isAdmin(request: FastifyRequest, adminToken: string | undefined): boolean {
  const { authorization } = request.headers;
  return isToken(adminToken, bearerOf(authorization)) || isToken(adminToken, basicPasswordOf(authorization));
}

function refuse(reply: FastifyReply): FastifyReply {
  return reply
    .code(401)
    .header("www-authenticate", 'Basic realm="fieldgate", charset="UTF-8"')
    .header("cache-control", "no-store")
    .send({ error: "The admin token is missing or wrong." });
}
