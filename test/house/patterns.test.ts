import { readdirSync } from "node:fs";
import path from "node:path";
import * as schemaTools from "@graphql-tools/schema";
import { type GraphQLSchema, graphql } from "graphql";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { EntityLoader } from "../../src/index.ts";
import * as fieldgate from "../../src/index.ts";
import { createTestCache } from "../../src/testing/index.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
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
async function example(
  page: string,
  given: Readonly<Record<string, unknown>>,
  wanted: readonly string[],
  redisUrl = "",
) {
  const [code] = snippets(readText(`docs/patterns/${page}.md`), "js");
  const here = code!.replaceAll("redis://localhost:6379", redisUrl);
  return (await runSnippet(here, { modules, given, wanted })) as unknown as Example;
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

describe("the example of docs/patterns/cache-aside.md", () => {
  it("keeps what resolvers return, and forgets it by tag, field and shown entity", async () => {
    const asked: string[] = [];
    const given = {
      searchProducts(text: string) {
        asked.push(`search ${text}`);
        return [{ id: "42", name: "Tea" }];
      },
      averageStars(id: string) {
        asked.push(`stars of ${id}`);
        return 4.5;
      },
      saveReview: (_id: string, stars: number) => stars,
    };
    const { schema, cache } = await example("cache-aside", given, ["schema", "cache"]);
    const run = async (source: string) => {
      asked.length = 0;
      await graphql({ schema, source, contextValue: {} });
      await stored(cache);
      return asked.toSorted();
    };
    expect(await run('{ search(text: "tea", origin: "menu") { name rating } }')).toEqual([
      "search tea",
      "stars of 42",
    ]);
    expect(await run('{ s: search(text: "tea", origin: "page") { id rating } }')).toEqual([]);
    await run('mutation { review(id: "42", stars: 1) }');
    expect(await run('{ search(text: "tea") { name rating } }')).toEqual(["stars of 42"]);
    await cache.invalidate({ entity: "Product", id: "42" });
    expect(await run('{ search(text: "tea") { name rating } }')).toEqual(["search tea", "stars of 42"]);
    await cache.close();
  });
});

describe("the example of docs/patterns/ttl.md", () => {
  it("loads once a lifetime, serves what is stale while one refresh runs, and in place of an error", async () => {
    const [code] = snippets(readText("docs/patterns/ttl.md"), "js");
    const asked: string[] = [];
    let fails = false;
    const given = {
      selectBestsellers() {
        asked.push("bestsellers");
        return [`tea ${asked.length}`];
      },
      fetchRate() {
        asked.push("rate");
        if (fails) throw new Error("closed");
        return 1.1;
      },
    };
    // The page's own SDL and resolvers, on a clock that the test moves.
    let test: ReturnType<typeof createTestCache> | undefined;
    const onTestClock = {
      ...fieldgate,
      createFieldCache: () => ({
        apply(made: { readonly typeDefs: string; readonly resolvers: object }) {
          test = createTestCache(made as never);
          return test.schema;
        },
      }),
    };
    const asMade = {
      makeExecutableSchema: ({
        typeDefs: [, sdl],
        resolvers,
      }: {
        typeDefs: [unknown, string];
        resolvers: object;
      }) => ({
        typeDefs: sdl,
        resolvers,
      }),
    };
    await runSnippet(code!, {
      modules: { fieldgate: onTestClock, "@graphql-tools/schema": asMade },
      given,
      wanted: [],
    });
    const { run, clock, settle, close } = test!;
    const ask = async (source: string) => {
      const { data } = await run(source);
      await settle();
      return data;
    };
    await ask('{ bestsellers exchangeRate(to: "EUR") now }');
    await clock.advance(20_000);
    await ask('{ bestsellers exchangeRate(to: "EUR") now }');
    expect(asked).toEqual(["bestsellers", "rate"]);
    await clock.advance(60_000);
    fails = true;
    expect(await ask('{ bestsellers exchangeRate(to: "EUR") }')).toEqual({
      bestsellers: ["tea 1"],
      exchangeRate: 1.1,
    });
    expect(await ask("{ bestsellers }")).toEqual({ bestsellers: [expect.not.stringMatching("tea 1")] });
    expect(asked.filter((what) => what === "bestsellers").length).toBe(2);
    await close();
  });
});

describe("on a Redis", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it("the example of docs/patterns/events.md forgets what a message names", async () => {
    let price = 1;
    const given = { selectProducts: (ids: readonly string[]) => ids.map((id) => ({ id, price })) };
    const { schema, cache } = await example("events", given, ["schema", "cache"], redis.url);
    const ask = () => graphql({ schema, source: '{ product(id: "42") { price } }', contextValue: {} });
    expect(await ask()).toEqual({ data: { product: { price: 1 } } });
    price = 2;
    // As the comment in it says.
    const [, message] = /message '(\{.*\})'/.exec(readText("docs/patterns/events.md"))!;
    await redis.client().xadd("changes", "*", "message", message!);
    await vi.waitFor(async () => expect(await ask()).toEqual({ data: { product: { price: 2 } } }), 10_000);
    await cache.close();
  });

  it("the example of docs/patterns/key-versions.md keeps what has not changed, and shares invalidations", async () => {
    const asked: string[] = [];
    const load = (kind: string) => (ids: readonly string[]) => {
      asked.push(...ids.map((id) => `${kind} ${id}`));
      return ids.map((id) => ({ id, price: 1, currency: "EUR", name: "Ann" }));
    };
    const given = { selectProducts: load("product"), selectMakers: load("maker") };
    const wanted = ["old", "next", "later", "flush"];
    const made = (await example("key-versions", given, wanted, redis.url)) as unknown as Readonly<
      Record<"old" | "next" | "later", Example>
    > & { readonly flush: () => Promise<void> };
    const ask = async ({ schema, cache }: Example) => {
      asked.length = 0;
      const source = '{ product(id: "1") { price } maker(id: "1") { name } }';
      expect((await graphql({ schema, source, contextValue: {} })).errors).toBeUndefined();
      await stored(cache);
      return asked.toSorted();
    };
    const { old, next, later } = made;
    expect(await ask(old)).toEqual(["maker 1", "product 1"]);
    expect(await ask(next)).toEqual(["product 1"]);
    expect(await ask(later)).toEqual(["product 1"]);
    for (const one of [old, next, later]) expect(await ask(one)).toEqual([]);
    await old.cache.invalidate({ entity: "Product", id: "1" });
    for (const one of [old, next, later]) expect(await ask(one)).toEqual(["product 1"]);
    await made.flush();
    // Who flushed knows of it, and may store at once.
    expect(await ask(next)).toEqual(["maker 1", "product 1"]);
    expect(await ask(old)).toEqual(["product 1"]);
    await Promise.all([old, next, later].map(({ cache }) => cache.close()));
  });
});

it("every page of docs/patterns has its example run here, and says when to use it and when not", () => {
  const tests = readText("test/house/patterns.test.ts");
  const pages = readdirSync(path.resolve(import.meta.dirname, "../../docs/patterns"));
  expect(pages.length).toBe(7);
  for (const page of pages) {
    expect(tests).toContain(`docs/patterns/${page}`);
    expect(readText(`docs/patterns/${page}`)).toMatch(/\*\*When:\*\*.*\*\*When not:\*\*/s);
  }
});

async function stored(cache: fieldgate.FieldCache): Promise<void> {
  await vi.waitFor(() => expect(cache.stats().running.fills).toBe(0));
}
