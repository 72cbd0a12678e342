import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemRandom } from "../../src/base/random.ts";
import { createKeys, entityHome, type Keys } from "../../src/keys/grammar.ts";
import {
  ANNOUNCED_MS,
  type BeginReply,
  type BeginRequest,
  LOG_NAMES,
  type LogPosition,
  type Mark,
  type PutRequest,
  type ReleaseRequest,
  type Store,
  StoreFailure,
} from "../../src/store/store.ts";

import { behindSuite } from "./behind-suite.ts";

export interface StoreUnderTest {
  readonly store: Store;
  readonly keys: Keys;
  /** Lets that much of the store's time go by. */
  passes(ms: number): Promise<void>;
  /** FLUSHALL. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** An announcement, logged in its place; of names whose stamps nobody has. */
export async function invalidated(store: Store, names: readonly string[]): Promise<boolean | StoreFailure> {
  const token = systemRandom.token(16);
  return (await store.announce(token, names)) ?? store.appendLog(token, names);
}

/** As if so many names more had been logged, in each log that the position tells of. */
function moved(position: LogPosition, by: number): LogPosition {
  return position.replaceAll(/\.(\d+)/g, (_, sequence) => `.${Number(sequence) + by}`);
}

/** What every implementation of the port does. Time passes only where a test says so: lives are long to a real clock. */
export function storeSuite(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let under: StoreUnderTest;
    let store: Store;

    beforeEach(async () => {
      under = await open();
      store = under.store;
      await store.ready();
    });
    afterEach(() => under.close());

    const slot = (id = "42", field = "price") => slotIn(under.keys, id, field);
    const stampNow = async (key: string) =>
      (await store.read({ entryKeys: [], stampKeys: [key], log: false })).stamps[0];
    const entryNow = async (key: string) =>
      (await store.read({ entryKeys: [key], stampKeys: [], log: false })).entries[0];
    const positionNow = async (): Promise<LogPosition> => {
      const { log } = await store.read({ entryKeys: [], stampKeys: [], log: true });
      if (log === undefined || log instanceof StoreFailure) throw new Error(`no position: ${log?.message}`);
      return log;
    };
    const begin = async (request: BeginRequest): Promise<BeginReply> => {
      const [reply] = await store.begin([request]);
      if (reply === undefined || reply instanceof StoreFailure)
        throw new Error(`no reply: ${reply?.message}`);
      return reply;
    };
    const own = async (request: BeginRequest) => {
      const reply = await begin(request);
      if (reply.kind !== "own") throw new Error(`expected to own, got ${reply.kind}`);
      return reply;
    };
    /** A whole fill: the entry's text, and the stamp it names. */
    const fill = async (request: BeginRequest, life = 60_000) => {
      const { stamp } = await own(request);
      const put = putOf(request, stamp, life);
      expect(await store.put([put])).toEqual([true]);
      return { text: put.text, stamp };
    };
    const namesSince = async (position: LogPosition) => {
      const since = await store.logSince({ position, home: "Product:42" });
      if (since instanceof StoreFailure) throw new Error(since.message);
      return since.names === "gap" ? "gap" : [...since.names];
    };

    describe("read", () => {
      test("answers null for what is absent", async () => {
        const { entryKey, stampKey } = slot();
        expect(await store.read({ entryKeys: [entryKey], stampKeys: [stampKey], log: false })).toEqual({
          entries: [null],
          stamps: [null],
        });
      });

      test("answers each key in the order it was asked for, hundreds at once", async () => {
        const requests = Array.from({ length: 250 }, (_, i) => slot(`${i}`));
        const begun = await store.begin(requests);
        const stamps = begun.map((reply) =>
          reply instanceof StoreFailure || reply.kind !== "own" ? "" : reply.stamp,
        );
        await store.put(requests.map((request, i) => putOf(request, stamps[i]!)));
        const reply = await store.read({
          entryKeys: requests.map(({ entryKey }) => entryKey),
          stampKeys: requests.map(({ stampKey }) => stampKey),
          log: false,
        });
        expect(reply.entries).toEqual(requests.map((request, i) => putOf(request, stamps[i]!).text));
        expect(reply.stamps).toEqual(stamps);
      });

      test("answers more keys than one command takes", async () => {
        const requests = Array.from({ length: 1700 }, (_, i) => slot(`${i}`));
        const { text, stamp } = await fill(requests[1500]!);
        const reply = await store.read({
          entryKeys: requests.map(({ entryKey }) => entryKey),
          stampKeys: requests.map(({ stampKey }) => stampKey),
          log: true,
        });
        expect(reply.entries.length).toBe(1700);
        expect(reply.entries.filter((entry) => entry !== null)).toEqual([text]);
        expect(reply.entries[1500]).toBe(text);
        expect(reply.stamps[1500]).toBe(stamp);
        expect(reply.log).toMatch(/^\S+\.0( \S+\.0)*$/);
      });

      test("tells the log's newest position when asked, and only then", async () => {
        expect(await store.read({ entryKeys: [], stampKeys: [], log: false })).not.toHaveProperty("log");
        const before = await positionNow();
        await invalidated(store, ["a", "b"]);
        expect(await positionNow()).toBe(moved(before, 2));
      });
    });

    describe("peek", () => {
      test("answers what read answers, or nothing where it would have to ask", async () => {
        const { entryKey, stampKey } = slot();
        await fill(slot());
        const request = { entryKeys: [entryKey], stampKeys: [stampKey, slot("absent").stampKey], log: false };
        const read = await store.read(request);
        expect([undefined, read]).toContainEqual(store.peek?.(request));
      });
    });

    describe("begin", () => {
      test("takes the lock and makes the stamp", async () => {
        const request = slot();
        const reply = await own(request);
        expect(reply.stamp).toMatch(/^[A-Za-z0-9_-]{16}$/);
        expect(reply.failures).toBe(0);
        expect(await stampNow(request.stampKey)).toBe(reply.stamp);
      });

      test("tells when it was, on the store's clock in µs", async () => {
        const { born } = await own(slot());
        expect(Number.isInteger(born)).toBe(true);
        expect(Math.abs(born - store.now("Product:42"))).toBeLessThan(1_000_000);
      });

      test("keeps a stamp that is there", async () => {
        const { stamp } = await own(slot("42", "price"));
        expect((await own(slot("42", "name"))).stamp).toBe(stamp);
      });

      test("makes another stamp for each slot, and after each invalidation", async () => {
        const { stamp } = await own(slot("1"));
        const other = await own(slot("2"));
        await store.dropStamps([slot("1").stampKey]);
        const again = await own(slot("1"));
        expect(new Set([stamp, other.stamp, again.stamp]).size).toBe(3);
      });

      test("makes the second one wait, and says how long the lock lasts", async () => {
        await own({ ...slot(), lockMs: 5000 });
        const reply = await begin(slot());
        expect(reply.kind).toBe("wait");
        expect(reply).toHaveProperty("remainingMs");
        const { remainingMs } = reply as { remainingMs: number };
        expect(remainingMs).toBeGreaterThan(0);
        expect(remainingMs).toBeLessThanOrEqual(5000);
      });

      test("gives the lock to one of many that begin in one batch", async () => {
        const replies = await store.begin(Array.from({ length: 20 }, () => slot()));
        expect(replies.map((reply) => (reply instanceof StoreFailure ? "failure" : reply.kind))).toEqual([
          "own",
          ...Array.from({ length: 19 }, () => "wait"),
        ]);
      });

      test("gives a lock that ran out to the next", async () => {
        await own({ ...slot(), lockMs: 4000 });
        await under.passes(6000);
        expect((await begin(slot())).kind).toBe("own");
      });

      test("takes over the lock of a dead stamp: its holder may no longer store", async () => {
        const first = slot();
        const { stamp } = await own(first);
        await store.dropStamps([first.stampKey]);
        const second = slot();
        const taken = await own(second);
        expect(await store.put([putOf(first, stamp)])).toEqual([false]);
        expect(await store.put([putOf(second, taken.stamp)])).toEqual([true]);
      });

      test("answers an entry that the caller has not seen", async () => {
        const { text, stamp } = await fill(slot());
        expect(await begin(slot())).toEqual({ kind: "entry", text, stamp });
        expect(await begin({ ...slot(), seenId: "another-id-here-" })).toEqual({
          kind: "entry",
          text,
          stamp,
        });
      });

      test("takes the lock beside the entry that the caller has seen and judged", async () => {
        const first = slot();
        await fill(first);
        expect((await begin({ ...slot(), seenId: first.token })).kind).toBe("own");
      });

      test("does not answer an entry whose stamp is gone", async () => {
        const first = slot();
        await fill(first);
        await store.dropStamps([first.stampKey]);
        expect((await begin(slot())).kind).toBe("own");
      });

      test("does not answer a foreign text, which nobody could say to have seen", async () => {
        const first = slot();
        const { stamp } = await own(first);
        await store.put([{ ...putOf(first, stamp), text: "é foreign, and more than long enough" }]);
        expect((await begin(slot())).kind).toBe("own");
      });

      test("raises the life of the stamp, never shortens it", async () => {
        const { stamp } = await own({ ...slot(), lockMs: 100, stampMs: 3000 });
        await under.passes(500);
        expect((await own({ ...slot(), lockMs: 100, stampMs: 60_000 })).stamp).toBe(stamp);
        await under.passes(500);
        expect((await own({ ...slot(), lockMs: 100, stampMs: 1000 })).stamp).toBe(stamp);
        await under.passes(6000);
        expect(await stampNow(slot().stampKey)).toBe(stamp);
      });
    });

    describe("put", () => {
      test("stores under the lock and gives it back", async () => {
        const first = slot();
        const { text } = await fill(first);
        expect(await entryNow(first.entryKey)).toBe(text);
        expect((await begin({ ...slot(), seenId: first.token })).kind).toBe("own");
      });

      test("is refused after an invalidation", async () => {
        const request = slot();
        const { stamp } = await own(request);
        await store.dropStamps([request.stampKey]);
        expect(await store.put([putOf(request, stamp)])).toEqual([false]);
        expect(await entryNow(request.entryKey)).toBeNull();
      });

      test("is refused after an invalidation even where a new stamp was made meanwhile", async () => {
        const request = slot();
        const { stamp } = await own(request);
        await store.dropStamps([request.stampKey]);
        await store.stamps([{ stampKey: request.stampKey, lifeMs: 60_000 }]);
        expect(await store.put([putOf(request, stamp)])).toEqual([false]);
        expect(await entryNow(request.entryKey)).toBeNull();
      });

      test("is refused when the lock ran out, even if nobody else took it", async () => {
        const request = { ...slot(), lockMs: 3000 };
        const { stamp } = await own(request);
        await under.passes(5000);
        expect(await store.put([putOf(request, stamp)])).toEqual([false]);
        expect(await entryNow(request.entryKey)).toBeNull();
      });

      test("is accepted past the lock's first time when the lock was renewed", async () => {
        const request = { ...slot(), lockMs: 4000 };
        const { stamp } = await own(request);
        expect(await store.renew([{ ...request, lockMs: 60_000 }])).toEqual([true]);
        await under.passes(6000);
        expect(await store.put([putOf(request, stamp)])).toEqual([true]);
      });

      test("is refused with another token, and leaves the lock to its holder", async () => {
        const request = slot();
        const { stamp } = await own(request);
        expect(await store.put([putOf(slot(), stamp)])).toEqual([false]);
        expect(await store.put([putOf(request, stamp)])).toEqual([true]);
      });

      test("is refused the second time: the lock was given back with the first", async () => {
        const request = slot();
        const { stamp } = await own(request);
        expect(await store.put([putOf(request, stamp), putOf(request, stamp)])).toEqual([true, false]);
      });

      test("stores the good ones of a batch and refuses the others", async () => {
        const requests = [slot("1"), slot("2"), slot("3")];
        const stamps = await Promise.all(requests.map(async (request) => (await own(request)).stamp));
        await store.dropStamps([requests[1]!.stampKey]);
        expect(await store.put(requests.map((request, i) => putOf(request, stamps[i]!)))).toEqual([
          true,
          false,
          true,
        ]);
      });

      test("keeps large and odd texts as they are", async () => {
        const texts = ["x".repeat(700_000), "\u0000\n\r\n", "日本 🎉 é", "{}[]: ,~=%", "y".repeat(700_000)];
        const requests = texts.map((_, i) => slot(`${i}`));
        const stamps = await Promise.all(requests.map(async (request) => (await own(request)).stamp));
        const puts = requests.map((request, i) => putOf(request, stamps[i]!, 60_000, texts[i]));
        expect(await store.put(puts)).toEqual(texts.map(() => true));
        const { entries } = await store.read({
          entryKeys: requests.map(({ entryKey }) => entryKey),
          stampKeys: [],
          log: false,
        });
        expect(entries.every((entry, i) => entry === puts[i]!.text)).toBe(true);
      });

      test("lets an entry end with its life", async () => {
        const request = slot();
        await fill(request, 4000);
        expect(await entryNow(request.entryKey)).not.toBeNull();
        await under.passes(6000);
        expect(await entryNow(request.entryKey)).toBeNull();
      });
    });

    describe("release and marks", () => {
      const passMark: Mark = { kind: "pass", failures: 1, text: "too-large" };
      const release = (request: BeginRequest, stamp: string, more: Partial<ReleaseRequest> = {}) =>
        store.release([{ ...request, stamp, ...more }]);

      test("a lock that is given back is free", async () => {
        const request = slot();
        const { stamp } = await own(request);
        expect(await release(request, stamp)).toEqual([true]);
        expect((await begin(slot())).kind).toBe("own");
        expect(await store.put([putOf(request, stamp)])).toEqual([false]);
      });

      test("only its holder can give a lock back, and only the holder's mark is left", async () => {
        const request = slot();
        const { stamp } = await own(request);
        expect(await release(slot(), stamp, { mark: passMark, forMs: 5000 })).toEqual([false]);
        expect((await begin(slot())).kind).toBe("wait");
        expect(await release(request, stamp)).toEqual([true]);
        expect((await begin(slot())).kind).toBe("own");
      });

      test("a pass mark is answered instead of the lock, with the stamp and the time it still holds", async () => {
        const request = slot();
        const { stamp } = await own(request);
        await release(request, stamp, { mark: passMark, forMs: 5000 });
        const reply = await begin(slot());
        expect(reply).toMatchObject({ kind: "mark", mark: passMark, stamp });
        const { remainingMs } = reply as { remainingMs: number };
        expect(remainingMs).toBeGreaterThan(0);
        expect(remainingMs).toBeLessThanOrEqual(5000);
      });

      test("an error mark brings the error's text as it was, spaces, line ends and all", async () => {
        const mark: Mark = {
          kind: "error",
          failures: 7,
          text: '{"message":"no\\nroute  to \u0000 host é 1 2 3"}\n ',
        };
        const request = slot();
        const { stamp } = await own(request);
        await release(request, stamp, { mark, forMs: 5000 });
        expect(await begin(slot())).toMatchObject({ kind: "mark", mark });
      });

      test("a mark without text is a mark", async () => {
        const mark: Mark = { kind: "pass", failures: 1, text: "" };
        const request = slot();
        const { stamp } = await own(request);
        await release(request, stamp, { mark, forMs: 5000 });
        expect(await begin(slot())).toMatchObject({ kind: "mark", mark });
      });

      test("a mark is obeyed for its time, and its failures are remembered for twice as long", async () => {
        const request = slot();
        const { stamp } = await own(request);
        await release(request, stamp, { mark: { ...passMark, failures: 3 }, forMs: 8000 });
        await under.passes(10000);
        const second = slot();
        expect((await own(second)).failures).toBe(3);
        await release(second, stamp);
        await under.passes(10000);
        expect((await own(slot())).failures).toBe(0);
      });

      test("a mark of a dead stamp is not obeyed, but its failures count", async () => {
        const request = slot();
        const { stamp } = await own(request);
        await release(request, stamp, { mark: { ...passMark, failures: 2 }, forMs: 5000 });
        await store.dropStamps([request.stampKey]);
        expect((await own(slot())).failures).toBe(2);
      });

      test("a value that is stored ends the row of failures", async () => {
        const first = slot();
        const { stamp } = await own(first);
        await release(first, stamp, { mark: passMark, forMs: 4000 });
        await under.passes(6000);
        const second = slot();
        await fill(second);
        expect((await own({ ...slot(), seenId: second.token })).failures).toBe(0);
      });

      test("an unseen entry comes before a mark, a seen one after", async () => {
        const first = slot();
        const { text, stamp } = await fill(first);
        const second = { ...slot(), seenId: first.token };
        await own(second);
        await release(second, stamp, { mark: passMark, forMs: 5000 });
        expect(await begin(slot())).toEqual({ kind: "entry", text, stamp });
        expect((await begin({ ...slot(), seenId: first.token })).kind).toBe("mark");
      });
    });

    describe("prime", () => {
      const primeOf = (request: BeginRequest, stamp: string) => ({
        entryKey: request.entryKey,
        stampKey: request.stampKey,
        stamp,
        text: "1writtenwritten_ []",
        lifeMs: 60_000,
      });

      test("stores without a lock, under the stamp that was seen", async () => {
        const [stamp] = await store.stamps([{ stampKey: slot().stampKey, lifeMs: 60_000 }]);
        const prime = primeOf(slot(), stamp as string);
        expect(await store.prime([prime])).toEqual([true]);
        expect(await entryNow(prime.entryKey)).toBe(prime.text);
      });

      test("replaces what a fill had stored", async () => {
        const { stamp } = await fill(slot());
        const prime = primeOf(slot(), stamp);
        expect(await store.prime([prime])).toEqual([true]);
        expect(await entryNow(prime.entryKey)).toBe(prime.text);
      });

      test("is refused once the stamp was dropped, or is another one, each item by itself", async () => {
        const [one, two, three] = [slot("1"), slot("2"), slot("3")];
        const stamps = (await store.stamps(
          [one, two, three].map(({ stampKey }) => ({ stampKey, lifeMs: 60_000 })),
        )) as readonly string[];
        await store.dropStamps([one.stampKey, two.stampKey]);
        await store.stamps([{ stampKey: two.stampKey, lifeMs: 60_000 }]);
        const primes = [one, two, three].map((request, at) => primeOf(request, stamps[at]!));
        expect(await store.prime(primes)).toEqual([false, false, true]);
        expect(await entryNow(one.entryKey)).toBeNull();
        expect(await entryNow(two.entryKey)).toBeNull();
      });

      test("creates no stamp", async () => {
        expect(await store.prime([primeOf(slot(), "never-a-stamp--x")])).toEqual([false]);
        expect(await stampNow(slot().stampKey)).toBeNull();
      });
    });

    describe("an announcement of one's own", () => {
      test("is not told to its owner; those of others are", async () => {
        const position = await positionNow();
        await store.announce("mine-mine-mine-m", ["Product:1"]);
        await store.announce("yours-yours-your", ["Product:2"]);
        const since = await store.logSince({ position, home: "Product:42", own: "mine-mine-mine-m" });
        expect(since).toMatchObject({ names: new Set(["Product:2"]) });
        expect(await namesSince(position)).toEqual(expect.arrayContaining(["Product:1", "Product:2"]));
      });
    });

    describe("renew", () => {
      test("extends the lock of its holder alone", async () => {
        const request = { ...slot(), lockMs: 5000 };
        await own(request);
        expect(await store.renew([{ ...slot(), lockMs: 60_000 }])).toEqual([false]);
        expect(await store.renew([{ ...request, lockMs: 60_000 }])).toEqual([true]);
        await under.passes(7000);
        expect((await begin(slot())).kind).toBe("wait");
      });

      test("never shortens", async () => {
        const request = { ...slot(), lockMs: 60_000 };
        await own(request);
        expect(await store.renew([{ ...request, lockMs: 1000 }])).toEqual([true]);
        await under.passes(3000);
        expect((await begin(slot())).kind).toBe("wait");
      });

      test("does not revive a lock that ran out", async () => {
        const request = { ...slot(), lockMs: 2000 };
        await own(request);
        await under.passes(4000);
        expect(await store.renew([{ ...request, lockMs: 60_000 }])).toEqual([false]);
        expect((await begin(slot())).kind).toBe("own");
      });
    });

    describe("stamps", () => {
      test("creates what is absent and answers what is present, in order", async () => {
        const keys = ["__type:Product", "__tag:a", "Product:1"].map((name) => under.keys.stamp(name));
        const [type] = await store.stamps([{ stampKey: keys[0]!, lifeMs: 60_000 }]);
        const all = await store.stamps(keys.map((stampKey) => ({ stampKey, lifeMs: 60_000 })));
        expect(all[0]).toBe(type);
        expect(new Set(all).size).toBe(3);
        expect((await store.read({ entryKeys: [], stampKeys: keys, log: false })).stamps).toEqual(all);
      });

      test("answers one stamp for a key that stands twice in a batch", async () => {
        const stampKey = under.keys.stamp("__tag:twice");
        const [first, second] = await store.stamps([
          { stampKey, lifeMs: 60_000 },
          { stampKey, lifeMs: 60_000 },
        ]);
        expect(first).toBe(second);
      });

      test("raises a life and never shortens it", async () => {
        const stampKey = under.keys.stamp("__tag:a");
        const [stamp] = await store.stamps([{ stampKey, lifeMs: 3000 }]);
        await store.stamps([{ stampKey, lifeMs: 60_000 }]);
        await store.stamps([{ stampKey, lifeMs: 1000 }]);
        await under.passes(5000);
        expect(await stampNow(stampKey)).toBe(stamp);
      });

      test("ends with its life", async () => {
        const stampKey = under.keys.stamp("__tag:a");
        await store.stamps([{ stampKey, lifeMs: 3000 }]);
        await under.passes(5000);
        expect(await stampNow(stampKey)).toBeNull();
      });
    });

    describe("dropStamps", () => {
      test("removes those named and no other", async () => {
        const [a, b] = [under.keys.stamp("__tag:a"), under.keys.stamp("__tag:b")];
        await store.stamps([a, b].map((stampKey) => ({ stampKey, lifeMs: 60_000 })));
        expect(await store.dropStamps([a])).toBeUndefined();
        expect(await stampNow(a)).toBeNull();
        expect(await stampNow(b)).not.toBeNull();
      });

      test("takes thousands, absent ones, none, and the same again", async () => {
        const keys = Array.from({ length: 2500 }, (_, i) => under.keys.stamp(`__tag:${i}`));
        await store.stamps(keys.slice(0, 10).map((stampKey) => ({ stampKey, lifeMs: 60_000 })));
        expect(await store.dropStamps(keys)).toBeUndefined();
        expect(await store.dropStamps(keys)).toBeUndefined();
        expect(await store.dropStamps([])).toBeUndefined();
        const { stamps } = await store.read({ entryKeys: [], stampKeys: keys, log: false });
        expect(stamps.every((stamp) => stamp === null)).toBe(true);
      });
    });

    describe("the log", () => {
      test("tells the names appended after a position, and the newest position", async () => {
        await invalidated(store, ["before"]);
        const position = await positionNow();
        await invalidated(store, ["Product:1", "__tag:a:b"]);
        await invalidated(store, ["Product:1"]);
        expect(await namesSince(position)).toEqual(["Product:1", "__tag:a:b"]);
        expect(await positionNow()).toBe(moved(position, 3));
        expect(store.position()).toBe(moved(position, 3));
      });

      test("tells its newest position with the names, and who asks the store next is told that one", async () => {
        const position = await positionNow();
        await invalidated(store, ["Product:1"]);
        const since = await store.logSince({ position, home: "Product:42" });
        expect(since).toMatchObject({ position: store.position() });
        expect(await namesSince(store.position()!)).toEqual([]);
      });

      test("is clean where nothing was appended", async () => {
        await invalidated(store, ["before"]);
        expect(await namesSince(await positionNow())).toEqual([]);
      });

      test("does not move for an empty list", async () => {
        const position = await positionNow();
        expect(await invalidated(store, [])).toBe(true);
        expect(await positionNow()).toEqual(position);
      });

      test(`tells ${LOG_NAMES} names back, and of more: a gap`, async () => {
        const position = await positionNow();
        const names = Array.from({ length: LOG_NAMES }, (_, i) => `Product:${i}`);
        await invalidated(store, names);
        expect(await namesSince(position)).toEqual(names);
        await invalidated(store, ["one more"]);
        expect(await namesSince(position)).toBe("gap");
        expect(await namesSince(moved(position, 1))).toHaveLength(LOG_NAMES);
      });

      test("counts each name of a list longer than it keeps", async () => {
        const position = await positionNow();
        await invalidated(
          store,
          Array.from({ length: LOG_NAMES * 2 + 5 }, (_, i) => `Product:${i}`),
        );
        expect(await positionNow()).toBe(moved(position, LOG_NAMES * 2 + 5));
        expect(await namesSince(position)).toBe("gap");
        expect(await namesSince(moved(await positionNow(), -1))).toEqual([`Product:${LOG_NAMES * 2 + 4}`]);
      });

      test("is a gap for a position of another epoch, or one it has not reached", async () => {
        const position = await positionNow();
        expect(await namesSince(position.replaceAll(/\S+(?=\.)/g, "AAAAAAAAAAAAAAAA"))).toBe("gap");
        expect(await namesSince(moved(position, 1))).toBe("gap");
        expect(await namesSince("not a position")).toBe("gap");
      });

      test("is a gap after it was flushed, and goes on under a new epoch", async () => {
        await invalidated(store, ["a"]);
        const position = await positionNow();
        await under.clear();
        expect(await namesSince(position)).toBe("gap");
        const next = await positionNow();
        expect(next).not.toBe(position);
        await invalidated(store, ["b"]);
        expect(await namesSince(next)).toEqual(["b"]);
        expect(await namesSince(position)).toBe("gap");
      });
    });

    describe("an announcement", () => {
      test("is told to every fill that asks, whatever its position, until it is logged in its place", async () => {
        const position = await positionNow();
        expect(await store.announce("t1", ["Product:1", "__tag:a:b"])).toBeUndefined();
        expect(await positionNow()).toEqual(position);
        expect(await namesSince(position)).toEqual(["Product:1", "__tag:a:b"]);
        expect(await store.appendLog("t1", ["Product:1", "__tag:a:b"])).toBe(true);
        expect(await namesSince(position)).toEqual(["Product:1", "__tag:a:b"]);
        expect(await namesSince(await positionNow())).toEqual([]);
      });

      test("that is gone is not logged: whoever made it has to begin again", async () => {
        const position = await positionNow();
        expect(await store.appendLog("t1", ["a"])).toBe(false);
        await store.announce("t1", ["a"]);
        await under.clear();
        expect(await store.appendLog("t1", ["a"])).toBe(false);
        await store.announce("t2", ["a"]);
        expect(await store.appendLog("t2", ["a"])).toBe(true);
        expect(await store.appendLog("t2", ["a"])).toBe(false);
        expect(await namesSince(position)).toBe("gap");
      });

      test("that nobody logs in time is told no longer, and can no longer be logged", async () => {
        const position = await positionNow();
        await store.announce("t1", ["a"]);
        await under.passes(ANNOUNCED_MS - 1000);
        expect(await namesSince(position)).toEqual(["a"]);
        await under.passes(1000);
        expect(await namesSince(position)).toEqual([]);
        expect(await store.appendLog("t1", ["a"])).toBe(false);
        expect(await positionNow()).toEqual(position);
      });

      test("of one invalidation does not end that of another", async () => {
        const position = await positionNow();
        await store.announce("t1", ["a"]);
        await store.announce("t2", ["a"]);
        await store.appendLog("t1", ["a"]);
        expect(await namesSince(await positionNow())).toEqual(["a"]);
        await store.appendLog("t2", ["a"]);
        expect(await namesSince(await positionNow())).toEqual([]);
        expect(await namesSince(position)).toEqual(["a"]);
      });
    });

    describe("scan", () => {
      test("visits each live entry of the namespace, and no stamp, lock, mark or log", async () => {
        const stored = [slot("1"), slot("2", "name"), slot("3")];
        for (const request of stored) await fill(request);
        const root = slotIn(under.keys, "-", "-", "Query.products~x");
        await fill(root);
        await own(slot("4"));
        const marked = slot("5");
        const { stamp } = await own(marked);
        await store.release([
          { ...marked, stamp, mark: { kind: "pass", failures: 1, text: "" }, forMs: 5000 },
        ]);
        await invalidated(store, ["a"]);
        await store.dropStamps([stored[2]!.stampKey]);
        const seen = new Set<string>();
        expect(await store.scan((key) => seen.add(key))).toBeUndefined();
        expect([...seen].sort()).toEqual([...stored, root].map(({ entryKey }) => entryKey).sort());
      });

      test("stays inside the namespace", async () => {
        const mine = slot();
        await fill(mine);
        for (const namespace of [`${under.keys.namespace}2`, `${under.keys.namespace}:sub`, "a"]) {
          await fill(slotIn(createKeys(namespace), "42", "price"));
        }
        const seen = new Set<string>();
        await store.scan((key) => seen.add(key));
        expect([...seen]).toEqual([mine.entryKey]);
      });

      test("finds thousands", async () => {
        const requests = Array.from({ length: 2500 }, (_, i) => slot(`${i}`));
        const begun = await store.begin(requests);
        await store.put(
          requests.map((request, i) => putOf(request, (begun[i] as { readonly stamp: string }).stamp)),
        );
        const seen = new Set<string>();
        await store.scan((key) => seen.add(key));
        expect(seen.size).toBe(2500);
      });
    });

    describe("state", () => {
      test("is up, and counts commands", async () => {
        const before = store.state();
        expect(before.status).toBe("up");
        await store.read({ entryKeys: [slot().entryKey], stampKeys: [], log: false });
        expect(store.state().commands).toBeGreaterThan(before.commands);
      });

      test("a batch of nothing is answered with nothing", async () => {
        expect(await store.read({ entryKeys: [], stampKeys: [], log: false })).toEqual({
          entries: [],
          stamps: [],
        });
        expect(await store.begin([])).toEqual([]);
        expect(await store.put([])).toEqual([]);
        expect(await store.stamps([])).toEqual([]);
        expect(await store.release([])).toEqual([]);
        expect(await store.renew([])).toEqual([]);
      });
    });

    behindSuite(() => under);
  });
}

/** What a fill of `Product:<id>.<field>` begins with: a token of its own each time. */
export function slotIn(keys: Keys, id: string, field: string, root?: string): BeginRequest {
  const home = root ?? entityHome("Product", [id]);
  const entryKey = keys.entry({ home, version: "v1.abc", ...(root === undefined ? { field } : {}) });
  return {
    entryKey,
    stampKey: keys.stamp(home),
    lockKey: keys.lock(entryKey),
    passKey: keys.pass(entryKey),
    seenId: "",
    token: systemRandom.token(16),
    lockMs: 60_000,
    stampMs: 120_000,
  };
}

export function putOf(
  request: BeginRequest,
  stamp: string,
  lifeMs = 60_000,
  payload = "payload",
): PutRequest {
  return { ...request, stamp, lifeMs, text: `1${request.token} ${payload}` };
}
