import { spawn } from "node:child_process";
import path from "node:path";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createFieldCache, type FieldCache, type FieldCacheOptions, typeDefs } from "../../src/index.ts";
import type { EntityOptions } from "../../src/loaders/entity.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";

// Write-behind on a real Redis, through the public door. `gateway()` is one process' worth of it.

let redis: RedisServer;
const caches: FieldCache[] = [];
let warnings: string[] = [];

beforeAll(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  await Promise.all(caches.splice(0).map((cache) => cache.close()));
  await redis.client().flushall();
  warnings = [];
});
afterAll(() => redis.stop());

interface Note {
  readonly id: string;
  readonly text: string;
}

function gateway(entity: Partial<EntityOptions> = {}, options: FieldCacheOptions = {}) {
  const cache = createFieldCache({
    redis: redis.url,
    namespace: "shop",
    flushDelayMs: 10,
    shutdownMs: 1000,
    logger: { debug() {}, info() {}, warn: (_, message) => warnings.push(message), error() {} },
    // The machine may be busy: what is tested here is not how fast it is.
    readTimeoutMs: 2000,
    writeTimeoutMs: 2000,
    ...options,
  });
  caches.push(cache);
  const table = new Map<string, Note>();
  const notes = cache.entity<string, Note>("Note", {
    mode: "BEHIND",
    load: async (ids) => ids.map((id) => table.get(id) ?? { id, text: "of the source" }),
    write: async (rows: readonly Note[]) => {
      for (const row of rows) if (row.text !== "poison") table.set(row.id, row);
      return rows.map((row) => (row.text === "poison" ? new Error("refused") : row));
    },
    ...entity,
  });
  const schema =
    "type Query { note(id: ID!): Note }  type Note @cacheTTL(seconds: 60) { id: ID!  text: String! }";
  cache.apply(makeExecutableSchema({ typeDefs: [typeDefs, schema] }));
  return { cache, notes, table };
}

/** `fieldgate dead-letters …` */
async function deadLetters(...args: string[]) {
  const main = path.resolve(import.meta.dirname, "../../src/cli/main.ts");
  const child = spawn(process.execPath, ["--import", "tsx", main, "dead-letters", ...args], {
    env: { ...process.env, REDIS_URL: redis.url, CACHE_NAMESPACE: "shop" },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += String(data)));
  const status = await new Promise((resolve) => child.on("close", resolve));
  return { status, text: text.trimEnd() };
}

const never = new Promise<never>(() => {});

describe("what is pending", () => {
  it("is seen through another gateway, though every entry and stamp was evicted", async () => {
    const writer = gateway({ write: () => never });
    const reader = gateway({ write: () => never });
    await Promise.all([writer.cache.ready(), reader.cache.ready()]);
    await writer.notes.write({ id: "1", text: "new" });
    expect(await reader.notes.get("1")).toEqual({ id: "1", text: "new" });
    const admin = redis.client();
    for (const key of await admin.keys("shop:*")) if ((await admin.pttl(key)) >= 0) await admin.del(key);
    expect(await reader.notes.get("1")).toEqual({ id: "1", text: "new" });
  });

  it("has no expiry, nor has its queue; all else has", async () => {
    const { notes, cache } = gateway({ write: () => never });
    await cache.ready();
    await notes.write({ id: "1", text: "new" });
    await notes.get("1");
    const admin = redis.client();
    const lasting: string[] = [];
    for (const key of await admin.keys("shop:*")) if ((await admin.pttl(key)) === -1) lasting.push(key);
    expect(lasting.sort()).toEqual([
      "shop:{Note:1}:__pending",
      "shop:{__behind:Note}:__due",
      "shop:{__behind:Note}:__marked",
      "shop:{__behind:Note}:__since",
    ]);
  });

  it("cannot be known while Redis does not answer: reads and writes fail, or go to the source where it may be behind", async () => {
    const patient = { readTimeoutMs: 100, writeTimeoutMs: 100 };
    const strict = gateway({}, patient);
    const lax = gateway({ pendingUnknown: "source" }, patient);
    await Promise.all([strict.cache.ready(), lax.cache.ready()]);
    redis.pause();
    try {
      await expect(strict.notes.get("1")).rejects.toThrow('A row of "Note" cannot be read now');
      await expect(strict.notes.write({ id: "1", text: "new" })).rejects.toThrow("was not acknowledged");
      expect(await lax.notes.get("1")).toEqual({ id: "1", text: "of the source" });
      await lax.notes.write({ id: "1", text: "straight" });
      expect(lax.table.get("1")).toEqual({ id: "1", text: "straight" });
      expect(lax.cache.stats().behind.through).toBe(1);
    } finally {
      redis.resume();
    }
  });
});

describe("a Redis that may lose what is pending", () => {
  it("is warned of: one without append-only file", async () => {
    const { cache } = gateway();
    await cache.ready();
    expect(warnings.join()).toContain("Redis keeps no append-only file");
  });

  it("is refused: one that evicts what has no expiry", async () => {
    const admin = redis.client();
    await admin.config("SET", "maxmemory-policy", "allkeys-lru");
    try {
      const { cache, notes } = gateway();
      await expect(cache.ready()).rejects.toThrow("maxmemory-policy is allkeys-lru");
      await expect(notes.write({ id: "1", text: "new" })).rejects.toThrow("allkeys-lru");
    } finally {
      await admin.config("SET", "maxmemory-policy", "noeviction");
    }
  });
});

describe("fieldgate dead-letters", () => {
  it("lists what the source refused for good, replays and drops it; the rest of the batch was written", async () => {
    const { notes, table, cache } = gateway({}, { flushTries: 2 });
    await cache.ready();
    expect((await deadLetters("list")).text).toBe("There are no dead letters.");
    await Promise.all([notes.write({ id: "1", text: "poison" }), notes.write({ id: "2", text: "good" })]);
    await expect.poll(() => cache.stats().behind.dead, { timeout: 10_000 }).toBe(1);
    expect(table.get("2")).toEqual({ id: "2", text: "good" });
    expect(await notes.get("1")).toEqual({ id: "1", text: "of the source" });
    const { text } = await deadLetters("list");
    expect(text).toMatch(
      /^\d{16}-\S+ {2}\S+ {2}write Note {2}2 failures: refused\n {2}\{ id: '1', text: 'poison' \}$/,
    );
    const [id = ""] = text.split(" ");
    expect(await deadLetters("replay", id)).toEqual({ status: 0, text: "1 of 1 replayed." });
    await expect.poll(() => cache.stats().behind.dead, { timeout: 10_000 }).toBe(2);
    expect(await deadLetters("drop", "--all")).toEqual({ status: 0, text: "1 of 1 dropped." });
    expect((await deadLetters("list")).text).toBe("There are no dead letters.");
  });

  it.each([
    [[], "dead-letters takes list, replay or drop, but got: nothing."],
    [["lst"], 'Did you mean "list"?'],
    [["drop"], "dead-letters drop takes ids, as list prints them, or --all."],
  ])("refuses %j", async (args, message) => {
    const { status, text } = await deadLetters(...args);
    expect(status).toBe(2);
    expect(text).toContain(message);
  });
});
