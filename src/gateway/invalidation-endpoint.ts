import type { FastifyInstance } from "fastify";
import { type GraphQLSchema, isInterfaceType, isObjectType } from "graphql";
import { z } from "zod";
import type { FieldCache, InvalidationTarget } from "../index.ts";
import { bearerOf, isToken } from "./admin.ts";

const id = z.union([z.string().min(1), z.int()]);
const target = z.union(
  [
    z.strictObject({ entity: z.string(), id: z.union([id, z.record(z.string(), id)]) }),
    z.strictObject({ entity: z.string() }),
    z.strictObject({ field: z.string() }),
    z.strictObject({ tags: z.array(z.string().min(1)).min(1) }),
    z.strictObject({ principal: id }),
  ],
  { error: "must be one of {entity, id}, {entity}, {field}, {tags: [...]} and {principal}" },
);

/** More in one request is more likely a mistake than a wish. */
const maxTargets = 1_000;
const body = z
  .array(target, {
    error: 'The body must be a JSON list of targets, for example [{"entity": "Product", "id": "42"}].',
  })
  .min(1, "The list of targets is empty.")
  .max(maxTargets, `The list has more than ${maxTargets} targets.`);

/**
 * `POST /cache/invalidate`: a JSON list of what `cache.invalidate` takes, for those who hold the admin token.
 *
 * The list is checked whole before anything happens: one bad target, and nothing is invalidated. Answers 200 once all are done, and
 * 502 naming those that failed, which may then be sent again. Without `ADMIN_TOKEN` there is no such address.
 */
export function serveInvalidation(
  app: FastifyInstance,
  options: {
    readonly cache: Pick<FieldCache, "invalidate">;
    readonly schema: GraphQLSchema;
    readonly adminToken: string | undefined;
  },
): void {
  if (options.adminToken === undefined) return;

  app.post("/cache/invalidate", {
    // Before the body is read: strangers get no say in what is parsed.
    onRequest: async (request, reply) => {
      if (isToken(options.adminToken, bearerOf(request.headers.authorization))) return;
      await reply
        .code(401)
        .header("www-authenticate", "Bearer")
        .send({ error: "The admin token is missing or wrong." });
    },
    handler: async (request, reply) => {
      const parsed = body.safeParse(request.body);
      if (!parsed.success) return reply.code(400).send({ errors: parsed.error.issues.map(describe) });
      const unknown = parsed.data.flatMap((target, index) => unknownName(options.schema, target, index));
      if (unknown.length > 0) return reply.code(400).send({ errors: unknown });

      const targets: readonly InvalidationTarget[] = parsed.data;
      const outcomes = await Promise.allSettled(targets.map((target) => options.cache.invalidate(target)));
      const failed = targets.filter((_target, index) => outcomes[index]?.status === "rejected");
      if (failed.length === 0) return { invalidated: targets.length };
      request.log.error({ failed: failed.length, err: firstReason(outcomes) }, "an invalidation failed");
      return reply.code(502).send({
        invalidated: targets.length - failed.length,
        failed,
        error: "The cache's store could not be reached for all targets. Send those that failed again.",
      });
    },
  });
}

function describe(issue: z.core.$ZodIssue): string {
  return issue.path.length === 0 ? issue.message : `Target ${String(issue.path[0])} ${issue.message}.`;
}

function unknownName(schema: GraphQLSchema, target: z.infer<typeof body>[number], index: number): string[] {
  if ("entity" in target && !isKnownType(schema, target.entity)) {
    return [`Target ${index} names the entity "${target.entity}", which the schema does not have.`];
  }
  if ("field" in target && !isKnownField(schema, target.field)) {
    return [`Target ${index} names the field "${target.field}", which the schema does not have.`];
  }
  return [];
}

function isKnownType(schema: GraphQLSchema, name: string): boolean {
  const type = schema.getType(name);
  return isObjectType(type) || isInterfaceType(type);
}

function isKnownField(schema: GraphQLSchema, coordinate: string): boolean {
  const [typeName = "", fieldName = ""] = coordinate.split(".");
  const type = schema.getType(typeName);
  return (
    isObjectType(type) &&
    type.getFields()[fieldName] !== undefined &&
    coordinate === `${typeName}.${fieldName}`
  );
}

function firstReason(outcomes: readonly PromiseSettledResult<unknown>[]): unknown {
  return outcomes.find((outcome) => outcome.status === "rejected")?.reason;
}
