import type { SeedRow, SeedStep } from "./seed-step.ts";

const NAMES = [
  "Ada Lovelace",
  "Alan Turing",
  "Grace Hopper",
  "Hedy Lamarr",
  "Edsger Dijkstra",
  "Barbara Liskov",
  "Donald Knuth",
  "Radia Perlman",
  "John McCarthy",
  "Karen Jones",
  "Konrad Zuse",
  "Mary Keller",
];
const LOCALES = ["en", "en", "en", "de", "en", "en", "en", "fr", "en", "en", "de", "ja"];
const REMARKS = [
  "Shipped it behind a feature query; no complaints so far.",
  "The polyfill is bigger than what we would save. Waiting.",
  "Works in every browser we support since the last release.",
  "Mind the difference between the specification and what Safari does.",
  "Replaced two hundred lines of script with this.",
  "Accessibility review passed with one remark about focus order.",
  "We measured: first paint is 40 ms earlier with it.",
  "Needs a fallback for embedded web views.",
];
const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

/** A dozen users and what they wrote, rated, watch and looked at; the same features give the same rows. */
export function peopleSteps(featureIds: readonly string[]): SeedStep[] {
  const random = generator(20260101);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const users = NAMES.map((name, index) => userRow(name, index));
  const notes: SeedRow[] = [];
  const ratings: SeedRow[] = [];
  const views: SeedRow[] = [];
  for (const feature_id of featureIds) {
    for (let count = Math.floor(random() * 4); count > 0; count--) {
      const id = notes.length + 1;
      const at = new Date(START + id * HOUR).toISOString();
      notes.push({
        id,
        feature_id,
        author_id: 1 + Math.floor(random() * users.length),
        body: pick(REMARKS),
        created_at: at,
        updated_at: at,
      });
    }
    for (let user_id = 1; user_id <= users.length; user_id++) {
      if (random() < 0.3)
        ratings.push({ feature_id, user_id, stars: 1 + Math.floor(random() * 5), updated_at: timestamp(0) });
    }
    // Few are looked at often, most hardly ever.
    views.push({ feature_id, views: Math.floor(40 / (random() + 0.004)), updated_at: timestamp(0) });
  }
  const watches = users.flatMap(({ id: user_id }) =>
    distinct(8, () => pick(featureIds)).map((feature_id, index) => ({
      user_id,
      feature_id,
      created_at: timestamp(index),
      updated_at: timestamp(index),
    })),
  );
  const people = (table: string, rows: readonly SeedRow[]): SeedStep => ({ table, kind: "people", rows });
  return [
    people("users", users),
    {
      ...people("notes", notes),
      // The ids above were given by hand: new notes go on behind them.
      finish:
        "select setval(pg_get_serial_sequence('notes', 'id'), greatest((select max(id) from notes), 1))",
    },
    people("ratings", ratings),
    people("watches", featureIds.length === 0 ? [] : watches),
    people("feature_views", views),
  ];
}

function userRow(name: string, index: number): SeedRow {
  const handle = name.toLowerCase().replace(" ", ".");
  return {
    id: index + 1,
    name,
    email: `${handle}@example.org`,
    // Not everybody has a page.
    homepage: index % 3 === 2 ? null : `https://example.org/~${handle}`,
    locale: LOCALES[index] ?? "en",
    joined_at: timestamp(index * 24),
    updated_at: timestamp(index * 24),
  };
}

function timestamp(hours: number): string {
  return new Date(START + hours * HOUR).toISOString();
}

function distinct<T>(count: number, next: () => T): T[] {
  const values = new Set<T>();
  for (let tries = 0; tries < count; tries++) values.add(next());
  return [...values];
}

/** mulberry32: a small generator whose numbers are the same everywhere. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
