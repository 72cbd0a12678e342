import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { DemoContext } from "../../src/demo/context.ts";
import { createFieldCache } from "../../src/index.ts";
import { BACKENDS, type Backend } from "./backends.ts";
import { type Demo, openDemo } from "./demo.ts";

const STRANGER = {};
const ADA = { authorization: "Bearer 1" };
const ALAN = { authorization: "Bearer 2", "accept-language": "de" };

const LIST = `{
  features(first: 50) {
    totalCount
    pageInfo { endCursor hasNextPage }
    nodes {
      id name updatedAt baselineSummary baseline { status lowDate } noteCount myRating watched
      groups { id parent { name } }
      specifications { id organisation { name specificationCount } }
      support { browser { name } version releasedOn }
      rating { average count }
      notes(first: 2) { nodes { id body createdAt author { name joinedAt } feature { id } } }
      compatEntries(first: 3) { totalCount nodes { id mdnUrl support { status browser { id } } } }
    }
  }
}`;

const EVERYTHING_ELSE = `{
  statistics { featureCount byBaseline { status count } noteCount }
  topFeatures(by: RATING, first: 3) { rank score feature { id name } }
  search(text: "array") { __typename ... on Resource { id name } ... on User { homepage } }
  viewer { id email user { id } watchlist(first: 2) { totalCount edges { cursor watchedSince node { id name } } } }
  snapshot: resource(kind: SNAPSHOT, id: "ecmascript-2015") { __typename name ... on Snapshot { features { id } } }
  feature: resource(kind: FEATURE, id: "abbr") { __typename name ... on Feature { description } }
  browsers(kind: DESKTOP) {
    id featureCount upstream { id }
    currentReleases { version releasedOn status newFeatures { id } browser { id } }
  }
  specifications(first: 2) { totalCount nodes { id organisation { name } workingGroups { name } features { id } } }
  recentNotes(first: 2) { id body author { name noteCount notes(first: 1) { nodes { id } } } }
  featureGroups { id children { id parent { id } features(first: 2) { totalCount nodes { id } } } }
  users { id name joinedAt }
  snapshots { id features { id name } }
  compatEntry(id: "javascript.builtins.Array.at") { feature { name } support { browser { name } } }
  nothing: feature(id: "nothing") { id }
  organisations { id }
}`;

describe("the demo behind the cache", () => {
  let backend: Backend;
  let demo: Demo;
  let plain: Demo;

  beforeAll(async () => {
    backend = await BACKENDS.find(({ name }) => name === "postgres")!.start();
    demo = await openDemo(backend, (backgroundContext) =>
      createFieldCache<DemoContext>({
        namespace: "demo",
        principal: ({ user }) => user?.id ?? null,
        vary: { locale: ({ locale }) => locale },
        backgroundContext,
        logger: { debug() {}, info() {}, warn() {}, error() {} },
      }),
    );
    plain = await openDemo(backend);
  });
  afterAll(async () => {
    await demo.close();
    await plain.close();
    await backend.remove();
  });

  describe.each([
    ["a list with everything in it", LIST],
    ["one of everything else", EVERYTHING_ELSE],
  ])("%s", (_name, source) => {
    it.each([
      ["Ada", ADA],
      ["Alan, in German", ALAN],
      ["a stranger", STRANGER],
    ])("is the same for %s with and without the cache, cold and warm", async (_who, headers) => {
      const without = JSON.stringify(await plain.run(source, { headers }));
      const cold = JSON.stringify(await demo.run(source, { headers }));
      expect(cold).toBe(without);
      // Notes in lists are references, whose rows are loaded by themselves.
      expect(demo.statements.length).toBeLessThanOrEqual(plain.statements.length + 2);
      // A fill slower than its lock may answer but not store: on a busy machine it takes another run to be warm.
      for (let run = 0; run === 0 || (demo.statements.length > 0 && run < 5); run++) {
        expect(JSON.stringify(await demo.run(source, { headers }))).toBe(without);
      }
      expect(demo.statements).toEqual([]);
    });
  });

  it.each([
    `addNote(input: { featureId: "abbr", body: "new" }) { note { id } }`,
    `updateNote(input: { id: $note, body: "other" }) { note { id } }`,
    `deleteNote(id: $note) { noteId }`,
    `rateFeature(input: { featureId: "abbr", stars: 3 }) { stars }`,
    `watchFeature(featureId: "abbr") { viewer { id } }`,
    `unwatchFeature(featureId: "abbr") { viewer { id } }`,
    `recordView(featureId: "abbr") { viewCount }`,
  ])("shows Ada at once what she did: %s", async (field) => {
    const source = `{
      feature(id: "abbr") { noteCount viewCount myRating watched rating { average count } notes { nodes { id body version } } }
      viewer { watchlist { totalCount edges { node { id } } } }
      user(id: 1) { noteCount notes { nodes { id body } } }
    }`;
    const { addNote } = await demo.data(
      `mutation { addNote(input: { featureId: "abbr", body: "hers" }) { note { id } } }`,
      { headers: ADA },
    );
    const before = await demo.data(source, { headers: ADA });
    await demo.run(source, { headers: ALAN });
    const variables = field.includes("$note") ? { note: addNote.note.id } : {};
    const declared = field.includes("$note") ? "($note: ID!)" : "";
    await demo.data(`mutation ${declared} { ${field} }`, { headers: ADA, variables });
    const after = await demo.data(source, { headers: ADA });
    expect(after).not.toEqual(before);
    // What is written behind is in the database a moment later.
    for (const headers of [ADA, ALAN]) {
      await vi.waitFor(async () => {
        expect(await demo.data(source, { headers })).toEqual(await plain.data(source, { headers }));
      }, 10_000);
    }
  });
});
