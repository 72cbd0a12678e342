import { describe, expect, it } from "vitest";
import { createTestCache } from "../../src/testing/index.ts";

interface Note {
  readonly id: string;
  readonly text: string;
}

/** Notes behind a mutation whose resolver returns what it is told, and what was asked of the source. */
function notes(returned: () => unknown, field: string, directives = "") {
  const asked: string[] = [];
  const invalidated: string[] = [];
  const table = new Map<string, Note>([["1", { id: "1", text: "old" }]]);
  const test = createTestCache({
    typeDefs: `
      type Query { note(id: ID!): Note }
      type Mutation { ${field} ${directives} }
      type Note @cacheTTL(seconds: 60) { id: ID!  text: String!  length: Int! @cacheTTL(seconds: 60) }
      type Payload { saved: Saved  error: String }
      type Saved { note: Note }
    `,
    entities: {
      Note: {
        load: (ids) => {
          asked.push(`load ${ids.join()}`);
          return ids.map((id) => table.get(id) ?? null);
        },
        write: (rows: readonly Note[]) => {
          const written = rows.map(({ id, text }) => ({ id, text: `${text}!` }));
          asked.push(`write ${rows.map(({ id }) => id).join()}`);
          for (const row of written) table.set(row.id, row);
          return written;
        },
      },
    },
    resolvers: (loaders) => ({
      Query: { note: (_, { id }, context) => loaders["Note"]!.loader(context).load(id) },
      Mutation: { save: returned },
      Note: { length: ({ text }: Note) => text.length },
    }),
    onEvent: (event) => {
      if (event.type === "invalidate") invalidated.push(...event.names);
    },
  });
  return { ...test, asked, invalidated };
}

const SAVE = 'save: Note @cacheWrite(entity: "Note")';
const READ = '{ note(id: "1") { text length } }';

describe("@cacheWrite", () => {
  it("writes the row that the resolver returned, and answers with what write returned", async () => {
    const { run, asked } = notes(() => ({ id: "1", text: "new" }), SAVE);
    expect(await run("mutation { save { id text length } }")).toEqual({
      data: { save: { id: "1", text: "new!", length: 4 } },
    });
    expect(asked).toEqual(["write 1"]);
  });

  it("makes it what everybody reads next, without a load; the fields of the entity are made anew", async () => {
    const { run, asked, settle } = notes(() => ({ id: "1", text: "new" }), SAVE);
    await run(READ);
    await settle();
    await run("mutation { save { id } }");
    expect(await run(READ)).toEqual({ data: { note: { text: "new!", length: 4 } } });
    expect(asked).toEqual(["load 1", "write 1"]);
  });

  it("finds the row at rowPath, and leaves the payload that the resolver made as it is", async () => {
    const payload = Object.freeze({ saved: Object.freeze({ note: { id: "1", text: "new" } }), error: null });
    const { run } = notes(() => payload, 'save: Payload @cacheWrite(entity: "Note", rowPath: "saved.note")');
    expect(await run("mutation { save { saved { note { text } } error } }")).toEqual({
      data: { save: { saved: { note: { text: "new!" } }, error: null } },
    });
    expect(payload.saved.note.text).toBe("new");
  });

  it.each([
    ["null", () => null, { save: null }],
    ["a payload without row", () => ({ saved: null, error: "too long" }), { save: { error: "too long" } }],
  ])("writes nothing where the resolver returns %s", async (_, returned, data) => {
    const { run, asked } = notes(
      returned,
      'save: Payload @cacheWrite(entity: "Note", rowPath: "saved.note")',
    );
    expect(await run("mutation { save { error } }")).toEqual({ data });
    expect(asked).toEqual([]);
  });

  it.each([
    ["throws", () => Promise.reject(new Error("refused"))],
    ["returns an Error", () => new Error("refused")],
  ])("writes nothing where the resolver %s", async (_, returned) => {
    const { run, asked } = notes(returned, SAVE);
    expect((await run("mutation { save { id } }")).errors).toMatchObject([{ message: "refused" }]);
    expect(asked).toEqual([]);
  });

  it("comes before @invalidates of the same field, whose {result.x} is what was written", async () => {
    const { run, invalidated } = notes(
      () => ({ id: "1", text: "new" }),
      SAVE,
      '@invalidates(tags: ["text:{result.text}"])',
    );
    await run("mutation { save { id } }");
    expect(invalidated).toEqual(["Note:1", "__any:Note", "__tag:text:new%21"]);
  });

  it("is the field's error where the row has no key", async () => {
    const { run, asked } = notes(() => ({ text: "new" }), SAVE);
    const { errors } = await run("mutation { save { text } }");
    expect(errors?.[0]?.message).toMatch(/takes a row with its key/);
    expect(asked).toEqual([]);
  });
});
