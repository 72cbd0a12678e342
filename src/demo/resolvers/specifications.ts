import { sql } from "kysely";
import type { Resolvers } from "../../generated/resolvers.ts";
import type { Entities } from "../entities.ts";
import { existing } from "../errors.ts";
import { specificationPage } from "../queries/specification-page.ts";

/** Specifications, who publishes them and who writes them. */
export function specificationResolvers(entities: Entities) {
  return {
    Query: {
      specification: (_parent, { id }, context) => entities.specification.loader(context).load(id),
      specifications: (_parent, args, { db }) => specificationPage(db, args),
      organisations: (_parent, _args, { db }) =>
        db.selectFrom("organisations").selectAll().orderBy(sql`name collate "C"`).execute(),
    },

    Specification: {
      organisation: ({ organisationId }, _args, { loaders }) =>
        existing("Organisation", organisationId, loaders.organisationById.load(organisationId)),
      workingGroups: ({ id }, _args, { loaders }) => loaders.workingGroupsOfSpecification.load(id),
      features: ({ id }, _args, { loaders }) => loaders.featuresOfSpecification.load(id),
    },

    Organisation: {
      specificationCount: ({ id }, _args, { loaders }) => loaders.specificationCountOfOrganisation.load(id),
    },
  } satisfies Resolvers;
}
