import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { type ExecutionResult, type GraphQLSchema, graphql } from "graphql";
import { createDemoContext, type DemoContext, type DemoHeaders } from "../../src/demo/context.ts";
import type { OpenDatabase } from "../../src/demo/database/open-database.ts";
import { prepareDatabase } from "../../src/demo/database/prepare-database.ts";
import { registerEntities } from "../../src/demo/entities.ts";
import { createLoaders, type Loaders } from "../../src/demo/loaders/create-loaders.ts";
import { createResolvers } from "../../src/demo/resolvers/create-resolvers.ts";
import { createFieldCache, type FieldCache } from "../../src/index.ts";
import type { Backend } from "./backends.ts";

export interface Demo {
  readonly database: OpenDatabase;
  readonly schema: GraphQLSchema;
  readonly loaders: Loaders;
  /** Every statement since the last `run` began. */
  readonly statements: string[];
  /** Executes an operation as one request. */
  run(
    source: string,
    options?: { variables?: Record<string, unknown>; headers?: DemoHeaders },
  ): Promise<Result>;
  /** The data of an operation that must have no errors. */
  data(
    source: string,
    options?: { variables?: Record<string, unknown>; headers?: DemoHeaders },
    // biome-ignore lint/suspicious/noExplicitAny: an answer has the shape of its operation
  ): Promise<any>;
  close(): Promise<void>;
}

type Result = ExecutionResult<Record<string, unknown>>;

const SCHEMA = path.resolve(import.meta.dirname, "../../schema");

export function readTypeDefs(): string[] {
  return readdirSync(SCHEMA).map((name) => readFileSync(path.join(SCHEMA, name), "utf8"));
}

/** The demo over the first sixty features; without a cache unless one is made. */
export async function openDemo(
  backend: Backend,
  makeCache?: (backgroundContext: () => DemoContext) => FieldCache<DemoContext>,
): Promise<Demo> {
  const statements: string[] = [];
  const database = await prepareDatabase({
    ...backend.options,
    seed: { limit: 60 },
    onStatement: (sql) => statements.push(sql),
  });
  const { db } = database;
  const loaders = createLoaders(db);
  const cache = (makeCache ?? disabledCache)(() => ({ db, loaders, user: null, locale: "en" }));
  const entities = registerEntities(cache, db);
  const schema = cache.apply(
    makeExecutableSchema({ typeDefs: readTypeDefs(), resolvers: createResolvers({ entities }) }),
  );
  const run: Demo["run"] = async (source, { variables, headers = {} } = {}) => {
    const contextValue = await createDemoContext(headers, { db, loaders, entities });
    statements.length = 0;
    return (await graphql({ schema, source, variableValues: variables, contextValue })) as Result;
  };
  return {
    database,
    schema,
    loaders,
    statements,
    run,
    async data(source, options) {
      const { data, errors } = await run(source, options);
      if (errors !== undefined)
        throw new AggregateError(errors, errors.map((error) => error.message).join("; "));
      return data;
    },
    async close() {
      await cache.close();
      await database.close();
    },
  };
}

/** A cache that caches nothing: what is written goes the way it always does. */
function disabledCache(backgroundContext: () => DemoContext): FieldCache<DemoContext> {
  return createFieldCache<DemoContext>({
    enabled: false,
    principal: ({ user }) => user?.id ?? null,
    vary: { locale: ({ locale }) => locale },
    backgroundContext,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
}
