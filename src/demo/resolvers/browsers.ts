import { sql } from "kysely";
import type { Resolvers } from "../../generated/resolvers.ts";
import type { Entities } from "../entities.ts";
import { existing } from "../errors.ts";
import { pageSize } from "../inputs.ts";

/** Browsers and their releases. */
export function browserResolvers(entities: Entities) {
  return {
    Query: {
      browser: (_parent, { id }, context) => entities.browser.loader(context).load(id),
      browsers: (_parent, { kind }, { db }) => {
        const all = db.selectFrom("browsers").selectAll().orderBy(sql`name collate "C"`);
        return (kind ? all.where("kind", "=", kind) : all).execute();
      },
    },

    Browser: {
      upstream: ({ upstreamId }, _args, context) =>
        upstreamId === null ? null : entities.browser.loader(context).load(upstreamId),
      currentReleases: ({ id }, _args, { loaders }) =>
        loaders.releasesOfBrowser.load({ browserId: id, statuses: ["current", "esr"], take: 100 }),
      releases: ({ id }, { statuses, first }, { loaders }) =>
        loaders.releasesOfBrowser.load({
          browserId: id,
          statuses: statuses ?? null,
          take: pageSize(first, 20),
        }),
      featureCount: ({ id }, _args, { loaders }) => loaders.featureCountOfBrowser.load(id),
    },

    Release: {
      browser: ({ browserId }, _args, context) =>
        existing("Browser", browserId, entities.browser.loader(context).load(browserId)),
      newFeatures: ({ browserId, version }, _args, { loaders }) =>
        loaders.newFeaturesOfRelease.load({ browserId, version }),
    },
  } satisfies Resolvers;
}
