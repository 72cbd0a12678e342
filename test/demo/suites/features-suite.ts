import { describe, expect, it } from "vitest";
import type { Demo } from "../demo.ts";

export function featuresSuite(demo: () => Demo): void {
  describe("features", () => {
    it("answers a feature with everything that the packages say of it", async () => {
      const { feature } = await demo().data(`{
        feature(id: "array-at") {
          __typename id name url description html: description(format: HTML) caniuseIds specificationUrls updatedAt
          baseline { status lowDate highDate }
          baselineSummary
          discouraged { reason }
          groups { id name }
          snapshots { id name specificationUrl }
          specifications { id }
          support { browser { id name } version atMost releasedOn }
        }
      }`);
      expect(feature).toMatchObject({
        __typename: "Feature",
        id: "array-at",
        name: "Array at()",
        url: "https://webstatus.dev/features/array-at",
        updatedAt: "2026-01-01T00:00:00.000Z",
        baseline: { status: "WIDELY", lowDate: "2022-03-14", highDate: "2024-09-14" },
        baselineSummary: "Widely available since September 2024",
        discouraged: null,
        groups: [
          { id: "arrays", name: "Arrays" },
          { id: "typed-arrays", name: "Typed arrays" },
        ],
        snapshots: [{ id: "ecmascript-2022", name: "ECMAScript 2022" }],
        specifications: [{ id: "ecmascript" }],
      });
      expect(feature.html).toContain("<code>at()</code>");
      expect(feature.description).not.toContain("<code>");
      expect(feature.support).toContainEqual({
        browser: { id: "chrome", name: "Chrome" },
        version: "92",
        atMost: false,
        releasedOn: "2021-07-20",
      });
    });

    it("answers null for ids that nobody has, U+0000 among them", async () => {
      const ids = ["nothing", "", "\u0000", "__proto__"];
      const { data } = await demo().run(
        'query ($a: ID!, $b: ID!, $c: ID!, $d: ID!) { a: feature(id: $a) { id } b: feature(id: $b) { id } c: feature(id: $c) { id } d: feature(id: $d) { id } real: feature(id: "abbr") { id } }',
        {
          variables: { a: ids[0], b: ids[1], c: ids[2], d: ids[3] },
        },
      );
      expect(data).toEqual({ a: null, b: null, c: null, d: null, real: { id: "abbr" } });
    });

    it("says why a feature is discouraged, since when, and what to use instead", async () => {
      const { feature } = await demo().data(
        `{ feature(id: "ad-selection") { discouraged { reason accordingTo removalDate alternatives { id } } } }`,
      );
      expect(feature.discouraged).toMatchObject({ removalDate: "2026-06-01", alternatives: [] });
      expect(feature.discouraged.accordingTo[0]).toMatch(/^https:/);
    });

    it("speaks the language of the request", async () => {
      const source = `{ feature(id: "abbr") { baselineSummary } }`;
      const spoken = async (language: string) =>
        (await demo().data(source, { headers: { "accept-language": language } })).feature.baselineSummary;
      expect(await spoken("de-AT,en;q=0.5")).toBe("Weithin verfügbar seit Januar 2018");
      expect(await spoken("xx, en;q=0.2, fr;q=0.7")).toBe("Largement disponible depuis janvier 2018");
      expect(await spoken("ja;q=0, *")).toBe("Widely available since January 2018");
    });

    it("narrows support to the browsers that were asked for", async () => {
      const { feature } = await demo().data(
        `{ feature(id: "abbr") { support(browsers: ["safari", "nothing"]) { browser { id } } none: support(browsers: []) { version } } }`,
      );
      expect(feature).toEqual({ support: [{ browser: { id: "safari" } }], none: [] });
    });

    it.each([
      ["name", "{ field: NAME }"],
      ["name, backwards", "{ field: NAME, direction: DESC }"],
      ["day", "{ field: AVAILABLE_SINCE }"],
      ["day, backwards", "{ field: AVAILABLE_SINCE, direction: DESC }"],
    ])("pages through all features by %s, each once and in order", async (_name, orderBy) => {
      const whole = (
        await demo().data(`{ features(first: 100, orderBy: ${orderBy}) { totalCount nodes { id } } }`)
      ).features;
      expect(whole.totalCount).toBe(60);
      const ids: string[] = [];
      let after: string | null = null;
      do {
        const { features } = await demo().data(
          `query ($after: String) { features(first: 7, after: $after, orderBy: ${orderBy}) {
            edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
          { variables: { after } },
        );
        expect(features.pageInfo.hasPreviousPage).toBe(after !== null);
        expect(features.pageInfo.startCursor).toBe(features.edges[0].cursor);
        ids.push(...features.edges.map((edge: { node: { id: string } }) => edge.node.id));
        after = features.pageInfo.hasNextPage ? features.pageInfo.endCursor : null;
      } while (after !== null);
      expect(ids).toEqual(whole.nodes.map((node: { id: string }) => node.id));
      expect(new Set(ids).size).toBe(60);
    });

    it("puts features without a day last, whichever way the days run", async () => {
      for (const direction of ["ASC", "DESC"]) {
        const { features } = await demo().data(
          `{ features(first: 100, orderBy: { field: AVAILABLE_SINCE, direction: ${direction} }) { nodes { baseline { lowDate } } } }`,
        );
        const days = features.nodes.map(
          (node: { baseline: { lowDate: string | null } }) => node.baseline.lowDate,
        );
        const known = days.filter((day: string | null) => day !== null);
        expect(days.slice(known.length).every((day: string | null) => day === null)).toBe(true);
        expect(known).toEqual(direction === "ASC" ? [...known].sort() : [...known].sort().reverse());
      }
    });

    it.each([
      [
        `{ baseline: [NEWLY] }`,
        [
          "abortsignal-timeout",
          "abs-sign",
          "active-view-transition",
          "align-content-block",
          "alpha",
          "alt-text-generated-content",
          "arianotify",
        ],
      ],
      [`{ baseline: [] }`, []],
      [`{ group: "fetch" }`, ["abortable-fetch"]],
      [`{ snapshot: "ecmascript-5" }`, ["array-isarray", "array-iteration-methods"]],
      [
        `{ discouraged: true }`,
        [
          "accessor-methods",
          "ad-selection",
          "anchor-positioning-position-visibility-plurals",
          "arguments-callee",
        ],
      ],
      [
        `{ nameContains: "ABORT" }`,
        ["abortable-fetch", "aborting", "abortsignal-any", "abortsignal-timeout"],
      ],
      [`{ nameContains: "%" }`, []],
      [`{ availableSince: "2026-01-01" }`, ["active-view-transition", "alpha", "arianotify"]],
      [
        `{ group: "arrays", snapshot: "ecmascript-2023", specification: "ecmascript", supportedIn: "firefox" }`,
        ["array-by-copy", "array-findlast"],
      ],
      [
        `{ group: null, baseline: null, availableSince: null, discouraged: null, nameContains: "alerts" }`,
        ["alerts"],
      ],
    ])("filters by %s", async (filter, expected) => {
      const { features } = await demo().data(
        `{ features(first: 100, filter: ${filter}) { totalCount nodes { id } } }`,
      );
      expect(features.nodes.map((node: { id: string }) => node.id).sort()).toEqual([...expected].sort());
      expect(features.totalCount).toBe(expected.length);
    });

    it.each([
      [`features(first: 101) { totalCount }`, '"first" must be 0 to 100, but got: 101.'],
      [`features(first: -1) { totalCount }`, '"first" must be 0 to 100, but got: -1.'],
      [`features(after: "%%%") { totalCount }`, '"after" must be a cursor of this list, but got: "%%%".'],
      [
        `features(after: "WzEsMl0") { totalCount }`,
        '"after" must be a cursor of this list, but got: "WzEsMl0".',
      ],
      [
        `features(filter: { nameContains: "\\u0000" }) { totalCount }`,
        '"nameContains" must not hold the character U+0000.',
      ],
      [`featureGroup(id: "\\u0000") { id }`, '"id" must not hold the character U+0000.'],
    ])("refuses %s", async (field, message) => {
      const { errors } = await demo().run(`{ ${field} }`);
      expect(errors).toMatchObject([{ message, extensions: { code: "BAD_USER_INPUT" } }]);
    });

    it("takes null for the default page, and an empty page for what it is", async () => {
      const { features, none } = await demo().data(
        `{ features(first: null) { nodes { id } } none: features(first: 0) { nodes { id } pageInfo { hasNextPage endCursor } } }`,
      );
      expect(features.nodes).toHaveLength(20);
      expect(none).toEqual({ nodes: [], pageInfo: { hasNextPage: true, endCursor: null } });
    });

    it("keeps one bad cursor of a batch from its siblings", async () => {
      const { data, errors } = await demo().run(`{
        bad: feature(id: "abbr") { notes(after: "no") { nodes { id } } }
        good: feature(id: "all") { notes { nodes { id } } }
      }`);
      expect(errors).toMatchObject([{ path: ["bad", "notes"], extensions: { code: "BAD_USER_INPUT" } }]);
      expect(data).toMatchObject({ bad: null, good: { notes: {} } });
    });

    it("pages through the compatibility entries of several features at once", async () => {
      const { features } = await demo().data(`{
        features(filter: { group: "css" }) { nodes { id compatEntries(first: 3) { totalCount nodes { id } pageInfo { endCursor hasNextPage } } } }
      }`);
      const animations = features.nodes.find((node: { id: string }) => node.id === "animations-css");
      expect(animations.compatEntries).toMatchObject({ totalCount: 68, pageInfo: { hasNextPage: true } });
      const { feature } = await demo().data(
        `query ($after: String) { feature(id: "animations-css") { compatEntries(first: 100, after: $after) { nodes { id } pageInfo { hasNextPage } } } }`,
        { variables: { after: animations.compatEntries.pageInfo.endCursor } },
      );
      expect(feature.compatEntries.nodes).toHaveLength(65);
      expect(feature.compatEntries.pageInfo.hasNextPage).toBe(false);
    });

    it("counts compatibility entries only where that is selected, in fragments too", async () => {
      await demo().data(`{ feature(id: "a") { compatEntries { nodes { id } } } }`);
      const { feature } = await demo().data(
        `{ feature(id: "a") { compatEntries(first: 0) { ...Counted } } } fragment Counted on CompatEntryConnection { ... { totalCount } }`,
      );
      expect(feature.compatEntries.totalCount).toBe(30);
    });

    it("answers groups up and down, and the features in them", async () => {
      const { featureGroup, featureGroups } = await demo().data(`{
        featureGroup(id: "arrays") { name parent { id children { id } } features(first: 2) { totalCount nodes { id } pageInfo { endCursor } } }
        featureGroups { id parent { id } }
      }`);
      expect(featureGroup).toMatchObject({ name: "Arrays", parent: { id: "collections" } });
      expect(featureGroup.parent.children).toContainEqual({ id: "arrays" });
      expect(featureGroup.features.totalCount).toBeGreaterThan(10);
      expect(featureGroups.every((group: { parent: unknown }) => group.parent === null)).toBe(true);
      const next = await demo().data(
        `query ($after: String) { featureGroup(id: "arrays") { features(first: 100, after: $after) { nodes { id } } } }`,
        { variables: { after: featureGroup.features.pageInfo.endCursor } },
      );
      const ids = [...featureGroup.features.nodes, ...next.featureGroup.features.nodes].map(
        (node) => node.id,
      );
      expect(new Set(ids).size).toBe(featureGroup.features.totalCount);
    });

    it("answers snapshots with their features", async () => {
      const { snapshots } = await demo().data(`{ snapshots { id features { id } } }`);
      const found = snapshots.find((snapshot: { id: string }) => snapshot.id === "ecmascript-2023");
      expect(found.features).toEqual([{ id: "array-by-copy" }, { id: "array-findlast" }]);
    });

    it("answers another feature by chance at each call", async () => {
      const seen = new Set<string>();
      for (let call = 0; call < 12; call++)
        seen.add((await demo().data(`{ randomFeature { id } }`)).randomFeature.id);
      expect(seen.size).toBeGreaterThan(1);
    });
  });
}
