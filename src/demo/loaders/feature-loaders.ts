import { type Kysely, sql } from "kysely";
import { type Connection, connectionFrom, encodeCursor, type Page } from "../connections.ts";
import type {
  CompatEntryRow,
  CompatSupportRow,
  Database,
  FeatureGroupRow,
  FeatureRow,
  SnapshotRow,
  SpecificationRow,
} from "../database/tables.ts";
import type { FeatureSupportParent } from "../parents.ts";
import { batchLoader, bySlot, type Keyed, listLoader, valueLoader } from "./batch.ts";

export interface FeaturePage extends Page {
  readonly parentId: string;
}

export interface CompatEntryPage extends FeaturePage {
  /** Whether the number of entries on all pages is wanted. */
  readonly counted: boolean;
}

export type CompatEntryConnection = Connection<CompatEntryRow> & { readonly totalCount: number };
export type FeatureConnection = Connection<FeatureRow> & { readonly totalCount: number };

/** What hangs on features, groups and snapshots. */
export function featureLoaders(db: Kysely<Database>) {
  return {
    groupsOfFeature: listLoader<string, FeatureGroupRow>((ids) =>
      db
        .selectFrom("featureGroupMembers as m")
        .innerJoin("featureGroups as g", "g.id", "m.groupId")
        .selectAll("g")
        .select("m.featureId as parentKey")
        .where("m.featureId", "in", ids)
        .orderBy("g.id")
        .execute(),
    ),

    snapshotsOfFeature: listLoader<string, SnapshotRow>((ids) =>
      db
        .selectFrom("snapshotFeatures as m")
        .innerJoin("snapshots as s", "s.id", "m.snapshotId")
        .selectAll("s")
        .select("m.featureId as parentKey")
        .where("m.featureId", "in", ids)
        .orderBy("s.id")
        .execute(),
    ),

    specificationsOfFeature: listLoader<string, SpecificationRow>((ids) =>
      db
        .selectFrom("featureSpecifications as m")
        .innerJoin("specifications as s", "s.id", "m.specificationId")
        .selectAll("s")
        .select("m.featureId as parentKey")
        .where("m.featureId", "in", ids)
        .orderBy("m.position")
        .execute(),
    ),

    supportOfFeature: listLoader<string, FeatureSupportParent>((ids) =>
      db
        .selectFrom("featureSupport as f")
        .leftJoin("releases as r", (join) =>
          join.onRef("r.browserId", "=", "f.browserId").onRef("r.version", "=", "f.version"),
        )
        .select(["f.featureId as parentKey", "f.browserId", "f.version", "f.atMost", "r.releasedOn"])
        .where("f.featureId", "in", ids)
        .orderBy("f.browserId")
        .execute(),
    ),

    compatEntriesOfFeature: batchLoader<CompatEntryPage, CompatEntryConnection>(async (pages) => {
      const ids = pages.map((page) => page.parentId);
      const takes = pages.map((page) => page.take + 1);
      const afters = pages.map(({ after }) => after?.[0] ?? "");
      const counted = pages.map((page) => page.counted);
      // The count comes with each row of a page; a row of nulls keeps it for a page without rows.
      const { rows } = await sql<CompatEntryRow & { slot: number; total: number }>`
        select r.slot, t.total, e.* from
          unnest(${ids}::text[], ${takes}::int[], ${afters}::text[], ${counted}::boolean[])
            with ordinality as r (parent_id, take, after_id, counted, slot)
          cross join lateral (
            select case when r.counted then (select count(*) from compat_entries where feature_id = r.parent_id) else 0 end as total) t
          left join lateral (
            select * from compat_entries where feature_id = r.parent_id and id collate "C" > r.after_id
            order by id collate "C" limit r.take) e on true
        order by r.slot, e.id collate "C"`.execute(db);
      return bySlot<CompatEntryRow & { total: number }>(pages.length, rows).map((list, index) => {
        const entries = list.filter((row) => row.id !== null).map(({ total: _total, ...entry }) => entry);
        const connection = connectionFrom<CompatEntryRow>(entries, pages[index]!, (entry) =>
          encodeCursor([entry.id]),
        );
        return { ...connection, totalCount: list[0]?.total ?? 0 };
      });
    }),

    supportOfCompatEntry: listLoader<string, CompatSupportRow>((ids) =>
      db
        .selectFrom("compatSupport")
        .selectAll()
        .select("compatId as parentKey")
        .where("compatId", "in", ids)
        .orderBy("browserId")
        .execute(),
    ),

    groupById: valueLoader<string, FeatureGroupRow | null>(async (ids) => {
      const rows = await db.selectFrom("featureGroups").selectAll().where("id", "in", ids).execute();
      return rows.map((value) => ({ parentKey: value.id, value }));
    }, null),

    snapshotById: valueLoader<string, SnapshotRow | null>(async (ids) => {
      const rows = await db.selectFrom("snapshots").selectAll().where("id", "in", ids).execute();
      return rows.map((value) => ({ parentKey: value.id, value }));
    }, null),

    childrenOfGroup: listLoader<string, FeatureGroupRow>(async (ids) => {
      const rows = await db
        .selectFrom("featureGroups")
        .selectAll()
        .where("parentId", "in", ids)
        .orderBy("id")
        .execute();
      return rows.map((row): Keyed<string, FeatureGroupRow> => ({ ...row, parentKey: row.parentId! }));
    }),

    featuresOfGroup: batchLoader<FeaturePage, FeatureConnection>(async (pages) => {
      const ids = pages.map((page) => page.parentId);
      const takes = pages.map((page) => page.take + 1);
      const cursors = pages.map(({ after }) => after ?? ["", ""]);
      const { rows } = await sql<FeatureRow & { slot: number; total: number; sortKey: string }>`
        select r.slot, t.total, f.* from
          unnest(${ids}::text[], ${takes}::int[], ${cursors.map(([key]) => key)}::text[], ${cursors.map(([, id]) => id)}::text[])
            with ordinality as r (parent_id, take, after_key, after_id, slot)
          cross join lateral (select count(*) as total from feature_group_members where group_id = r.parent_id) t
          left join lateral (
            select x.*, lower(x.name) as sort_key from features x
              join feature_group_members m on m.feature_id = x.id and m.group_id = r.parent_id
            where (lower(x.name) collate "C", x.id collate "C") > (r.after_key, r.after_id)
            order by lower(x.name) collate "C", x.id collate "C" limit r.take) f on true
        order by r.slot, f.sort_key collate "C", f.id collate "C"`.execute(db);
      return bySlot<FeatureRow & { total: number; sortKey: string }>(pages.length, rows).map(
        (list, index) => {
          const keys = new Map(list.map((row) => [row.id, row.sortKey]));
          const features = list
            .filter((row) => row.id !== null)
            .map(({ total: _total, sortKey: _key, ...row }) => row);
          const cursorOf = (row: FeatureRow): string => encodeCursor([keys.get(row.id) ?? "", row.id]);
          return {
            ...connectionFrom<FeatureRow>(features, pages[index]!, cursorOf),
            totalCount: list[0]?.total ?? 0,
          };
        },
      );
    }),

    featuresOfSnapshot: listLoader<string, FeatureRow>((ids) =>
      db
        .selectFrom("snapshotFeatures as m")
        .innerJoin("features as f", "f.id", "m.featureId")
        .selectAll("f")
        .select("m.snapshotId as parentKey")
        .where("m.snapshotId", "in", ids)
        .orderBy(sql`lower(f.name) collate "C", f.id collate "C"`)
        .execute(),
    ),
  };
}
