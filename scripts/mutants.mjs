// Breaks the cache on purpose, one guard at a time, and sees whether the proofs notice. Each mutation is a change of text in a
// copy of the tree; the tree itself is not touched. Prints a table; exits with 1 when a mutant survives or cannot be made.
//
//     npm run mutants                     each mutant against the forced schedules, then, if it survives, the random ones
//     npm run mutants -- --random         against the random schedules alone
//     npm run mutants -- "no fence"       those whose name contains this
import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const COPIED = ["src", "test", "schema", "package.json", "tsconfig.json", "vitest.config.ts"];
const LINKED = ["node_modules", ".cache"];
/** Each mutant must be caught within so long. */
const MINUTE = 60_000;

const SUITES = {
  forced: ["test/races"],
  random: ["test/proofs/no-resurrection"],
};

const EARLY = "src/engine/early-looks.ts";
const FILL = "src/engine/fill.ts";
const FLIGHTS = "src/engine/flights.ts";
const INVALIDATOR = "src/engine/invalidator.ts";
const MEMORY = "src/store/memory/memory-store.ts";
const NEAR_COPIES = "src/store/near/near-copies.ts";
const NEAR_REVOKER = "src/store/near/revoker.ts";
const NEAR_SESSION = "src/store/near/near-session.ts";
const NEAR_STORE = "src/store/near/near-store.ts";
const PARCEL = "src/engine/parcel.ts";
const PUT = "src/store/redis/scripts/put.ts";
const REPLICAS = "src/engine/replicas.ts";
const STAMP_COPIES = "src/keys/stamp-copies.ts";
const TURN = "src/engine/turn.ts";
const VERDICT = "src/engine/verdict.ts";
const BEHIND_FLUSHER = "src/engine/behind/flusher.ts";
const BEHIND_MEMORY = "src/store/memory/memory-behind.ts";
const PENDING_ROWS = "src/loaders/pending-rows.ts";
const ROW_READER = "src/loaders/row-reader.ts";

