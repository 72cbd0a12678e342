import { type Kysely, sql } from "kysely";
import type {
  Database,
  FeatureRow,
  OrganisationRow,
  ReleaseRow,
  WorkingGroupRow,
} from "../database/tables.ts";
import { batchLoader, bySlot, listLoader, valueLoader } from "./batch.ts";

export interface ReleaseKey {
  readonly browserId: string;
  readonly version: string;
}

export interface ReleaseQuery {
  readonly browserId: string;
  /** Only these; null means all. */
  readonly statuses: readonly ReleaseRow["status"][] | null;
  readonly take: number;
}

/** What hangs on browsers, releases and specifications. */
export function platformLoaders(db: Kysely<Database>) {
  return {
    releasesOfBrowser: batchLoader<ReleaseQuery, ReleaseRow[]>(async (queries) => {
      const ids = queries.map((query) => query.browserId);
      // Arrays of arrays would have to be of one length: each list travels as a text.
      const statuses = queries.map((query) => query.statuses?.join(",") ?? null);
      const takes = queries.map((query) => query.take);
      const { rows } = await sql<ReleaseRow & { slot: number }>`
        select q.slot, r.* from
          unnest(${ids}::text[], ${statuses}::text[], ${takes}::int[]) with ordinality as q (browser_id, statuses, take, slot)
          cross join lateral (
            select * from releases
            where browser_id = q.browser_id and (q.statuses is null or status = any(string_to_array(q.statuses, ',')))
            order by position desc limit q.take) r
        order by q.slot, r.position desc`.execute(db);
      return bySlot<ReleaseRow>(queries.length, rows);
    }),

    featureCountOfBrowser: valueLoader<string, number>(
      (ids) =>
        db
          .selectFrom("featureSupport")
          .select((eb) => ["browserId as parentKey", eb.fn.countAll<number>().as("value")])
          .where("browserId", "in", ids)
          .groupBy("browserId")
          .execute(),
      0,
    ),

    newFeaturesOfRelease: batchLoader<ReleaseKey, FeatureRow[]>(async (keys) => {
      const browsers = keys.map((key) => key.browserId);
      const versions = keys.map((key) => key.version);
      const { rows } = await sql<FeatureRow & { slot: number }>`
        select k.slot, f.* from
          unnest(${browsers}::text[], ${versions}::text[]) with ordinality as k (browser_id, version, slot)
          join feature_support s on s.browser_id = k.browser_id and s.version = k.version and not s.at_most
          join features f on f.id = s.feature_id
        order by k.slot, lower(f.name) collate "C", f.id collate "C"`.execute(db);
      return bySlot<FeatureRow>(keys.length, rows);
    }),

    featuresOfSpecification: listLoader<string, FeatureRow>((ids) =>
      db
        .selectFrom("featureSpecifications as m")
        .innerJoin("features as f", "f.id", "m.featureId")
        .selectAll("f")
        .select("m.specificationId as parentKey")
        .where("m.specificationId", "in", ids)
        .orderBy(sql`lower(f.name) collate "C", f.id collate "C"`)
        .execute(),
    ),

    workingGroupsOfSpecification: listLoader<string, WorkingGroupRow>((ids) =>
      db
        .selectFrom("specificationGroups as m")
        .innerJoin("workingGroups as g", "g.id", "m.workingGroupId")
        .selectAll("g")
        .select("m.specificationId as parentKey")
        .where("m.specificationId", "in", ids)
        .orderBy("g.id")
        .execute(),
    ),

    organisationById: valueLoader<string, OrganisationRow | null>(async (ids) => {
      const rows = await db.selectFrom("organisations").selectAll().where("id", "in", ids).execute();
      return rows.map((value) => ({ parentKey: value.id, value }));
    }, null),

    specificationCountOfOrganisation: valueLoader<string, number>(
      (ids) =>
        db
          .selectFrom("specifications")
          .select((eb) => ["organisationId as parentKey", eb.fn.countAll<number>().as("value")])
          .where("organisationId", "in", ids)
          .groupBy("organisationId")
          .execute(),
      0,
    ),
  };
}
