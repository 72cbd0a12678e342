import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/base/canonical-json.ts";
import {
  argsPart,
  createKeys,
  type EntryParts,
  entityHome,
  escapePart,
  ROW,
  rootHome,
  stampNames,
} from "../../src/keys/grammar.ts";

const keys = createKeys("shop");

/** Any text at all: separators, half surrogate pairs, NUL, our own names. */
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(..."%:,~={}_#*? aZ0é🎉\ud800\udc00\u0000".split("")), maxLength: 40 }),
  fc.constantFrom(
    "",
    "__lock",
    "__stamp",
    "__row",
    "%5F_lock",
    "a:b",
    "=",
    "~",
    "{x}",
    "}:",
    "%",
    "%25",
    "%u0041",
  ),
  fc.string({ minLength: 100, maxLength: 400 }),
);
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,12}$/);
const coordinate = fc.tuple(name, name).map(([type, field]) => `${type}.${field}`);
const args = fc.option(anyText.map(argsPart), { nil: undefined });
const audience = fc.option(anyText.filter((text) => text !== "").map(escapePart), { nil: undefined });
const version = fc.tuple(fc.nat(), fc.stringMatching(/^[0-9a-f]{6}$/)).map(([n, print]) => `v${n}.${print}`);

const entityEntry: fc.Arbitrary<EntryParts> = fc
  .record({
    home: fc
      .tuple(name, fc.array(anyText, { minLength: 1, maxLength: 3 }))
      .map(([type, id]) => entityHome(type, id)),
    field: fc.oneof(name, fc.constant(ROW)),
    version,
    args,
    audience,
  })
  .map(withoutUndefined);
const rootEntry: fc.Arbitrary<EntryParts> = fc
  .record({ home: fc.tuple(coordinate, args, audience).map((parts) => rootHome(...parts)), version })
  .map(withoutUndefined);
const anyEntry = fc.oneof(entityEntry, rootEntry);

function withoutUndefined(parts: { [K in keyof EntryParts]: EntryParts[K] | undefined }): EntryParts {
  return Object.fromEntries(
    Object.entries(parts).filter(([, part]) => part !== undefined),
  ) as unknown as EntryParts;
}

const different = (a: unknown, b: unknown) => fc.pre(JSON.stringify(a) !== JSON.stringify(b));

describe("the keys of the contract", () => {
  test("an entity's field", () => {
    const entryKey = keys.entry({
      home: entityHome("Product", ["42"]),
      field: "price",
      version: "v3.9f2c1a",
    });
    expect(entryKey).toBe("shop:{Product:42}:price:v3.9f2c1a");
    expect(keys.lock(entryKey)).toBe("shop:{Product:42}:price:v3.9f2c1a:__lock");
    expect(keys.pass(entryKey)).toBe("shop:{Product:42}:price:v3.9f2c1a:__pass");
  });

  test("an entity's field with arguments, with an audience, with both", () => {
    const parts = { home: "Product:42", field: "price", version: "v3.9f2c1a" };
    expect(keys.entry({ ...parts, args: "a" })).toBe("shop:{Product:42}:price:v3.9f2c1a:a");
    expect(keys.entry({ ...parts, audience: "p" })).toBe("shop:{Product:42}:price:v3.9f2c1a::p");
    expect(keys.entry({ ...parts, args: "a", audience: "p" })).toBe("shop:{Product:42}:price:v3.9f2c1a:a:p");
  });

  test("an entity's row", () => {
    expect(keys.entry({ home: "Product:42", field: ROW, version: "v1.77b0e2" })).toBe(
      "shop:{Product:42}:__row:v1.77b0e2",
    );
  });

  test("a root field is spread by its arguments and its principal", () => {
    const version = "v1.77b0e2";
    expect(keys.entry({ home: rootHome("Query.products"), version })).toBe("shop:{Query.products}:v1.77b0e2");
    expect(keys.entry({ home: rootHome("Query.products", "first10"), version })).toBe(
      "shop:{Query.products~first10}:v1.77b0e2",
    );
    expect(keys.entry({ home: rootHome("Query.viewer", undefined, "p1"), version })).toBe(
      "shop:{Query.viewer~~p1}:v1.77b0e2",
    );
    expect(rootHome("Query.viewer", "a", "p1")).toBe("Query.viewer~a~p1");
  });

  test("stamps, by the names that invalidate can reach", () => {
    expect(keys.stamp(entityHome("Product", ["42"]))).toBe("shop:{Product:42}:__stamp");
    expect(keys.stamp(stampNames.any("Product"))).toBe("shop:{__any:Product}:__stamp");
    expect(keys.stamp(stampNames.type("Product"))).toBe("shop:{__type:Product}:__stamp");
    expect(keys.stamp(stampNames.field("Product.price"))).toBe("shop:{__field:Product.price}:__stamp");
    expect(keys.stamp(stampNames.tag("category:shoes & more"))).toBe(
      "shop:{__tag:category:shoes%20%26%20more}:__stamp",
    );
    expect(keys.stamp(stampNames.principal("abc"))).toBe("shop:{__principal:abc}:__stamp");
  });

  test("the log lies on one slot", () => {
    expect([keys.logHead, keys.logNames]).toEqual(["shop:{__log}:__head", "shop:{__log}:__names"]);
  });
});

