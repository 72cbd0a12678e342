import { type Kysely, sql } from "kysely";
import type { Database } from "../database/tables.ts";
import { packageVersions, readPackages } from "./packages.ts";
import { peopleSteps } from "./people.ts";
import type { SeedStep } from "./seed-step.ts";
import { type PlatformOptions, type WebPlatform, webPlatform } from "./web-platform.ts";

export interface SeedOptions extends PlatformOptions {
  /** The rows, when they are being made already. Default: made from the packages, if anything is to be seeded. */
  readonly platform?: Promise<WebPlatform> | undefined;
  /** Called with a line for each table, and for large ones every second. */
  readonly report: (line: string) => void;
  /** Rows per transaction. Default 10000. */
  readonly chunkRows?: number | undefined;
}

/** Counted up when the same packages have to be read in another way. */
const SEED_VERSION = 1;
const ALL_DONE = "all";
const REPORT_EVERY_MS = 1000;

/**
 * Fills the tables, or finds them filled. Rows and the count of rows done commit together, so a seeding that was killed
 * goes on behind its last chunk; data of another version of the packages replaces the reference tables and leaves
 * what people wrote alone. Returns whether anything was written.
 *
 * Run it on one connection under a lock (`prepareDatabase` does): two at once would write the same chunk.
 */
export async function seed(db: Kysely<Database>, options: SeedOptions): Promise<boolean> {
  const { chunkRows = 10_000, report } = options;
  if (!Number.isInteger(chunkRows) || chunkRows < 1) {
    throw new TypeError(`seed(): chunkRows must be a positive integer, but got: ${chunkRows}`);
  }
  const fingerprint = JSON.stringify([
    SEED_VERSION,
    packageVersions(),
    options.limit ?? null,
    options.allCompat ?? false,
  ]);
  const states = new Map(
    (await db.selectFrom("seedState").selectAll().execute()).map((state) => [state.step, state]),
  );
  if (states.get(ALL_DONE)?.fingerprint === fingerprint) return false;

  const started = performance.now();
  report("Seeding the database with the web platform's data (once; later starts find it there)");
  const { steps: platform, featureIds } = await (options.platform ?? readWebPlatform(options));
  if (states.get("features")?.fingerprint !== fingerprint) await startOver(db, platform, fingerprint);
  let written = 0;
  for (const step of [...platform, ...peopleSteps(featureIds)]) {
    written += await runStep(db, step, { fingerprint, chunkRows, report });
  }
  await markDone(db, featureIds, fingerprint);
  report(`Seeded ${written} rows in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return true;
}

/** Reads the packages and makes the rows of them: half a second of parsing. */
export async function readWebPlatform(options: PlatformOptions = {}): Promise<WebPlatform> {
  return webPlatform(await readPackages(), options);
}

/** Empties the reference tables, except the features, which people's rows point to: those are updated in place. */
async function startOver(
  db: Kysely<Database>,
  platform: readonly SeedStep[],
  fingerprint: string,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    for (const step of platform) {
      if (step.upsertBy === undefined) await sql`truncate ${sql.table(step.table)}`.execute(trx);
      await sql`insert into seed_state (step, fingerprint, rows_done, finished) values (${step.table}, ${fingerprint}, 0, false)
        on conflict (step) do update set fingerprint = excluded.fingerprint, rows_done = 0, finished = false`.execute(
        trx,
      );
    }
  });
}

interface StepOptions {
  readonly fingerprint: string;
  readonly chunkRows: number;
  report(line: string): void;
}

async function runStep(
  db: Kysely<Database>,
  step: SeedStep,
  { fingerprint, chunkRows, report }: StepOptions,
): Promise<number> {
  const { table, rows } = step;
  const state = await db.selectFrom("seedState").selectAll().where("step", "=", table).executeTakeFirst();
  if (state?.finished) return 0;
  const first = state?.rowsDone ?? 0;
  let reported = performance.now();
  for (let from = first; from < rows.length || from === first; from += chunkRows) {
    const chunk = rows.slice(from, from + chunkRows);
    const rowsDone = from + chunk.length;
    const finished = rowsDone >= rows.length;
    await db.transaction().execute(async (trx) => {
      if (chunk.length > 0) await insertRows(trx, step, chunk);
      if (finished && step.finish !== undefined) await sql.raw(step.finish).execute(trx);
      await sql`insert into seed_state (step, fingerprint, rows_done, finished) values (${table}, ${fingerprint}, ${rowsDone}, ${finished})
        on conflict (step) do update set rows_done = excluded.rows_done, finished = excluded.finished`.execute(
        trx,
      );
    });
    if (finished || performance.now() - reported > REPORT_EVERY_MS) {
      report(`  ${table}: ${rowsDone} of ${rows.length}`);
      reported = performance.now();
    }
    if (finished) break;
  }
  return rows.length - first;
}

/** One statement for all rows: the database unpacks a JSON text into the table's own column types. */
async function insertRows(db: Kysely<Database>, step: SeedStep, rows: SeedStep["rows"]): Promise<void> {
  const names = Object.keys(rows[0]!);
  const columns = sql.join(names.map((name) => sql.ref(name)));
  const table = sql.table(step.table);
  const updates = names.map((name) => sql`${sql.ref(name)} = excluded.${sql.ref(name)}`);
  const conflict = step.upsertBy
    ? sql`on conflict (${sql.join(step.upsertBy.map((name) => sql.ref(name)))}) do update set ${sql.join(updates)}`
    : step.kind === "people"
      ? // Made of other data than the rows before them, when the packages changed while a seeding was interrupted.
        sql`on conflict do nothing`
      : sql``;
  await sql`insert into ${table} (${columns})
    select ${columns} from json_populate_recordset(null::${table}, ${JSON.stringify(rows)}) ${conflict}`.execute(
    db,
  );
}

async function markDone(
  db: Kysely<Database>,
  featureIds: readonly string[],
  fingerprint: string,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    // Features that the packages no longer have, with what people said of them.
    await sql`delete from features where id <> all(${featureIds}::text[])`.execute(trx);
    await sql`insert into seed_state (step, fingerprint, rows_done, finished) values (${ALL_DONE}, ${fingerprint}, 0, true)
      on conflict (step) do update set fingerprint = excluded.fingerprint`.execute(trx);
  });
  await sql`analyze`.execute(db);
}
