import { describe, expect, it } from "vitest";
import type { Demo } from "../demo.ts";

/** The page and the count. */
const LISTED = 2;

export function statementsSuite(demo: () => Demo): void {
  describe("statements", () => {
    const about = async (fields: string, headers = {}) => {
      await demo().data(`{ features(first: 50) { nodes { ${fields} } } }`, { headers });
      return demo().statements.length - LISTED;
    };

    it("takes two for a list of fifty: the page and the count", async () => {
      expect(await about("id name description url baseline { status lowDate } baselineSummary")).toBe(0);
    });

    it.each([
      "groups { id }",
      "snapshots { id }",
      "specifications { id name }",
      "support { version releasedOn }",
      "compatEntries { totalCount nodes { id } }",
      "viewCount",
      "noteCount",
      "notes { nodes { id } }",
      "rating { average }",
    ])("takes one for %s of fifty features", async (field) => {
      expect(await about(field)).toBe(1);
    });

    it.each(["myRating", "watched"])(
      "takes one for %s of fifty features, and none for a stranger",
      async (field) => {
        expect(await about(field, { authorization: "Bearer 1" })).toBe(1);
        expect(await about(field)).toBe(0);
      },
    );

    it("takes one for each of four fields of fifty features", async () => {
      expect(await about("groups { id } specifications { id } rating { count } noteCount")).toBe(4);
    });

    it("takes one for a field asked for with different arguments", async () => {
      expect(await about("a: notes(first: 1) { nodes { id } } b: notes(first: 5) { nodes { id } }")).toBe(1);
    });

    it("takes one for each step of a path, however wide", async () => {
      expect(
        await about(
          "notes { nodes { author { name noteCount } } } support { browser { name featureCount } }",
        ),
      ).toBe(6);
    });

    it("shares a statement between requests of the same turn, and remembers nothing for later ones", async () => {
      const { loaders, statements } = demo();
      statements.length = 0;
      const [one, other] = await Promise.all([
        loaders.noteCountOfFeature.load("abbr"),
        loaders.noteCountOfFeature.load("all"),
        loaders.noteCountOfFeature.load("abbr"),
      ]);
      expect(statements).toHaveLength(1);
      expect(await loaders.noteCountOfFeature.loadMany(["abbr", "all", "nothing"])).toEqual([one, other, 0]);
      expect(statements).toHaveLength(2);
    });
  });
}
