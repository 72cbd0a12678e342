import { Redis } from "ioredis";
import { afterEach, describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { openRedis } from "../../src/store/redis/connect.ts";
import { placeOf, type RedisTarget } from "../../src/store/redis/redis-target.ts";

const opened: Redis[] = [];
afterEach(() => {
  for (const client of opened.splice(0)) client.disconnect();
});

const open = (target: RedisTarget) => {
  const place = placeOf(target);
  if (place.kind !== "server") throw new Error(`a ${place.kind}`);
  const client = openRedis(place.client, { connectMs: 100, random: seededRandom(1) });
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
    ["redsi://h", /but its scheme is redsi:\. Did you mean "redis" or "rediss"\?/],
    ["http://h", /begin with redis:\/\/, .*, but its scheme is http:/],
    ["localhost:6379", /its scheme is localhost:/],
    ["", /its scheme is none/],
    ["redis://", /must name a host/],
    ["redis://h:99999", /cannot be read/],
    ["redis://h/abc", /number of a database/],
    ["redis://h/1?tls=true", /not read/],
    ["redis://:%zz@h", /cannot be read/],
    ["unix://run/redis.sock", /must name a path/],
    ["unix:", /must name a path/],
    ["redis+cluster://", /must name a host/],
    ["redis+cluster://a,b/1", /name no database: a cluster has one/],
    ["redis+cluster://a,b:x", /list its servers like host:port,host:port/],
    ["redis+cluster://a,,b", /list its servers/],
    ["redis+ring://a:99999", /list its servers/],
    ["redis+ring://a,A:6379", /name each server of the ring once/],
    ["redis+ring://a,b?x=1", /hold nothing after "\?"/],
    ["redis+sentinel://a,b", /name the master, as in redis\+sentinel:\/\/h1,h2\/mymaster/],
    ["redis+sentinel://a/m/x", /number of a database/],
    ["redis+sentinel://a/m?password=1", /but sentinelUsername and sentinelPassword/],
    ["redis+sentinels://a/m", /Did you mean "redis\+sentinel"/],
  ])("%j is refused in plain words", (url, message) => {
    expect(() => open(url)).toThrow(message);
  });

  test("is never repeated in an error: it may hold a password", () => {
    for (const url of [
      "redsi://:hunter2@h",
      "redis://:hunter2@h:x",
      "redis://:hunter2@h/abc",
      "redis+ring://:hunter2@h,h",
      "redis+cluster://:hunter2@a:b",
      "redis+sentinel://a/m?sentinelPasword=hunter2",
      "redis+sentinel://:%zzhunter2@a/m",
    ]) {
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

  test("with sentinels are kept, and the master is asked for, whatever they say", () => {
    const given = { sentinels: [{ host: "h", port: 1 }], name: "m", role: "slave" as const };
    expect(settings(given)).toMatchObject({ sentinels: given.sentinels, name: "m", role: "master" });
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
});

describe("a group of servers", () => {
  test("behind sentinels is one server: the master that they name", () => {
    expect(
      settings("redis+sentinel://ann:p%40ss@h1,h2:1/my%2Fmaster/2?sentinelPassword=s%26t"),
    ).toMatchObject({
      sentinels: [
        { host: "h1", port: 26_379 },
        { host: "h2", port: 1 },
      ],
      name: "my/master",
      db: 2,
      username: "ann",
      password: "p@ss",
      sentinelPassword: "s&t",
      failoverDetector: true,
    });
    expect(settings("rediss+sentinel://h1/m")).toMatchObject({
      tls: {},
      sentinelTLS: {},
      enableTLSForSentinelMode: true,
    });
  });

  test("in a ring are servers of like settings, each with the name that its place depends on", () => {
    expect(placeOf("rediss+ring://:pw@H1,h2:7000,[::1]:7001/3")).toEqual({
      kind: "ring",
      servers: [
        { name: "h1:6379", settings: { host: "h1", port: 6379, password: "pw", tls: {}, db: 3 } },
        { name: "h2:7000", settings: { host: "h2", port: 7000, password: "pw", tls: {}, db: 3 } },
        { name: "::1:7001", settings: { host: "::1", port: 7001, password: "pw", tls: {}, db: 3 } },
      ],
    });
  });

  test("of a cluster are where to begin: any of them leads to all", () => {
    expect(placeOf("redis+cluster://ann:pw@h1,h2:7000")).toMatchObject({
      kind: "cluster",
      seeds: [
        { host: "h1", port: 6379 },
        { host: "h2", port: 7000 },
      ],
      settings: { username: "ann", password: "pw" },
    });
  });

  test("of a cluster's client lend their addresses and settings", () => {
    const cluster = new Redis.Cluster(["127.0.0.1:7", { host: "10.0.0.1", port: 8 }, 9], {
      lazyConnect: true,
      redisOptions: { password: "pw" },
      natMap: { "10.0.0.1:8": { host: "outside", port: 80 } },
    });
    const place = placeOf(cluster);
    expect(place).toMatchObject({
      kind: "cluster",
      seeds: [
        { host: "127.0.0.1", port: 7 },
        { host: "10.0.0.1", port: 8 },
        { host: "127.0.0.1", port: 9 },
      ],
      settings: { password: "pw" },
    });
    if (place.kind !== "cluster") return;
    expect(place.reach({ host: "10.0.0.1", port: 8 })).toEqual({ host: "outside", port: 80 });
    expect(place.reach({ host: "10.0.0.2", port: 8 })).toEqual({ host: "10.0.0.2", port: 8 });
    expect(() => placeOf(new Redis.Cluster([1], { lazyConnect: true, keyPrefix: "x:" }))).toThrow(
      /use the option "namespace"/,
    );
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