describe("ids and arguments", () => {
  test("what is plain stays readable, what is not is escaped byte by byte", () => {
    expect(entityHome("Product", ["a-B_9.z"])).toBe("Product:a-B_9.z");
    expect(entityHome("Product", ["a b/ü"])).toBe("Product:a%20b%2F%C3%BC");
    expect(entityHome("Stock", ["berlin", "7"])).toBe("Stock:berlin,7");
  });

  test("a separator inside a part is not one between parts", () => {
    const homes = [["a,b"], ["a", "b"], ["a,", "b"], ["a", ",b"], ["a", "b", ""], ["a%2Cb"]].map((id) =>
      entityHome("T", id),
    );
    expect(new Set(homes).size).toBe(homes.length);
  });

  test("arguments that other caches confuse make different parts", () => {
    const texts = [
      { a: "1b:2" },
      { a: "1", b: "2" },
      { a: 1 },
      { a: "1" },
      { a: null },
      {},
      { a: [1, 2] },
      { a: "1,2" },
    ].map((value) => argsPart(canonicalJson(value)));
    expect(new Set(texts).size).toBe(texts.length);
  });

  test("short arguments stay readable, longer ones become a digest of 128 bits", () => {
    expect(argsPart("first=10")).toBe("first%3D10");
    expect(argsPart("x".repeat(48))).toBe("x".repeat(48));
    expect(argsPart("x".repeat(49))).toMatch(/^=[A-Za-z0-9_-]{22}$/);
  });

  test("ids of more than 128 characters become a digest that no other id can spell", () => {
    const long = entityHome("Product", ["x".repeat(129)]);
    expect(long).toMatch(/^Product:=[A-Za-z0-9_-]{22}$/);
    expect(entityHome("Product", [long.slice("Product:".length)])).not.toBe(long);
  });

  test("a part never looks like Fieldgate's own", () => {
    expect(escapePart("__lock")).toBe("%5F_lock");
    expect(escapePart("%5F_lock")).toBe("%255F_lock");
    expect(escapePart("_x")).toBe("_x");
  });

  test("half a surrogate pair is not another half", () => {
    expect(new Set(["\ud800", "\ud801", "\udc00", "\ufffd", "%uD800"].map(escapePart)).size).toBe(5);
  });
});

