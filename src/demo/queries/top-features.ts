import { type Kysely, sql } from "kysely";
import type { Ranking } from "../../generated/resolvers.ts";
import type { Database, FeatureRow } from "../database/tables.ts";

export interface RankedFeature {
  readonly rank: number;
  readonly score: number;
  readonly feature: FeatureRow;
}

/** Fewer ratings than this say nothing of a feature. */
const FEWEST_RATINGS = 3;

/** The features with the highest scores; the id decides between equals. */
export async function topFeatures(
  db: Kysely<Database>,
  by: Ranking,
  first: number,
): Promise<RankedFeature[]> {
  const { rows } = await sql<FeatureRow & { score: number }>`
    select f.*, s.score from (${scores(by)}) s join features f on f.id = s.feature_id
    order by s.score desc, f.id collate "C" limit ${first}`.execute(db);
  return rows.map(({ score, ...feature }, index) => ({ rank: index + 1, score, feature }));
}

function scores(by: Ranking) {
  switch (by) {
    case "VIEWS":
      return sql`select feature_id, views::float8 as score from feature_views`;
    case "RATING":
      return sql`select feature_id, avg(stars)::float8 as score from ratings
        group by feature_id having count(*) >= ${FEWEST_RATINGS}`;
    case "NOTES":
      return sql`select feature_id, count(*)::float8 as score from notes group by feature_id`;
  }
}
