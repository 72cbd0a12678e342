import { type EventSource, type FieldCache, type InvalidationTarget, postgresEvents } from "../index.ts";
import type { OpenDatabase } from "./database/open-database.ts";

/** What the triggers of migration 4 may name: all that is shown of the catalogue. */
const COVERS: readonly InvalidationTarget[] = [
  { entity: "Resource" },
  { entity: "Release" },
  { entity: "CompatEntry" },
  { field: "Query.features" },
  { field: "Query.featureGroups" },
  { field: "Query.snapshots" },
  { field: "Query.browsers" },
  { field: "Query.specifications" },
  { field: "Query.search" },
  { field: "Query.topFeatures" },
  { field: "Query.statistics" },
];

/** Changes of the catalogue, made by whomever: the database's own triggers tell of them. */
export function listenToCatalogue(cache: FieldCache, { eventClient }: OpenDatabase): Promise<void> {
  return cache.listen(catalogueEvents(eventClient), { covers: COVERS });
}

function catalogueEvents(client: OpenDatabase["eventClient"]): EventSource {
  return postgresEvents({ client, name: "catalogue", channel: "cache_events", changelog: "cache_events" });
}
