import DataLoader from "dataloader";
import { describe, expect, it } from "vitest";
import type { EntityOptions } from "../../src/loaders/entity.ts";
import { createTestCache, type RecordedBatch, type Recorder } from "../../src/testing/index.ts";

// What DataLoader's README says of a DataLoader, said of `loader(context)`. A plain DataLoader passes as well: it proves
// that what is tested is what DataLoader does.

interface Setup {
  readonly policy: string;
  readonly keyType: string;
  readonly plain?: true;
}

const setups: readonly (readonly [string, Setup])[] = [
  ["rows that are kept", { policy: "@cacheTTL(seconds: 60)", keyType: "ID" }],
  ["rows that are not kept", { policy: "", keyType: "ID" }],
  ["rows that are kept, with numbers for keys", { policy: "@cacheTTL(seconds: 60)", keyType: "Int" }],
  ["a plain DataLoader", { policy: "", keyType: "ID", plain: true }],
];

describe.each(setups)("a loader of %s", (_, { policy, keyType, plain }) => {
  /** A loader of `{ id }`, and the keys of each call of its `load`. */
  function idLoader(options: Partial<EntityOptions> = {}) {
    const test = createTestCache({
      typeDefs: `type Query { thing: Thing }  type Thing @key(fields: "id") ${policy} { id: ${keyType}! }`,
      entities: { Thing: { load: async (keys) => keys.map((id) => ({ id })), ...options } },
    });
    const loaderOf = plain ? plainLoaders(test.recorder, options) : test.loaders["Thing"]!.loader;
    const context = {};
    return {
      ...test,
      context,
      loaderOf,
      loader: loaderOf(context),
      another: () => loaderOf({}),
      calls: () => test.recorder.batches.map(({ keys }) => keys),
    };
  }

  /** One DataLoader per context, as an application would keep them. */
  function plainLoaders(recorder: Recorder, { load, maxBatch }: Partial<EntityOptions>) {
    const loaders = new WeakMap<object, DataLoader<unknown, unknown>>();
    const batch = (keys: readonly unknown[]) => {
      (recorder.batches as RecordedBatch[]).push({ entity: "Thing", keys });
      return (load ? load(keys, {}) : Promise.resolve(keys.map((id) => ({ id })))) as Promise<unknown[]>;
    };
    return (context?: object) => {
      const known = context && loaders.get(context);
      const loader =
        known ?? new DataLoader(batch, { name: "Thing", maxBatchSize: maxBatch ?? Number.POSITIVE_INFINITY });
      if (context) loaders.set(context, loader);
      return loader;
    };
  }

  describe("Batching", () => {
    it("is a DataLoader", () => {
      expect(idLoader().loader).toBeInstanceOf(DataLoader);
    });

    it("takes the name of the entity", () => {
      expect(idLoader().loader.name).toBe("Thing");
    });

    it("gives a promise for the row of a key", async () => {
      const { loader } = idLoader();
      const promise = loader.load(1);
      expect(promise).toBeInstanceOf(Promise);
      expect(await promise).toEqual({ id: 1 });
    });

    it("calls load once with all keys of one frame of execution", async () => {
      const { loader, calls } = idLoader();
      expect(await Promise.all([loader.load(1), loader.load(2)])).toEqual([{ id: 1 }, { id: 2 }]);
      expect(calls()).toEqual([[1, 2]]);
    });

    it("loads the ancestors of two rows in two calls, not in four", async () => {
      const parents: Record<number, number> = { 1: 10, 2: 20 };
      const { loader, calls } = idLoader({
        load: async (keys) => keys.map((id) => ({ id, invitedBy: parents[id as number] })),
      });
      await Promise.all(
        [1, 2].map(async (id) => loader.load(((await loader.load(id)) as { invitedBy: number }).invitedBy)),
      );
      expect(calls()).toEqual([
        [1, 2],
        [10, 20],
      ]);
    });

    it("keeps to maxBatch", async () => {
      const { loader, calls } = idLoader({ maxBatch: 2 });
      expect(await loader.loadMany([1, 2, 3])).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
      expect(calls()).toEqual([[1, 2], [3]]);
    });

    it("turns batching off with a maxBatch of 1", async () => {
      const { loader, calls } = idLoader({ maxBatch: 1 });
      await loader.loadMany([1, 2]);
      expect(calls()).toEqual([[1], [2]]);
    });
  });

  describe("Batch Function", () => {
    it("gives each key the row in its place", async () => {
      const { loader } = idLoader({ load: async (keys) => keys.map((id) => ({ id, name: `row ${id}` })) });
      const rows = (await loader.loadMany([2, 9, 6, 1])) as { name: string }[];
      expect(rows.map(({ name }) => name)).toEqual(["row 2", "row 9", "row 6", "row 1"]);
    });

    it("gives null for a row that does not exist", async () => {
      const { loader } = idLoader({ load: async (keys) => keys.map((id) => (id === 6 ? null : { id })) });
      expect(await loader.loadMany([2, 6])).toEqual([{ id: 2 }, null]);
    });

    it("rejects the one key that has an Error in its place", async () => {
      const { loader } = idLoader({
        load: async (keys) => keys.map((id) => ((id as number) % 2 === 0 ? { id } : new Error(`odd: ${id}`))),
      });
      const [odd, even] = [loader.load(1), loader.load(2)];
      await expect(odd).rejects.toThrow("odd: 1");
      expect(await even).toEqual({ id: 2 });
    });
  });

  describe("Caching", () => {
    it("does not load a key twice", async () => {
      const { loader, calls } = idLoader();
      const [first, second] = await Promise.all([loader.load(1), loader.load(1)]);
      expect(first).toBe(second);
      expect(await loader.load(1)).toBe(first);
      expect(calls()).toEqual([[1]]);
    });

    it("loads only the keys that it has not yet", async () => {
      const { loader, calls } = idLoader();
      await Promise.all([loader.load(1), loader.load(2)]);
      await Promise.all([loader.load(1), loader.load(3)]);
      expect(calls()).toEqual([[1, 2], [3]]);
    });

    it("resolves a primed key together with its batch, so that what depends on both is one batch", async () => {
      const friends: Record<number, number> = { 2: 4 };
      const { loader, calls } = idLoader({
        load: async (keys) => keys.map((id) => ({ id, bestFriend: friends[id as number] })),
      });
      loader.prime(1, { id: 1, bestFriend: 3 });
      await Promise.all(
        [1, 2].map(async (id) => loader.load(((await loader.load(id)) as { bestFriend: number }).bestFriend)),
      );
      expect(calls().map((keys) => [...keys].sort())).toEqual([[2], [3, 4]]);
    });

    it("is one for the request, and another one for the next", async () => {
      const { loader, loaderOf, context, another } = idLoader();
      expect(loaderOf(context)).toBe(loader);
      expect(another()).not.toBe(loader);
      expect(loaderOf()).not.toBe(loaderOf());
    });
  });

  describe("Clearing Cache", () => {
    it("clears one key, which is then asked of the source again", async () => {
      const { loader, calls } = idLoader();
      await loader.loadMany([1, 2]);
      loader.clear(1);
      await loader.loadMany([1, 2]);
      expect(calls()).toEqual([[1, 2], [1]]);
    });

    it("clears all keys", async () => {
      const { loader, calls } = idLoader();
      await loader.loadMany([1, 2]);
      loader.clearAll();
      await loader.loadMany([1, 2]);
      expect(calls()).toEqual([
        [1, 2],
        [1, 2],
      ]);
    });

    it("shows the changed row after a write and a clear", async () => {
      let username = "mark";
      const { loader, settle } = idLoader({ load: async (keys) => keys.map((id) => ({ id, username })) });
      expect(await loader.load(4)).toMatchObject({ username: "mark" });
      await settle();
      username = "zuck";
      loader.clear(4);
      expect(await loader.load(4)).toMatchObject({ username: "zuck" });
    });

    it("can be chained", () => {
      const { loader } = idLoader();
      expect(loader.clear(1).clearAll().prime(1, { id: 1 })).toBe(loader);
    });
  });

  describe("Caching Errors", () => {
    it("does not keep a batch that failed", async () => {
      let fails = true;
      const { loader, calls, clock } = idLoader({
        load: async (keys) => {
          if (fails) throw new Error("database away");
          return keys.map((id) => ({ id }));
        },
      });
      await expect(loader.load(1)).rejects.toThrow("database away");
      fails = false;
      await clock.advance(10_000);
      expect(await loader.load(1)).toEqual({ id: 1 });
      expect(calls()).toEqual([[1], [1]]);
    });

    it("keeps an Error in the place of a row until it is cleared", async () => {
      let fails = true;
      const { loader, calls, clock } = idLoader({
        load: async (keys) => keys.map((id) => (fails ? new Error("bad row") : { id })),
      });
      await expect(loader.load(1)).rejects.toThrow("bad row");
      fails = false;
      await clock.advance(10_000);
      await expect(loader.load(1)).rejects.toThrow("bad row");
      expect(calls()).toEqual([[1]]);
      loader.clear(1);
      expect(await loader.load(1)).toEqual({ id: 1 });
    });
  });

  describe("loadMany", () => {
    it("gives the rows of several keys", async () => {
      const { loader } = idLoader();
      expect(await loader.loadMany([1, 2])).toEqual([{ id: 1 }, { id: 2 }]);
      expect(await loader.loadMany([])).toEqual([]);
    });

    it("never rejects: an Error stands in the place of the key that failed", async () => {
      const { loader } = idLoader({
        load: async (keys) => keys.map((id) => (id === 3 ? new Error("bad key") : { id })),
      });
      const [one, , bad] = await loader.loadMany([1, 2, 3]);
      expect(one).toEqual({ id: 1 });
      expect(bad).toBeInstanceOf(Error);
      expect((bad as Error).message).toBe("bad key");
    });
  });

  describe("prime", () => {
    it("puts a row into the request's cache", async () => {
      const { loader, calls } = idLoader();
      loader.prime(1, { id: 1, primed: true });
      expect(await loader.load(1)).toEqual({ id: 1, primed: true });
      expect(calls()).toEqual([]);
    });

    it("changes nothing where there is a row already, unless that is cleared first", async () => {
      const { loader } = idLoader();
      await loader.load(1);
      loader.prime(1, { id: 1, primed: 1 });
      expect(await loader.load(1)).toEqual({ id: 1 });
      loader.clear(1).prime(1, { id: 1, primed: 2 });
      expect(await loader.load(1)).toEqual({ id: 1, primed: 2 });
    });

    it("takes an Error", async () => {
      const { loader } = idLoader();
      loader.prime(1, new Error("primed"));
      await expect(loader.load(1)).rejects.toThrow("primed");
    });

    it("stays within the request", async () => {
      const { loader, another } = idLoader();
      loader.prime(1, { id: 1, primed: true });
      expect(await another().load(1)).toEqual({ id: 1 });
    });
  });

  describe("abuse", () => {
    it.each([null, undefined])("throws at once for the key %s", (key) => {
      const { loader } = idLoader();
      expect(() => loader.load(key as never)).toThrow(
        `The loader.load() function must be called with a value, but got: ${key}.`,
      );
    });

    it("throws for a loadMany without a list", () => {
      const { loader } = idLoader();
      expect(() => loader.loadMany(1 as never)).toThrow("must be called with Array<key>");
    });

    it("passes on what load throws without a promise", async () => {
      const { loader } = idLoader({
        load: () => {
          throw new Error("at once");
        },
      });
      await expect(loader.load(1)).rejects.toThrow("at once");
    });

    // Our own words, which name the entity.
    it.skipIf(plain).each([
      ["nothing", undefined],
      ["no array", { 1: "row" }],
    ])("rejects when load answers with %s, and prints it", async (_title, answer) => {
      const { loader } = idLoader({ load: async () => answer as never });
      await expect(loader.load(1)).rejects.toThrow(
        /^The load function of cache\.entity\("Thing"\) must accept Array<key> and return Promise<Array<row \| null \| Error>>, but it did not return a Promise of an Array: /,
      );
    });

    it.skipIf(plain)(
      "rejects when load answers with another number of rows, and prints keys and rows",
      async () => {
        const { loader } = idLoader({ load: async () => [{ id: 1 }] });
        const [first, second] = await Promise.allSettled([loader.load(1), loader.load(2)]);
        for (const outcome of [first, second]) {
          expect(outcome.status).toBe("rejected");
          expect((outcome as PromiseRejectedResult).reason.message).toBe(
            'The load function of cache.entity("Thing") must accept Array<key> and return Promise<Array<row | null | Error>>, ' +
              "but it did not return a Promise of an Array of the same length as the Array of keys. Return null for a key that was not found." +
              "\n\nKeys (2):\n[ 1, 2 ]\n\nRows (1):\n[ { id: 1 } ]",
          );
        }
      },
    );
  });
});
