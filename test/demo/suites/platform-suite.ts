import { describe, expect, it } from "vitest";
import type { Demo } from "../demo.ts";

export function platformSuite(demo: () => Demo): void {
  describe("browsers", () => {
    it("answers a browser with its releases, the newest first", async () => {
      const { browser } = await demo().data(`{
        browser(id: "firefox_android") {
          name kind previewName acceptsFlags upstream { id } featureCount
          releases(first: 3) { browserId version status releasedOn engine engineVersion notesUrl browser { id } }
          retired: releases(statuses: [RETIRED], first: 2) { status }
          currentReleases { status }
        }
      }`);
      expect(browser).toMatchObject({
        name: "Firefox for Android",
        kind: "MOBILE",
        upstream: { id: "firefox" },
        retired: [{ status: "RETIRED" }, { status: "RETIRED" }],
      });
      expect(browser.releases).toHaveLength(3);
      expect(browser.releases[0]).toMatchObject({
        browserId: "firefox_android",
        browser: { id: "firefox_android" },
      });
      const versions = browser.releases.map((release: { version: string }) => Number(release.version));
      expect(versions).toEqual([...versions].sort((a, b) => b - a));
      expect(browser.currentReleases.length).toBeGreaterThan(0);
      expect(browser.featureCount).toBeGreaterThan(10);
    });

    it("lists browsers of one kind, or of all", async () => {
      const { all, xr } = await demo().data(`{ all: browsers { id } xr: browsers(kind: XR) { id kind } }`);
      expect(all).toHaveLength(17);
      expect(xr).toEqual([{ id: "oculus", kind: "XR" }]);
    });

    it("names the features that came with a release", async () => {
      const { browser } = await demo().data(
        `{ browser(id: "chrome") { releases(first: 100) { version newFeatures { id } } } }`,
      );
      const found = browser.releases.find((release: { version: string }) => release.version === "92");
      expect(found.newFeatures).toContainEqual({ id: "array-at" });
    });

    it("refuses a kind that is not there", async () => {
      const { errors } = await demo().run(`{ browsers(kind: TOASTER) { id } }`);
      expect(errors?.[0]?.message).toContain('Value "TOASTER" does not exist in "BrowserKind" enum');
    });
  });

  describe("compatibility", () => {
    it("answers an entry with its feature and what browsers make of it", async () => {
      const { compatEntry, nothing } = await demo().data(`{
        compatEntry(id: "javascript.builtins.Array.at") {
          id mdnUrl specificationUrls deprecated experimental standardTrack feature { id }
          support(browsers: ["chrome", "ie"]) { browser { id } status versionAdded versionRemoved atMost partial behindFlag prefix notes }
        }
        nothing: compatEntry(id: "no.such.entry") { id }
      }`);
      expect(nothing).toBe(null);
      expect(compatEntry).toMatchObject({
        mdnUrl: expect.stringContaining("https://developer.mozilla.org/"),
        deprecated: false,
        standardTrack: true,
        feature: { id: "array-at" },
      });
      const plain = {
        versionRemoved: null,
        atMost: false,
        partial: false,
        behindFlag: false,
        prefix: null,
        notes: [],
      };
      expect(compatEntry.support).toEqual([
        { ...plain, browser: { id: "chrome" }, status: "YES", versionAdded: "92" },
        { ...plain, browser: { id: "ie" }, status: "NO", versionAdded: null },
      ]);
    });
  });

  describe("specifications", () => {
    it("answers a document with who publishes and writes it, and its features", async () => {
      const { specification } = await demo().data(`{
        specification(id: "ecmascript") {
          name shortName url nightlyUrl releaseUrl status standing seriesId inBrowsers
          organisation { id name specificationCount } workingGroups { id name url } features { id }
        }
      }`);
      expect(specification).toMatchObject({
        standing: "GOOD",
        inBrowsers: true,
        organisation: { id: "ecma-international", name: "Ecma International", specificationCount: 56 },
      });
      expect(specification.features).toContainEqual({ id: "array-at" });
    });

    it("pages through documents by title, of all standings or one", async () => {
      const { specifications, none } = await demo().data(`{
        specifications(first: 2) { totalCount nodes { id name } pageInfo { endCursor hasNextPage } }
        none: specifications(organisation: "nobody") { totalCount nodes { id } }
      }`);
      expect(specifications.totalCount).toBe(742);
      expect(none).toEqual({ totalCount: 0, nodes: [] });
      const next = await demo().data(
        `query ($after: String) { specifications(first: 1, after: $after) { nodes { name } } }`,
        { variables: { after: specifications.pageInfo.endCursor } },
      );
      const names = [...specifications.nodes, ...next.specifications.nodes].map((node) =>
        node.name.toLowerCase(),
      );
      expect(names).toEqual([...names].sort());
      const all = await demo().data(`{ specifications(standing: null) { totalCount } }`);
      expect(all.specifications.totalCount).toBe(813);
    });

    it("lists who publishes", async () => {
      const { organisations } = await demo().data(`{ organisations { id name specificationCount } }`);
      expect(organisations).toHaveLength(10);
      expect(organisations).toContainEqual({ id: "w3c", name: "W3C", specificationCount: 607 });
    });
  });

  describe("resources", () => {
    it.each([
      ["FEATURE", "abbr", "Feature", "<abbr>"],
      ["FEATURE_GROUP", "css", "FeatureGroup", "CSS"],
      ["SNAPSHOT", "ecmascript-2015", "Snapshot", "ECMAScript 2015"],
      ["SPECIFICATION", "css-grid-1", "Specification", "CSS Grid Layout Module Level 1"],
      ["BROWSER", "safari", "Browser", "Safari"],
    ])("answers a %s by kind and id", async (kind, id, __typename, name) => {
      const { resource, nothing } = await demo().data(
        `query ($id: ID!) { resource(kind: ${kind}, id: $id) { __typename id name } nothing: resource(kind: ${kind}, id: "-") { id } }`,
        { variables: { id } },
      );
      expect(resource).toEqual({ __typename, id, name });
      expect(nothing).toBe(null);
    });

    it("tells the time", async () => {
      const before = Date.now();
      const { serverTime } = await demo().data(`{ serverTime }`);
      expect(Date.parse(serverTime)).toBeGreaterThanOrEqual(before);
    });
  });

  describe("search and numbers", () => {
    it("finds whole names first, then beginnings, then the rest, of any type", async () => {
      const { search } = await demo().data(`{
        search(text: " ARRAY ", first: 50) { __typename ... on Resource { id name } }
      }`);
      const names = search.map((hit: { name: string }) => hit.name.toLowerCase());
      const rank = (name: string) => (name === "array" ? 0 : name.startsWith("array") ? 1 : 2);
      expect(names.map(rank)).toEqual(names.map(rank).sort());
      expect(search.some((hit: { __typename: string }) => hit.__typename === "Specification")).toBe(true);
      expect(search).toContainEqual({ __typename: "Feature", id: "array-of", name: "Array.of()" });
    });

    it("finds people, nothing for blanks, and takes % and _ for themselves", async () => {
      const { people, blank, percent } = await demo().data(`{
        people: search(text: "hopper", origin: "header") { ... on User { id name } }
        blank: search(text: "  ") { __typename }
        percent: search(text: "%") { __typename }
      }`);
      expect(people).toEqual([{ id: "3", name: "Grace Hopper" }]);
      expect(blank).toEqual([]);
      expect(percent).toEqual([]);
    });

    it("refuses a text that nobody types", async () => {
      const { errors } = await demo().run(`query ($text: String!) { search(text: $text) { __typename } }`, {
        variables: { text: "x".repeat(101) },
      });
      expect(errors).toMatchObject([{ message: '"text" must have at most 100 characters, but got: 101.' }]);
    });

    it.each(["VIEWS", "RATING", "NOTES"])("ranks features by %s", async (by) => {
      const { topFeatures } = await demo().data(
        `{ topFeatures(by: ${by}, first: 5) { rank score feature { id } } }`,
      );
      expect(topFeatures.map((entry: { rank: number }) => entry.rank)).toEqual([1, 2, 3, 4, 5]);
      const scores = topFeatures.map((entry: { score: number }) => entry.score);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
    });

    it("counts the whole in one statement", async () => {
      const { statistics } = await demo().data(
        `{ statistics { featureCount byBaseline { status count } browserCount specificationCount compatEntryCount noteCount ratingCount } }`,
      );
      expect(statistics).toMatchObject({
        featureCount: 60,
        browserCount: 17,
        specificationCount: 813,
        compatEntryCount: 716,
      });
      expect(statistics.byBaseline).toContainEqual({ status: "NEWLY", count: 7 });
      expect(demo().statements).toHaveLength(1);
    });
  });
}
