import { describe, expect, test } from "vitest";
import { createKeys } from "../../src/keys/grammar.ts";
import { hashSlot } from "../../src/keys/hash-slot.ts";
import { type Buckets, StampCopies } from "../../src/keys/stamp-copies.ts";

const keys = createKeys("shop");

function spread(buckets: number): Buckets {
  return { buckets, bucketOf: (hashTag) => hashSlot(hashTag) % buckets };
}

describe("a hash slot", () => {
  test("is the one that Redis' cluster specification gives", () => {
    // https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/, appendix A; CLUSTER KEYSLOT
    expect(hashSlot("123456789")).toBe(0x31c3);
    expect(hashSlot("foo")).toBe(12_182);
    expect(hashSlot("")).toBe(0);
  });
});

describe("the copies of a stamp", () => {
  test("in one bucket are the stamp itself, as on one server", () => {
    const copies = new StampCopies(keys, spread(1));
    expect(copies.keyFor("__type:Product", "Product:42")).toBe("shop:{__type:Product}:__stamp");
    expect(copies.keysOf("__type:Product")).toEqual(["shop:{__type:Product}:__stamp"]);
    expect(copies.keysOf("Product:42")).toEqual(["shop:{Product:42}:__stamp"]);
  });

  test("lie one in each bucket: the name itself in its own, the smallest suffix that leads to each other one", () => {
    const placement = spread(12);
    const names = new StampCopies(keys, placement).namesOf("__tag:sale");
    expect(names.map((name) => placement.bucketOf(name))).toEqual([...names.keys()]);
    expect(names[placement.bucketOf("__tag:sale")]).toBe("__tag:sale");
    for (const [bucket, name] of names.entries()) {
      if (name === "__tag:sale") continue;
      const n = Number(/^__tag:sale#(\d+)$/.exec(name)?.[1]);
      const smaller = Array.from({ length: n }, (_, i) => placement.bucketOf(`__tag:sale#${i}`));
      expect(smaller).not.toContain(bucket);
    }
  });

  test("of a shared name are chosen by the entry's home", () => {
    const placement = spread(12);
    const copies = new StampCopies(keys, placement);
    for (let id = 0; id < 100; id++) {
      const home = `Product:${id}`;
      const [, name] = /^shop:\{(.*)\}:__stamp$/.exec(copies.keyFor("__type:Product", home))!;
      expect(placement.bucketOf(name!)).toBe(placement.bucketOf(home));
    }
  });

  test("of an entity are for its replicas: whoever depends on the entity asks its home", () => {
    const copies = new StampCopies(keys, spread(3));
    for (const home of ["Product:1", "Product:2", "Query.products"])
      expect(copies.keyFor("Person:7", home)).toBe("shop:{Person:7}:__stamp");
    expect(copies.keysOf("Person:7")).toHaveLength(3);
    expect(copies.keysOf("Person:7")).toContain("shop:{Person:7}:__stamp");
  });
});
