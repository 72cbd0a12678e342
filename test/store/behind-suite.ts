import { describe, expect, test } from "vitest";
import { type Claim, LINGER_MS, SWAP_MS } from "../../src/store/behind-store.ts";
import { StoreFailure } from "../../src/store/store.ts";
import type { StoreUnderTest } from "./store-suite.ts";

const HOME = "Product:42";
const version = (letter: string) => letter.repeat(16);
/** What nobody may answer with here. */
function present<T>(reply: T | StoreFailure): T {
  if (reply instanceof StoreFailure) throw new Error(reply.message);
  return reply;
}

/** What every store does for write-behind. */
export function behindSuite(subject: () => StoreUnderTest): void {
  const behind = () => subject().store.behind;
  const soon = () => subject().store.now(HOME) + SWAP_MS * 1000;
  const key = () => subject().keys.pending(HOME);
  const swap = async (seen: string, text: string, notAfter = soon()) => {
    const [reply] = await behind().swap([{ key: key(), seen, text, notAfter }]);
    return present(reply!);
  };
  const textNow = async () => {
    const { pending } = await subject().store.read({
      pendingKeys: [key()],
      entryKeys: [],
      stampKeys: [],
      log: false,
    });
    return present(pending![0]!);
  };
  const claim = async (earlyMs = 0, limit = 10): Promise<readonly Claim[]> =>
    present(await behind().claim("Product", { limit, earlyMs, leaseMs: 60_000 }));
  const pending = async () => present(await behind().queue("Product")).pending;

  describe("write-behind: a pending text", () => {
    test("is swapped for one that was seen, and tells when", async () => {
      expect(await textNow()).toBeNull();
      const first = await swap("", `${version("a")}{}`);
      expect(first).toEqual({ kind: "swapped", at: expect.stringMatching(/^\d{16}$/) });
      const at = "at" in first ? first.at : "";
      expect(await textNow()).toBe(`${version("a")}${at}{}`);
      expect(await swap(version("b"), "")).toEqual({ kind: "other", text: `${version("a")}${at}{}` });
      const second = await swap(version("a"), `${version("c")}{}`);
      expect("at" in second && second.at > at).toBe(true);
      await swap(version("c"), "");
      expect(await textNow()).toBeNull();
      expect(await swap(version("c"), `${version("d")}{}`)).toEqual({ kind: "other", text: null });
    });

    test("is not swapped too late", async () => {
      expect(await swap("", `${version("a")}{}`, subject().store.now(HOME) - 10_000_000)).toEqual({
        kind: "late",
      });
      expect(await textNow()).toBeNull();
    });

    test("outlives whatever expires", async () => {
      await swap("", `${version("a")}{}`);
      await subject().passes(26 * 3600 * 1000);
      expect(await textNow()).toContain(version("a"));
    });
  });

  describe("write-behind: the queue of a type", () => {
    test("gives out a name once it is due, and once a lease", async () => {
      expect(present(await behind().enqueue("Product", [HOME, "Product:7"], 1000))).toBe(2);
      expect(await claim()).toEqual([]);
      await subject().passes(1001);
      expect((await claim()).map(({ name }) => name).sort()).toEqual([HOME, "Product:7"]);
      expect(await claim()).toEqual([]);
      await subject().passes(60_001);
      expect((await claim()).length).toBe(2);
    });

    test("gives out what is due soon to who is early, the longest due first, so many", async () => {
      await behind().enqueue("Product", ["Product:b"], 500);
      await behind().enqueue("Product", ["Product:a"], 100);
      expect((await claim(1000, 1)).map(({ name }) => name)).toEqual(["Product:a"]);
    });

    test("keeps types apart", async () => {
      await behind().enqueue("Note", ["Note:1"], 0);
      expect(await claim(1000)).toEqual([]);
      expect(await pending()).toBe(0);
    });

    test("makes a name due earlier when it is marked again, never later", async () => {
      await behind().enqueue("Product", [HOME], 1000);
      await behind().enqueue("Product", [HOME], 5000);
      await subject().passes(1001);
      expect((await claim()).length).toBe(1);
    });

    test("forgets an empty name only long after its mark", async () => {
      await behind().enqueue("Product", [HOME], 0);
      const [first] = await claim();
      await behind().settle("Product", [{ kind: "empty", ...first! }]);
      expect(await pending()).toBe(0);
      await subject().passes(LINGER_MS + 2);
      const [second] = await claim();
      expect(second?.name).toBe(HOME);
      await behind().settle("Product", [{ kind: "empty", ...second! }]);
      await subject().passes(3600_000);
      expect(await claim()).toEqual([]);
    });

    test("does not forget a name that was marked since it was claimed", async () => {
      await behind().enqueue("Product", [HOME], 0);
      const [first] = await claim();
      await subject().passes(LINGER_MS * 2);
      await behind().enqueue("Product", [HOME], 60_000);
      await behind().settle("Product", [{ kind: "empty", ...first! }]);
      expect(await pending()).toBe(1);
      expect((await claim()).map(({ name }) => name)).toEqual([HOME]);
    });

    test("brings a name back when it is told to, and tells since when something is pending", async () => {
      await behind().enqueue("Product", [HOME], 0);
      await claim();
      await behind().settle("Product", [{ kind: "again", name: HOME, afterMs: 1000 }]);
      expect(await claim()).toEqual([]);
      await subject().passes(1001);
      expect((await claim()).length).toBe(1);
      const { oldestMs } = present(await behind().queue("Product"));
      expect(oldestMs).toBeGreaterThanOrEqual(1000);
    });
  });

  test("write-behind: dead letters are kept under their ids, told, and dropped", async () => {
    await behind().bury({ id: "b", text: "1" });
    await behind().bury({ id: "a", text: "2" });
    await behind().bury({ id: "b", text: "3" });
    await subject().passes(26 * 3600 * 1000);
    const letters = [...present(await behind().deadLetters())].sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(letters).toEqual([
      { id: "a", text: "2" },
      { id: "b", text: "3" },
    ]);
    expect(await behind().dropLetters(["a", "none"])).toBe(1);
    expect(await behind().dropLetters([])).toBe(0);
    expect(present(await behind().deadLetters()).length).toBe(1);
  });
}
