import { readdirSync, readFileSync } from "node:fs";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { sql } from "kysely";
import { defineGateway, type GatewayServices } from "../gateway/index.ts";
import { createFieldCache } from "../index.ts";
import { listenToCatalogue } from "./catalogue-events.ts";
import { createDemoContext, type DemoContext } from "./context.ts";
import { type PrepareOptions, prepareDatabase } from "./database/prepare-database.ts";
import { registerEntities } from "./entities.ts";
import { createLoaders } from "./loaders/create-loaders.ts";
import { createResolvers } from "./resolvers/create-resolvers.ts";

const schemaFolder = new URL("../../schema/", import.meta.url);

const exampleOperation = `{
  features(first: 5) {
    nodes {
      id
      name
      rating { average count }
      groups { name }
    }
  }
}
`;

export interface DemoGatewayOptions extends Pick<PrepareOptions, "dataDir" | "seed" | "onStatement"> {
  /** Hear of changes that are made in the database by others. Default true. */
  readonly listen?: boolean;
}

/** The demo's gateway: the web platform, from the embedded database unless `DATABASE_URL` names another. */
export function demoGateway({ listen = true, ...database }: DemoGatewayOptions = {}) {
  return defineGateway({
    exampleOperation,
    // Both headers decide what a context is: see createDemoContext.
    http: { vary: ["Authorization", "Accept-Language"] },
    async start(services) {
      sayWhatIsEmbedded(services);
      const { config, log, cacheOptions } = services;
      const opened = await prepareDatabase({
        ...database,
        url: config.databaseUrl,
        logger: { info: (message) => log.info(message), warn: (message) => log.warn(message) },
      });
      const { db } = opened;
      const loaders = createLoaders(db);
      const cache = createFieldCache<DemoContext>({
        ...cacheOptions,
        principal: ({ user }) => user?.id,
        vary: { locale: ({ locale }) => locale },
        backgroundContext: () => ({ db, loaders, user: null, locale: "en" }),
      });
      const entities = registerEntities(cache, db);
      const schema = cache.apply(
        makeExecutableSchema({ typeDefs: readTypeDefs(), resolvers: createResolvers({ entities }) }),
      );
      if (listen) await listenToCatalogue(cache, opened);
      return {
        cache,
        schema,
        context: ({ admin, headers }) =>
          createDemoContext(
            {
              // The admin token names no user.
              authorization: admin ? undefined : headers.authorization,
              "accept-language": headers["accept-language"],
            },
            { db, loaders, entities },
          ),
        ready: () => sql`select 1`.execute(db),
        close: () => opened.close(),
      };
    },
  });
}

function readTypeDefs(): string[] {
  return readdirSync(schemaFolder).map((name) => readFileSync(new URL(name, schemaFolder), "utf8"));
}

function sayWhatIsEmbedded({ config, log }: GatewayServices): void {
  const parts = [
    ...(config.redisUrl === undefined
      ? ["an embedded cache for this gateway alone (REDIS_URL is not set)"]
      : []),
    ...(config.databaseUrl === undefined ? ["an embedded database (DATABASE_URL is not set)"] : []),
  ];
  if (parts.length > 0) log.info(`Running with ${parts.join(" and ")}`);
}
