import type { Entities } from "../entities.ts";
import { browserResolvers } from "./browsers.ts";
import { compatibilityResolvers } from "./compatibility.ts";
import { featureResolvers } from "./features.ts";
import { peopleResolvers } from "./people.ts";
import { resourceResolvers } from "./resources.ts";
import { scalarsAndEnums } from "./scalars-and-enums.ts";
import { searchResolvers } from "./search.ts";
import { specificationResolvers } from "./specifications.ts";

export interface ResolverDependencies {
  readonly entities: Entities;
}

/** The resolvers of all domains, for `makeExecutableSchema`, which merges them. */
export function createResolvers({ entities }: ResolverDependencies) {
  return [
    scalarsAndEnums,
    resourceResolvers(entities),
    featureResolvers(entities),
    browserResolvers(entities),
    compatibilityResolvers(entities),
    specificationResolvers(entities),
    peopleResolvers(entities),
    searchResolvers(entities),
  ];
}
