import type { Resolvers } from "../../generated/resolvers.ts";
import type { Entities } from "../entities.ts";
import { storable } from "../inputs.ts";

/** What any resource can be, and the clock. */
export function resourceResolvers(entities: Entities) {
  return {
    Query: {
      serverTime: () => new Date(),
      async resource(_parent, { kind, id }, context) {
        switch (kind) {
          case "FEATURE":
            return named("Feature", await entities.feature.loader(context).load(id));
          case "BROWSER":
            return named("Browser", await entities.browser.loader(context).load(id));
          case "SPECIFICATION":
            return named("Specification", await entities.specification.loader(context).load(id));
          case "FEATURE_GROUP":
            return named("FeatureGroup", await context.loaders.groupById.load(storable(id, "id")));
          case "SNAPSHOT":
            return named("Snapshot", await context.loaders.snapshotById.load(storable(id, "id")));
        }
      },
    },
  } satisfies Resolvers;
}

/** An object of an abstract type says by `__typename` which of the members it is. */
export function named<Name extends string, Row extends object>(
  name: Name,
  row: Row | null,
): (Row & { readonly __typename: Name }) | null {
  return row && { ...row, __typename: name };
}
