import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatEntry, parseEntry, type StoredEntry } from "../../src/engine/entry.ts";
import { entryId } from "../../src/store/entry-id.ts";

const entry: StoredEntry = {
  id: "kQ3v9_ZbXw2LmP0a",
  born: 1_763_900_000_000_000,
  fillMs: 12,
  freshMs: 57_000,
  staleMs: 10_000,
  staleIfErrorMs: 3_600_000,
  homeStamp: "ep0cAAAAAAAAAAAA",
  tagNames: ["__type:Product", "Person:7"],
  tagStamps: ["ep0cBBBBBBBBBBBB", "ep0cCCCCCCCCCCCC"],
  valueTags: 1,
  payload: '{"amount":1999}',
};

describe("an entry as text", () => {
  test("reads back as it was", () => {
    expect(parseEntry(formatEntry(entry))).toEqual(entry);
    const bare = { ...entry, tagNames: [], tagStamps: [], valueTags: 0, payload: "" };
    expect(parseEntry(formatEntry(bare))).toEqual(bare);
  });

  test("can be read in redis-cli", () => {
    expect(formatEntry(entry)).toBe(
      '1kQ3v9_ZbXw2LmP0a [1763900000000000,57000,10000,3600000,12,15,1,"ep0cAAAAAAAAAAAA","__type:Product","ep0cBBBBBBBBBBBB","Person:7","ep0cCCCCCCCCCCCC"]\n{"amount":1999}',
    );
  });

  test("shows its id where the store looks for it", () => {
    expect(entryId(formatEntry(entry))).toBe(entry.id);
  });

  test("survives any payload and any name", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.array(fc.string({ minLength: 1, unit: "binary" })),
        (payload, tagNames) => {
          const any = { ...entry, payload, tagNames, tagStamps: tagNames.map(() => "s"), valueTags: 0 };
          expect(parseEntry(formatEntry(any))).toEqual(any);
        },
      ),
    );
  });
});

describe("a text that is no entry of this version", () => {
  const text = formatEntry(entry);

  test("is a miss wherever it was cut off", () => {
    for (let length = 0; length < text.length; length++)
      expect(parseEntry(text.slice(0, length))).toBeUndefined();
  });

  test.each([
    ["empty", ""],
    ["a newer format", `2${text.slice(1)}`],
    ["another application's JSON", '{"value":1}'],
    ["another application's text", "1 apple a day keeps them away\nand so on"],
    ["a header that is no JSON", text.replace("[", "{")],
    ["a header that is no list", text.replace(/\[.*\]/, '{"length":8}')],
    ["a header that is too short", text.replace(/\[.*\]/, "[1,2,3]")],
    ["a tag without stamp", text.replace(',"ep0cCCCCCCCCCCCC"', "")],
    ["a number that is a text", text.replace("57000", '"57000"')],
    ["a negative number", text.replace("57000", "-57000")],
    ["a stamp that is a number", text.replace('"ep0cAAAAAAAAAAAA"', "7")],
    ["more value tags than tags", text.replace(",15,1,", ",15,3,")],
    ["a payload with something appended", `${text} `],
  ])("is a miss: %s", (_, foreign) => {
    expect(parseEntry(foreign)).toBeUndefined();
  });

  test("is never an exception", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (garbage) => void parseEntry(`1${garbage}`)));
    fc.assert(fc.property(fc.json(), (json) => void parseEntry(`1kQ3v9_ZbXw2LmP0a ${json}\n`)));
  });
});
