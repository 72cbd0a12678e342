import { type Kysely, sql } from "kysely";
import type { BaselineStatus, Database } from "../database/tables.ts";

export interface Statistics {
  readonly featureCount: number;
  readonly byBaseline: { readonly status: BaselineStatus; readonly count: number }[];
  readonly browserCount: number;
  readonly specificationCount: number;
  readonly compatEntryCount: number;
  readonly noteCount: number;
  readonly ratingCount: number;
}

/** All the numbers in one statement. */
export async function statistics(db: Kysely<Database>): Promise<Statistics> {
  const { rows } = await sql<Statistics>`
    select
      (select count(*) from features) as feature_count,
      (select json_agg(json_build_object('status', baseline, 'count', count) order by baseline)
        from (select baseline, count(*) from features group by baseline) b) as by_baseline,
      (select count(*) from browsers) as browser_count,
      (select count(*) from specifications) as specification_count,
      (select count(*) from compat_entries) as compat_entry_count,
      (select count(*) from notes) as note_count,
      (select count(*) from ratings) as rating_count`.execute(db);
  const [row] = rows;
  return { ...row!, byBaseline: row!.byBaseline ?? [] };
}
