import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { backoffMs } from "../../src/base/backoff.ts";
import { systemClock } from "../../src/base/clock.ts";
import { deferred } from "../../src/base/deferred.ts";
import { digest, hmacDigest } from "../../src/base/digest.ts";
import { FieldgateError } from "../../src/base/errors.ts";
import { seededRandom, systemRandom } from "../../src/base/random.ts";
import { didYouMean, inWords } from "../../src/base/suggest.ts";

describe("clock", () => {
  test("tells the time of day in ms, and a time that never steps back", () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
    const before = systemClock.monotonic();
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before);
  });

  test("a timer of more than 24 days does not run at once", async () => {
    let ran = false;
    const cancel = systemClock.setTimer(() => {
      ran = true;
    }, 3e9);
    await new Promise((resolve) => systemClock.setTimer(() => resolve(undefined), 20));
    cancel();
    expect(ran).toBe(false);
  });

  test("a timer that was cancelled does not run", async () => {
    const ran: string[] = [];
    const { promise, resolve } = deferred<void>();
    systemClock.setTimer(() => ran.push("cancelled"), 1)();
    systemClock.setTimer(() => {
      ran.push("kept");
      resolve();
    }, 5);
    await promise;
    expect(ran).toEqual(["kept"]);
  });
});

describe("random", () => {
  test.each([systemRandom, seededRandom(1)])(
    "tokens have the length asked for, of safe characters",
    (random) => {
      for (const chars of [1, 4, 12, 16, 22])
        expect(random.token(chars)).toMatch(new RegExp(`^[A-Za-z0-9_-]{${chars}}$`));
      expect(new Set(Array.from({ length: 1000 }, () => random.token(12))).size).toBe(1000);
      const next = random.next();
      expect(next).toBeGreaterThanOrEqual(0);
      expect(next).toBeLessThan(1);
    },
  );

  test("a seed repeats its sequence, another does not", () => {
    const of = (seed: number) => {
      const random = seededRandom(seed);
      return [random.next(), random.token(8), random.next()];
    };
    expect(of(7)).toEqual(of(7));
    expect(of(7)).not.toEqual(of(8));
  });
});

describe("digest", () => {
  test("is SHA-256 cut to 128 bits, in 22 characters", () => {
    const full = createHash("sha256").update("shop é").digest();
    expect(digest("shop é")).toBe(full.subarray(0, 16).toString("base64url"));
    expect(digest("shop é")).toHaveLength(22);
  });

  test("with a secret is HMAC-SHA-256, and differs with the secret", () => {
    const full = createHmac("sha256", "s1").update("alice").digest();
    expect(hmacDigest("s1", "alice")).toBe(full.subarray(0, 16).toString("base64url"));
    expect(hmacDigest("s2", "alice")).not.toBe(hmacDigest("s1", "alice"));
  });
});

describe("errors", () => {
  test("say what is wrong and what to do, and keep a code and the cause", () => {
    const cause = new Error("deep");
    const error = new FieldgateError("BAD_X", "X is bad.", "Use Y.", { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: "FieldgateError",
      code: "BAD_X",
      advice: "Use Y.",
      message: "X is bad. Use Y.",
      cause,
    });
  });
});

describe("suggestions", () => {
  test("name what is near, nearest first, three at most", () => {
    expect(didYouMean("prise", ["price", "prices", "name"])).toBe(' Did you mean "price" or "prices"?');
    expect(didYouMean("Categroy", ["category"])).toBe(' Did you mean "category"?');
    expect(didYouMean("aa", ["ab", "ac", "ad", "ae"])).toBe(' Did you mean "ab", "ac" or "ad"?');
  });

  test("say nothing where nothing is near", () => {
    expect(didYouMean("price", ["inventory"])).toBe("");
    expect(didYouMean("price", [])).toBe("");
  });

  test("lists read like sentences", () => {
    expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map((items) => inWords(items, "and"))).toEqual([
      "",
      "a",
      "a and b",
      "a, b and c",
    ]);
  });
});

describe("backoff", () => {
  test("doubles up to its bound, and chance only shortens", () => {
    const backoff = { firstMs: 100, maxMs: 1000 };
    expect([1, 2, 3, 4, 5, 50].map((attempt) => backoffMs(backoff, attempt, 0))).toEqual([
      100, 200, 400, 800, 1000, 1000,
    ]);
    expect(backoffMs(backoff, 1, 1)).toBe(50);
    expect(backoffMs({ ...backoff, jitter: 0 }, 1, 1)).toBe(100);
  });
});
