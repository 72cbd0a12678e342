import { type Kysely, sql } from "kysely";
import type { Database } from "../../src/demo/database/tables.ts";

const BOOKKEEPING = ["seed_state", "migrations", "cache_events"];

async function tablesOf(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public' order by table_name`.execute(
    db,
  );
  return rows.map((row) => row.name).filter((name) => !BOOKKEEPING.includes(name));
}

/** The number of rows of each table. */
export async function contents(db: Kysely<Database>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of await tablesOf(db)) {
    const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(db);
    counts[table] = rows[0]!.n;
  }
  return counts;
}

/** A digest of every row of each table, whatever their order. */
export async function digests(db: Kysely<Database>): Promise<Record<string, string | null>> {
  const all: Record<string, string | null> = {};
  for (const table of await tablesOf(db)) {
    const { rows } = await sql<{ digest: string | null }>`
      select md5(string_agg(line, chr(10) order by line)) as digest from (select t::text as line from ${sql.table(table)} t) l`.execute(
      db,
    );
    all[table] = rows[0]!.digest;
  }
  return all;
}
