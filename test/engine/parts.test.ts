import { describe, expect, test } from "vitest";
import { deferred } from "../../src/base/deferred.ts";
import { seededRandom } from "../../src/base/random.ts";
import { Background } from "../../src/engine/background.ts";
import { FillTimes } from "../../src/engine/fill-times.ts";
import { beginSession, limitSession, sessionOrder } from "../../src/engine/session.ts";
import { decodeError, encodeError, plainErrors } from "../../src/engine/source-error.ts";

describe("background work", () => {
  test("is one per key and bounded in number; what is beyond is counted", async () => {
    const background = new Background(2);
    const ends = ["a", "b"].map((key) => {
      const end = deferred<void>();
      background.start(key, () => end.promise);
      return end;
    });
    background.start("a", () => Promise.reject(new Error("never begun")));
    background.start("c", () => Promise.reject(new Error("never begun")));
    expect([background.size, background.skipped]).toEqual([2, 1]);
    for (const end of ends) end.resolve();
    await Promise.resolve().then(() => new Promise(setImmediate));
    expect(background.size).toBe(0);
  });
});

describe("fill times", () => {
  test("nearly all of a coordinate's fills take less than what is usual", () => {
    const times = new FillTimes();
    expect(times.usualMs("Product.price")).toBeUndefined();
    const random = seededRandom(1);
    for (let fill = 0; fill < 200; fill++) times.record("Product.price", 90 + 20 * random.next());
    const usual = times.usualMs("Product.price")!;
    expect(usual).toBeGreaterThan(104);
    expect(usual).toBeLessThan(130);
    expect(times.usualMs("Product.name")).toBeUndefined();
  });

  test("follow a source that grows slow", () => {
    const times = new FillTimes();
    for (let fill = 0; fill < 100; fill++) times.record("x", 10);
    for (let fill = 0; fill < 10; fill++) times.record("x", 1000);
    expect(times.usualMs("x")).toBeGreaterThan(900);
  });
});

describe("an error of the source, as text", () => {
  test("keeps message, name, code and extensions", () => {
    const error = Object.assign(new TypeError("no stock"), {
      code: "E1",
      extensions: { code: "OUT", left: 0 },
    });
    expect(plainErrors.decode(plainErrors.encode(error))).toMatchObject({
      message: "no stock",
      name: "TypeError",
      code: "E1",
      extensions: { code: "OUT", left: 0 },
    });
  });

  test("of any kind is an Error with its text", () => {
    for (const thrown of ["text", 5, null, undefined, { message: "no Error" }]) {
      const error = plainErrors.decode(plainErrors.encode(thrown)) as Error;
      expect(error).toBeInstanceOf(Error);
      expect(error.message).toBe(String(thrown));
    }
  });

  test("leaves behind what cannot travel: cycles, and more than 8 KiB", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    for (const extensions of [cycle, { huge: "x".repeat(10_000) }, { big: 1n }]) {
      const error = Object.assign(new Error("no stock"), { extensions });
      expect(plainErrors.decode(plainErrors.encode(error))).toMatchObject({ message: "no stock" });
    }
    expect(plainErrors.encode(new Error("x".repeat(100_000))).length).toBeLessThan(8192);
  });

  test("is an error even when the codec fails, or the text is foreign", () => {
    const broken = {
      encode: () => {
        throw new Error("bug");
      },
      decode: plainErrors.decode,
    };
    expect(decodeError(plainErrors, encodeError(broken, new Error("x")))).toMatchObject({
      message: "The source failed.",
    });
    expect(decodeError(plainErrors, "{foreign")).toMatchObject({ message: "The source failed." });
  });
});

describe("a session", () => {
  test("that began later has the larger number; one that this process did not begin has none", () => {
    const [first, second] = [beginSession({}, undefined), beginSession({}, undefined)];
    expect(sessionOrder(second)).toBeGreaterThan(sessionOrder(first));
    expect(sessionOrder({ ...first })).toBe(0);
  });

  test("that was limited keeps its place in time, shares its time-out, and never allows more", () => {
    const session = beginSession({ read: false }, "e.1");
    const limited = limitSession(session, { write: false });
    expect(limited).toMatchObject({ read: false, write: false, began: session.began });
    expect(limited.down.size).toBe(0);
    expect(sessionOrder(limited)).toBe(sessionOrder(session));
    limited.down.add("a");
    expect([...session.down]).toEqual(["a"]);
  });
});
