import { CamelCasePlugin, Kysely, type LogEvent, PostgresDialect } from "kysely";
import pg from "pg";
import type { PostgresClient } from "../../index.ts";
import { EmbeddedDatabase } from "./embedded-database.ts";
import { embeddedDialect } from "./embedded-dialect.ts";
import { embeddedClient, serverClient } from "./event-clients.ts";
import type { Database } from "./tables.ts";
import { VALUE_PARSERS } from "./value-parsers.ts";

export interface Logger {
  info(message: string): void;
  warn(message: string): void;
}

export const DEFAULT_DATA_DIR = ".data/pg";

export interface DatabaseOptions {
  /** `postgres://…`: a PostgreSQL server. Default: the embedded database. */
  readonly url?: string | undefined;
  /** Where the embedded database keeps its files. Default `.data/pg`; `null` keeps it in memory. */
  readonly dataDir?: string | null | undefined;
  readonly logger: Logger;
  /** Called after every statement, with its text and duration in milliseconds. */
  readonly onStatement?: ((sql: string, ms: number) => void) | undefined;
}

export interface OpenDatabase {
  readonly db: Kysely<Database>;
  readonly kind: "embedded" | "postgres";
  /** A client of its own for `postgresEvents`; see there. */
  eventClient(): PostgresClient;
  close(): Promise<void>;
}

/**
 * Opens the demo's database: the one behind `url`, else the embedded one. The same SQL runs on both.
 *
 * ```ts
 * const { db, close } = await openDatabase({ logger: console });
 * await db.selectFrom("features").select("name").execute();
 * await close();
 * ```
 *
 * Tables are made and filled by `prepareDatabase`.
 */
export function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  return options.url === undefined ? openEmbedded(options) : openPostgres(options.url, options);
}

async function openEmbedded(options: DatabaseOptions): Promise<OpenDatabase> {
  const dataDir = options.dataDir === undefined ? DEFAULT_DATA_DIR : options.dataDir;
  const embedded = await EmbeddedDatabase.open(dataDir ?? undefined);
  const db = kyselyOver(embeddedDialect(embedded), options);
  return {
    db,
    kind: "embedded",
    eventClient: () => embeddedClient(embedded),
    async close() {
      await db.destroy();
      // Kysely closes a driver only after its first query.
      await embedded.close();
    },
  };
}

async function openPostgres(url: string, options: DatabaseOptions): Promise<OpenDatabase> {
  const types = {
    getTypeParser: (type: number, format?: "text" | "binary") =>
      VALUE_PARSERS[type] ?? pg.types.getTypeParser(type, format as "text"),
  } as pg.CustomTypesConfig;
  const pool = new pg.Pool({ connectionString: url, max: 10, types });
  // An idle connection that breaks would otherwise end the process; the pool opens a new one by itself.
  pool.on("error", (error) => options.logger.warn(`A database connection was lost: ${error.message}`));
  const db = kyselyOver(new PostgresDialect({ pool }), options);
  return {
    db,
    kind: "postgres",
    eventClient: () => serverClient(url),
    async close() {
      await db.destroy();
      if (!pool.ended) await pool.end();
    },
  };
}

function kyselyOver(
  dialect: PostgresDialect | ReturnType<typeof embeddedDialect>,
  options: DatabaseOptions,
): Kysely<Database> {
  const { onStatement } = options;
  return new Kysely<Database>({
    dialect,
    // jsonb values keep their keys as they were written.
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
    ...(onStatement && { log: (event: LogEvent) => onStatement(event.query.sql, event.queryDurationMillis) }),
  });
}
