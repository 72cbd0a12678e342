import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createKeys } from "../../src/keys/grammar.ts";
import { createRedisStore } from "../../src/store/redis/create-redis-store.ts";
import { type Store, StoreFailure } from "../../src/store/store.ts";
import { leastRights, limitedUser, refusedOn } from "../support/least-rights.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { passesInRedis } from "./redis-time.ts";
import { slotIn, storeSuite } from "./store-suite.ts";

const keys = createKeys("shop");
const timeouts = { readMs: 5000, writeMs: 5000, invalidateMs: 5000 };
let server: RedisServer;
let admin: Redis;
let url: string;

beforeAll(async () => {
  server = await startRedis();
  admin = server.client();
  // The suite has a neighbour, to see that it is left alone.
  url = await limitedUser(server, [...leastRights, "~shop2:*", "~a:*"]);
});
afterEach(async () => {
  expect(await refusedOn(server), "a right is missing in docs/operations.md").toEqual([]);
});
afterAll(() => server.stop());

storeSuite("the Redis store of a user with the rights of docs/operations.md alone", async () => {
  await admin.flushall();
  const store = createRedisStore({ redis: url, keys, timeouts });
  return {
    store,
    keys,
    passes: (ms) => passesInRedis(admin, keys, ms),
    clear: async () => void (await admin.flushall()),
    close: () => store.close(),
  };
});

test("docs/operations.md lists every command of src/store/redis, and no other", async () => {
  const known = new Set((await admin.call("COMMAND", "LIST")) as string[]);
  const folder = path.resolve(import.meta.dirname, "../../src/store/redis");
  const used = new Set<string>();
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts")) continue;
    const text = readFileSync(path.join(folder, file), "utf8");
    // In scripts; in pipelines, as `["mget", …]`; by the client's own methods.
    for (const pattern of [/redis\.p?call\('([A-Z]+)'/g, /\["([a-z]+)"/g, /[cC]lient\.([a-z]+)\(/g]) {
      for (const [, name] of text.matchAll(pattern))
        if (known.has(name!.toLowerCase())) used.add(name!.toLowerCase());
    }
  }
  // How a script is sent stands in a variable.
  const listed = leastRights
    .filter((right) => right.startsWith("+"))
    .map((right) => right.slice(1).split("|")[0]);
  expect([...listed].sort()).toEqual([...used, "eval", "evalsha"].sort());
});

describe("a user that lacks a right", () => {
  let limited: RedisServer;
  let store: Store | undefined;
  beforeAll(async () => {
    limited = await startRedis();
  });
  afterEach(() => store?.close());
  afterAll(() => limited.stop());

  const storeWithout = async (...rights: string[]): Promise<Store> => {
    const redis = await limitedUser(
      limited,
      leastRights.filter((right) => !rights.includes(right)),
    );
    store = createRedisStore({ redis, keys, timeouts });
    await store.ready();
    return store;
  };

  test("is told which command it may not use", async () => {
    const under = await storeWithout("+mget");
    const { entries } = await under.read({
      entryKeys: [slotIn(keys, "42", "price").entryKey],
      stampKeys: [],
      log: false,
    });
    expect(entries[0]).toBeInstanceOf(StoreFailure);
    expect((entries[0] as StoreFailure).message).toMatch(/NOPERM.*'mget'/);
  });

  test("is told which script it may not run, and what that needs", async () => {
    const under = await storeWithout("+pexpire");
    const stampKey = keys.stamp("Product:42");
    await under.stamps([{ stampKey, lifeMs: 1000 }]);
    const [raised] = await under.stamps([{ stampKey, lifeMs: 100_000 }]);
    expect((raised as StoreFailure).message).toMatch(
      /^NOPERM .*The script "stamps" runs .*GET, .*PEXPIRE, .*; ACL LOG on the server names the one\.$/,
    );
    expect(await refusedOn(limited)).toContain("command pexpire");
  });

  test("to keys outside its namespace reads and writes nothing there", async () => {
    const redis = await limitedUser(limited);
    const other = createKeys("other");
    store = createRedisStore({ redis, keys: other, timeouts });
    await store.ready();
    const { entries } = await store.read({
      entryKeys: [slotIn(other, "42", "price").entryKey],
      stampKeys: [],
      log: false,
    });
    expect((entries[0] as StoreFailure).message).toMatch(/NOPERM.*key/);
  });

  test("to INFO is down, and told why", async () => {
    const under = await storeWithout("+info");
    expect(under.state()).toMatchObject({ status: "down", detail: expect.stringMatching(/NOPERM.*'info'/) });
  });
});
