import type DataLoader from "dataloader";
import type { Kysely } from "kysely";
import type { FieldCache } from "../index.ts";
import type { DemoContext } from "./context.ts";
import type {
  BrowserRow,
  Database,
  FeatureRow,
  NoteRow,
  RatingRow,
  SpecificationRow,
  UserRow,
  ViewCountRow,
} from "./database/tables.ts";
import { integerId } from "./inputs.ts";
import {
  addViews,
  type NoteToSave,
  ratingsOf,
  removeNotes,
  saveNotes,
  saveRatings,
  viewCountsOf,
} from "./queries/people-writes.ts";

/** What the demo needs of `cache.entity(...)`'s answer. */
interface EntityHandle<K, Row> {
  loader(context?: object): DataLoader<K, Row | null>;
  remove(key: K, context?: object): Promise<void>;
}

/** The columns of a user that an entry for everybody may hold. */
export const PUBLIC_USER = ["id", "name", "homepage", "joinedAt", "version", "updatedAt"] as const;

export interface Entities {
  readonly feature: EntityHandle<string, FeatureRow>;
  readonly browser: EntityHandle<string, BrowserRow>;
  readonly specification: EntityHandle<string, SpecificationRow>;
  readonly user: EntityHandle<string | number, UserRow>;
  readonly note: EntityHandle<string | number, NoteRow>;
  readonly viewCount: EntityHandle<string, ViewCountRow>;
  readonly rating: EntityHandle<Pick<RatingRow, "featureId" | "userId">, RatingRow>;
}

/** The types whose objects are loaded by id, wherever they are shown: each object has one entry in the cache. */
export function registerEntities(cache: FieldCache<DemoContext>, db: Kysely<Database>): Entities {
  return {
    feature: cache.entity<string, FeatureRow | null>("Feature", {
      load: (ids) =>
        inOrder(ids, (known) => db.selectFrom("features").selectAll().where("id", "in", known).execute()),
    }),
    browser: cache.entity<string, BrowserRow | null>("Browser", {
      load: (ids) =>
        inOrder(ids, (known) => db.selectFrom("browsers").selectAll().where("id", "in", known).execute()),
    }),
    specification: cache.entity<string, SpecificationRow | null>("Specification", {
      load: (ids) =>
        inOrder(ids, (known) =>
          db.selectFrom("specifications").selectAll().where("id", "in", known).execute(),
        ),
    }),
    user: cache.entity<string | number, UserRow | null>("User", {
      load: (ids) =>
        inOrder(ids, (known) => {
          const numbers = known.flatMap((id) => integerId(id) ?? []);
          if (numbers.length === 0) return Promise.resolve([]);
          return db.selectFrom("users").select(PUBLIC_USER).where("id", "in", numbers).execute();
        }),
    }),
    note: cache.entity<string | number, NoteRow | null>("Note", {
      load: (ids) =>
        inOrder(ids, (known) => {
          const numbers = known.flatMap((id) => integerId(id) ?? []);
          if (numbers.length === 0) return Promise.resolve([]);
          return db.selectFrom("notes").selectAll().where("id", "in", numbers).execute();
        }),
      write: (notes) => saveNotes(db, notes as NoteToSave[]),
      remove: (ids) => removeNotes(db, ids),
    }),
    viewCount: cache.entity<string, ViewCountRow | null>("ViewCount", {
      mode: "BEHIND",
      load: (ids) => viewCountsOf(db, ids),
      write: (looks, { tokens }) => addViews(db, looks as ViewCountRow[], tokens),
      merge: (pending, next) => ({ ...pending!, views: pending!.views + next!.views }),
      pendingUnknown: "source",
    }),
    rating: cache.entity<Pick<RatingRow, "featureId" | "userId">, RatingRow | null>("Rating", {
      mode: "BEHIND",
      load: (keys) => ratingsOf(db, keys),
      async write(given, { tokens }) {
        const ratings = given as RatingRow[];
        const saved = await saveRatings(db, ratings, tokens);
        // Only now does the summary have them.
        await cache.invalidate({ tags: ratings.map(({ featureId }) => `ratings:${featureId}`) });
        return saved;
      },
      pendingUnknown: "source",
    }),
  };
}

/** One row, or null, for each id in the order of the ids. */
async function inOrder<Row extends { readonly id: string | number }>(
  ids: readonly (string | number)[],
  load: (ids: string[]) => Promise<readonly Row[]>,
): Promise<(Row | null)[]> {
  // PostgreSQL refuses a statement with U+0000 in it: one such id, from a stranger, would fail the whole batch.
  const known = ids.map(String).filter((id) => !id.includes("\u0000"));
  const rows = known.length === 0 ? [] : await load(known);
  const byId = new Map(rows.map((row) => [String(row.id), row]));
  return ids.map((id) => byId.get(String(id)) ?? null);
}
