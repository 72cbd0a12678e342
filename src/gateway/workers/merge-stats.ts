import type { CacheStats } from "../../index.ts";

/** `cache.stats()` of several processes as that of one: what is counted adds up, and the store is as well as for the worst off. */
export function mergeStats(all: readonly CacheStats[]): CacheStats {
  const sum = all.reduce((one, other) => add(one, other) as CacheStats);
  const { status, detail } = all.reduce((worst, one) => (isWorse(one, worst) ? one : worst)).store;
  return {
    ...sum,
    store: { ...sum.store, status, ...(detail === undefined ? {} : { detail }) },
    events: Object.fromEntries(
      Object.entries(sum.events).map(([name, counts]) => [name, { ...counts, state: bestState(all, name) }]),
    ),
  };
}

/** What outlives a process: what it counted. What was going on in it is over. */
export function pastOf({ running, store, events, ...counts }: CacheStats): CacheStats {
  const { kind, commands, roundTrips } = store;
  return {
    ...counts,
    running: nothingOf(running),
    store: { kind, status: "up", commands, roundTrips },
    sources: {},
    events: Object.fromEntries(
      Object.entries(events).map(([name, heard]) => [name, { ...heard, state: "closed" }]),
    ),
  };
}

/** One process reads a source of events for all of them. */
const byGoodness = ["leading", "standby", "blind", "closed"] as const;

function bestState(all: readonly CacheStats[], name: string): (typeof byGoodness)[number] {
  const states = all.map(({ events }) => events[name]?.state);
  return byGoodness.find((state) => states.includes(state)) ?? "closed";
}

const badness = { up: 0, open: 1, down: 2 } as const;

function isWorse(one: CacheStats, other: CacheStats): boolean {
  return badness[one.store.status] > badness[other.store.status];
}

/** Numbers add up, records by their keys, lists are put together; of anything else the first is as good as any. */
function add(one: unknown, other: unknown): unknown {
  if (typeof one === "number" && typeof other === "number") return one + other;
  if (Array.isArray(one) && Array.isArray(other)) return [...one, ...other];
  if (!isRecord(one) || !isRecord(other)) return one ?? other;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...keys].map((key) => [key, add(one[key], other[key])]));
}

function nothingOf<Numbers extends object>(numbers: Numbers): Numbers {
  return Object.fromEntries(
    Object.entries(numbers).map(([key, value]) => [key, isRecord(value) ? {} : 0]),
  ) as Numbers;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
