import { makeExecutableSchema } from "@graphql-tools/schema";
import { graphql } from "graphql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { typeDefs } from "../../src/index.ts";
import { createKeys } from "../../src/keys/grammar.ts";
import { wireFieldCache } from "../../src/library/create-field-cache.ts";
import type { FieldCacheOptions } from "../../src/library/options.ts";
import type { EntityOptions } from "../../src/loaders/entity.ts";
import type { Claim } from "../../src/store/behind-store.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { gate } from "../engine/gated-store.ts";

// Interleavings of docs/protocol.md, "Write-behind", each forced: gateways on one store, with one source.

interface Article {
  readonly id: string;
  readonly views: number;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const merge = (pending: Article, next: Article): Article => ({
  ...pending,
  views: pending.views + next.views,
});

const server = () => createMemoryStore({ keys: createKeys("fieldgate") });
let store: ReturnType<typeof server>;
let views: number;
let lastToken: string;
let calls: string[];
const open: { close(): Promise<unknown> }[] = [];

beforeEach(() => {
  store = server();
  views = 10;
  lastToken = "";
  calls = [];
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((cache) => cache.close()));
});

/** Adds a delta once, by its token: as docs/patterns/write-behind.md tells a source to. */
function take(delta: Article, token: string): Article {
  calls.push(`+${delta.views}`);
  if (token > lastToken) {
    lastToken = token;
    views += delta.views;
  }
  return { id: delta.id, views };
}

const deltas: Partial<EntityOptions> = {
  merge,
  write: async (rows, { tokens }) => rows.map((row: Article, at) => take(row, tokens[at]!)),
};

function gateway(entity: Partial<EntityOptions> = deltas, options: FieldCacheOptions = {}) {
  const gated = gate(store);
  const cache = wireFieldCache(
    { logger: silent, shutdownMs: 100, flushDelayMs: 10, flushLeaseMs: 300, lockWaitMs: 500, ...options },
    { clock: systemClock, random: systemRandom, store: gated },
  );
  open.push(cache);
  const articles = cache.entity("Article", {
    mode: "BEHIND",
    load: async (ids) => ids.map((id) => ({ id, views })),
    write: async (rows) => [...rows],
    ...entity,
  });
  const schema = cache.apply(
    makeExecutableSchema({
      typeDefs: [
        typeDefs,
        "type Query { article(id: ID!): Article @cacheTTL(seconds: 60) }  type Article @cacheTTL(seconds: 60) { id: ID!  views: Int! }",
      ],
      resolvers: { Query: { article: (_, { id }, context) => articles.loader(context).load(id) } },
    }),
  );
  const shown = async (): Promise<number> => {
    const source = '{ article(id: "1") { views } }';
    const { data, errors } = await graphql({ schema, source, contextValue: {} });
    if (errors) throw errors[0]!;
    return (data as { article: Article }).article.views;
  };
  return { cache, articles, gated, shown, view: () => articles.write({ id: "1", views: 1 }) };
}

/** A gate that a source waits at. */
function door() {
  let open!: () => void;
  let arrive!: () => void;
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    arrived,
    open,
    pass: async () => {
      arrive();
      await opened;
    },
  };
}

const isSent = () => expect.poll(() => calls.length, { timeout: 5000, interval: 5 });

