import { type Kysely, sql } from "kysely";
import type { Database, NoteRow, RatingRow, ViewCountRow } from "../database/tables.ts";
import { conflict, forbidden, notFound } from "../errors.ts";
import { integerId } from "../inputs.ts";
import { bySlot } from "../loaders/batch.ts";

/** A note as it is to be written. */
export interface NoteToSave extends NoteRow {
  /** Refused unless the note is at this version; null: whatever is there. Not of a new one, which has version 1. */
  readonly expectedVersion?: number | null;
}

/** The number of a note that is to be written: a row without key cannot be written through. */
export async function nextNoteId(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{
    id: number;
  }>`select nextval(pg_get_serial_sequence('notes', 'id'))::int as id`.execute(db);
  return rows[0]!.id;
}

/** Each note as the database has it then, or the reason why it was not written. */
export function saveNotes(db: Kysely<Database>, notes: readonly NoteToSave[]): Promise<(NoteRow | Error)[]> {
  return Promise.all(
    notes.map((note) =>
      (note.version === 1 ? insertNote(db, note) : changeNote(db, note)).catch((error: Error) => error),
    ),
  );
}

function insertNote(db: Kysely<Database>, { id, featureId, authorId, body }: NoteRow): Promise<NoteRow> {
  return onFeature(featureId, () =>
    db.insertInto("notes").values({ id, featureId, authorId, body }).returningAll().executeTakeFirstOrThrow(),
  );
}

/** In one statement, so that of two with the same expectation one is refused. */
async function changeNote(db: Kysely<Database>, note: NoteToSave): Promise<NoteRow> {
  const { id, authorId, body, expectedVersion = null } = note;
  const changed = await db
    .updateTable("notes")
    .set({ body, version: sql`version + 1`, updatedAt: sql`now()` })
    .where("id", "=", id)
    .$if(expectedVersion !== null, (update) => update.where("version", "=", expectedVersion!))
    .returningAll()
    .executeTakeFirst();
  if (changed !== undefined) return changed;
  const { version } = await ownNote(db, String(id), authorId);
  throw conflict(`The note ${id} is at version ${version}, not ${expectedVersion}: read it again.`);
}

export async function removeNotes(db: Kysely<Database>, ids: readonly (string | number)[]): Promise<void> {
  await db.deleteFrom("notes").where("id", "in", ids.map(Number)).execute();
}

/** The note, or the reason why this user may not touch it. */
export async function ownNote(db: Kysely<Database>, id: string, authorId: number): Promise<NoteRow> {
  const note = await db
    .selectFrom("notes")
    .selectAll()
    .where("id", "=", integerId(id) ?? 0)
    .executeTakeFirst();
  if (note === undefined) throw notFound("Note", id);
  if (note.authorId !== authorId) throw forbidden(`The note ${id} was written by somebody else.`);
  return note;
}

/** The last stars of a user for a feature stand; a write that the row has taken, or one after it, is none. */
export async function saveRatings(
  db: Kysely<Database>,
  ratings: readonly RatingRow[],
  tokens: readonly string[],
): Promise<(RatingRow | Error)[]> {
  const features = ratings.map(({ featureId }) => featureId);
  const users = ratings.map(({ userId }) => Number(userId));
  await sql`
    insert into ratings (feature_id, user_id, stars, written_by)
    select w.* from unnest(${features}::text[], ${users}::int[], ${ratings.map(({ stars }) => stars)}::int[], ${tokens}::text[])
      as w (feature_id, user_id, stars, written_by)
      join features f on f.id = w.feature_id join users u on u.id = w.user_id
    on conflict (feature_id, user_id) do update set stars = excluded.stars, written_by = excluded.written_by,
      version = ratings.version + 1, updated_at = now() where ratings.written_by < excluded.written_by`.execute(
    db,
  );
  const saved = await ratingsOf(db, ratings);
  return saved.map((row, at) => row ?? notFound("Feature", features[at]!));
}

/** In the order of the keys; null where a user gave none. */
export async function ratingsOf(
  db: Kysely<Database>,
  keys: readonly Pick<RatingRow, "featureId" | "userId">[],
): Promise<(RatingRow | null)[]> {
  const { rows } = await sql<RatingRow & { slot: number }>`
    select k.slot, r.feature_id, r.user_id, r.stars from
      unnest(${keys.map(({ userId }) => Number(userId))}::int[], ${keys.map(({ featureId }) => featureId)}::text[])
        with ordinality as k (user_id, feature_id, slot)
      join ratings r using (user_id, feature_id)`.execute(db);
  return bySlot<RatingRow>(keys.length, rows).map(([row]) => row ?? null);
}

export async function watch(db: Kysely<Database>, userId: number, featureId: string): Promise<void> {
  await onFeature(featureId, () =>
    db
      .insertInto("watches")
      .values({ userId, featureId })
      .onConflict((conflicting) => conflicting.columns(["userId", "featureId"]).doNothing())
      .execute(),
  );
}

export async function unwatch(db: Kysely<Database>, userId: number, featureId: string): Promise<void> {
  await db.deleteFrom("watches").where("userId", "=", userId).where("featureId", "=", featureId).execute();
}

/** Adds the looks, each write once. */
export async function addViews(
  db: Kysely<Database>,
  looks: readonly ViewCountRow[],
  tokens: readonly string[],
): Promise<(ViewCountRow | Error)[]> {
  const features = looks.map(({ featureId }) => featureId);
  await sql`
    insert into feature_views (feature_id, views, written_by)
    select w.* from unnest(${features}::text[], ${looks.map(({ views }) => views)}::int[], ${tokens}::text[])
      as w (feature_id, views, written_by) join features f on f.id = w.feature_id
    on conflict (feature_id) do update set views = feature_views.views + excluded.views, written_by = excluded.written_by,
      version = feature_views.version + 1, updated_at = now() where feature_views.written_by < excluded.written_by`.execute(
    db,
  );
  return viewCountsOf(db, features);
}

/** In the order of the ids; a feature that nobody looked at has none. */
export async function viewCountsOf(db: Kysely<Database>, ids: readonly string[]): Promise<ViewCountRow[]> {
  const rows = await db
    .selectFrom("featureViews")
    .select(["featureId", "views"])
    .where("featureId", "in", ids)
    .execute();
  const views = new Map(rows.map((row) => [row.featureId, row.views]));
  return ids.map((featureId) => ({ featureId, views: views.get(featureId) ?? 0 }));
}

const FOREIGN_KEY_VIOLATION = "23503";

/** Leaves it to the database to notice that there is no such feature: asking first would be a race. */
async function onFeature<T>(featureId: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if ((error as { code?: unknown }).code === FOREIGN_KEY_VIOLATION) throw notFound("Feature", featureId);
    throw error;
  }
}
