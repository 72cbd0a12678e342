import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { hmacDigest } from "../../src/base/digest.ts";
import { createKeys } from "../../src/keys/grammar.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { type DemoServer, PATIENT, SECRET, startDemo } from "./support/demo-server.ts";

/** Root fields, rows, lists by value and by reference, leaves, nulls, a union, something PRIVATE. */
const QUERY = `{
  features(first: 5) {
    nodes { id name baselineSummary noteCount rating { average count } groups { id parent { id } } support { version browser { name } } myRating watched }
  }
  search(text: "array", first: 3) { __typename ... on Resource { id name } }
  statistics { featureCount byBaseline { status count } }
  nothing: feature(id: "nothing") { id }
  viewer { email watchlist(first: 2) { totalCount edges { node { id } } } }
}`;
const asking = { user: "1" };

let redis: RedisServer;
let eyes: Redis;
let demo: DemoServer;
let right: string;

beforeAll(async () => {
  redis = await startRedis();
  eyes = redis.client();
  demo = await startDemo({ redisUrl: redis.url, cache: PATIENT });
  demo.gateway.cache.disable();
  right = (await demo.ask(QUERY, asking)).text;
  demo.gateway.cache.enable();
});
afterAll(async () => {
  await demo.close();
  await redis.stop();
});
beforeEach(() => warm());

/** Asks until all of it comes from entries again, and finds it right each time. */
async function warm(): Promise<void> {
  await vi.waitFor(
    async () => {
      const answer = await demo.ask(QUERY, asking);
      expect(answer.text).toBe(right);
      await demo.landed();
      expect(answer.headers.get("x-cache")).toBe("HIT");
    },
    { timeout: 20_000 },
  );
}

async function keysLike(pattern: RegExp): Promise<string[]> {
  return (await eyes.keys("e2e:*")).filter((key) => pattern.test(key)).sort();
}

const keysOfTests = createKeys("e2e");
async function entries(): Promise<string[]> {
  return (await keysLike(/^/)).filter((key) => keysOfTests.parseEntry(key) !== undefined);
}

/** Overwrites as a stranger would: the time that a key has left stays. */
const set = (key: string, text: string | Buffer) => eyes.set(key, text, "KEEPTTL");

/** Every entry becomes what `poison` makes of its text; then what a reader is told, and what becomes of the entries. */
async function poisoned(poison: (text: string, key: string) => string | Buffer): Promise<void> {
  const keys = await entries();
  // The page, the search, the statistics, the null, the viewer with the list, five rows with seven fields each, and browsers.
  expect(keys.length).toBeGreaterThan(6 + 5 * 8);
  for (const key of keys) await set(key, poison((await eyes.get(key)) ?? "", key));
  const answer = await demo.ask(QUERY, asking);
  expect(answer.text).toBe(right);
  expect(answer.headers.get("x-cache")).toBe("MISS");
  await warm();
  for (const key of keys) expect((await eyes.get(key))?.slice(0, 1)).toBe("1");
}

