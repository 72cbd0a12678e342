import { type Kysely, sql } from "kysely";
import type { Database } from "../database/tables.ts";

export interface SearchHit {
  readonly kind: "Feature" | "FeatureGroup" | "Browser" | "Specification" | "User";
  readonly id: string;
}

/** What has the text in its name: whole names first, then beginnings, then the rest, short before long. */
export async function searchHits(db: Kysely<Database>, text: string, limit: number): Promise<SearchHit[]> {
  if (text === "" || limit === 0) return [];
  const { rows } = await sql<SearchHit>`
    select kind, id from (
      select 'Feature' as kind, id, name from features
      union all select 'FeatureGroup', id, name from feature_groups
      union all select 'Browser', id, name from browsers
      union all select 'Specification', id, name from specifications
      union all select 'User', id::text, name from users) named
    cross join (select lower(${text}::text) as wanted) t
    where position(wanted in lower(name)) > 0
    order by lower(name) <> wanted, position(wanted in lower(name)) > 1, length(name), kind collate "C", id collate "C"
    limit ${limit}`.execute(db);
  return rows;
}
