import type { Clock } from "../base/clock.ts";
import { FieldgateError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import { didYouMean } from "../base/suggest.ts";
import {
  type InvalidationTarget,
  isForeignTarget,
  namesOfTarget,
  stampNamesOf,
  type TargetWords,
} from "../directives/invalidation-targets.ts";
import type { Emit } from "../engine/events.ts";
import type { EventSource } from "../events/event-source.ts";
import { EventListener, type ListenerState } from "../events/listener.ts";
import { type BadMessage, isBad, parseMessage } from "../events/message.ts";
import type { EntityKey } from "../fields/identity.ts";
import type { Keys } from "../keys/grammar.ts";
import type { Store } from "../store/store.ts";
import { isPlainObject, isWhole, print } from "./option-checks.ts";

/** Options of {@link FieldCache.listen}. */
export interface ListenOptions {
  /**
   * All that messages of this source may be about: dropped when some of them may have been missed, or the source cannot be read.
   * Default `[{ all: true }]`.
   */
  readonly covers?: readonly InvalidationTarget[];
  /** The source has to be known to be current at least so often, in ms; else what it covers is dropped. Default 5000. */
  readonly boundMs?: number;
  /** Every target is invalidated once more after so many ms: for a source whose replicas lag. A message may say so by itself. Default: not. */
  readonly again?: number;
}

/** What `stats().events` tells of one source. */
export interface EventCounts {
  readonly state: ListenerState;
  /** Dealt with by this process. */
  readonly messages: number;
  /** Of them, those that could not be understood. */
  readonly bad: number;
  /** How often this process dropped all that the source covers. */
  readonly dropped: number;
  /** The last ones that could not be understood, at most 20, cut to 500 characters. */
  readonly setAside: readonly SetAside[];
}

export interface SetAside {
  readonly message: string;
  readonly problem: string;
}

export interface ListeningDeps {
  readonly store: Store;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  readonly words: () => TargetWords;
  /** Those of a process without a schema. */
  readonly untaught: TargetWords;
  readonly invalidate: (names: readonly string[]) => Promise<void>;
  /** Loads these rows into the cache, where the type has a loader. Must not throw. */
  readonly load: (entity: string, keys: readonly EntityKey[]) => void;
}

const BOUND_MS = 5000;
const REPEAT_AGAIN_MS = 1000;
const MOST_SET_ASIDE = 20;
const LONGEST_SET_ASIDE = 500;

/** The sources that one cache listens to. */
export class Listening {
  readonly #deps: ListeningDeps;
  readonly #sources = new Map<string, Listened>();

  constructor(deps: ListeningDeps) {
    this.#deps = deps;
  }

  /** `cache.listen`: throws {@link FieldgateError} for what cannot be meant. */
  listen(source: EventSource, options: ListenOptions = {}): Promise<void> {
    checkListen(source, options);
    if (this.#sources.has(source.name)) {
      throw new FieldgateError(
        "LISTENING_TWICE",
        `cache.listen was called twice for a source named "${source.name}".`,
        "Give each source a name of its own, the same in every gateway.",
      );
    }
    const listened = listenTo(source, options, this.#deps);
    this.#sources.set(source.name, listened);
    return listened.listener.start();
  }

  stats(): Readonly<Record<string, EventCounts>> {
    return Object.fromEntries([...this.#sources].map(([name, { counts }]) => [name, counts()]));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sources.values()].map(({ listener }) => listener.close()));
  }
}

interface Listened {
  readonly listener: EventListener;
  readonly counts: () => EventCounts;
}

function listenTo(
  source: EventSource,
  { covers = [{ all: true }], boundMs = BOUND_MS, again }: ListenOptions,
  deps: ListeningDeps,
): Listened {
  // Checked at once: what it covers must be found right when it is needed.
  stampNamesOf(covers, deps.words());
  const counted = { messages: 0, bad: 0, dropped: 0 };
  const setAside: SetAside[] = [];

  function putAside(text: string, { kind, problem }: BadMessage): void {
    setAside.push({ message: text.slice(0, LONGEST_SET_ASIDE), problem });
    if (setAside.length > MOST_SET_ASIDE) setAside.shift();
    const message = `A message of the source "${source.name}" was set aside. ${problem}`;
    deps.emit({ type: "warning", code: `event-${kind}`, coordinate: source.name, message });
  }

  async function perform(messages: readonly string[]): Promise<{ readonly settled?: Promise<unknown> }> {
    const meant = messages.map((text) => meaningOf(text, deps.words(), deps.untaught));
    const names = new Set(meant.flatMap((one) => one.names));
    if (names.size > 0) await deps.invalidate([...names]);
    let bad = 0;
    for (const [nth, { problem }] of meant.entries()) {
      if (problem === undefined) continue;
      bad += 1;
      putAside(messages[nth]!, problem);
    }
    counted.messages += messages.length;
    counted.bad += bad;
    deps.emit({ type: "events", source: source.name, messages: messages.length, bad });
    for (const [entity, keys] of rowsByEntity(meant)) deps.load(entity, keys);
    const repeated = meant.flatMap((one) => {
      const ms = one.again ?? again;
      return ms === undefined || one.names.length === 0 ? [] : [repeat(one.names, ms)];
    });
    return repeated.length === 0 ? {} : { settled: Promise.all(repeated) };
  }

  /** Never rejects. What is left when the listener closes is told again to whoever leads next. */
  async function repeat(names: readonly string[], ms: number): Promise<void> {
    for (let wait = ms; listener.state !== "closed"; wait = REPEAT_AGAIN_MS) {
      await new Promise<void>((resolve) => deps.clock.setTimer(resolve, wait, { background: true }));
      try {
        return await deps.invalidate(names);
      } catch {}
    }
  }

  const listener = new EventListener({
    ...deps,
    source,
    keys: deps.keys.eventSource(source.name),
    boundMs,
    emit(event) {
      if (event.type === "events-dropped") counted.dropped += 1;
      deps.emit(event);
    },
    perform,
    drop: () => deps.invalidate(stampNamesOf(covers, deps.words())),
  });
  return { listener, counts: () => ({ state: listener.state, ...counted, setAside: [...setAside] }) };
}

interface Meaning {
  readonly names: readonly string[];
  readonly rows: readonly { readonly entity: string; readonly key: EntityKey }[];
  readonly again?: number;
  /** What of the message cannot be understood; the rest of it is done all the same. */
  readonly problem?: BadMessage;
}

function meaningOf(text: string, words: TargetWords, untaught: TargetWords): Meaning {
  const message = parseMessage(text);
  if (isBad(message)) return { names: [], rows: [], problem: message };
  const names = new Set<string>();
  const rows: { readonly entity: string; readonly key: EntityKey }[] = [];
  const problems: string[] = [];
  for (const target of message.targets) {
    try {
      const { target: named, row } = rowTarget(target, words);
      // 1. A new gateway caches a type that an old one does not know · 2. a message names it · 3. the old one leads: what its own
      // schema does not know it takes as it is written, as a process without a schema does.
      const known = isForeignTarget(named, words.schema) ? untaught : words;
      for (const name of namesOfTarget(named, known)) names.add(name);
      if (row !== undefined) rows.push(row);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      problems.push(error.message);
    }
  }
  return {
    names: [...names],
    rows,
    ...(message.again === undefined ? {} : { again: message.again }),
    ...(problems.length === 0 ? {} : { problem: { kind: "bad-target", problem: problems.join(" ") } }),
  };
}

/**
 * A target that carries the row names the entity by it. The row itself is not kept: it is as old as the message, and may be older than
 * what was written and invalidated meanwhile. It is loaded anew instead, before anybody asks.
 */
function rowTarget(
  target: unknown,
  { schema, identities }: TargetWords,
): { readonly target: unknown; readonly row?: { readonly entity: string; readonly key: EntityKey } } {
  if (!isPlainObject(target) || !("row" in target)) return { target };
  const { entity, row, ...rest } = target;
  if (typeof entity !== "string" || !isPlainObject(row) || Object.keys(rest).length > 0) {
    throw new TypeError(`A target with "row" must be { entity, row }, but got: ${print(target)}.`);
  }
  const identity = schema?.getType(entity) === undefined ? undefined : identities.of(entity, row);
  if (identity === undefined) return { target: { entity, id: row } };
  return { target: { entity, id: identities.keyFields(identity) }, row: { entity, key: identity.key } };
}

function rowsByEntity(meant: readonly Meaning[]): ReadonlyMap<string, readonly EntityKey[]> {
  const byEntity = new Map<string, EntityKey[]>();
  for (const { entity, key } of meant.flatMap(({ rows }) => rows)) {
    const keys = byEntity.get(entity) ?? [];
    keys.push(key);
    byEntity.set(entity, keys);
  }
  return byEntity;
}

const OPTIONS = ["covers", "boundMs", "again"];

function checkListen(source: unknown, options: unknown): void {
  const problems: string[] = [];
  const { name, read } = (isPlainObject(source) ? source : {}) as Partial<EventSource>;
  if (typeof name !== "string" || !/^[A-Za-z0-9_.-]{1,64}$/.test(name)) {
    problems.push(`The source's "name" must be 1 to 64 of A-Z a-z 0-9 _ . -, but got: ${print(name)}.`);
  }
  if (typeof read !== "function") {
    problems.push(`The source must have a function "read", but got: ${print(read)}.`);
  }
  if (!isPlainObject(options)) problems.push(`The options must be an object, but got: ${print(options)}.`);
  else problems.push(...wrongOptions(options));
  if (problems.length === 0) return;
  throw new FieldgateError(
    "BAD_EVENT_SOURCE",
    `cache.listen(source, options): ${problems.join(" ")}`,
    "Make a source by redisStreamEvents, redisPubSubEvents, postgresEvents or jetStreamEvents, or see EventSource.",
  );
}

function wrongOptions(options: Readonly<Record<string, unknown>>): readonly string[] {
  const problems = Object.keys(options)
    .filter((name) => !OPTIONS.includes(name))
    .map((name) => `There is no option "${name}".${didYouMean(name, OPTIONS)}`);
  for (const name of ["boundMs", "again"]) {
    const value = options[name];
    const problem = value === undefined ? undefined : isWhole("milliseconds", 1)(value);
    if (problem !== undefined) problems.push(`"${name}" ${problem}, but got: ${print(value)}.`);
  }
  if (options["covers"] !== undefined && !Array.isArray(options["covers"])) {
    problems.push(`"covers" must be a list of targets, but got: ${print(options["covers"])}.`);
  }
  return problems;
}
