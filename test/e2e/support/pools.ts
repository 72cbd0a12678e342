import type { DemoServer } from "./demo-server.ts";
import type { Pools } from "./random-queries.ts";

/** Ids that nothing has, and ids that look like something else: what strangers send. */
const STRANGE = ["nothing", "", "0", "-1", "4294967296", "a:b{c}", "__row", "Gänse 🪿", "%00"];

/** Ids of what the demo's database holds, few of each, so that queries meet in the same entries; cursors of its lists. */
export async function poolsOf(demo: DemoServer): Promise<Pools> {
  const { data, errors } = await demo.ask(
    `{
      features(first: 6) { nodes { id compatEntries(first: 2) { nodes { id } pageInfo { endCursor } } groups { id } specifications { id } notes(first: 1) { pageInfo { endCursor } } } pageInfo { endCursor } }
      browsers { id }
      featureGroups { id features(first: 1) { pageInfo { endCursor } } }
      snapshots { id }
      organisations { id }
      specifications(first: 2) { nodes { id } pageInfo { endCursor } }
      users { id notes(first: 1) { pageInfo { endCursor } } }
      viewer { watchlist(first: 2) { pageInfo { endCursor } } }
    }`,
    { user: "1" },
  );
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  const { features, browsers, featureGroups, snapshots, organisations, specifications, users, viewer } = data;
  const ids = (list: readonly { readonly id: string }[]) => list.slice(0, 6).map(({ id }) => id);
  const cursors = (...lists: readonly unknown[]) => [
    ...lists
      .flat()
      .map((list) => (list as { pageInfo: { endCursor: string | null } }).pageInfo.endCursor)
      .filter((cursor) => cursor !== null),
  ];
  const { nodes } = features;
  const featureIds = ids(nodes);
  const groupIds = ids(nodes.flatMap((node: { groups: { id: string }[] }) => node.groups));
  const specificationIds = ids([
    ...nodes.flatMap((node: { specifications: { id: string }[] }) => node.specifications),
    ...specifications.nodes,
  ]);
  const entryIds = ids(
    nodes.flatMap((node: { compatEntries: { nodes: { id: string }[] } }) => node.compatEntries.nodes),
  );
  const browserIds = ids(browsers);
  const each = (name: string) => nodes.map((node: Record<string, unknown>) => node[name]);
  return {
    // Both differ at every call: the clock, and a feature by chance. That they are never stored is shown elsewhere.
    excluded: new Set(["Query.serverTime", "Query.randomFeature"]),
    refused: {
      id: ["\u0000"],
      organisation: ["\u0000"],
      nameContains: ["\u0000"],
      text: ["\u0000", "a".repeat(101)],
      first: [-1, 101],
      after: ["not a cursor", "W10", ""],
    },
    values: {
      "Query.feature.id": [...featureIds, ...featureIds, ...STRANGE],
      "Query.browser.id": [...browserIds, ...STRANGE],
      "Query.featureGroup.id": [...groupIds, ...ids(featureGroups), ...STRANGE],
      "Query.specification.id": [...specificationIds, ...STRANGE],
      "Query.compatEntry.id": [...entryIds, ...STRANGE],
      "Query.user.id": [...ids(users), ...STRANGE],
      "Query.resource.id": [
        ...[...featureIds, ...browserIds, ...groupIds, ...specificationIds, ...ids(snapshots)],
        ...STRANGE,
      ],
      "Query.specifications.organisation": [...ids(organisations), ...STRANGE],
      "FeatureFilter.group": [...groupIds, "nothing"],
      "FeatureFilter.snapshot": [...ids(snapshots), "nothing"],
      "FeatureFilter.specification": [...specificationIds, "nothing"],
      "FeatureFilter.supportedIn": [...browserIds, "nothing"],
      browsers: [...browserIds, "nothing"],
      first: [0, 1, 2, 3, 5, 5],
      "Query.features.after": cursors(features),
      "Query.specifications.after": cursors(specifications),
      "Feature.compatEntries.after": cursors(each("compatEntries")),
      "Feature.notes.after": cursors(each("notes")),
      "User.notes.after": cursors(users.map((user: { notes: unknown }) => user.notes)),
      "FeatureGroup.features.after": cursors(
        featureGroups.map((group: { features: unknown }) => group.features),
      ),
      "Viewer.watchlist.after": cursors(viewer.watchlist),
      text: ["array", "grid", "a", "ADA", "", "  ", "%", "é", "firefox"],
      nameContains: ["a", "AN", "", "zzz"],
      origin: ["header", "footer"],
      Boolean: [true, false],
      Date: ["2015-07-28", "2020-01-15", "2026-01-01"],
    },
  };
}
