import { type Kysely, sql } from "kysely";
import { connectionFrom, encodeCursor, type Page, type PageInfo } from "../connections.ts";
import type { Database, FeatureRow } from "../database/tables.ts";

export interface WatchConnection {
  readonly edges: { readonly cursor: string; readonly node: FeatureRow; readonly watchedSince: Date }[];
  readonly pageInfo: PageInfo;
  readonly totalCount: number;
}

/** A page of a user's watch list, the newest entry first. */
export async function watchPage(db: Kysely<Database>, userId: number, page: Page): Promise<WatchConnection> {
  const watches = db.selectFrom("watches as w").where("w.userId", "=", userId);
  const [since, id] = page.after ?? [];
  const behind =
    page.after === null
      ? watches
      : watches.where(sql<boolean>`
    (w.created_at < ${since}::timestamptz or w.created_at = ${since}::timestamptz and w.feature_id collate "C" > ${id})`);
  const [found, counted] = await Promise.all([
    behind
      .innerJoin("features as f", "f.id", "w.featureId")
      .selectAll("f")
      .select("w.createdAt as watchedSince")
      .orderBy("w.createdAt", "desc")
      .orderBy(sql`w.feature_id collate "C"`)
      .limit(page.take + 1)
      .execute(),
    watches.select((eb) => eb.fn.countAll<number>().as("count")).executeTakeFirstOrThrow(),
  ]);
  const items = found.map(({ watchedSince, ...node }) => ({ node, watchedSince }));
  const { edges, pageInfo } = connectionFrom(items, page, ({ node, watchedSince }) =>
    encodeCursor([watchedSince.toISOString(), node.id]),
  );
  return {
    edges: edges.map(({ cursor, node: { node, watchedSince } }) => ({ cursor, node, watchedSince })),
    pageInfo,
    totalCount: counted.count,
  };
}