/** Each edit: file, text that is there exactly once, what takes its place. */
const MUTANTS = [
  {
    name: "stamps taken after the load and the log's answer",
    edits: [
      [
        FILL,
        "    const stored = await turn.put({\n      ...lease.begin,\n      stamp: lease.stamp,",
        `    const late = (await turn.stamps([plan.home, ...plan.tags], lease.begin.stampMs)) as readonly string[];
    const stored = await turn.put({\n      ...lease.begin,\n      stamp: late[0]!,`,
      ],
      [FILL, "homeStamp: lease.stamp,", "homeStamp: late[0]!,"],
      [FILL, "[...lease.tagStamps, ...valueStamps]", "[...late.slice(1), ...valueStamps]"],
    ],
  },
  {
    name: "an absent stamp taken for valid",
    edits: [
      [
        VERDICT,
        "if (stamps[0] !== entry.homeStamp)",
        "if ((stamps[0] ?? entry.homeStamp) !== entry.homeStamp)",
      ],
      [
        VERDICT,
        "if (place < 0 || stamps[place] !== entry.tagStamps[at])",
        "if (place < 0 || (stamps[place] ?? entry.tagStamps[at]) !== entry.tagStamps[at])",
      ],
    ],
  },
  {
    name: "no fence on a late holder",
    edits: [
      [PUT, "if not holds(lockKey, token) then return 0 end", ""],
      [
        MEMORY,
        "if (lockOf(lockKey)?.token !== token) return false;\n    map.delete(lockKey);\n    if (map.get(stampKey)",
        "void token;\n    map.delete(lockKey);\n    if (map.get(stampKey)",
      ],
    ],
  },
  {
    name: "a flight joined across an invalidation",
    edits: [
      [
        FLIGHTS,
        "under.names.every((name, at) => stampOf(seen, name, at) === under.stamps[at])",
        "seen !== undefined",
      ],
      [
        FLIGHTS,
        "if (names.has(home) || tags.some((tag) => names.has(tag))) flight.close();",
        "void [names, home, tags];",
      ],
    ],
  },
  {
    name: "a flight left open past the log's answer",
    edits: [
      [FLIGHTS, "  store(): void {\n    this.#open = false;\n    this.#storing = true;", "  store(): void {"],
    ],
  },
  {
    name: "parent read before, child filled after: the log not asked",
    edits: [
      [
        FILL,
        'const { began } = plan.session;\n    if (began === undefined) return "gap";',
        'return "clean";\n    const { began } = plan.session;\n    if (began === undefined) return "gap";',
      ],
    ],
  },
  {
    name: "the log asked from when the fill begins, not its request",
    edits: [
      [FILL, "const { began } = plan.session;", "void plan;\n    const began = this.#options.turn.newest;"],
    ],
  },
  {
    name: "a log that cannot tell taken for clean",
    edits: [[FILL, 'if (logged === "gap") return "gap";', 'if (logged === "gap") return "clean";']],
  },
  {
    name: "who joined before F1 was answered is not thought of",
    edits: [[FILL, "valueTags.length > 0 || flight.wasJoinedEarly", "valueTags.length > 0"]],
  },
  {
    name: "the log not asked again for value tags",
    edits: [[FILL, "valueTags.length > 0 || flight.wasJoinedEarly", "flight.wasJoinedEarly"]],
  },
  {
    name: "a tainted value given to those who joined",
    edits: [
      [
        PARCEL,
        'return { kind: "keep", reason: unshared };',
        'return { kind: "copy", payload: encodeValue(value), reason: unshared };',
      ],
    ],
  },
  {
    name: "a check by the client instead of one inside the store",
    edits: [
      [PUT, "if not holds(lockKey, token) then return 0 end", ""],
      [PUT, "if text(stampKey) ~= stamp then return 0 end", ""],
      [
        MEMORY,
        "if (lockOf(lockKey)?.token !== token) return false;\n    map.delete(lockKey);\n    if (map.get(stampKey) !== stamp) return false;",
        "void [stampKey, stamp, token];\n    map.delete(lockKey);",
      ],
      [
        TURN,
        "new Batch((items) => store.put(items), wake)",
        `new Batch(async (items) => {
      const lock = items.map(({ lockKey }) => lockKey);
      const { entries, stamps } = await store.read({ entryKeys: lock, stampKeys: items.map(({ stampKey }) => stampKey), log: false });
      const mine = items.map(({ token, stamp }, at) => stamps[at] === stamp && String(entries[at]).includes(token));
      const put = await store.put(items.filter((_, at) => mine[at]));
      let next = 0;
      return mine.map((is) => (is ? put[next++]! : false));
    }, wake)`,
      ],
    ],
  },
  {
    name: "value tags not compared",
    edits: [
      [
        VERDICT,
        "for (let at = 0; at < entry.tagNames.length; at++) {",
        "for (let at = 0; at < entry.tagNames.length - entry.valueTags; at++) {",
      ],
    ],
  },
  {
    name: "invalidate does not announce: it drops, then logs",
    edits: [
      [
        INVALIDATOR,
        `    const announced = await store.announce(token, names);
    if (announced !== undefined) return { phase: "announce them", failure: announced };
    const dropped = await store.dropStamps(names.map((name) => keys.stamp(name)));
    if (dropped !== undefined) return { phase: "drop their stamps", failure: dropped };
`,
        `    const dropped = await store.dropStamps(names.map((name) => keys.stamp(name)));
    if (dropped !== undefined) return { phase: "drop their stamps", failure: dropped };
    const announced = await store.announce(token, names);
    if (announced !== undefined) return { phase: "announce them", failure: announced };
`,
      ],
    ],
  },
  {
    name: "an announcement that was lost is not noticed",
    edits: [
      [
        INVALIDATOR,
        "if (logged === true) return undefined;",
        'if (typeof logged === "boolean") return undefined;',
      ],
    ],
  },
  {
    name: "a request begins at its first cached field, not at its root",
    edits: [
      [
        "src/directives/apply.ts",
        "wrapped(config, policies.get(coordinate)) ?? opening(config)",
        "wrapped(config, policies.get(coordinate)) ?? config",
      ],
    ],
  },
  {
    name: "what one request looked up early is taken by others",
    edits: [
      [
        EARLY,
        "export class EarlyLooks {",
        "const shared = new Map<string, EarlyLook>();\nexport class EarlyLooks {",
      ],
      [EARLY, "looks.set(key, early);", "looks.set(key, early);\n    shared.set(key, early);"],
      [
        EARLY,
        "const early = this.#bySession.get(session)?.get(key);",
        "void session;\n    const early = shared.get(key);",
      ],
    ],
  },
  {
    name: "a replica is stored whatever the log says",
    edits: [
      [
        REPLICAS,
        'if ([plan.home, ...entry.tagNames].some((name) => names.has(name))) return giveUp("refused");',
        "",
      ],
    ],
  },
  {
    name: "a replica asks the log since after it looked at home",
    edits: [[REPLICAS, "turn.logSince({ position,", "turn.logSince({ position: turn.newest!,"]],
  },
  {
    name: "an invalidation that leaves replicas alone",
    edits: [
      [
        STAMP_COPIES,
        "return this.namesOf(name).map((copy)",
        'return (name.startsWith("__") ? this.namesOf(name) : [name]).map((copy)',
      ],
    ],
  },
  {
    name: "near copies: an answer on its way is kept, whatever was revoked meanwhile",
    edits: [[NEAR_COPIES, "if (read.forgotten.has(key)) continue;", ""]],
  },
  {
    name: "near copies: our own are not dropped",
    edits: [
      [NEAR_STORE, "      this.#session?.forget(stampKeys);\n      return failure;", "      return failure;"],
    ],
  },
  {
    name: "near copies: a revocation is acknowledged, and nothing dropped",
    edits: [[NEAR_STORE, "this.#session?.forget(revocation.stampKeys);", ""]],
  },
  {
    name: "near copies: revoked before the stamps are deleted",
    edits: [
      [
        NEAR_STORE,
        "    const dropped = super.dropStamps(stampKeys).then((failure) => {",
        `    const told = this.#revoker.revoke(stampKeys, Promise.resolve(undefined));
    const dropped = super.dropStamps(stampKeys).then((failure) => {`,
      ],
      [
        NEAR_STORE,
        "    return this.#revoker.revoke(stampKeys, dropped);",
        "    return dropped.then(async (failure) => failure ?? told);",
      ],
    ],
  },
  {
    name: "near copies: acknowledgements are not waited for",
    edits: [[NEAR_REVOKER, "others.length === 0 ? undefined : this.#tell(stampKeys, others),", "undefined,"]],
  },
  {
    name: "near copies: who does not answer is not waited for",
    edits: [[NEAR_REVOKER, "await this.#wait(remainingMs * DRIFT, waiting.done.promise);", ""]],
  },
  {
    name: "near copies: who does not answer is not expelled",
    edits: [
      [
        NEAR_REVOKER,
        "const remainingMs = await bus.expel(silent);",
        "const remainingMs = await Promise.resolve(0);",
      ],
    ],
  },
  {
    name: "near copies: a young list is believed",
    edits: [[NEAR_REVOKER, "this.#wait((LEASE_MS - sessions.ageMs) * DRIFT),", "undefined,"]],
  },
  {
    name: "near copies: the lease is not looked at",
    edits: [
      [
        NEAR_SESSION,
        "if (open.link === this.#options.bus.link && this.#options.clock.monotonic() < open.until)",
        "if (open.link === this.#options.bus.link)",
      ],
    ],
  },
  {
    name: "near copies: the connection is not looked at",
    edits: [[NEAR_SESSION, "open.link === this.#options.bus.link && ", ""]],
  },
  {
    name: "near copies: the lease is counted from the answer",
    edits: [
      [
        NEAR_SESSION,
        "      open.until = sentAt + LEASE_MS;",
        "      open.until = clock.monotonic() + LEASE_MS;",
      ],
    ],
  },
  {
    name: "near copies: a session that was expelled goes on",
    edits: [[NEAR_SESSION, "    if (renewed) {", "    if (renewed || !renewed) {"]],
  },
  {
    name: "near copies: one session goes on with what another had asked for",
    edits: [
      [
        NEAR_SESSION,
        "  #open: Open | undefined;",
        "  #open: Open | undefined;\n  #shared: NearCopies | undefined;",
      ],
      [
        NEAR_SESSION,
        "copies: new NearCopies(this.#options) };",
        "copies: (this.#shared ??= new NearCopies(this.#options)) };",
      ],
    ],
  },
  {
    name: "near copies: kept before the session is known to be joined",
    edits: [
      [
        NEAR_SESSION,
        "    const failure = await bus.join(name, LEASE_MS, previous);",
        `    this.#open = { name, link, until: sentAt + LEASE_MS, copies: new NearCopies(this.#options) };
    const failure = await bus.join(name, LEASE_MS, previous);`,
      ],
    ],
  },
  {
    name: "near copies: outlive the entry that replaces them",
    edits: [[NEAR_STORE, "    this.#session?.forget(requests.map(({ entryKey }) => entryKey));", ""]],
  },
  {
    name: "near copies: an entry that begin shows does not replace them",
    edits: [[NEAR_STORE, '      if (reply.kind === "entry") copies.supersede(entryKey, reply.text);', ""]],
  },
  {
    name: "near copies: a stamp that was made anew does not replace them",
    edits: [
      [NEAR_STORE, "      copies.supersede(stampKey, reply.stamp);", ""],
      [NEAR_STORE, '      if (typeof reply === "string") copies?.supersede(stampKey, reply);', ""],
    ],
  },
  {
    name: "write-behind: a row looked up before what is pending of it",
    edits: [
      [
        PENDING_ROWS,
        "const session = limitSession(wish.state.session, {});",
        "const session = wish.state.session;",
      ],
      [
        ROW_READER,
        "if (policy === undefined || isBehind) return undefined;",
        "if (policy === undefined) return undefined;",
      ],
    ],
  },
  {
    name: "write-behind: a delta added to the row, whatever was sent meanwhile",
    edits: [
      [
        PENDING_ROWS,
        "if (after.seen.record?.era === seen.record.era) {",
        "if (after.seen.record !== undefined) {",
      ],
    ],
  },
  {
    name: "write-behind: a base shown though it was invalidated",
    edits: [
      [
        PENDING_ROWS,
        "if (base !== undefined && (await pending.isValid(home, base))) {",
        "if (base !== undefined) {",
      ],
    ],
  },
  {
    name: "write-behind: no base, the source's row instead",
    edits: [
      [PENDING_ROWS, "if (seen.record.sending?.change === undefined) {", "if (seen.record !== undefined) {"],
    ],
  },
  {
    name: "write-behind: another token for a change that is sent again",
    edits: [
      [
        BEHIND_FLUSHER,
        "sending: { ...sending, owner: this.#owner, until } }",
        "sending: { ...sending, token: OWN_TOKEN, owner: this.#owner, until } }",
      ],
    ],
  },
  {
    name: "write-behind: a name forgotten while its record is on its way",
    edits: [
      [BEHIND_MEMORY, "else if (now - queued.markedAt > LINGER_MS) ", "else if (now >= queued.markedAt) "],
    ],
  },
  {
    name: "write-behind: a record that comes late",
    edits: [[BEHIND_MEMORY, "if (now > notAfter) return", "if (now > notAfter * 2) return"]],
  },
];

