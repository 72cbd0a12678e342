import { type Kysely, type SelectQueryBuilder, sql } from "kysely";
import type { FeatureFilter, QueryFeaturesArgs } from "../../generated/resolvers.ts";
import { type CursorValue, pageFrom, sortedConnectionFrom } from "../connections.ts";
import type { Database, FeatureRow } from "../database/tables.ts";
import { storable } from "../inputs.ts";
import type { FeatureConnection } from "../loaders/feature-loaders.ts";

type FeatureQuery = SelectQueryBuilder<Database, "features", object>;

/** A page of features by what the caller asked, and how many there are on all pages. */
export async function featurePage(
  db: Kysely<Database>,
  args: Partial<QueryFeaturesArgs>,
): Promise<FeatureConnection> {
  const page = pageFrom(args, 20, ["string", "string"]);
  const { field = "NAME", direction = "ASC" } = args.orderBy ?? {};
  const matching = filtered(db.selectFrom("features"), args.filter ?? {});
  const key = field === "NAME" ? sql<string>`lower(name) collate "C"` : availableSince(direction);
  const way = direction === "ASC" ? "asc" : "desc";
  const [found, counted] = await Promise.all([
    after(matching, key, direction, page.after)
      .selectAll()
      .select(key.as("sortKey"))
      .orderBy(key, way)
      .orderBy(sql`id collate "C"`, way)
      .limit(page.take + 1)
      .execute(),
    matching.select((eb) => eb.fn.countAll<number>().as("count")).executeTakeFirstOrThrow(),
  ]);
  return { ...sortedConnectionFrom<FeatureRow>(found, page), totalCount: counted.count };
}

/** The day as a text that sorts like it; features without one come last, whichever way. */
function availableSince(direction: "ASC" | "DESC") {
  const without = direction === "ASC" ? "9999-12-31" : "0001-01-01";
  return sql<string>`coalesce(to_char(baseline_low_date, 'YYYY-MM-DD'), ${without}::text) collate "C"`;
}

function after(
  query: FeatureQuery,
  key: ReturnType<typeof sql<string>>,
  direction: "ASC" | "DESC",
  values: readonly CursorValue[] | null,
): FeatureQuery {
  if (values === null) return query;
  const [lastKey, lastId] = values;
  return direction === "ASC"
    ? query.where(sql<boolean>`(${key}, id collate "C") > (${lastKey}, ${lastId})`)
    : query.where(sql<boolean>`(${key}, id collate "C") < (${lastKey}, ${lastId})`);
}

function filtered(all: FeatureQuery, filter: FeatureFilter): FeatureQuery {
  let query = all;
  if (filter.baseline) query = query.where(sql<boolean>`baseline = any(${filter.baseline}::text[])`);
  if (filter.group != null) {
    query = query.where("id", "in", (eb) =>
      eb
        .selectFrom("featureGroupMembers")
        .select("featureId")
        .where("groupId", "=", storable(filter.group!, "group")),
    );
  }
  if (filter.snapshot != null) {
    query = query.where("id", "in", (eb) =>
      eb
        .selectFrom("snapshotFeatures")
        .select("featureId")
        .where("snapshotId", "=", storable(filter.snapshot!, "snapshot")),
    );
  }
  if (filter.specification != null) {
    query = query.where("id", "in", (eb) =>
      eb
        .selectFrom("featureSpecifications")
        .select("featureId")
        .where("specificationId", "=", storable(filter.specification!, "specification")),
    );
  }
  if (filter.supportedIn != null) {
    query = query.where("id", "in", (eb) =>
      eb
        .selectFrom("featureSupport")
        .select("featureId")
        .where("browserId", "=", storable(filter.supportedIn!, "supportedIn")),
    );
  }
  if (filter.availableSince) query = query.where("baselineLowDate", ">=", filter.availableSince);
  if (filter.discouraged != null)
    query = query.where("discouraged", filter.discouraged ? "is not" : "is", null);
  if (filter.nameContains != null) {
    const text = storable(filter.nameContains, "nameContains");
    query = query.where(sql<boolean>`position(lower(${text}) in lower(name)) > 0`);
  }
  return query;
}