describe("a delta", () => {
  it("is not added to a row that has it: it is sent after the reader saw it waiting, and before it reads the row", async () => {
    const writer = gateway();
    const reader = gateway();
    await reader.cache.ready();
    // The reader's look finds it waiting; its load is held until it was sent.
    const loading = door();
    const slow = gateway({
      ...deltas,
      load: async (ids) => {
        await loading.pass();
        return ids.map((id) => ({ id, views }));
      },
    });
    await slow.cache.ready();
    void writer.view();
    await expect.poll(() => store.behind.queue("Article"), { interval: 1 }).toMatchObject({ pending: 1 });
    const shown = slow.shown();
    await isSent().toBe(1);
    loading.open();
    expect(await shown).toBe(11);
    expect(await reader.shown()).toBe(11);
  });

  it("is shown while it is being sent, once, before and after the source has it", async () => {
    const before = door();
    const after = door();
    // Either of them may send.
    const slow: Partial<EntityOptions> = {
      ...deltas,
      write: async (rows, { tokens }) => {
        await before.pass();
        const taken = rows.map((row: Article, at) => take(row, tokens[at]!));
        await after.pass();
        return taken;
      },
    };
    const sender = gateway(slow);
    const reader = gateway(slow);
    await sender.view();
    await before.arrived;
    expect(await reader.shown()).toBe(11);
    before.open();
    await after.arrived;
    expect(views).toBe(11);
    expect(await reader.shown()).toBe(11);
    after.open();
    await expect.poll(() => store.behind.queue("Article"), { interval: 5 }).toMatchObject({ pending: 0 });
    expect(await reader.shown()).toBe(11);
  });

  it("on its way when its row changes elsewhere is not guessed at: the reader waits, and fails unless it takes the source's row", async () => {
    const sending = door();
    const slow: Partial<EntityOptions> = {
      ...deltas,
      write: async (rows, { tokens }) => {
        await sending.pass();
        return rows.map((row: Article, at) => take(row, tokens[at]!));
      },
    };
    const sender = gateway(slow);
    const strict = gateway(slow);
    const lax = gateway({ ...slow, pendingUnknown: "source" });
    await sender.view();
    await sending.arrived;
    views = 100;
    await strict.cache.invalidate({ entity: "Article", id: "1" });
    const waited = strict.shown().catch((error: Error) => error.message);
    expect(await lax.shown()).toBe(100);
    expect(await waited).toContain("it is not known what is pending");
    const patient = strict.shown();
    sending.open();
    expect(await patient).toBe(101);
  });
});

describe("a flusher", () => {
  it("that dies after the source took a change leaves it to another, which sends it again: it counts once", async () => {
    const dead = gateway({
      ...deltas,
      write: (rows, { tokens }) => {
        for (const [at, row] of rows.entries()) take(row, tokens[at]!);
        return new Promise(() => {});
      },
    });
    await dead.view();
    await isSent().toBe(1);
    // Its process says nothing more: neither a renewal of its lease, nor an end.
    dead.gated.breakDown();
    const heir = gateway();
    expect(await heir.shown()).toBe(11);
    await isSent().toBe(2);
    await expect.poll(() => store.behind.queue("Article"), { timeout: 5000 }).toMatchObject({ pending: 0 });
    expect(views).toBe(11);
    expect(await heir.shown()).toBe(11);
  });
});

describe("the row and what is pending of it", () => {
  it("are looked up in one moment: a row that was looked up early is not shown without what was sent since", async () => {
    // Time enough for the reader to fill the row's entry while the delta waits.
    const later = { flushDelayMs: 500 };
    const writer = gateway(deltas, later);
    const reader = gateway(deltas, later);
    await reader.cache.ready();
    expect([await reader.shown(), await reader.shown()]).toEqual([10, 10]);
    await writer.view();
    expect([await reader.shown(), await reader.shown()]).toEqual([11, 11]);
    // The wave of the root field, with what is looked up early, is answered late.
    const first = reader.gated.stopAfter("read");
    const shown = reader.shown();
    await first.arrived;
    await isSent().toBe(1);
    await expect.poll(() => store.behind.queue("Article"), { interval: 5 }).toMatchObject({ pending: 0 });
    first.go();
    expect(await shown).toBe(11);
  });
});

describe("the queue", () => {
  it("does not forget a name whose record is on its way, and refuses a record that comes too late", async () => {
    const { behind } = store;
    await behind.enqueue("Article", ["Article:1"], 0);
    const claims = (earlyMs: number) =>
      behind.claim("Article", { limit: 1, earlyMs, leaseMs: 10 }) as Promise<readonly Claim[]>;
    const [claim] = await claims(0);
    await behind.settle("Article", [{ kind: "empty", name: "Article:1", mark: claim!.mark }]);
    expect((await claims(60_000)).map(({ name }) => name)).toEqual(["Article:1"]);
    const text = `${"v".repeat(16)}{}`;
    const [late] = await behind.swap([{ key: "k", seen: "", text, notAfter: Date.now() * 1000 - 1 }]);
    expect(late).toEqual({ kind: "late" });
  });
});
