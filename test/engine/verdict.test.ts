import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import type { StoredEntry } from "../../src/engine/entry.ts";
import { entryLifetime, hardEndMs } from "../../src/engine/lifetime.ts";
import { type Judgement, judge, unreadNames } from "../../src/engine/verdict.ts";

const BORN = 1_763_900_000_000_000;
const entry: StoredEntry = {
  id: "kQ3v9_ZbXw2LmP0a",
  born: BORN,
  fillMs: 100,
  freshMs: 1000,
  staleMs: 500,
  staleIfErrorMs: 2000,
  homeStamp: "h",
  tagNames: ["__type:Product", "Person:7", "Person:8"],
  tagStamps: ["t", "p7", "p8"],
  valueTags: 2,
  payload: "1",
};

function judgeAt(ageMs: number, changes: Partial<Judgement> = {}) {
  return judge({
    entry,
    lifetimes: { freshMs: 1000, staleMs: 500, staleIfErrorMs: 2000, nullMs: 0 },
    tags: ["__type:Product"],
    names: ["Product:42", "__type:Product", "Person:7", "Person:8"],
    stamps: ["h", "t", "p7", "p8"],
    now: BORN + (ageMs + entry.fillMs) * 1000,
    ...changes,
  });
}

describe("an entry whose stamps are all present and equal", () => {
  test.each([
    [0, { kind: "fresh", ageMs: 0, remainingMs: 1000 }],
    [999, { kind: "fresh", ageMs: 999, remainingMs: 1 }],
    [1000, { kind: "stale", ageMs: 1000 }],
    [1499, { kind: "stale", ageMs: 1499 }],
    [1500, { kind: "error-only", ageMs: 1500 }],
    [2999, { kind: "error-only", ageMs: 2999 }],
    [3000, { kind: "dead", reason: "expired" }],
  ])("is at the age of %i ms %j", (ageMs, verdict) => {
    expect(judgeAt(ageMs)).toEqual(verdict);
  });

  test("does not grow old while it is loaded, nor before it is born", () => {
    expect(judgeAt(-100)).toMatchObject({ kind: "fresh", ageMs: 0 });
    expect(judgeAt(-5000)).toMatchObject({ kind: "fresh", ageMs: 0 });
  });

  test("is not served longer than the reader's own policy allows", () => {
    const lifetimes = { freshMs: 100, staleMs: 100, staleIfErrorMs: 0, nullMs: 0 };
    expect(judgeAt(99, { lifetimes }).kind).toBe("fresh");
    expect(judgeAt(100, { lifetimes }).kind).toBe("stale");
    expect(judgeAt(200, { lifetimes })).toEqual({ kind: "dead", reason: "expired" });
  });

  test("is found whatever the order of the batch", () => {
    const names = ["Product:42", "Person:8", "__type:Product", "Person:7"];
    expect(judgeAt(0, { names, stamps: ["h", "p8", "t", "p7"] }).kind).toBe("fresh");
  });
});

describe("an entry is dead, even fresh and even for stale-if-error,", () => {
  test.each<[string, (string | null)[]]>([
    ["its home stamp is absent", [null, "t", "p7", "p8"]],
    ["its home stamp is another", ["x", "t", "p7", "p8"]],
    ["a tag's stamp is absent", ["h", null, "p7", "p8"]],
    ["a value tag's stamp is absent", ["h", "t", "p7", null]],
    ["a value tag's stamp is another", ["h", "t", "x", "p8"]],
  ])("when %s", (_, stamps) => {
    for (const ageMs of [0, 1200, 2000]) {
      expect(judgeAt(ageMs, { stamps })).toEqual({ kind: "dead", reason: "stamp" });
    }
  });

  test("when a stamp that it names was not read", () => {
    expect(
      judgeAt(0, { names: ["Product:42", "__type:Product", "Person:7"], stamps: ["h", "t", "p7"] }).kind,
    ).toBe("dead");
  });

  test("when it does not depend on a tag that the reader's policy has, or on one more", () => {
    expect(judgeAt(0, { tags: ["__type:Product", "__tag:new"] })).toEqual({ kind: "dead", reason: "tags" });
    expect(judgeAt(0, { tags: [] })).toEqual({ kind: "dead", reason: "tags" });
    expect(judgeAt(0, { tags: ["__type:Other"] })).toEqual({ kind: "dead", reason: "tags" });
  });
});

test("value tags that were not read with the entry are named", () => {
  expect(unreadNames(entry, ["Product:42", "__type:Product"])).toEqual(["Person:7", "Person:8"]);
  expect(unreadNames(entry, ["Product:42", "__type:Product", "Person:7", "Person:8"])).toEqual([]);
});

describe("early refresh (XFetch)", () => {
  test("never without a refresh, always in the end, and never for a fill that took no time", () => {
    expect(judgeAt(999.999).kind).toBe("fresh");
    expect(judgeAt(999.999, { chance: 0.5 }).kind).toBe("early");
    expect(judgeAt(999.999, { chance: 0.5, entry: { ...entry, fillMs: 0 }, now: BORN + 999_999 }).kind).toBe(
      "fresh",
    );
  });

  test("is as likely as the paper says: a fill of 100 ms is refreshed 100 ms before its end by 1 reader in e", () => {
    const random = seededRandom(7);
    const readers = 20_000;
    let early = 0;
    for (let reader = 0; reader < readers; reader++) {
      if (judgeAt(900, { chance: 1 - random.next() }).kind === "early") early += 1;
    }
    expect(early / readers).toBeCloseTo(1 / Math.E, 1.5);
  });
});

describe("a lifetime", () => {
  const planned = { freshMs: 10_000, staleMs: 500, staleIfErrorMs: 2000, nullMs: 3000 };

  test("is at most a tenth shorter than planned, and never longer", () => {
    expect(entryLifetime(planned, undefined, 1, 0)?.freshMs).toBe(10_000);
    expect(entryLifetime(planned, undefined, 1, 0.5)?.freshMs).toBe(9500);
    expect(entryLifetime(planned, undefined, 1, 0.999_999)?.freshMs).toBe(9000);
  });

  test("of a null is its own, without stale windows, and 0 is not stored", () => {
    const short = { freshMs: 3000, staleMs: 0, staleIfErrorMs: 0 };
    expect(entryLifetime(planned, undefined, null, 0)).toEqual(short);
    expect(entryLifetime(planned, undefined, undefined, 0)).toEqual(short);
    expect(entryLifetime({ ...planned, nullMs: 0 }, undefined, null, 0)).toBeUndefined();
    expect(entryLifetime({ ...planned, nullMs: 99_000 }, undefined, null, 0)?.freshMs).toBe(10_000);
  });

  test.each([[0], [""], [false], [[]]])("of %j is that of any value", (value) => {
    expect(entryLifetime(planned, undefined, value, 0)?.freshMs).toBe(10_000);
  });

  test("can be shortened by what the load learnt, never extended", () => {
    const learnt = { freshMs: 1000, staleMs: 9999, staleIfErrorMs: 0, nullMs: 9999 };
    expect(entryLifetime(planned, learnt, 1, 0)).toEqual({ freshMs: 1000, staleMs: 500, staleIfErrorMs: 0 });
    expect(entryLifetime(planned, { ...learnt, freshMs: 0 }, 1, 0)).toBeUndefined();
  });

  test("ends hard after the longer of its two windows", () => {
    expect(hardEndMs({ freshMs: 1000, staleMs: 500, staleIfErrorMs: 2000 })).toBe(3000);
    expect(hardEndMs({ freshMs: 1000, staleMs: 500, staleIfErrorMs: 0 })).toBe(1500);
  });
});
