import { existsSync } from "node:fs";
import { sql } from "kysely";
import { readWebPlatform, type SeedOptions, seed } from "../data/seed.ts";
import { migrate } from "./migrate.ts";
import { type DatabaseOptions, DEFAULT_DATA_DIR, type OpenDatabase, openDatabase } from "./open-database.ts";

/** Any number that others do not use: gateways that start at once on one server wait for each other under it. */
const PREPARATION_LOCK = 4_120_047;

export interface PrepareOptions extends DatabaseOptions {
  /** See `SeedOptions`. Default: all features, and the compatibility entries that they link. */
  readonly seed?: Omit<SeedOptions, "report" | "platform"> | undefined;
}

/**
 * Opens the demo's database with its tables made and filled: the first time this takes seconds, later it finds them.
 * Several processes may do so at once on one server; one does the work, the others wait for it.
 */
export async function prepareDatabase(options: PrepareOptions): Promise<OpenDatabase> {
  const opening = openDatabase(options);
  // A new embedded database takes seconds to create, in a thread of its own: time to read the packages in this one.
  const platform = isNew(options) ? readWebPlatform(options.seed) : undefined;
  // Whoever opens the database reports a failure; without this line a failed opening would leave it unhandled.
  platform?.catch(() => {});
  const database = await opening;
  try {
    await database.db.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(${PREPARATION_LOCK})`.execute(connection);
      try {
        await migrate(connection);
        await seed(connection, { ...options.seed, platform, report: (line) => options.logger.info(line) });
      } finally {
        await sql`select pg_advisory_unlock(${PREPARATION_LOCK})`.execute(connection);
      }
    });
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

function isNew({ url, dataDir = DEFAULT_DATA_DIR }: DatabaseOptions): boolean {
  return url === undefined && (dataDir === null || !existsSync(dataDir));
}
