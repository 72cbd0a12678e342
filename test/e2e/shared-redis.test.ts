import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Shop, startShop } from "../gateway/shop.ts";
import { size } from "../proofs/support/size.ts";
import { limitedUser, refusedOn } from "../support/least-rights.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { PATIENT, SECRET } from "./support/demo-server.ts";

const ADMIN = "a-long-admin-token";
/** Keys of somebody else on the same server. */
const FOREIGN = Math.min(1_000_000, 20_000 * size);

let redis: RedisServer;
let shop: Shop;
/** A second gateway, so that there is somebody to tell. */
let other: Shop;
/** Every command that the gateway had Redis run, also inside scripts, from its first to its last. */
const commands: string[][] = [];
let foreignBefore: unknown;
let feed: Redis;

const mark = "everything until here";
let onMark = () => {};
/** Resolves when everything that Redis has run so far is in `commands`. */
async function settle(): Promise<void> {
  const seen = new Promise<void>((resolve) => {
    onMark = resolve;
  });
  await redis.client().echo(mark);
  await seen;
}

const product = `{ product(id: "1") { price label discount } products { name } }`;

/** How many there are, and what all of them hold. */
const FOREIGN_DIGEST = `
local count, letters = 0, 0
for i = 1, tonumber(ARGV[1]) do
  local value = redis.call('GET', 'other:{Product:' .. i .. '}:price:v1.abc')
  if value then count, letters = count + 1, letters + #value end
end
return { count, letters }`;

beforeAll(async () => {
  redis = await startRedis();
  const admin = redis.client();
  await admin.eval(
    `for i = 1, tonumber(ARGV[1]) do redis.call('SET', 'other:{Product:' .. i .. '}:price:v1.abc', 'theirs' .. i) end`,
    0,
    FOREIGN,
  );
  // One that begins as ours do.
  await admin.set("shop2:{Product:1}:price:v1.abc", "theirs");
  foreignBefore = await admin.eval(FOREIGN_DIGEST, 0, FOREIGN);
  const url = await limitedUser(redis);
  feed = await redis.client().monitor();
  feed.on("monitor", (_time: string, words: string[]) => {
    if (words[1] === mark) onMark();
    else commands.push(words);
  });

  const options = {
    environment: { REDIS_URL: url, CACHE_SECRET: SECRET, CACHE_NAMESPACE: "shop", ADMIN_TOKEN: ADMIN },
    cache: { ...PATIENT, near: true },
  };
  shop = await startShop(options);
  other = await startShop(options);
  await shop.cache.ready();
  await other.cache.ready();
  await other.get(product);
  for (let round = 0; round < 3; round++) await shop.get(product, { authorization: "Bearer ann" });
  expect((await shop.get(product, { authorization: "Bearer ann" })).headers.get("x-cache")).toBe("HIT");
  await shop.post({ query: `mutation { setPrice(id: "1", price: 11) { price } }` });
  await shop.get(product);
  await fetch(`${shop.gateway.url}/cache`);
  await fetch(`${shop.gateway.url}/metrics`);
});
afterAll(() => redis.stop());

describe("on a Redis that others use too, a gateway with the rights of docs/operations.md alone", () => {
  it("finds in a dry run what is its own, and walks past a crowd of foreign keys", async () => {
    const { entries, coordinates } = await shop.cache.invalidate({ entity: "Product" }, { dryRun: true });
    expect(entries).toBeGreaterThan(2);
    expect(Object.keys(coordinates)).toContain("Product.price");
  });

  it("invalidates a type with as many commands as if it were alone", async () => {
    await settle();
    const from = commands.length;
    await shop.cache.invalidate([{ entity: "Product" }, { field: "Query.product" }, { tags: ["spring"] }]);
    await settle();
    const names = commands.slice(from).map(([name]) => name!.toLowerCase());
    expect(names).not.toContain("scan");
    expect(names.length).toBeLessThan(100);
  });

  it("needs no right that it has not, from start to close", async () => {
    await shop.close();
    await other.close();
    expect(await refusedOn(redis)).toEqual([]);
  });

  it("never names a key outside its namespace", async () => {
    await settle();
    feed.disconnect();
    const seen = commands.filter(([name]) => !keyless.has(name!.toLowerCase()));
    const foreign = seen.filter((words) => keysOf(words).some((key) => !key.startsWith("shop:{")));
    expect(foreign).toEqual([]);
    // What is asked of keys at all.
    const names = new Set(seen.map(([name]) => name!.toLowerCase()));
    for (const name of ["mget", "evalsha", "set", "del", "get", "pexpire", "publish"])
      expect(names).toContain(name);
    const scans = commands.filter(([name]) => name!.toLowerCase() === "scan");
    expect(
      new Set(scans.map((words) => words[words.findIndex((word) => /^match$/i.test(word)) + 1])),
    ).toEqual(new Set(["shop:{*"]));
  });

  it("leaves what is others' as it was", async () => {
    const admin = redis.client();
    expect(await admin.eval(FOREIGN_DIGEST, 0, FOREIGN)).toEqual(foreignBefore);
    expect(foreignBefore).toEqual([FOREIGN, expect.any(Number)]);
    expect(await admin.get("shop2:{Product:1}:price:v1.abc")).toBe("theirs");
  });
});

/** Those that name no key; `scan` is looked at by itself. */
const keyless = new Set(["info", "time", "hello", "auth", "acl", "scan"]);

function keysOf([name = "", ...words]: readonly string[]): readonly string[] {
  switch (name.toLowerCase()) {
    case "mget":
    case "del":
    case "subscribe":
      return words;
    case "eval":
    case "evalsha":
      return words.slice(2, 2 + Number(words[1]));
    default:
      return words.slice(0, 1);
  }
}
