import { Readable } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeValue, encodeValue, Unstorable } from "../../src/engine/value-codec.ts";

const roundTrip = (value: unknown): unknown => decodeValue(encodeValue(value));

describe("a value that JSON keeps", () => {
  test.each([
    [{ id: "42", amount: 19.99, tags: ["a", "ü"], none: null, deep: { yes: true } }],
    [[]],
    [""],
    [0],
    [false],
    [null],
    ["~ not a mark inside a string"],
  ])("is stored as plain JSON: %j", (value) => {
    expect(encodeValue(value)).toBe(JSON.stringify(value));
    expect(roundTrip(value)).toStrictEqual(value);
  });
});

describe("a value that JSON would change", () => {
  test.each<[string, unknown]>([
    ["undefined", undefined],
    ["a property that is undefined", { a: undefined }],
    ["an item that is undefined", [1, undefined, 2]],
    ["NaN", Number.NaN],
    ["infinities", [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ["minus zero", [-0, 0]],
    ["bigint", 2n ** 80n],
    ["a Date", new Date(86_400_123)],
    ["a Map with objects for keys", new Map<unknown, unknown>([[{ a: 1 }, new Map([["b", undefined]])]])],
    ["a Set", new Set<unknown>([1, "1", [1]])],
    ["a Buffer", Buffer.from([0, 1, 255])],
    ["an ArrayBuffer", new Uint8Array([1, 2, 3]).buffer],
    [
      "typed arrays",
      [
        new Uint8Array([1]),
        new Int16Array([-2, 3]),
        new Float64Array([1.5, Number.NaN]),
        new BigInt64Array([-1n]),
      ],
    ],
    ["a DataView", new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2)],
    ["an object without prototype", Object.assign(Object.create(null), { a: 1, b: [undefined] })],
    ["holes", Object.assign(new Array(5), { 1: "x", 4: undefined })],
    ["a list of holes", new Array(3)],
    ["arrays that look like tags", [["Date", 5], ["ref", 0], new Date(1)]],
  ])("comes back as it was: %s", (_, value) => {
    const back = roundTrip(value);
    expect(isDeepStrictEqual(back, value)).toBe(true);
  });

  test("keeps an invalid Date a Date", () => {
    const back = roundTrip(new Date(Number.NaN));
    expect(back).toBeInstanceOf(Date);
    expect((back as Date).getTime()).toBeNaN();
  });

  test("keeps `__proto__` a property and nobody's prototype", () => {
    for (const text of ['{"__proto__":{"admin":true}}', '{"__proto__":5,"a":{"__proto__":[1]}}']) {
      for (const value of [JSON.parse(text), { extended: 1n, ...{ inner: JSON.parse(text) } }]) {
        const back = roundTrip(value) as { inner?: object };
        const holder = back.inner ?? back;
        expect(Object.getPrototypeOf(holder)).toBe(Object.prototype);
        expect(Object.hasOwn(holder, "__proto__")).toBe(true);
        expect(isDeepStrictEqual(back, value)).toBe(true);
      }
    }
  });

  test("keeps shared references shared, so that changing one shows in the other", () => {
    const shared = { at: new Date(0) };
    const back = roundTrip({ a: shared, list: [shared, shared.at] }) as { a: typeof shared; list: unknown[] };
    expect(back.list[0]).toBe(back.a);
    expect(back.list[1]).toBe(back.a.at);
  });

  test("keeps cycles through objects, arrays, Maps and Sets", () => {
    const node: Record<string, unknown> = { name: "root" };
    node["self"] = node;
    node["list"] = [node];
    node["map"] = new Map([[node, node]]);
    node["set"] = new Set([node]);
    const back = roundTrip(node) as {
      self: unknown;
      list: unknown[];
      map: Map<unknown, unknown>;
      set: Set<unknown>;
    };
    expect(back.self).toBe(back);
    expect(back.list[0]).toBe(back);
    expect(back.map.get(back)).toBe(back);
    expect(back.set.has(back)).toBe(true);
  });

  test("gives a view of a large buffer its own bytes and no others", () => {
    const large = new Uint8Array([9, 9, 1, 2, 9, 9]);
    const back = roundTrip({ view: large.subarray(2, 4) }) as { view: Uint8Array };
    expect([...back.view]).toEqual([1, 2]);
    expect(back.view.buffer.byteLength).toBe(2);
  });
});

class Point {
  x: number;
  y: number;
  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
}
class Point3 extends Point {
  z = 3;
}
class WithMethod extends Point {
  length(): number {
    return Math.hypot(this.x, this.y);
  }
}
class WithAccessor {
  get now(): number {
    return 1;
  }
}
class WithPrivate {
  #secret = 1;
  shown = 2;
  static peek(it: WithPrivate): number {
    return it.#secret;
  }
}
class Symbolic {}
Object.assign(Symbolic.prototype, { inherited: 1 });
function Borrowed(): void {}
Borrowed.prototype = { constructor: Point };

describe("an instance of a class", () => {
  test("without methods, accessors or private state comes back as a plain object", () => {
    expect(roundTrip(new Point(1, 2))).toStrictEqual({ x: 1, y: 2 });
    expect(roundTrip([new Point3(1, 2), 1n])).toStrictEqual([{ x: 1, y: 2, z: 3 }, 1n]);
    expect(encodeValue(new Point(1, 2))).toBe('{"x":1,"y":2}');
  });

  test.each<[string, unknown, string]>([
    ["methods", new WithMethod(1, 2), "an instance of WithMethod, which has the method length"],
    ["accessors", new WithAccessor(), "an instance of WithAccessor, which has the accessor now"],
    ["private state", new WithPrivate(), "an instance of WithPrivate, which has private state"],
    ["inherited data", new Symbolic(), "an instance of Symbolic, which has the inherited inherited"],
    ["methods of a base", new (class extends WithMethod {})(1, 2), "which has the method length"],
    ["a borrowed prototype", Object.create(Borrowed.prototype), "whose prototype is not that of a class"],
    ["Object.create of an instance", Object.create(new Point(1, 2)), "an instance of a class without name"],
    ["a subclass of Date", new (class Day extends Date {})(0), "an instance of Day, which has the method"],
    ["a subclass of Array", new (class Rows extends Array {})(), "an instance of Rows"],
    ["RegExp", /a/, "an instance of RegExp"],
    ["URL", new URL("http://a.example"), "an instance of URL"],
    ["Error", new Error("no"), "an instance of Error"],
    ["a boxed number", Object(1), "an instance of Number"],
    ["WeakMap", new WeakMap(), "an instance of WeakMap"],
  ])("is refused with its reason: %s", (_, value, what) => {
    expect(() => encodeValue(value)).toThrow(what);
  });
});

describe("what cannot be kept", () => {
  test.each<[string, unknown, string, string]>([
    ["a function", { a: [{ send: () => 1 }] }, ".a[0].send", "a function"],
    ["a symbol", [Symbol("s")], "[0]", "a symbol"],
    ["a symbol as a key", { a: { [Symbol("s")]: 1 } }, ".a", "an object with the key Symbol(s)"],
    [
      "a promise",
      { later: Promise.resolve(1) },
      ".later",
      "an instance of Promise, which has the method then",
    ],
    ["a stream", Readable.from([]), "", "an instance of Readable"],
    ["a generator", (function* () {})(), "", "an instance of"],
    [
      "an accessor",
      {
        get a() {
          return 1;
        },
      },
      ".a",
      "an accessor",
    ],
    [
      "a hidden property",
      Object.defineProperty({}, "a", { value: 1 }),
      ".a",
      "a property that is not enumerable",
    ],
    ["an array with properties", Object.assign([1], { count: 1 }), "", "an array with a property count"],
    [
      "a sparse array with properties",
      Object.assign(new Array(2), { count: 1 }),
      "",
      "an array with a property count",
    ],
    ["a Map with properties", Object.assign(new Map(), { count: 1 }), "", "a Map with a property count"],
    ["a function in a Map", new Map([["f", () => 1]]), "<value 0>", "a function"],
    ["a function in a Set", new Set([() => 1]), "<item 0>", "a function"],
    ["a Proxy", new Proxy({}, {}), "", "a Proxy"],
    ["shared memory", new Uint8Array(new SharedArrayBuffer(1)), "", "an instance of"],
  ])("is refused with its path: %s", (_, value, path, what) => {
    const refusal = refusalOf(value);
    expect(refusal.path).toBe(path);
    expect(refusal.what).toContain(what);
  });

  test("says where and what in one sentence", () => {
    expect(refusalOf({ items: [{ send: () => 1 }] }).message).toBe(
      "The value at .items[0].send is a function, which would not come back from the cache as it was.",
    );
  });

  test("includes a value nested beyond the stack", () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(refusalOf(deep).what).toBe("a value nested too deeply, or too long");
  });

  test("is not what a resolver polluted or pretended", () => {
    expect(roundTrip({ toJSON: "a text" })).toStrictEqual({ toJSON: "a text" });
    expect(refusalOf({ toJSON: () => 1 }).path).toBe(".toJSON");
    expect(refusalOf(Object.create(Date.prototype)).what).toContain("Date");
    expect(refusalOf(Object.setPrototypeOf([], Object.prototype)).what).toBeDefined();
  });
});

