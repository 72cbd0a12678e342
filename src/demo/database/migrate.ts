import { type Kysely, sql } from "kysely";
import { MIGRATIONS, type Migration } from "./migrations.ts";
import type { Database } from "./tables.ts";

/**
 * Brings the tables up to the newest migration and returns the names of those that ran now.
 * Each migration and its mark commit together, so a killed run goes on where it stopped and a second run does nothing.
 */
export async function migrate(
  db: Kysely<Database>,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<string[]> {
  await sql`create table if not exists seed_state (
    step text primary key, fingerprint text not null, rows_done integer not null, finished boolean not null)`.execute(
    db,
  );
  await sql`create table if not exists migrations (
    id integer primary key, name text not null, applied_at timestamptz not null default now())`.execute(db);
  const applied = await sql<{ id: number }>`select id from migrations`.execute(db);
  const done = new Set(applied.rows.map((row) => row.id));
  const ran: string[] = [];
  for (const migration of migrations) {
    if (done.has(migration.id)) continue;
    await db.transaction().execute(async (trx) => {
      for (const statement of migration.statements) await sql.raw(statement).execute(trx);
      await sql`insert into migrations (id, name) values (${migration.id}, ${migration.name})`.execute(trx);
    });
    ran.push(migration.name);
  }
  return ran;
}
