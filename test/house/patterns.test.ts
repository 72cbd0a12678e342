import * as schemaTools from "@graphql-tools/schema";
import { type GraphQLSchema, graphql } from "graphql";
import { describe, expect, it } from "vitest";
import type { EntityLoader } from "../../src/index.ts";
import * as fieldgate from "../../src/index.ts";
import { readText, runSnippet, snippets } from "./support/snippets.ts";

const modules = { fieldgate, "@graphql-tools/schema": schemaTools };

interface Example {
  readonly cache: fieldgate.FieldCache;
  readonly schema: GraphQLSchema;
  readonly answer: unknown;
  readonly notes: EntityLoader;
  readonly saved: unknown;
}

/** Runs the page's example, and answers with what it declares. */
async function example(page: string, given: Readonly<Record<string, unknown>>, wanted: readonly string[]) {
  const [code] = snippets(readText(`docs/patterns/${page}.md`), "js");
  return (await runSnippet(code!, { modules, given, wanted })) as unknown as Example;
}

describe("the example of docs/patterns/read-through.md", () => {
  it("finds rows by a key of several fields, in one batch, for jobs and for GraphQL", async () => {
    const loads: unknown[] = [];
    const selectReleases = (keys: readonly { readonly browser: string; readonly version: string }[]) => {
      loads.push(keys);
      return keys.map((key) => (key.version === "2" ? null : { ...key, date: "2004-11-09" }));
    };
    const { answer, schema, cache } = await example("read-through", { selectReleases }, [
      "answer",
      "schema",
      "cache",
    ]);
    const row = { browser: "firefox", version: "1", date: "2004-11-09" };
    expect(answer).toEqual([row, null, row]);
    expect(loads).toEqual([
      [
        { browser: "firefox", version: "1" },
        { browser: "firefox", version: "2" },
      ],
    ]);
    const source = '{ release(name: "firefox 1") { date } }';
    expect(await graphql({ schema, source, contextValue: {} })).toEqual({
      data: { release: { date: "2004-11-09" } },
    });
    expect(loads.length).toBe(1);
    await cache.close();
  });
});

describe("the example of docs/patterns/write-through.md", () => {
  it("writes by a mutation and by a job, refuses, removes; nobody loads what was written", async () => {
    const asked: string[] = [];
    const table = new Map<string, { id: string; text: string; revision: number }>();
    const given = {
      selectNotes(ids: readonly string[]) {
        asked.push(`load ${ids.join()}`);
        return ids.map((id) => table.get(id) ?? null);
      },
      saveNotes(rows: readonly { readonly id: string; readonly text: string }[]) {
        asked.push(`write ${rows.map(({ id }) => id).join()}`);
        return rows.map(({ id, text }) => {
          const row = { id, text, revision: (table.get(id)?.revision ?? 0) + 1 };
          table.set(id, row);
          return row;
        });
      },
      deleteNotes(ids: readonly string[]) {
        asked.push(`remove ${ids.join()}`);
        for (const id of ids) table.delete(id);
      },
    };
    const { saved, schema, notes, cache } = await example("write-through", given, [
      "saved",
      "schema",
      "notes",
      "cache",
    ]);
    expect(saved).toEqual({ id: "7", text: "from a job", revision: 1 });
    const run = (source: string) => graphql({ schema, source, contextValue: {} });
    const save = (text: string) =>
      run(`mutation { saveNote(id: "7", text: "${text}") { note { text revision } problem } }`);
    expect(await save("new")).toEqual({
      data: { saveNote: { note: { text: "new", revision: 2 }, problem: null } },
    });
    expect(await save("")).toEqual({ data: { saveNote: { note: null, problem: "empty" } } });
    expect(await run('{ note(id: "7") { text revision } }')).toEqual({
      data: { note: { text: "new", revision: 2 } },
    });
    expect(await notes.get("7")).toEqual({ id: "7", text: "new", revision: 2 });
    expect(asked).toEqual(["write 7", "remove 8", "write 7"]);
    await cache.close();
  });
});

describe("the example of docs/patterns/write-behind.md", () => {
  it("shows views and drafts at once, and sends them later, each with a token", async () => {
    const sent: unknown[] = [];
    const article = { id: "1", title: "Tea", views: 10 };
    const given = {
      selectDrafts: (ids: readonly string[]) => ids.map(() => null),
      saveDrafts(rows: readonly unknown[], tokens: readonly string[]) {
        sent.push([rows, tokens.length]);
        return rows;
      },
      deleteDrafts() {},
      selectArticles: (ids: readonly string[]) => ids.map(() => ({ ...article })),
      addViews(deltas: readonly { readonly views: number }[], tokens: readonly string[]) {
        sent.push([deltas, tokens.length]);
        return deltas.map(({ views }) => {
          article.views += views;
          return { ...article };
        });
      },
    };
    const { draft, schema, cache } = (await example("write-behind", given, [
      "draft",
      "schema",
      "cache",
    ])) as unknown as { draft: unknown; schema: GraphQLSchema; cache: fieldgate.FieldCache };
    expect(draft).toEqual({ id: "7", text: "from a job" });
    const run = (source: string) => graphql({ schema, source, contextValue: {} });
    await run('mutation { readArticle(id: "1") { views } }');
    expect(await run('mutation { readArticle(id: "1") { title views } }')).toEqual({
      data: { readArticle: { title: "Tea", views: 12 } },
    });
    expect(await run('{ article(id: "1") { views } }')).toEqual({ data: { article: { views: 12 } } });
    expect(await cache.close()).toEqual([]);
    const views = (sent as [unknown[]][])
      .flatMap(([rows]) => rows as { readonly views?: number }[])
      .map(({ views = 0 }) => views);
    expect(views.reduce((sum, one) => sum + one, 0)).toBe(2);
    expect(article.views).toBe(12);
  });
});
