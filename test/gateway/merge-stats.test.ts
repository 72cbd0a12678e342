import { expect, test } from "vitest";
import { mergeStats, pastOf } from "../../src/gateway/workers/merge-stats.ts";
import type { CacheStats } from "../../src/index.ts";

const stats = (hit: number, fields: string[], store: Partial<CacheStats["store"]> = {}): CacheStats => {
  const reads = { hit, stale: 0, miss: 1, wait: 0, bypass: 0 };
  return {
    reads,
    fields: Object.fromEntries(fields.map((field) => [field, reads])),
    store: { kind: "redis", status: "up", commands: 10, roundTrips: 5, ...store },
    running: { fills: 2, hot: { "Product:1": hit } },
    sources: { database: { running: 1, waiting: 0, limit: 4 } },
    events: {},
  } as unknown as CacheStats;
};

test("counts add up, also of fields that only one of them has read", () => {
  expect(mergeStats([stats(1, ["A.a", "B.b"]), stats(2, ["B.b", "C.c"])])).toMatchObject({
    reads: { hit: 3, miss: 2 },
    fields: { "A.a": { hit: 1 }, "B.b": { hit: 3 }, "C.c": { hit: 2 } },
    store: { kind: "redis", status: "up", commands: 20, roundTrips: 10 },
    running: { fills: 4, hot: { "Product:1": 3 } },
  });
});

test("the store is as well as for the worst off", () => {
  const all = [
    stats(1, []),
    stats(1, [], { status: "down", detail: "refused" }),
    stats(1, [], { status: "open" }),
  ];
  expect(mergeStats(all).store).toMatchObject({ status: "down", detail: "refused" });
  expect(mergeStats(all.toReversed()).store).toMatchObject({ status: "down", detail: "refused" });
});

test("a process that is no more counts, and has nothing going on", () => {
  const past = pastOf(stats(3, ["A.a"], { status: "down", detail: "refused" }));
  expect(past).toMatchObject({
    reads: { hit: 3 },
    running: { fills: 0, hot: {} },
    store: { status: "up", commands: 10 },
  });
  expect(mergeStats([past, stats(1, ["A.a"])])).toMatchObject({
    reads: { hit: 4 },
    running: { fills: 2, hot: { "Product:1": 1 } },
  });
});

test("a source of events is led by whoever leads it, and what all have set aside is one list", () => {
  const heard = (state: string, messages: number, setAside: object[] = []) =>
    ({
      ...stats(1, []),
      events: { catalogue: { state, messages, bad: 0, dropped: 0, setAside } },
    }) as CacheStats;
  const odd = { message: "?", problem: "is no JSON" };
  const all = [heard("standby", 1, [odd]), heard("leading", 2), pastOf(heard("leading", 4, [odd]))];
  expect(mergeStats(all).events["catalogue"]).toEqual({
    state: "leading",
    messages: 7,
    bad: 0,
    dropped: 0,
    setAside: [odd, odd],
  });
  expect(mergeStats(all.slice(2)).events["catalogue"]).toMatchObject({ state: "closed", messages: 4 });
});

test("of a process that is no more nothing runs at its sources", () => {
  expect(mergeStats([stats(1, []), pastOf(stats(1, []))]).sources).toEqual({
    database: { running: 1, waiting: 0, limit: 4 },
  });
});
