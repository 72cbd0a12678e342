import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/base/canonical-json.ts";

describe("canonicalJson", () => {
  test("writes plain values as JSON with its keys sorted, at every depth", () => {
    expect(canonicalJson({ b: [1, "2", null, true], a: { d: 1.5, c: "é" } })).toBe(
      '{"a":{"c":"é","d":1.5},"b":[1,"2",null,true]}',
    );
  });

  test("does not depend on the order in which properties were made", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (record) => {
        expect(canonicalJson(Object.fromEntries(Object.entries(record).reverse()))).toBe(
          canonicalJson(record),
        );
      }),
    );
  });

  test("drops undefined properties, and only those", () => {
    expect(canonicalJson({ a: undefined, b: null })).toBe('{"b":null}');
    expect(canonicalJson([undefined])).not.toBe(canonicalJson([null]));
    expect(canonicalJson([undefined])).not.toBe(canonicalJson([]));
  });

  test("gives different texts to values that look alike", () => {
    const day = new Date("2026-01-02T03:04:05.678Z");
    const values = [
      1,
      "1",
      1n,
      "1n",
      true,
      "true",
      null,
      "null",
      undefined,
      "",
      0,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      [],
      {},
      [1],
      ["1"],
      [[1]],
      [1, 2],
      ["1,2"],
      { a: 1 },
      { a: "1" },
      { a: { b: 1 } },
      { "a.b": 1 },
      day,
      day.toISOString(),
      day.getTime(),
      Buffer.from("a"),
      new Set([1]),
      new Map([[1, 2]]),
      new URL("https://example.org/"),
      "https://example.org/",
    ];
    expect(new Set(values.map(canonicalJson)).size).toBe(values.length);
  });

  test("gives one text to equal values", () => {
    expect(canonicalJson(-0)).toBe(canonicalJson(0));
    expect(canonicalJson(Object.assign(Object.create(null), { a: 1 }))).toBe(canonicalJson({ a: 1 }));
    expect(canonicalJson(new Uint8Array([1, 2]))).toBe(canonicalJson(Buffer.from([1, 2])));
  });

  test("tells JSON values apart exactly as JSON does", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(JSON.parse(canonicalJson(a))).toEqual(JSON.parse(JSON.stringify(a)));
        fc.pre(canonicalJson(a) === canonicalJson(b));
        expect(JSON.parse(canonicalJson(a))).toEqual(JSON.parse(canonicalJson(b)));
      }),
    );
  });

  test("the same object may stand in two places", () => {
    const shared = { a: 1 };
    expect(canonicalJson([shared, shared])).toBe('[{"a":1},{"a":1}]');
  });

  test("refuses what has no text of its own, and says what to do", () => {
    class Money {
      #amount = 1;
      get amount() {
        return this.#amount;
      }
    }
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(() => canonicalJson({ price: new Money() })).toThrow(
      "A cache key cannot be made of an instance of Money. Use plain values in arguments and keys, or give the class a toJSON method.",
    );
    expect(() => canonicalJson([() => 1])).toThrow(/a function/);
    expect(() => canonicalJson(Symbol("x"))).toThrow(/a symbol/);
    expect(() => canonicalJson(cycle)).toThrow(/contains itself/);
  });
});
