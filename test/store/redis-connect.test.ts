import { Redis } from "ioredis";
import { afterEach, describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { openRedis, type RedisTarget } from "../../src/store/redis/connect.ts";

const opened: Redis[] = [];
afterEach(() => {
  for (const client of opened.splice(0)) client.disconnect();
});

const open = (target: RedisTarget) => {
  const client = openRedis(target, { connectMs: 100, random: seededRandom(1) });
  opened.push(client);
  return client;
};
const settings = (target: RedisTarget) => open(target).options;

describe("a URL", () => {
  test.each([
    ["redis://localhost", { host: "localhost", port: 6379, db: 0 }],
    ["redis://10.0.0.1:7000/2", { host: "10.0.0.1", port: 7000, db: 2 }],
    ["redis://[::1]:7000", { host: "::1", port: 7000 }],
    ["redis://:p%40ss%2Fw@h", { host: "h", password: "p@ss/w" }],
    ["redis://ann:pw@h:1", { host: "h", port: 1, username: "ann", password: "pw" }],
    ["REDIS://H", { port: 6379 }],
    ["rediss://h", { host: "h", port: 6379, tls: {} }],
    ["unix:/run/redis.sock", { path: "/run/redis.sock", db: 0 }],
    ["unix:///run/redis.sock?db=3", { path: "/run/redis.sock", db: 3 }],
  ])("%s is understood", (url, expected) => {
    expect(settings(url)).toMatchObject(expected);
  });

  test.each([
    [
      "redis+cluster://a,b",
      "redis+cluster:// is not available in this version. Use redis://, rediss:// or unix: with one server.",
    ],
    ["redis+sentinel://a/name", /redis\+sentinel:\/\/ is not available/],
    ["redis+ring://a,b", /redis\+ring:\/\/ is not available/],
    ["redsi://h", /but its scheme is redsi:\. Did you mean "redis" or "rediss"\?/],
    ["http://h", /begin with redis:\/\/, rediss:\/\/ or unix:, but its scheme is http:/],
    ["localhost:6379", /its scheme is localhost:/],
    ["", /its scheme is none/],
    ["redis://", /must name a host/],
    ["redis://h:99999", /cannot be read/],
    ["redis://h/abc", /number of a database/],
    ["redis://h/1?tls=true", /not read/],
    ["redis://:%zz@h", /cannot be read/],
    ["unix://run/redis.sock", /must name a path/],
    ["unix:", /must name a path/],
  ])("%j is refused in plain words", (url, message) => {
    expect(() => open(url)).toThrow(message);
  });

  test("is never repeated in an error: it may hold a password", () => {
    for (const url of ["redsi://:hunter2@h", "redis://:hunter2@h:x", "redis://:hunter2@h/abc"]) {
      expect(() => open(url)).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining("hunter2") }),
      );
    }
  });
});

describe("settings", () => {
  test("are kept, except those that decide how failures are met", () => {
    const client = open({
      host: "h",
      port: 7,
      username: "ann",
      connectionName: "mine",
      enableOfflineQueue: true,
      maxRetriesPerRequest: 20,
      autoResendUnfulfilledCommands: true,
      readOnly: true,
      commandTimeout: 5,
    });
    expect(client.options).toMatchObject({
      host: "h",
      port: 7,
      username: "ann",
      connectionName: "mine",
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      readOnly: false,
    });
  });

  test("with sentinels are refused", () => {
    expect(() => open({ sentinels: [{ host: "h", port: 1 }], name: "m" })).toThrow(/group of sentinels/);
  });

  test("with a key prefix are refused, with what to do instead", () => {
    expect(() => open({ keyPrefix: "x:" })).toThrow(/use the option "namespace"/);
  });
});

describe("a client", () => {
  test("lends its settings and stays as it was", () => {
    const given = new Redis({ host: "h", port: 7, lazyConnect: true, db: 3, password: "pw" });
    const client = open(given);
    expect(client).not.toBe(given);
    expect(client.options).toMatchObject({
      host: "h",
      port: 7,
      db: 3,
      password: "pw",
      enableOfflineQueue: false,
    });
    expect(given.options.enableOfflineQueue).toBe(true);
    expect(given.status).toBe("wait");
  });

  test("of a cluster is refused", () => {
    const cluster = new Redis.Cluster([{ host: "127.0.0.1", port: 1 }], { lazyConnect: true });
    expect(() => open(cluster as unknown as Redis)).toThrow(/names a cluster/);
    cluster.disconnect();
  });
});

test("tries to connect again ever later, up to two seconds", () => {
  const retry = open("redis://h").options.retryStrategy as (attempt: number) => number;
  for (let attempt = 1; attempt < 30; attempt++) {
    const wait = retry(attempt);
    expect(wait).toBeGreaterThanOrEqual(Math.min(2000, 50 * 2 ** (attempt - 1)) / 2);
    expect(wait).toBeLessThanOrEqual(2000);
  }
});
