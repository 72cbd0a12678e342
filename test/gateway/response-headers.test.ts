import { describe, expect, it } from "vitest";
import {
  cacheControl,
  cacheStatus,
  type HeaderFacts,
  requestLimits,
  smallestRemaining,
  varyHeader,
} from "../../src/library/response-headers.ts";

const facts: HeaderFacts = {
  unstorable: false,
  isPrivate: false,
  authorized: false,
  varies: false,
  remainingMs: 30_500,
};

describe("X-Cache", () => {
  it.each([
    [[], undefined],
    [["hit"], "HIT"],
    [["hit", "hit"], "HIT"],
    [["hit", "stale"], "STALE"],
    [["stale"], "STALE"],
    [["hit", "miss"], "PARTIAL"],
    [["stale", "wait"], "PARTIAL"],
    [["hit", "bypass"], "PARTIAL"],
    [["miss"], "MISS"],
    [["wait"], "MISS"],
    [["miss", "bypass"], "MISS"],
    [["bypass", "bypass"], "BYPASS"],
  ] as const)("of reads that came to %j is %s", (outcomes, status) => {
    expect(cacheStatus(outcomes.map((outcome) => ({ outcome })))).toBe(status);
  });
});

describe("Cache-Control", () => {
  const remaining = { maxAge: "remaining", vary: undefined } as const;
  const none = { maxAge: "none", vary: undefined } as const;

  it.each<[Partial<HeaderFacts>, string, string]>([
    [{}, "no-cache", "max-age=30, public"],
    [{ isPrivate: true }, "private, no-cache", "max-age=30, private"],
    [{ authorized: true }, "no-cache", "max-age=30, private"],
    [{ remainingMs: undefined }, "no-cache", "no-cache"],
    [{ remainingMs: 999 }, "no-cache", "no-cache"],
    [{ remainingMs: undefined, isPrivate: true }, "private, no-cache", "private, no-cache"],
    [{ varies: true }, "no-cache", "no-cache"],
    [{ unstorable: true }, "no-store", "no-store"],
    [{ unstorable: true, isPrivate: true }, "no-store", "no-store"],
  ])("for %o is %s, and with maxAge remaining %s", (changed, byDefault, optedIn) => {
    expect(cacheControl({ ...facts, ...changed }, none)).toBe(byDefault);
    expect(cacheControl({ ...facts, ...changed }, remaining)).toBe(optedIn);
  });

  it("gives a varying part a lifetime once it is known which headers make it vary", () => {
    expect(cacheControl({ ...facts, varies: true }, { maxAge: "remaining", vary: ["Accept-Language"] })).toBe(
      "max-age=30, public",
    );
  });
});

describe("the smallest remaining lifetime", () => {
  it("is that of the oldest part", () => {
    expect(smallestRemaining([{ remainingMs: 5000 }, { remainingMs: 100 }])).toBe(100);
  });
  it("is nothing for a part past its own", () => {
    expect(smallestRemaining([{ remainingMs: 5000 }, { remainingMs: -100 }])).toBe(0);
  });
  it("is unknown as soon as one part has no entry", () => {
    expect(smallestRemaining([{ remainingMs: 5000 }, {}])).toBeUndefined();
  });
});

describe("Vary", () => {
  it("is absent from public answers", () => {
    expect(varyHeader(facts, { maxAge: "none", vary: ["Authorization"] })).toBeUndefined();
  });
  it.each([{ isPrivate: true }, { varies: true }])("names the headers that decide, for %o", (changed) => {
    expect(varyHeader({ ...facts, ...changed }, { maxAge: "none", vary: undefined })).toBe(
      "Authorization, Cookie",
    );
    expect(varyHeader({ ...facts, ...changed }, { maxAge: "none", vary: ["X-User"] })).toBe("X-User");
  });
});

describe("a request's Cache-Control", () => {
  it.each([
    [undefined, { read: true, write: true }],
    ["", { read: true, write: true }],
    ["no-cache", { read: false, write: true }],
    ["No-Store", { read: true, write: false }],
    ["no-cache, no-store", { read: false, write: false }],
    ["max-age=0", { read: true, write: true }],
    ["x-no-cache", { read: true, write: true }],
  ])("%s means %o", (header, limits) => {
    expect(requestLimits(header)).toEqual(limits);
  });
});
