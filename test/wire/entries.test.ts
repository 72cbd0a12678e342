import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseEntry } from "../../src/engine/entry.ts";
import { decodeValue } from "../../src/engine/value-codec.ts";

// Samples of every entry format that was ever released, one a file, beside what it must decode to. When the format
// changes: add samples of the new one, and keep these.
const folder = new URL("./entries/", import.meta.url);
const samples = readdirSync(folder).filter((file) => file.endsWith(".entry"));

const values: Record<string, unknown> = {
  "v1-plain.entry": { id: "42", price: { amount: 1999, currency: "EUR" }, tags: ["a", "ü"], none: null },
  "v1-null.entry": null,
  "v1-value-tags.entry": [{ __typename: "Person", id: "7" }],
  "v1-extended.entry": {
    at: new Date("2026-11-23T06:00:00.000Z"),
    views: 12345678901234567890n,
    bytes: Buffer.from("fieldgate"),
    seen: new Set(["a", undefined]),
    byId: new Map<unknown, unknown>([[1, Number.NaN]]),
    gap: undefined,
    sparse: Object.assign(new Array(3), { 1: "x" }),
    floats: new Float32Array([1.5, -0]),
  },
};

describe("entries stored by earlier versions", () => {
  test("each sample has an expectation and each expectation a sample", () => {
    expect(samples.toSorted()).toEqual(Object.keys(values).toSorted());
  });

  test.each(samples)("%s decodes to what it was made of", (file) => {
    const entry = parseEntry(readFileSync(new URL(file, folder), "utf8"));
    expect(entry).toBeDefined();
    expect(decodeValue(entry!.payload)).toStrictEqual(values[file]);
    expect({ ...entry, payload: "" }).toMatchSnapshot();
  });
});
