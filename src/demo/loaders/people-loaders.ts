import { type Kysely, sql } from "kysely";
import {
  type Connection,
  type CursorValue,
  connectionFrom,
  encodeCursor,
  type Page,
} from "../connections.ts";
import type { Database, NoteRow } from "../database/tables.ts";
import { batchLoader, bySlot, valueLoader } from "./batch.ts";

export interface NotePage<Id extends string | number> extends Page {
  readonly parentId: Id;
}

/** A user's own mark on a feature. */
export interface MarkKey {
  readonly userId: number;
  readonly featureId: string;
}

export interface RatingSummary {
  readonly average: number | null;
  readonly count: number;
}

const UNRATED: RatingSummary = { average: null, count: 0 };

/** What people added. */
export function peopleLoaders(db: Kysely<Database>) {
  return {
    noteCountOfFeature: valueLoader<string, number>(
      (ids) =>
        db
          .selectFrom("notes")
          .select((eb) => ["featureId as parentKey", eb.fn.countAll<number>().as("value")])
          .where("featureId", "in", ids)
          .groupBy("featureId")
          .execute(),
      0,
    ),

    noteCountOfAuthor: valueLoader<number, number>(
      (ids) =>
        db
          .selectFrom("notes")
          .select((eb) => ["authorId as parentKey", eb.fn.countAll<number>().as("value")])
          .where("authorId", "in", ids)
          .groupBy("authorId")
          .execute(),
      0,
    ),

    notesOfFeature: batchLoader<NotePage<string>, Connection<NoteRow>>(async (pages) => {
      const ids = pages.map((page) => page.parentId);
      const { rows } = await sql<NoteRow & { slot: number }>`
        select r.slot, n.* from
          unnest(${ids}::text[], ${takesOf(pages)}::int[], ${beforesOf(pages)}::int[])
            with ordinality as r (parent_id, take, before_id, slot)
          cross join lateral (
            select * from notes where feature_id = r.parent_id and (r.before_id is null or id < r.before_id)
            order by id desc limit r.take) n
        order by r.slot, n.id desc`.execute(db);
      return noteConnections(pages, rows);
    }),

    notesOfAuthor: batchLoader<NotePage<number>, Connection<NoteRow>>(async (pages) => {
      const ids = pages.map((page) => page.parentId);
      const { rows } = await sql<NoteRow & { slot: number }>`
        select r.slot, n.* from
          unnest(${ids}::int[], ${takesOf(pages)}::int[], ${beforesOf(pages)}::int[])
            with ordinality as r (parent_id, take, before_id, slot)
          cross join lateral (
            select * from notes where author_id = r.parent_id and (r.before_id is null or id < r.before_id)
            order by id desc limit r.take) n
        order by r.slot, n.id desc`.execute(db);
      return noteConnections(pages, rows);
    }),

    ratingOfFeature: valueLoader<string, RatingSummary>(async (ids) => {
      const rows = await db
        .selectFrom("ratings")
        .select((eb) => [
          "featureId",
          eb.fn.countAll<number>().as("count"),
          sql<number>`avg(stars)::float8`.as("average"),
        ])
        .where("featureId", "in", ids)
        .groupBy("featureId")
        .execute();
      return rows.map(({ featureId, average, count }) => ({
        parentKey: featureId,
        value: { average, count },
      }));
    }, UNRATED),

    watchedByUser: batchLoader<MarkKey, boolean>(async (keys) => {
      const { rows } = await sql<{ slot: number }>`
        select k.slot from
          unnest(${usersOf(keys)}::int[], ${featuresOf(keys)}::text[]) with ordinality as k (user_id, feature_id, slot)
          join watches w using (user_id, feature_id)`.execute(db);
      return bySlot<object>(keys.length, rows).map((list) => list.length > 0);
    }),
  };
}

function takesOf(pages: readonly Page[]): number[] {
  return pages.map((page) => page.take + 1);
}

function beforesOf(pages: readonly Page[]): (CursorValue | null)[] {
  return pages.map(({ after }) => after?.[0] ?? null);
}

function usersOf(keys: readonly MarkKey[]): number[] {
  return keys.map((key) => key.userId);
}

function featuresOf(keys: readonly MarkKey[]): string[] {
  return keys.map((key) => key.featureId);
}

function noteConnections(
  pages: readonly Page[],
  rows: readonly (NoteRow & { slot: number })[],
): Connection<NoteRow>[] {
  const lists = bySlot<NoteRow>(pages.length, rows);
  return lists.map((list, index) => connectionFrom(list, pages[index]!, (note) => encodeCursor([note.id])));
}
