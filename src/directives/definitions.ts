import { readFileSync } from "node:fs";
import type { DocumentNode } from "graphql";
import graphqlTag from "graphql-tag";

/**
 * The definitions of `@cacheTTL`, `@key`, `@invalidates` and `@cacheWrite`, to be listed beside one's own type definitions.
 *
 * @example
 * makeExecutableSchema({ typeDefs: [typeDefs, mine], resolvers });
 *
 * Trap: a schema that defines `@key` itself (Apollo Federation) leaves ours out: see docs/directives.md.
 */
export const typeDefs: DocumentNode = graphqlTag.gql(
  // src/directives and dist/directives lie equally deep, so one path serves both.
  readFileSync(new URL("../../schema/fieldgate.graphql", import.meta.url), "utf8"),
);