const words = process.argv.slice(2);
const suites = words.includes("--random") ? ["random"] : ["forced", "random"];
const wanted = words.filter((word) => !word.startsWith("--"));
const chosen = MUTANTS.filter(
  ({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
);

const copy = await mkdtemp(path.join(tmpdir(), "fieldgate-mutants-"));
try {
  for (const name of COPIED) await cp(path.join(root, name), path.join(copy, name), { recursive: true });
  for (const name of LINKED) await symlink(path.join(root, name), path.join(copy, name));
  for (const suite of suites) {
    const { failed, why } = await run(suite);
    if (failed !== undefined)
      throw new Error(`Without a mutation the ${suite} schedules must pass, but: ${failed}\n${why}`);
  }
  const results = [];
  for (const mutant of chosen) {
    const result = await tried(mutant);
    results.push(result);
    console.log(
      `${result.caught === undefined ? "SURVIVED" : "caught  "} ${result.seconds.padStart(5)} s  ${mutant.name}\n                  ${result.caught ?? ""}`,
    );
  }
  const survivors = results.filter(({ caught }) => caught === undefined).length;
  console.log(`\n${results.length - survivors} of ${results.length} mutants caught.`);
  process.exitCode = survivors === 0 ? 0 : 1;
} finally {
  await rm(copy, { recursive: true, force: true });
}

async function tried({ name, edits }) {
  const originals = new Map();
  const began = performance.now();
  let caught;
  try {
    for (const [file, from, to] of edits) await edit(name, originals, file, from, to);
    for (const suite of suites) {
      const { failed } = await run(suite);
      caught = failed === undefined ? undefined : `${suite}: ${failed}`;
      if (caught !== undefined) break;
    }
  } finally {
    for (const [file, text] of originals) await writeFile(file, text);
  }
  return { caught, seconds: ((performance.now() - began) / 1000).toFixed(1) };
}

async function edit(name, originals, file, from, to) {
  const at = path.join(copy, file);
  const text = await readFile(at, "utf8");
  const times = text.split(from).length - 1;
  if (times !== 1) {
    throw new Error(
      `The mutant "${name}" changes a text that must be in ${file} once, but is there ${times} times:\n${from}`,
    );
  }
  if (!originals.has(at)) originals.set(at, text);
  await writeFile(
    at,
    text.replace(from, () => to),
  );
}

/** The first test that failed within a minute; undefined: none did. */
async function run(suite) {
  const report = path.join(copy, "report.json");
  await rm(report, { force: true });
  const vitest = path.join(root, "node_modules/vitest/vitest.mjs");
  const args = ["run", "--bail", "1", "--reporter", "json", "--outputFile", report, ...SUITES[suite]];
  const child = spawn(process.execPath, [vitest, ...args], { cwd: copy, stdio: "ignore" });
  const timer = setTimeout(() => child.kill("SIGTERM"), MINUTE);
  const code = await new Promise((resolve) => child.on("exit", resolve));
  clearTimeout(timer);
  if (code === 0) return {};
  // Stopped by the clock: nothing had failed until then.
  if (code === null) return {};
  const { testResults } = JSON.parse(await readFile(report, "utf8"));
  for (const { assertionResults, message } of testResults) {
    const test = assertionResults.find(({ status }) => status === "failed");
    if (test !== undefined) return { failed: test.fullName, why: test.failureMessages.join("\n") };
    if (assertionResults.length === 0 && message !== "") {
      throw new Error(`What was mutated cannot be run, so nothing was proved: ${message}`);
    }
  }
  throw new Error(`The ${suite} schedules ended with ${code} and no failed test.`);
}
