import { type Kysely, sql } from "kysely";
import type { QuerySpecificationsArgs } from "../../generated/resolvers.ts";
import { type Connection, pageFrom, sortedConnectionFrom } from "../connections.ts";
import type { Database, SpecificationRow } from "../database/tables.ts";
import { storable } from "../inputs.ts";

export type SpecificationConnection = Connection<SpecificationRow> & { readonly totalCount: number };

/** A page of specifications by title, and how many there are on all pages. */
export async function specificationPage(
  db: Kysely<Database>,
  args: Partial<QuerySpecificationsArgs>,
): Promise<SpecificationConnection> {
  const page = pageFrom(args, 20, ["string", "string"]);
  let matching = db.selectFrom("specifications");
  if (args.standing) matching = matching.where("standing", "=", args.standing);
  if (args.organisation != null) {
    matching = matching.where("organisationId", "=", storable(args.organisation, "organisation"));
  }
  const key = sql<string>`lower(name) collate "C"`;
  const [lastKey, lastId] = page.after ?? ["", ""];
  const [found, counted] = await Promise.all([
    matching
      .selectAll()
      .select(key.as("sortKey"))
      .where(sql<boolean>`(${key}, id collate "C") > (${lastKey}, ${lastId})`)
      .orderBy(key)
      .orderBy(sql`id collate "C"`)
      .limit(page.take + 1)
      .execute(),
    matching.select((eb) => eb.fn.countAll<number>().as("count")).executeTakeFirstOrThrow(),
  ]);
  return { ...sortedConnectionFrom<SpecificationRow>(found, page), totalCount: counted.count };
}
