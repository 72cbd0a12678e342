import { describe, expect, it, vi } from "vitest";
import type { Demo } from "../demo.ts";

const ada = { headers: { authorization: "Bearer 1" } };
const alan = { headers: { authorization: "Bearer 2" } };

export function peopleSuite(demo: () => Demo): void {
  describe("people", () => {
    it("answers a user by number or text, and null for what is no number", async () => {
      const data = await demo().data(
        `{ user(id: 3) { id name homepage joinedAt noteCount } same: user(id: "3") { id } a: user(id: "three") { id } b: user(id: "99999999999") { id } c: user(id: "1; drop") { id } }`,
      );
      expect(data).toMatchObject({
        user: { id: "3", name: "Grace Hopper", homepage: null, joinedAt: "2026-01-03T00:00:00.000Z" },
        same: { id: "3" },
        a: null,
        b: null,
        c: null,
      });
    });

    it("lists everybody by name, with nothing that is private", async () => {
      const { users } = await demo().data(`{ users { id name } }`);
      expect(users).toHaveLength(12);
      expect(users[0]).toEqual({ id: "1", name: "Ada Lovelace" });
      const { errors } = await demo().run(`{ users { email } }`);
      expect(errors?.[0]?.message).toBe('Cannot query field "email" on type "User".');
    });

    it("pages through somebody's notes, the newest first", async () => {
      const ids: number[] = [];
      let after: string | null = null;
      do {
        const { user } = await demo().data(
          `query ($after: String) { user(id: 1) { noteCount notes(first: 3, after: $after) { nodes { id authorId } pageInfo { hasNextPage endCursor } } } }`,
          { variables: { after } },
        );
        ids.push(...user.notes.nodes.map((note: { id: string }) => Number(note.id)));
        after = user.notes.pageInfo.hasNextPage ? user.notes.pageInfo.endCursor : null;
        if (after === null) expect(ids).toHaveLength(user.noteCount);
      } while (after !== null);
      expect(ids).toEqual([...ids].sort((a, b) => b - a));
    });
  });

  describe("the viewer", () => {
    it("is null for a stranger, and so is all that is private", async () => {
      const data = await demo().data(`{ viewer { id } feature(id: "abbr") { myRating watched } }`);
      expect(data).toEqual({ viewer: null, feature: { myRating: null, watched: null } });
    });

    it("is who the header names", async () => {
      const { viewer } = await demo().data(`{ viewer { id name email locale user { name } } }`, alan);
      expect(viewer).toEqual({
        id: "2",
        name: "Alan Turing",
        email: "alan.turing@example.org",
        locale: "en",
        user: { name: "Alan Turing" },
      });
    });

    it.each(["Bearer 99", "Bearer x", "Bearer", "Basic 1", "1"])(
      "refuses the header %j",
      async (authorization) => {
        await expect(demo().run(`{ serverTime }`, { headers: { authorization } })).rejects.toMatchObject({
          extensions: { code: "UNAUTHENTICATED" },
        });
      },
    );

    it("pages through the watch list, the newest entry first", async () => {
      const seen: { node: { id: string }; watchedSince: string }[] = [];
      let after: string | null = null;
      let total = 0;
      do {
        const { viewer } = await demo().data(
          `query ($after: String) { viewer { watchlist(first: 3, after: $after) { totalCount edges { cursor node { id } watchedSince } pageInfo { hasNextPage endCursor } } } }`,
          { ...ada, variables: { after } },
        );
        total = viewer.watchlist.totalCount;
        seen.push(...viewer.watchlist.edges);
        after = viewer.watchlist.pageInfo.hasNextPage ? viewer.watchlist.pageInfo.endCursor : null;
      } while (after !== null);
      expect(seen).toHaveLength(total);
      const moments = seen.map((edge) => edge.watchedSince);
      expect(moments).toEqual([...moments].sort().reverse());
    });

    it("refuses a cursor whose moment is none", async () => {
      const forged = Buffer.from(JSON.stringify(["yesterday", "abbr"])).toString("base64url");
      const { errors } = await demo().run(`{ viewer { watchlist(after: "${forged}") { totalCount } } }`, ada);
      expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
    });
  });

  describe("mutations", () => {
    const write = `mutation ($input: AddNoteInput!) { addNote(input: $input) { note { id body version featureId authorId feature { id noteCount } author { name } createdAt } } }`;

    it.each([
      `addNote(input: { featureId: "abbr", body: "x" }) { note { id } }`,
      `updateNote(input: { id: 1, body: "x" }) { note { id } }`,
      `deleteNote(id: 1) { noteId }`,
      `rateFeature(input: { featureId: "abbr", stars: 3 }) { stars }`,
      `watchFeature(featureId: "abbr") { feature { id } }`,
      `unwatchFeature(featureId: "abbr") { feature { id } }`,
    ])("refuses a stranger: %s", async (field) => {
      const { errors } = await demo().run(`mutation { ${field} }`);
      expect(errors).toMatchObject([
        {
          message: "This needs a user: send the header `Authorization: Bearer <user id>`.",
          extensions: { code: "UNAUTHENTICATED" },
        },
      ]);
    });

    it("writes a note, changes it, and deletes it", async () => {
      const { addNote } = await demo().data(write, {
        ...ada,
        variables: { input: { featureId: "alerts", body: "  Good.  " } },
      });
      expect(addNote.note).toMatchObject({
        body: "Good.",
        version: 1,
        featureId: "alerts",
        authorId: "1",
        author: { name: "Ada Lovelace" },
      });
      const { id } = addNote.note;
      const { updateNote } = await demo().data(
        `mutation ($id: ID!) { updateNote(input: { id: $id, body: "Better.", expectedVersion: 1 }) { note { id body version createdAt } } }`,
        { ...ada, variables: { id } },
      );
      expect(updateNote.note).toEqual({ id, body: "Better.", version: 2, createdAt: addNote.note.createdAt });
      const { feature } = await demo().data(
        `{ feature(id: "alerts") { noteCount notes(first: 1) { nodes { id body } } } recentNotes(first: 1) { id } }`,
      );
      expect(feature.notes.nodes).toEqual([{ id, body: "Better." }]);
      expect(feature.noteCount).toBe(addNote.note.feature.noteCount);
      const { deleteNote } = await demo().data(
        `mutation ($id: ID!) { deleteNote(id: $id) { noteId featureId authorId feature { noteCount } } }`,
        { ...ada, variables: { id } },
      );
      expect(deleteNote).toEqual({
        noteId: id,
        featureId: "alerts",
        authorId: "1",
        feature: { noteCount: feature.noteCount - 1 },
      });
    });

    it("lets one of two win who read the same version", async () => {
      const { addNote } = await demo().data(write, {
        ...ada,
        variables: { input: { featureId: "a", body: "one" } },
      });
      const change = `mutation ($id: ID!) { updateNote(input: { id: $id, body: "two", expectedVersion: 1 }) { note { version } } }`;
      const variables = { id: addNote.note.id };
      const both = await Promise.all([
        demo().run(change, { ...ada, variables }),
        demo().run(change, { ...ada, variables }),
      ]);
      const refused = both.flatMap((result) => result.errors ?? []);
      expect(refused).toMatchObject([
        {
          message: `The note ${variables.id} is at version 2, not 1: read it again.`,
          extensions: { code: "CONFLICT" },
        },
      ]);
    });

    it.each([
      [
        `addNote(input: { featureId: "nothing", body: "x" }) { note { id } }`,
        "NOT_FOUND",
        'There is no Feature with the id "nothing".',
      ],
      [
        `addNote(input: { featureId: "abbr", body: "  " }) { note { id } }`,
        "BAD_USER_INPUT",
        '"body" must have 1 to 2000 characters, but got: 0.',
      ],
      [
        `updateNote(input: { id: "x", body: "x" }) { note { id } }`,
        "NOT_FOUND",
        'There is no Note with the id "x".',
      ],
      [`deleteNote(id: 999999) { noteId }`, "NOT_FOUND", 'There is no Note with the id "999999".'],
      [
        `rateFeature(input: { featureId: "abbr", stars: 6 }) { stars }`,
        "BAD_USER_INPUT",
        '"stars" must be 1 to 5, but got: 6.',
      ],
      [
        `rateFeature(input: { featureId: "nothing", stars: 5 }) { stars }`,
        "NOT_FOUND",
        'There is no Feature with the id "nothing".',
      ],
      [
        `watchFeature(featureId: "\\u0000") { feature { id } }`,
        "BAD_USER_INPUT",
        '"featureId" must not hold the character U+0000.',
      ],
      [
        `unwatchFeature(featureId: "nothing") { feature { id } }`,
        "NOT_FOUND",
        'There is no Feature with the id "nothing".',
      ],
      [
        `recordView(featureId: "nothing") { viewCount }`,
        "NOT_FOUND",
        'There is no Feature with the id "nothing".',
      ],
    ])("refuses %s", async (field, code, message) => {
      const { errors } = await demo().run(`mutation { ${field} }`, ada);
      expect(errors).toMatchObject([{ message, extensions: { code } }]);
    });

    it("lets nobody touch another's note", async () => {
      const { addNote } = await demo().data(write, {
        ...ada,
        variables: { input: { featureId: "a", body: "mine" } },
      });
      const variables = { id: addNote.note.id };
      for (const field of [
        `updateNote(input: { id: $id, body: "x" }) { note { id } }`,
        `deleteNote(id: $id) { noteId }`,
      ]) {
        const { errors } = await demo().run(`mutation ($id: ID!) { ${field} }`, { ...alan, variables });
        expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
      }
    });

    it("replaces a rating, and counts it once", async () => {
      const rate = `mutation ($stars: Int!) { rateFeature(input: { featureId: "aside", stars: $stars }) { stars feature { rating { count average } myRating } } }`;
      const summary = async () =>
        (await demo().data(`{ feature(id: "aside") { rating { count average } } }`)).feature.rating;
      const total = ({ count, average }: { count: number; average: number | null }) => count * (average ?? 0);
      const before = await summary();
      for (const stars of [1, 5]) {
        const { rateFeature } = await demo().data(rate, { ...ada, variables: { stars } });
        expect(rateFeature).toMatchObject({ stars, feature: { myRating: stars } });
        // Written behind: who rated sees it at once, the summary has it when the database does.
        await vi.waitFor(
          async () => expect(total(await summary())).toBeCloseTo(total(before) + stars),
          10_000,
        );
      }
      expect((await summary()).count).toBe(before.count + 1);
    });

    it("watches once, and stops watching", async () => {
      const watch = `mutation { watchFeature(featureId: "article") { feature { id watched } viewer { id watchlist { totalCount } } } }`;
      const once = (await demo().data(watch, alan)).watchFeature;
      const twice = (await demo().data(watch, alan)).watchFeature;
      expect(twice).toEqual(once);
      expect(once).toMatchObject({ feature: { id: "article", watched: true }, viewer: { id: "2" } });
      const { unwatchFeature } = await demo().data(
        `mutation { unwatchFeature(featureId: "article") { feature { watched } viewer { watchlist { totalCount } } } }`,
        alan,
      );
      expect(unwatchFeature).toEqual({
        feature: { watched: false },
        viewer: { watchlist: { totalCount: once.viewer.watchlist.totalCount - 1 } },
      });
    });

    it("counts every look, of strangers too", async () => {
      const look = `mutation { recordView(featureId: "array") { viewCount feature { viewCount } } }`;
      const count = async () =>
        (await demo().data(`{ feature(id: "array") { viewCount } }`)).feature.viewCount;
      const before = await count();
      for (const nth of [1, 2, 3]) {
        const { recordView } = await demo().data(look);
        expect(recordView).toEqual({ viewCount: before + nth, feature: { viewCount: before + nth } });
      }
      await Promise.all([demo().data(look), demo().data(look), demo().data(look)]);
      expect(await count()).toBe(before + 6);
      const inDatabase = () =>
        demo()
          .database.db.selectFrom("featureViews")
          .select("views")
          .where("featureId", "=", "array")
          .executeTakeFirst();
      await vi.waitFor(async () => expect((await inDatabase())?.views).toBe(before + 6), 10_000);
    });
  });
}
