import { type Kysely, sql } from "kysely";
import type { Database, NoteRow } from "../database/tables.ts";
import { conflict, forbidden, notFound } from "../errors.ts";
import { integerId } from "../inputs.ts";

export interface NoteDraft {
  readonly featureId: string;
  readonly authorId: number;
  readonly body: string;
}

export function insertNote(db: Kysely<Database>, draft: NoteDraft): Promise<NoteRow> {
  return onFeature(draft.featureId, () =>
    db.insertInto("notes").values(draft).returningAll().executeTakeFirstOrThrow(),
  );
}

export interface NoteChange {
  readonly id: string;
  readonly authorId: number;
  readonly body: string;
  /** null: whatever version is there. */
  readonly expectedVersion: number | null;
}

/** Changes one's own note in one statement, so that of two with the same expectation one is refused. */
export async function changeNote(db: Kysely<Database>, change: NoteChange): Promise<NoteRow> {
  const { authorId, body, expectedVersion } = change;
  const id = integerId(change.id) ?? 0;
  const changed = await db
    .updateTable("notes")
    .set({ body, version: sql`version + 1`, updatedAt: sql`now()` })
    .where("id", "=", id)
    .where("authorId", "=", authorId)
    .$if(expectedVersion !== null, (update) => update.where("version", "=", expectedVersion!))
    .returningAll()
    .executeTakeFirst();
  if (changed !== undefined) return changed;
  const { version } = await ownNote(db, change.id, authorId);
  throw conflict(`The note ${change.id} is at version ${version}, not ${expectedVersion}: read it again.`);
}

export async function removeNote(db: Kysely<Database>, id: string, authorId: number): Promise<NoteRow> {
  const removed = await db
    .deleteFrom("notes")
    .where("id", "=", integerId(id) ?? 0)
    .where("authorId", "=", authorId)
    .returningAll()
    .executeTakeFirst();
  return removed ?? ownNote(db, id, authorId);
}

/** The note, or the reason why this user may not touch it. */
async function ownNote(db: Kysely<Database>, id: string, authorId: number): Promise<NoteRow> {
  const note = await db
    .selectFrom("notes")
    .selectAll()
    .where("id", "=", integerId(id) ?? 0)
    .executeTakeFirst();
  if (note === undefined) throw notFound("Note", id);
  if (note.authorId !== authorId) throw forbidden(`The note ${id} was written by somebody else.`);
  return note;
}

export async function rate(
  db: Kysely<Database>,
  userId: number,
  featureId: string,
  stars: number,
): Promise<void> {
  await onFeature(featureId, () =>
    db
      .insertInto("ratings")
      .values({ userId, featureId, stars })
      .onConflict((conflicting) =>
        conflicting
          .columns(["featureId", "userId"])
          .doUpdateSet({ stars, version: sql`ratings.version + 1`, updatedAt: sql`now()` }),
      )
      .execute(),
  );
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

/** Counts one look and returns how many there are now. */
export async function countView(db: Kysely<Database>, featureId: string): Promise<number> {
  const { views } = await onFeature(featureId, () =>
    db
      .insertInto("featureViews")
      .values({ featureId, views: 1 })
      .onConflict((conflicting) =>
        conflicting.column("featureId").doUpdateSet({
          views: sql`feature_views.views + 1`,
          version: sql`feature_views.version + 1`,
          updatedAt: sql`now()`,
        }),
      )
      .returning("views")
      .executeTakeFirstOrThrow(),
  );
  return views;
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
