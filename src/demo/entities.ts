import type DataLoader from "dataloader";
import type { Kysely } from "kysely";
import type { BrowserRow, Database, FeatureRow, SpecificationRow, UserRow } from "./database/tables.ts";
import { integerId } from "./inputs.ts";

/** What the demo needs of `cache.entity(...)`'s answer. */
export interface EntityHandle<K, Row> {
  loader(context?: object): DataLoader<K, Row | null>;
}

/** What the demo needs of a cache. */
export interface FieldCacheLike {
  entity<K, Row>(
    name: string,
    options: { load(keys: readonly K[], context: unknown): Promise<readonly (Row | null | Error)[]> },
  ): EntityHandle<K, Row>;
}

/** The columns of a user that an entry for everybody may hold. */
export const PUBLIC_USER = ["id", "name", "homepage", "joinedAt", "version", "updatedAt"] as const;

export interface Entities {
  readonly feature: EntityHandle<string, FeatureRow>;
  readonly browser: EntityHandle<string, BrowserRow>;
  readonly specification: EntityHandle<string, SpecificationRow>;
  readonly user: EntityHandle<string | number, UserRow>;
}

/** The types whose objects are loaded by id, wherever they are shown: each object has one entry in the cache. */
export function registerEntities(cache: FieldCacheLike, db: Kysely<Database>): Entities {
  return {
    feature: cache.entity<string, FeatureRow>("Feature", {
      load: (ids) =>
        inOrder(ids, (known) => db.selectFrom("features").selectAll().where("id", "in", known).execute()),
    }),
    browser: cache.entity<string, BrowserRow>("Browser", {
      load: (ids) =>
        inOrder(ids, (known) => db.selectFrom("browsers").selectAll().where("id", "in", known).execute()),
    }),
    specification: cache.entity<string, SpecificationRow>("Specification", {
      load: (ids) =>
        inOrder(ids, (known) =>
          db.selectFrom("specifications").selectAll().where("id", "in", known).execute(),
        ),
    }),
    user: cache.entity<string | number, UserRow>("User", {
      load: (ids) =>
        inOrder(ids, (known) => {
          const numbers = known.flatMap((id) => integerId(id) ?? []);
          if (numbers.length === 0) return Promise.resolve([]);
          return db.selectFrom("users").select(PUBLIC_USER).where("id", "in", numbers).execute();
        }),
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
