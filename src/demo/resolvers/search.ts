import type { Resolvers } from "../../generated/resolvers.ts";
import type { DemoContext } from "../context.ts";
import type { Entities } from "../entities.ts";
import { badInput } from "../errors.ts";
import { pageSize, storable } from "../inputs.ts";
import { type SearchHit, searchHits } from "../queries/search-hits.ts";
import { statistics } from "../queries/statistics.ts";
import { topFeatures } from "../queries/top-features.ts";
import { named } from "./resources.ts";

const LONGEST_SEARCH = 100;

/** Search, rankings and the numbers of the whole. */
export function searchResolvers(entities: Entities) {
  const objectOf = async ({ kind, id }: SearchHit, context: DemoContext) => {
    switch (kind) {
      case "Feature":
        return named(kind, await entities.feature.loader(context).load(id));
      case "Browser":
        return named(kind, await entities.browser.loader(context).load(id));
      case "Specification":
        return named(kind, await entities.specification.loader(context).load(id));
      case "User":
        return named(kind, await entities.user.loader(context).load(id));
      case "FeatureGroup":
        return named(kind, await context.loaders.groupById.load(id));
    }
  };
  return {
    Query: {
      async search(_parent, { text, first }, context) {
        if (text.length > LONGEST_SEARCH) {
          throw badInput(`"text" must have at most ${LONGEST_SEARCH} characters, but got: ${text.length}.`);
        }
        const hits = await searchHits(context.db, storable(text, "text").trim(), pageSize(first, 10, 50));
        const found = await Promise.all(hits.map((hit) => objectOf(hit, context)));
        return found.filter((object) => object !== null);
      },
      topFeatures: (_parent, { by, first }, { db }) => topFeatures(db, by ?? "VIEWS", pageSize(first, 10)),
      statistics: (_parent, _args, { db }) => statistics(db),
    },
  } satisfies Resolvers;
}