describe("an entry that was overwritten is a miss, answered right, and written anew", () => {
  it.each<[string, (text: string, key: string) => string | Buffer]>([
    ["nothing", () => ""],
    ["one character", () => "1"],
    ["a word", () => "garbage"],
    ["a text that begins as an entry might", () => "1abcdefghijklmnopqrstuvwxyz0123456789"],
    ["bytes that are no UTF-8", () => Buffer.from([0x31, 0xff, 0xfe, 0x00, 0xc3, 0x28, 0x0a, 0x7b])],
    ["JSON", () => '{"value":1}'],
    ["cut after its id", (text) => text.slice(0, 17)],
    ["cut in its header", (text) => text.slice(0, 30)],
    ["cut in its payload", (text) => text.slice(0, -1)],
    ["longer by a character", (text) => `${text} `],
    ["another id", (text) => `1${"x".repeat(16)}${text.slice(17, 40)}`],
    ["a newer format", (text) => `2${text.slice(1)}`],
    ["a header that is another JSON", (text) => text.replace(/\[.*\]\n/, "{}\n")],
    ["a header without stamps", (text) => text.replace(/,"[\w-]{16}".*\]\n/, "]\n")],
    ["a header of another fill", (text) => text.replaceAll(/"[\w-]{16}"/g, '"0123456789abcdef"')],
    [
      "a payload that is no JSON",
      (text) => `${text.slice(0, text.indexOf("\n") + 1)}${"?".repeat(text.length - text.indexOf("\n") - 1)}`,
    ],
  ])("%s", (_name, poison) => poisoned(poison));

  it("the text of another field, or of another entity's same field", async () => {
    const keys = await entries();
    const texts = await Promise.all(keys.map((key) => eyes.get(key)));
    const fieldOf = (key: string) => key.slice(key.indexOf("}") + 1).split(":")[1] ?? "";
    const homeOf = (key: string) => key.slice(0, key.indexOf("}"));
    for (const isOther of [
      // Of the same entity: one stamp vouches for both.
      (a: string, b: string) => homeOf(a) === homeOf(b) && fieldOf(a) !== fieldOf(b),
      (a: string, b: string) => homeOf(a) !== homeOf(b) && fieldOf(a) === fieldOf(b),
    ]) {
      const other = keys.map((key) => keys.findIndex((one) => isOther(key, one)));
      expect(other.filter((at) => at >= 0).length).toBeGreaterThan(30);
      for (const [at, key] of keys.entries()) {
        const from = other[at]!;
        await set(key, texts[from < 0 ? at : from]!);
      }
      expect((await demo.ask(QUERY, asking)).text).toBe(right);
      await warm();
    }
  });

  it("one principal's text under another's key", async () => {
    const [one, two] = ["1", "2"].map((user) => hmacDigest(SECRET, user)) as [string, string];
    expect((await demo.ask(QUERY, { user: "2" })).text).not.toBe(right);
    await demo.landed();
    const keys = (await entries()).filter((key) => key.includes(one));
    expect(keys.length).toBeGreaterThan(5);
    for (const key of keys) {
      const other = key.replace(one, two).replace("{Viewer:1}", "{Viewer:2}");
      const text = await eyes.get(other);
      expect([other, text]).not.toEqual([other, null]);
      await set(key, text!);
    }
    expect((await demo.ask(QUERY, asking)).text).toBe(right);
    await eyes.flushall();
  });

  it.each(["list", "hash", "set", "zset"] as const)("a %s", async (type) => {
    const keys = await entries();
    for (const key of keys) await putType(key, type);
    const answer = await demo.ask(QUERY, asking);
    expect([answer.text, answer.headers.get("x-cache")]).toEqual([right, "MISS"]);
    await warm();
    for (const key of keys) expect(await eyes.type(key)).toBe("string");
  });
});

describe("what vouches for entries, overwritten, costs misses and nothing else", () => {
  it.each([
    ["stamps", /:__stamp$/],
    ["the log", /\{__log\}/],
    ["everything", /./],
  ])("%s: by garbage, and by each other type", async (_name, pattern) => {
    for (const type of ["string", "list", "hash", "set", "zset"] as const) {
      for (const key of await keysLike(pattern)) await putType(key, type);
      expect((await demo.ask(QUERY, asking)).text).toBe(right);
      await warm();
    }
  });

  it.each([
    ["locks", ":__lock"],
    ["marks", ":__pass"],
  ])("%s where there were none: garbage, and each other type", async (_name, suffix) => {
    for (const type of ["string", "list", "hash", "set", "zset"] as const) {
      const keys = await entries();
      await eyes.del(keys);
      for (const key of keys) await putType(`${key}${suffix}`, type);
      expect((await demo.ask(QUERY, asking)).text).toBe(right);
      await warm();
      await eyes.del(keys.map((key) => `${key}${suffix}`));
    }
  });
});

/** A value of this type that is none of ours, with a minute to live. */
async function putType(key: string, type: "string" | "list" | "hash" | "set" | "zset"): Promise<void> {
  await eyes.del(key);
  if (type === "string") await eyes.set(key, "garbage that is longer than a stamp");
  if (type === "list") await eyes.rpush(key, "a", "b");
  if (type === "hash") await eyes.hset(key, "a", "b");
  if (type === "set") await eyes.sadd(key, "a", "b");
  if (type === "zset") await eyes.zadd(key, 1, "a");
  await eyes.expire(key, 60);
}
