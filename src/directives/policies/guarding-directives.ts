import type { ProblemLog } from "./policy-problem.ts";
import type { SchemaFacts } from "./schema-facts.ts";
import { directivesOf } from "./written-directives.ts";

/** Directives that decide who may see a value, in the libraries that teams use. */
const GUARDS: ReadonlySet<string> = new Set([
  "allow",
  "auth",
  "authenticated",
  "authentication",
  "authorization",
  "authorize",
  "authorized",
  "can",
  "deny",
  "guard",
  "hasPermission",
  "hasPermissions",
  "hasRole",
  "hasRoles",
  "hasScope",
  "hasScopes",
  "isAllowed",
  "isAuthenticated",
  "isAuthorized",
  "isOwner",
  "loggedIn",
  "permission",
  "permissions",
  "policy",
  "protect",
  "protected",
  "rateLimit",
  "requireAuth",
  "requireRole",
  "requireScopes",
  "requiresAuth",
  "requiresPermission",
  "requiresPermissions",
  "requiresRole",
  "requiresScope",
  "requiresScopes",
  "restrict",
  "role",
  "roles",
  "scope",
  "scopes",
  "secured",
]);

/** Directives that leave a field's value as it is: GraphQL's own, ours, Apollo's and Federation's. */
const HARMLESS: ReadonlySet<string> = new Set([
  "cacheControl",
  "cacheTTL",
  "cacheWrite",
  "composeDirective",
  "connect",
  "context",
  "cost",
  "deprecated",
  "extends",
  "external",
  "fromContext",
  "inaccessible",
  "interfaceObject",
  "invalidates",
  "key",
  "link",
  "listSize",
  "oneOf",
  "override",
  "provides",
  "requires",
  "shareable",
  "source",
  "specifiedBy",
  "tag",
]);

/**
 * Finds directives on cached fields that act around a resolver. Those that look like authorisation, on the field or the
 * type it belongs to, are returned by coordinate; others that nobody knows are warned of.
 */
export function findGuards(
  facts: SchemaFacts,
  log: ProblemLog,
  cached: ReadonlySet<string>,
  options: { readonly authDirectives: readonly string[]; readonly outerDirectives: readonly string[] },
): ReadonlyMap<string, string> {
  const guards = new Set([...GUARDS, ...options.authDirectives]);
  const outer = new Set(options.outerDirectives);
  const found = new Map<string, string>();
  for (const type of facts.objects) {
    const onType = directivesOf(type).filter(({ name }) => guards.has(bare(name)) && !outer.has(name));
    for (const field of Object.values(type.getFields())) {
      const coordinate = `${type.name}.${field.name}`;
      if (!cached.has(coordinate)) continue;
      const onField = directivesOf(field).filter(({ name }) => !outer.has(name));
      const guard = onField.find(({ name }) => guards.has(bare(name))) ?? onType[0];
      if (guard !== undefined) found.set(coordinate, guard.name);
      const strangers = onField.filter(({ name }) => !guards.has(bare(name)) && !HARMLESS.has(bare(name)));
      for (const { name, node } of strangers) {
        log.warn({
          coordinate,
          node,
          problem: `@${name} stands on a cached field, and what it does inside the cache is not done on a hit.`,
          mend: `Apply it after cache.apply(schema) and list it: outerDirectives: ["${name}"].`,
        });
      }
    }
  }
  return found;
}

/** Federation's directives are also written with its name before them. */
function bare(name: string): string {
  return name.startsWith("federation__") ? name.slice("federation__".length) : name;
}
