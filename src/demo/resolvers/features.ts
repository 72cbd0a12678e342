import { sql } from "kysely";
import type { Resolvers } from "../../generated/resolvers.ts";
import { baselineSummary } from "../baseline-summary.ts";
import { pageFrom } from "../connections.ts";
import type { Entities } from "../entities.ts";
import { existing } from "../errors.ts";
import { storable } from "../inputs.ts";
import { featurePage } from "../queries/feature-page.ts";
import { selects } from "../selects.ts";

/** Features, their groups and snapshots. */
export function featureResolvers(entities: Entities) {
  return {
    Query: {
      feature: (_parent, { id }, context) => entities.feature.loader(context).load(id),
      features: (_parent, args, context) => featurePage(context.db, args),
      randomFeature: async (_parent, _args, { db }) =>
        (await db.selectFrom("features").selectAll().orderBy(sql`random()`).limit(1).executeTakeFirst()) ??
        null,
      featureGroup: (_parent, { id }, { loaders }) => loaders.groupById.load(storable(id, "id")),
      featureGroups: (_parent, _args, { db }) =>
        db
          .selectFrom("featureGroups")
          .selectAll()
          .where("parentId", "is", null)
          .orderBy(sql`name collate "C"`)
          .execute(),
      snapshots: (_parent, _args, { db }) =>
        db.selectFrom("snapshots").selectAll().orderBy(sql`name collate "C", id collate "C"`).execute(),
    },

    Feature: {
      description: (feature, { format }) =>
        format === "HTML" ? feature.descriptionHtml : feature.description,
      url: (feature) => `https://webstatus.dev/features/${encodeURIComponent(feature.id)}`,
      baseline: (feature) => ({
        status: feature.baseline,
        lowDate: feature.baselineLowDate,
        highDate: feature.baselineHighDate,
      }),
      baselineSummary: (feature, _args, { locale }) => baselineSummary(feature, locale),
      groups: (feature, _args, { loaders }) => loaders.groupsOfFeature.load(feature.id),
      snapshots: (feature, _args, { loaders }) => loaders.snapshotsOfFeature.load(feature.id),
      specifications: (feature, _args, { loaders }) => loaders.specificationsOfFeature.load(feature.id),
      async support(feature, { browsers }, { loaders }) {
        const all = await loaders.supportOfFeature.load(feature.id);
        return browsers ? all.filter((support) => browsers.includes(support.browserId)) : all;
      },
      compatEntries: (feature, args, { loaders }, info) =>
        loaders.compatEntriesOfFeature.load({
          ...pageFrom(args, 20, ["string"]),
          parentId: feature.id,
          counted: selects(info, "totalCount"),
        }),
      viewCount: async ({ id }, _args, context) =>
        (await entities.viewCount.loader(context).load(id))?.views ?? 0,
    },

    Discouraged: {
      removalDate: ({ removalDate }) =>
        removalDate === null ? null : new Date(`${removalDate}T00:00:00.000Z`),
      async alternatives({ alternatives }, _args, context) {
        const loader = entities.feature.loader(context);
        const features = await Promise.all(alternatives.map((id) => loader.load(id)));
        // The data may name a feature that has since moved on.
        return features.filter((feature) => feature !== null);
      },
    },

    FeatureSupport: {
      browser: ({ browserId }, _args, context) =>
        existing("Browser", browserId, entities.browser.loader(context).load(browserId)),
    },

    FeatureGroup: {
      parent: ({ parentId }, _args, { loaders }) =>
        parentId === null ? null : loaders.groupById.load(parentId),
      children: ({ id }, _args, { loaders }) => loaders.childrenOfGroup.load(id),
      features: ({ id }, args, { loaders }) =>
        loaders.featuresOfGroup.load({ ...pageFrom(args, 20, ["string", "string"]), parentId: id }),
    },

    Snapshot: {
      features: ({ id }, _args, { loaders }) => loaders.featuresOfSnapshot.load(id),
    },
  } satisfies Resolvers;
}
