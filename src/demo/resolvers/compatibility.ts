import type { Resolvers } from "../../generated/resolvers.ts";
import type { Entities } from "../entities.ts";
import { existing } from "../errors.ts";
import { storable } from "../inputs.ts";

/** The browser compatibility data. */
export function compatibilityResolvers(entities: Entities) {
  return {
    Query: {
      compatEntry: async (_parent, { id }, { db }) =>
        (await db
          .selectFrom("compatEntries")
          .selectAll()
          .where("id", "=", storable(id, "id"))
          .executeTakeFirst()) ?? null,
    },

    CompatEntry: {
      feature: ({ featureId }, _args, context) =>
        featureId === null ? null : entities.feature.loader(context).load(featureId),
      async support({ id }, { browsers }, { loaders }) {
        const all = await loaders.supportOfCompatEntry.load(id);
        return browsers ? all.filter((support) => browsers.includes(support.browserId)) : all;
      },
    },

    CompatSupport: {
      browser: ({ browserId }, _args, context) =>
        existing("Browser", browserId, entities.browser.loader(context).load(browserId)),
    },
  } satisfies Resolvers;
}
