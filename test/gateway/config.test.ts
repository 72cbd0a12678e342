import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "../../src/gateway/index.ts";

describe("the environment", () => {
  it("may be empty: everything has a default", () => {
    expect(readConfig({})).toEqual({
      port: 4000,
      host: "localhost",
      redisUrl: undefined,
      databaseUrl: undefined,
      namespace: "fieldgate",
      secret: undefined,
      cacheEnabled: true,
      adminToken: undefined,
      logLevel: "info",
      environment: "development",
    });
  });

  it("listens on all interfaces in production, where something in front of it does the choosing", () => {
    expect(readConfig({ NODE_ENV: "production" }).host).toBe("0.0.0.0");
    expect(readConfig({ NODE_ENV: "production", HOST: "127.0.0.1" }).host).toBe("127.0.0.1");
  });

  it("takes a variable that is set and empty for one that is not set, as compose files write them", () => {
    expect(readConfig({ REDIS_URL: "", ADMIN_TOKEN: "", PORT: "", CACHE_DISABLED: "" })).toEqual(
      readConfig({}),
    );
  });

  it.each([
    "redis://localhost:6379/2",
    "rediss://user:secret@cache.example:6380",
    "redis+cluster://h1:7000,h2:7001",
    "redis+sentinel://h1,h2/mymaster",
    "redis+ring://h1,h2",
    "rediss+cluster://:secret@h1,h2",
    "rediss+sentinel://h1,h2/mymaster/1",
    "unix:/run/redis.sock",
  ])("takes %s for REDIS_URL", (url) => {
    expect(readConfig({ REDIS_URL: url }).redisUrl).toBe(url);
  });

  it.each([
    ["1", false],
    ["true", false],
    ["0", true],
    ["false", true],
  ])("CACHE_DISABLED=%s leaves the cache enabled: %s", (value, enabled) => {
    expect(readConfig({ CACHE_DISABLED: value }).cacheEnabled).toBe(enabled);
  });
});

describe("a bad variable", () => {
  it.each([
    [{ PORT: "http" }, 'PORT must be a port number from 0 to 65535, for example 4000, but is "http"'],
    [{ PORT: "70000" }, 'PORT must be a port number from 0 to 65535, for example 4000, but is "70000"'],
    [
      { HOST: "http://x/" },
      'HOST must be a host name or an address, for example 0.0.0.0, but is "http://x/"',
    ],
    [
      { CACHE_NAMESPACE: "a b" },
      'CACHE_NAMESPACE must be 1 to 64 of A-Z a-z 0-9 _ . - : and neither begin nor end with ":", but is "a b"',
    ],
    [
      { CACHE_NAMESPACE: "shop:" },
      'CACHE_NAMESPACE must be 1 to 64 of A-Z a-z 0-9 _ . - : and neither begin nor end with ":", but is "shop:"',
    ],
    [{ CACHE_DISABLED: "yes" }, 'CACHE_DISABLED must be true, 1, false or 0, but is "yes"'],
    [
      { LOG_LEVEL: "loud" },
      'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent, but is "loud"',
    ],
    [{ NODE_ENV: "prod" }, 'NODE_ENV must be one of development, test, production, but is "prod"'],
  ])("%o is named with its value", (environment, message) => {
    expect(problemsOf(environment)).toEqual([message]);
  });

  it.each([
    [
      { REDIS_URL: "http://:hunter2@cache" },
      "REDIS_URL must be redis://host:6379, rediss://host:6379, redis+cluster://h1,h2, redis+sentinel://h1,h2/name, redis+ring://h1,h2 or unix:/path",
    ],
    [
      { DATABASE_URL: "mysql://root:hunter2@db" },
      "DATABASE_URL must be a PostgreSQL address, for example postgres://user:password@host:5432/name",
    ],
    [
      { CACHE_SECRET: "hunter2" },
      "CACHE_SECRET must have 32 bytes or more, for example the output of: openssl rand -hex 32",
    ],
    [
      { ADMIN_TOKEN: "hunter 2" },
      "ADMIN_TOKEN must be printable ASCII without spaces, as it travels in a header",
    ],
  ])("%o is named without its value, which may hold a password", (environment, message) => {
    expect(problemsOf(environment)).toEqual([message]);
  });

  it("does not hide another: all are told at once", () => {
    expect(problemsOf({ PORT: "x", LOG_LEVEL: "x", REDIS_URL: "x" })).toHaveLength(3);
  });

  it("is an error whose message is a list", () => {
    expect(() => readConfig({ PORT: "x" })).toThrow(
      new ConfigError(['PORT must be a port number from 0 to 65535, for example 4000, but is "x"']),
    );
  });
});

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
