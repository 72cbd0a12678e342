import { protocol, type Rules, type Scenario } from "./protocol.ts";

const entity = { home: 0 };
/** Under name 0, holding an entity by value: name 1 is learnt from what was loaded. */
const holder = { home: 0, tag: { name: 1, learnt: true } };
const tagged = { home: 0, tag: { name: 1, learnt: false } };

export const scenarios = {
  "a load and a reader": {
    names: 1,
    slots: [entity],
    requests: [
      { process: 0, reads: [0] },
      { process: 1, reads: [0] },
    ],
    invalidators: [[0]],
    impatient: true,
    changes: 1,
  },
  "an input read from the source": {
    names: 1,
    slots: [entity],
    requests: [
      { process: 0, reads: ["source", 0] },
      { process: 1, reads: [0] },
    ],
    invalidators: [[0]],
    impatient: true,
  },
  "an input read from the source, in one process": {
    names: 1,
    slots: [entity],
    requests: [
      { process: 0, reads: ["source", 0] },
      { process: 0, reads: [0] },
    ],
    invalidators: [[0]],
  },
  "an input read from an entry": {
    names: 1,
    slots: [entity, entity],
    requests: [
      { process: 0, reads: [0] },
      { process: 1, reads: [0, 1] },
      { process: 0, reads: [1], last: true },
    ],
    invalidators: [[0]],
  },
  "an input read from an entry with an old input": {
    names: 1,
    slots: [entity, entity],
    requests: [
      { process: 0, reads: ["source", 0] },
      { process: 1, reads: [0, 1] },
      { process: 0, reads: [1], last: true },
    ],
    invalidators: [[0]],
  },
  "a tag known before the load": {
    names: 2,
    slots: [tagged],
    requests: [
      { process: 0, reads: ["source", 0] },
      { process: 1, reads: [0] },
    ],
    invalidators: [[1]],
  },
  "a value tag": {
    names: 2,
    slots: [holder],
    requests: [
      { process: 0, reads: ["source", 0] },
      { process: 1, reads: [0] },
    ],
    invalidators: [[1]],
  },
  "a value tag, in one process": {
    names: 2,
    slots: [holder],
    requests: [
      { process: 0, reads: [0] },
      { process: 0, reads: [0] },
    ],
    invalidators: [[1]],
  },
  "a parent that holds an entity by value": {
    names: 2,
    slots: [holder, { home: 1 }],
    requests: [
      { process: 0, reads: [0] },
      { process: 1, reads: [0, 1] },
      { process: 0, reads: [1], last: true },
    ],
    invalidators: [[1]],
  },
  "two invalidators of two names": {
    names: 2,
    slots: [entity],
    requests: [
      { process: 0, reads: ["source", 0] },
      { process: 1, reads: [0], last: true },
    ],
    invalidators: [[0], [1]],
  },
  "two invalidators of one name": {
    names: 1,
    slots: [entity],
    requests: [
      { process: 0, reads: ["source", 0] },
      { process: 1, reads: [0] },
    ],
    invalidators: [[0], [0]],
  },
  // A replica of the first slot, which is the only reader's first choice; name 1 is the copy of name 0.
  "a replica, its stamp dropped after home's": {
    names: 2,
    slots: [entity, { home: 1, copyOf: 0 }],
    copies: [[1]],
    copyings: 1,
    requests: [
      { process: 0, reads: [0] },
      { process: 1, reads: [1] },
    ],
    invalidators: [[0]],
  },
  "a replica, its stamp dropped before home's": {
    names: 2,
    slots: [entity, { home: 1, copyOf: 0 }],
    copies: [[1]],
    copiesFirst: true,
    copyings: 1,
    requests: [
      { process: 0, reads: [0] },
      { process: 1, reads: [1] },
    ],
    invalidators: [[0]],
  },
  "a replica copied twice, of a value with an old input": {
    names: 2,
    slots: [entity, { home: 1, copyOf: 0 }],
    copies: [[1]],
    copiesFirst: true,
    copyings: 2,
    requests: [
      { process: 0, reads: ["source", 0] },
      { process: 1, reads: [1], last: true },
    ],
    invalidators: [[0]],
  },
  // Names 2 and 3 are the copies of 0 and 1.
  "a replica of what holds an entity by value": {
    names: 4,
    slots: [holder, { home: 2, tag: { name: 3, learnt: true }, copyOf: 0 }],
    copies: [[2], [3]],
    copyings: 1,
    requests: [
      { process: 0, reads: [0] },
      { process: 1, reads: [1] },
    ],
    invalidators: [[1]],
  },
  "a replica of what has a tag": {
    names: 4,
    slots: [tagged, { home: 2, tag: { name: 3, learnt: false }, copyOf: 0 }],
    copies: [[2], [3]],
    copiesFirst: true,
    copyings: 1,
    requests: [
      { process: 0, reads: [0] },
      { process: 1, reads: [1] },
    ],
    invalidators: [[1]],
  },
  "an input read from a replica": {
    names: 2,
    slots: [entity, { home: 1, copyOf: 0 }, entity],
    copies: [[1]],
    copyings: 1,
    requests: [
      { process: 0, reads: [0] },
      { process: 1, reads: [1, 2] },
      { process: 0, reads: [2], last: true },
    ],
    invalidators: [[0]],
  },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

/** What the world does beside: each scenario is searched under each of these. */
export const worlds = {
  "nothing fails": {},
  "one eviction of any key": { evictions: 1 },
  "a FLUSHALL": { flushes: 1 },
  "a command that times out and may run later": { timeouts: 1 },
  "a soft end": { softEnds: 1 },
  "a log that keeps one name": { logLength: 1 },
} satisfies Record<string, Partial<Scenario>>;

interface BrokenProtocol {
  readonly rules: Partial<Rules>;
  readonly scenario: ScenarioName;
  readonly world?: keyof typeof worlds;
  /** More than five seconds: at full size only. */
  readonly long?: boolean;
}

/** Broken on purpose: each must be found in the scenario named. */
export const broken: Record<string, BrokenProtocol> = {
  "append before one drop": {
    rules: { invalidate: ["append", "drop"] },
    scenario: "an input read from an entry",
  },
  "one drop before the append": {
    rules: { invalidate: ["drop", "append"] },
    scenario: "an input read from the source",
  },
  "drop, append, drop": {
    rules: { invalidate: ["drop", "append", "drop"] },
    scenario: "an input read from an entry with an old input",
  },
  "drop, append, drop, with an entity held by value": {
    rules: { invalidate: ["drop", "append", "drop"] },
    scenario: "a parent that holds an entity by value",
    long: true,
  },
  "announcements not consulted by fills": {
    rules: { announcements: "not consulted" },
    scenario: "an input read from the source",
  },
  "an announcement that was lost goes unnoticed": {
    rules: { announcements: "not verified" },
    scenario: "an input read from the source",
    world: "one eviction of any key",
  },
  "log never checked": { rules: { logChecked: "never" }, scenario: "an input read from the source" },
  "log checked before the stamps exist": {
    rules: { logChecked: "before the stamps" },
    scenario: "a value tag",
  },
  "position taken when the fill begins": {
    rules: { position: "of the fill" },
    scenario: "an input read from the source",
  },
  "flight open after the log check": {
    rules: { flightCloses: "after the log check" },
    scenario: "a value tag, in one process",
  },
  "joiners of a dirty fill get copies": {
    rules: { dirtyJoiners: "get copies" },
    scenario: "an input read from the source, in one process",
  },
  // Either alone is not enough to be wrong: the log check would send the joiner back.
  "any flight may be joined, and stays open": {
    rules: { join: "any flight", flightCloses: "after the log check" },
    scenario: "an input read from the source, in one process",
  },
  "an evicted log is a clean log": {
    rules: { gap: "clean" },
    scenario: "an input read from the source",
    world: "one eviction of any key",
  },
  "a trimmed log is a clean log": {
    rules: { gap: "clean" },
    scenario: "two invalidators of two names",
    world: "a log that keeps one name",
  },
  // After the load but before the log check it is harmless: the log knows what happened since the request began.
  "stamp taken after the load and its log check": {
    rules: { stampTaken: "after the log check" },
    scenario: "a load and a reader",
  },
  "absent stamp taken for valid": { rules: { absentStamp: "valid" }, scenario: "a load and a reader" },
  "put without comparing the token": {
    rules: { putComparesToken: false },
    scenario: "a load and a reader",
    world: "one eviction of any key",
  },
  "replicas that an invalidation leaves alone": {
    rules: { copiesDropped: false },
    scenario: "a replica, its stamp dropped after home's",
  },
  "a copier that does not ask the log": {
    rules: { copierAsksLog: "never" },
    scenario: "a replica, its stamp dropped before home's",
  },
  "a copier that asks the log since after its look": {
    rules: { copierAsksLog: "since after its look" },
    scenario: "a replica of what holds an entity by value",
  },
  "put without comparing the stamp": { rules: { putComparesStamp: false }, scenario: "a load and a reader" },
};

export const rulesOf = (changed: Partial<Rules>): Rules => ({ ...protocol, ...changed });