test("a foreign text is a SyntaxError, not a value", () => {
  for (const text of ["", "~", "{", '~["Nothing",1]', "undefined"]) {
    expect(() => decodeValue(text)).toThrow(SyntaxError);
  }
});

const anything = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.bigInt(),
      fc.constantFrom<unknown>(null, undefined, -0, ""),
      fc.date({ noInvalidDate: true }),
      fc.uint8Array(),
      fc.float32Array(),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    ),
    fc.array(tie("value")),
    fc.sparseArray(tie("value")),
    fc.dictionary(fc.oneof(fc.string(), fc.constant("__proto__"), fc.constant("constructor")), tie("value")),
    fc.uniqueArray(tie("value")).map((items) => new Set(items)),
    fc.array(fc.tuple(tie("value"), tie("value"))).map((pairs) => new Map(pairs)),
    // One object in several places.
    tie("value").map((shared) => ({ a: shared, b: [shared, { c: shared }] })),
    tie("value").map((shared) => {
      const cycle: unknown[] = [shared];
      cycle.push(cycle);
      return cycle;
    }),
  ),
})).value;

test("any value comes back as it was, with the same sharing", () => {
  fc.assert(
    fc.property(anything, (value) => {
      const back = roundTrip(value);
      expect(isDeepStrictEqual(back, value)).toBe(true);
      expect(sharing(back)).toEqual(sharing(value));
    }),
    { numRuns: 2000 },
  );
});

/** For every object in walking order, the number of the first place where it stands. */
function sharing(value: unknown, numbers = new Map<object, number>()): number[] {
  if (typeof value !== "object" || value === null) return [];
  const known = numbers.get(value);
  if (known !== undefined) return [known];
  numbers.set(value, numbers.size);
  const parts =
    value instanceof Map
      ? [...value].flat()
      : value instanceof Set
        ? [...value]
        : ArrayBuffer.isView(value)
          ? []
          : Object.values(value);
  return [numbers.size - 1, ...parts.flatMap((part) => sharing(part, numbers))];
}

function refusalOf(value: unknown): Unstorable {
  try {
    encodeValue(value);
  } catch (error) {
    if (error instanceof Unstorable) return error;
    throw error;
  }
  throw new Error("It was encoded.");
}
