import type { Kysely } from "kysely";
import type { Database } from "../database/tables.ts";
import { featureLoaders } from "./feature-loaders.ts";
import { peopleLoaders } from "./people-loaders.ts";
import { platformLoaders } from "./platform-loaders.ts";

export type Loaders = ReturnType<typeof createLoaders>;

/** The loaders of the demo's fields: one statement for all parents of a batch. One set serves every request. */
export function createLoaders(db: Kysely<Database>) {
  return { ...featureLoaders(db), ...platformLoaders(db), ...peopleLoaders(db) };
}