describe("for all keys", () => {
  test("different parts, different escapes", () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        different(a, b);
        expect(escapePart(a)).not.toBe(escapePart(b));
        expect(argsPart(a)).not.toBe(argsPart(b));
      }),
    );
  });

  test("different ids and different types, different homes", () => {
    const entity = fc.tuple(name, fc.array(anyText, { minLength: 1, maxLength: 3 }));
    fc.assert(
      fc.property(entity, entity, (a, b) => {
        different(a, b);
        expect(entityHome(...a)).not.toBe(entityHome(...b));
      }),
    );
  });

  test("different root fields, arguments and principals, different homes, none an entity's", () => {
    const root = fc.tuple(coordinate, args, audience);
    fc.assert(
      fc.property(root, root, fc.tuple(name, anyText), (a, b, [type, id]) => {
        expect(rootHome(...a)).not.toBe(entityHome(type, [id]));
        different(a, b);
        expect(rootHome(...a)).not.toBe(rootHome(...b));
      }),
    );
  });

  test("different entries, different keys; and a key tells its entry", () => {
    fc.assert(
      fc.property(anyEntry, anyEntry, (a, b) => {
        expect(keys.parseEntry(keys.entry(a))).toEqual(a);
        fc.pre(keys.entry(a) !== keys.entry(b));
        expect(keys.parseEntry(keys.entry(a))).not.toEqual(keys.parseEntry(keys.entry(b)));
      }),
    );
  });

  test("the hash tag is what stands in the braces, on every key of an entry", () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        const key = keys.entry(entry);
        for (const each of [key, keys.lock(key), keys.pass(key), keys.stamp(entry.home)]) {
          // The rule of Redis: from the first "{" to the first "}" after it.
          const opening = each.indexOf("{");
          expect(each.slice(opening + 1, each.indexOf("}", opening))).toBe(entry.home);
          expect(each.match(/[{}]/g)).toEqual(["{", "}"]);
        }
      }),
    );
  });

  test("no key holds more than a few hundred characters, a blank, or what SCAN's pattern could mean", () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        expect(keys.entry(entry)).toMatch(/^[A-Za-z0-9_.%:,~={}-]+$/);
      }),
    );
  });

  test("different tags, different stamps; none is another kind's", () => {
    fc.assert(
      fc.property(anyText, anyText, name, (a, b, type) => {
        const tag = stampNames.tag(a);
        expect([stampNames.any(type), stampNames.type(type), entityHome(type, [a])]).not.toContain(tag);
        different(a, b);
        expect(tag).not.toBe(stampNames.tag(b));
      }),
    );
  });

  test("only entries parse as entries", () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        const key = keys.entry(entry);
        for (const other of [
          keys.lock(key),
          keys.pass(key),
          keys.stamp(entry.home),
          keys.logHead,
          keys.logNames,
          createKeys("shop2").entry(entry),
          createKeys("shop:x").entry(entry),
          key.slice(1),
          `${key}:x:y:z`,
        ]) {
          expect(keys.parseEntry(other)).toBeUndefined();
        }
      }),
    );
  });

  test("anything at all may be asked whether it is an entry", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        keys.parseEntry(text);
        keys.parseEntry(`shop:{${text}`);
      }),
    );
    expect(keys.parseEntry("shop:{Product:42}:price")).toBeUndefined();
    expect(keys.parseEntry("shop:{Product:42}:__stamp")).toBeUndefined();
    expect(keys.parseEntry("shop:{Product:42}:v1.abc")).toBeUndefined();
  });
});

describe("the namespace", () => {
  test.each(["shop", "shop:staging", "a", "A-1_2.b", "x".repeat(64)])("may be %j", (namespace) => {
    expect(createKeys(namespace).namespace).toBe(namespace);
    expect(createKeys(namespace).pattern).toBe(`${namespace}:{*`);
  });

  test.each([
    "",
    "sh op",
    "shop{",
    "sh}op",
    "shop*",
    "sh?op",
    "[shop]",
    "shop:",
    ":shop",
    "é",
    "x".repeat(65),
    "a\nb",
  ])("may not be %j", (namespace) => {
    expect(() => createKeys(namespace)).toThrow(/option "namespace" must be/);
  });

  test("says what it must be, what it was, and what to do", () => {
    expect(() => createKeys("my shop")).toThrow(
      'The option "namespace" must be 1 to 64 of the characters A-Z a-z 0-9 _ . - : and neither begin nor end with ":", but it is "my shop". Choose one like "shop" or "shop:staging"; it is the beginning of every key.',
    );
  });
});
