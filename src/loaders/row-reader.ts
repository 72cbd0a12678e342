import type { Emit } from "../engine/events.ts";
import type { Load, Loaded, ReadPlan, ReadResult, ReadSession } from "../engine/read-plan.ts";
import { limitSession } from "../engine/session.ts";
import type { WriteRequest, Written, WrittenEntry } from "../engine/writer.ts";
import { type Audience, type Audiences, EVERYBODY } from "../fields/audience.ts";
import { type BackgroundContext, BackgroundLoads } from "../fields/background-context.ts";
import { DanglingEntries, type UnpackedResult } from "../fields/dangling-entries.ts";
import type { EarlyWaves } from "../fields/early-waves.ts";
import { type FieldPolicy, someShape } from "../fields/field-policy.ts";
import { type Identities, type Identity, keyIn } from "../fields/identity.ts";
import type { PlanAhead } from "../fields/plan-read.ts";
import type { References, Unpacked } from "../fields/references.ts";
import { markForeign, type RequestState, type RequestStates } from "../fields/request-state.ts";
import type { TaintGuard } from "../fields/taint-guard.ts";
import type { Warn } from "../fields/warn-once.ts";
import { type Keys, stampNames } from "../keys/grammar.ts";
import type { RowAnswer } from "./entity-data-loader.ts";
import { rowGraphOf } from "./row-graph.ts";
import { knownTagsOf, planRow, tagsOfRow } from "./row-plan.ts";
import type { LoadedRow, SourceBatch } from "./source-batch.ts";

/** What rows want of the engine. */
export interface RowCache {
  readNow(plan: ReadPlan, refresh?: Load): ReadResult | undefined;
  look(plans: readonly ReadPlan[]): Promise<unknown> | undefined;
  read(plan: ReadPlan, load: Load, refresh?: Load): Promise<ReadResult>;
  write<Saved>(request: WriteRequest<Saved>): Promise<Saved>;
  lookEarly(plans: readonly ReadPlan[]): void;
}

export interface RowReaderOptions {
  readonly name: string;
  /** The policy of the type's rows; without one they are batched and not kept. */
  readonly policy: FieldPolicy | undefined;
  readonly cache: RowCache;
  readonly keys: Keys;
  readonly identities: Identities;
  readonly references: References;
  readonly audiences: Audiences;
  readonly source: SourceBatch;
  /** Something may be pending beside a row. */
  readonly isBehind: boolean;
  readonly isOn: (coordinate: string) => boolean;
  readonly backgroundContext: BackgroundContext | undefined;
  readonly earlyWaves: Pick<EarlyWaves, "learn"> | undefined;
  readonly states: RequestStates;
  readonly guard: TaintGuard;
  readonly warn: Warn;
  readonly emit: Emit;
}

/** One row, as one request wants it. */
export interface RowWish {
  readonly identity: Identity;
  /** What `load` receives. */
  readonly key: unknown;
  readonly state: RequestState;
  readonly context: unknown;
  /** Neither from an entry nor from another request's load. */
  readonly reload: boolean;
  /** Of this read alone. Default: the request's. */
  readonly session?: ReadSession;
  /** A refresh that no request waits for. */
  readonly background?: boolean;
}

const MOST_KNOWN = 10_000;

interface RowResult extends UnpackedResult {
  readonly ofPrincipal: boolean;
}

/** Reads rows of one entity through their entries: the row's `cached-resolver`. */
export class RowReader {
  readonly #options: RowReaderOptions;
  /** Identities of keys that were asked for: a hint, emptied when it is full. */
  readonly #known = new Map<unknown, Identity>();
  #hasEntities: boolean | undefined;
  #dangling: DanglingEntries | undefined;
  #background: BackgroundLoads | undefined;

  constructor(options: RowReaderOptions) {
    this.#options = options;
  }

  /** Throws a TypeError for what names no entity. */
  identify(key: unknown): Identity {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const identity = this.#options.identities.ofId(this.#options.name, key);
    if (typeof key === "string" || typeof key === "number") {
      if (this.#known.size >= MOST_KNOWN) this.#known.clear();
      this.#known.set(key, identity);
    }
    return identity;
  }

  /** The row without waiting; undefined where it is not there at once, or refers to others. */
  readNow(wish: RowWish): RowAnswer | undefined {
    const { policy, cache, references } = this.#options;
    if (policy === undefined || wish.reload || this.#refers(policy)) return undefined;
    const audience = this.#audienceOf(policy, wish);
    if (typeof audience === "string") return undefined;
    const plan = this.#plan(policy, wish.identity, audience, wish.state.session);
    const result = cache.readNow(plan, this.#refreshOf(policy, audience, wish));
    if (result === undefined) return undefined;
    const { identity, state, context } = wish;
    const unpacked = references.unpack(policy.shape, result.value, state, context, identity.home);
    if (unpacked instanceof Promise || unpacked.dangling) return undefined;
    this.#record(policy, wish, result, plan);
    return answerOf({ value: unpacked.value, tainted: policy.scope === "PRIVATE" });
  }

  /** Looks these up with the present wave; resolves when that is answered. undefined: nothing is looked up. */
  look(identities: readonly Identity[], state: RequestState, context: unknown): Promise<unknown> | undefined {
    const { policy, cache } = this.#options;
    if (policy === undefined || this.#refers(policy)) return undefined;
    const planOf = this.ahead(state, context);
    return planOf && cache.look(identities.map(planOf));
  }

  /** The plans of rows that a request is likely to read; undefined where they are not kept, or not for this request. */
  ahead(state: RequestState, context: unknown): PlanAhead | undefined {
    const { policy, isBehind } = this.#options;
    // What is pending is read with the row, and not later: see PendingRows.
    if (policy === undefined || isBehind) return undefined;
    const audience = this.#audienceOf(policy, { state, context });
    if (typeof audience === "string") return undefined;
    return (identity) => this.#plan(policy, identity, audience, state.session);
  }

  /**
   * The entry in which everybody finds the row once it was written; undefined where there is none, or one for each who asks:
   * those are invalidated and not filled.
   */
  entryOf(identity: Identity): WrittenEntry | undefined {
    const { policy, source, states, isOn } = this.#options;
    if (policy === undefined || !isOn(policy.coordinate) || policy.lifetimes.freshMs <= 0) return undefined;
    if (policy.scope === "PRIVATE" || policy.vary.length > 0 || source.looksAtAsker) return undefined;
    // As its readers plan it, who know no other name of it than this one.
    const readers = { ...identity, aliases: [] };
    return this.#plan(policy, readers, EVERYBODY, states.of(undefined).session);
  }

  /**
   * What is pending is read in one step with the row, so the row is read at home:
   *
   * 1. R reads the row at a replica, on another server: without what is pending · 2. that is sent, and all that was stored
   * dropped · 3. R reads at home that nothing is pending, and shows a row that has lost what was shown before.
   */
  #plan(policy: FieldPolicy, identity: Identity, audience: Audience, session: ReadSession): ReadPlan {
    const plan = planRow(this.#options.keys, policy, identity, audience, session);
    return this.#options.isBehind ? { ...plan, hot: false } : plan;
  }

  /** Looks its entry up with the present wave. */
  lookEarly({ identity, state, context, reload, session = state.session }: RowWish): void {
    const { cache, policy } = this.#options;
    if (reload || policy === undefined) return;
    const audience = this.#audienceOf(policy, { state, context });
    if (typeof audience !== "string") cache.lookEarly([this.#plan(policy, identity, audience, session)]);
  }

  /** A row that came from elsewhere than an entry or the source, as readers get it. */
  async present(wish: RowWish, row: unknown): Promise<RowAnswer> {
    const { policy, references, emit } = this.#options;
    if (policy === undefined) return { row, ofPrincipal: false };
    const { value } = await references.pack(policy.shape, row, { context: wish.context });
    const shown = await this.#unpack(policy, value, wish);
    const read = { outcome: "hit", reason: "pending" } as const;
    this.#record(policy, wish, { ...read, remainingMs: 0 });
    emit({ type: "read", coordinate: policy.coordinate, ...read });
    return { row: shown.value, ofPrincipal: shown.ofPrincipal };
  }

  /** The row as a job reads it that begins now. */
  async readForJob(identity: Identity): Promise<unknown> {
    const state = this.#options.states.of(undefined);
    const { row } = await this.read({
      identity,
      key: identity.key,
      state,
      context: undefined,
      reload: false,
    });
    return row;
  }

  /** Whether the source answers when it is asked for this row. */
  async sourceAnswers(identity: Identity): Promise<boolean> {
    const state = this.#options.states.of(undefined);
    const wish = { identity, key: identity.key, state, context: undefined, reload: true };
    return this.#loadAlone(wish).then(
      () => true,
      () => false,
    );
  }

  /** Stamp names that every row of the type depends on. */
  knownTags(): readonly string[] {
    const { policy, name } = this.#options;
    return policy === undefined ? [stampNames.type(name)] : knownTagsOf(policy);
  }

  async tagsOf(row: unknown): Promise<readonly string[]> {
    const { policy } = this.#options;
    return policy === undefined ? [] : tagsOfRow(policy, row);
  }

  get looksAtAsker(): boolean {
    return this.#options.source.looksAtAsker;
  }

  /** What a row tells that the source has just been given. Never rejects. */
  async written(identity: Identity, row: unknown): Promise<Written> {
    const { policy, identities, name, warn } = this.#options;
    const shown = identities.of(name, row);
    const names = shown === undefined ? [] : [shown.home, ...shown.aliases];
    if (policy === undefined) return { names };
    try {
      return {
        names,
        loaded: await this.#loaded(policy, identity, row, { tainted: false, context: undefined }),
      };
    } catch (error) {
      warn("unstorable", name, `A row of "${name}" was written and not stored: ${String(error)}.`);
      return { names };
    }
  }

  async read(wish: RowWish): Promise<RowAnswer> {
    const { policy } = this.#options;
    if (policy === undefined) {
      markForeign(wish.state);
      return answerOf(await this.#loadAlone(wish));
    }
    const audience = this.#audienceOf(policy, wish);
    if (typeof audience === "string") {
      this.#record(policy, wish, { outcome: "bypass", reason: audience });
      this.#options.emit({
        type: "read",
        coordinate: policy.coordinate,
        outcome: "bypass",
        reason: audience,
      });
      return answerOf(await this.#loadAlone(wish));
    }
    return this.#readCached(policy, audience, wish);
  }

  /** The audience whose entry it is, or why there is none. */
  #audienceOf(
    policy: FieldPolicy,
    { state, context }: Pick<RowWish, "state" | "context">,
  ): Audience | string {
    if (!this.#options.isOn(policy.coordinate)) return "disabled";
    if (policy.lifetimes.freshMs <= 0) return "zero";
    // A job has nobody who asks; the application's functions are not asked about a context that is not there.
    if (context === undefined && (policy.scope === "PRIVATE" || policy.vary.length > 0)) return "no-context";
    const audience = this.#options.audiences.of(policy, state, context);
    return audience.kind === "none" ? audience.reason : audience;
  }

  /** For this request only, beside its other rows. */
  #loadAlone({ identity, key, context, state }: RowWish): Promise<LoadedRow> {
    return this.#options.source.load({
      id: identity.home,
      key,
      context,
      request: state,
      audience: state,
      watched: true,
    });
  }

  async #readCached(policy: FieldPolicy, audience: Audience, wish: RowWish): Promise<RowAnswer> {
    const { cache, references, earlyWaves } = this.#options;
    const { identity, state } = wish;
    let tainted = false;
    const load: Load = async (alone) => {
      const loaded = await this.#load(policy, audience, wish, alone);
      tainted = loaded.unshared === "tainted";
      return loaded;
    };
    const refresh = this.#refreshOf(policy, audience, wish);
    const { session: own = state.session } = wish;
    const session = wish.reload ? limitSession(own, { read: false }) : own;
    const plan = this.#plan(policy, identity, audience, session);
    this.#dangling ??= new DanglingEntries(policy.lifetimes.freshMs);
    const readOnce = async (wanted: ReadPlan): Promise<RowResult> => {
      const result = await cache.read(wanted, load, wanted === plan ? refresh : undefined);
      if (!references.isOpen(policy.shape)) return { ...result, dangling: false, ofPrincipal: false };
      const row = await this.#unpack(policy, result.value, wish);
      if (result.entryId !== undefined) earlyWaves?.learn(policy, plan.key, result.entryId, row.value);
      return { ...result, ...row };
    };
    const first = await readOnce(plan);
    const read = first.dangling ? await this.#dangling.settle(plan, first, readOnce) : first;
    this.#record(policy, wish, read, plan);
    return answerOf({
      value: read.value,
      tainted: tainted || read.ofPrincipal || policy.scope === "PRIVATE",
    });
  }

  /**
   * Entities in their places. One of them may be for the principal alone: then the row is, too, as far as this request is
   * concerned. Watched, as this runs where the first caller of the batch stood, and all of them must be told.
   */
  async #unpack(
    policy: FieldPolicy,
    stored: unknown,
    { identity, state, context }: RowWish,
  ): Promise<Unpacked & { readonly ofPrincipal: boolean }> {
    const { references, guard } = this.#options;
    const unpack = () => references.unpack(policy.shape, stored, state, context, identity.home);
    if (!this.#refers(policy)) return { ...(await unpack()), ofPrincipal: false };
    rowGraphOf(state).open(identity.home, stored);
    const { vary } = policy;
    return guard.watch({ context, principal: true, selection: false, vary }, async (fill) => {
      const unpacked = await unpack();
      return { ...unpacked, ofPrincipal: fill.taint !== undefined };
    });
  }

  #refers({ shape }: FieldPolicy): boolean {
    this.#hasEntities ??= someShape(shape, ({ kind }) => kind === "entity" || kind === "abstract");
    return this.#hasEntities;
  }

  async #load(policy: FieldPolicy, audience: Audience, wish: RowWish, alone = false): Promise<Loaded> {
    const { identity, key, context, state } = wish;
    const { references } = this.#options;
    const { value: row, tainted } = await this.#options.source.load({
      id: identity.home,
      key,
      context,
      request: state,
      audience: `${originOf(wish)} ${audience.part ?? ""}`,
      watched: policy.scope === "PUBLIC",
    });
    // What nobody else gets need not be found to be fit for others.
    if (alone && !references.isOpen(policy.shape)) {
      return { value: row, tags: [], ...(tainted ? { unshared: "tainted" } : {}) };
    }
    return this.#loaded(policy, identity, row, { tainted, context });
  }

  async #loaded(
    policy: FieldPolicy,
    identity: Identity,
    row: unknown,
    { tainted, context }: { readonly tainted: boolean; readonly context: unknown },
  ): Promise<Loaded> {
    const { references } = this.#options;
    const { value, tags, whole } = await references.pack(policy.shape, row, { context });
    const names = this.#namesOf(identity, row);
    const unshared = this.#unshared(tainted, names === undefined, whole);
    return {
      value,
      tags: [...tags, ...(names ?? []), ...(await tagsOfRow(policy, row))],
      ...(unshared === undefined ? {} : { unshared }),
    };
  }

  #unshared(tainted: boolean, misaligned: boolean, whole: string | undefined): string | undefined {
    const { name, warn } = this.#options;
    if (tainted) {
      warn(
        "tainted",
        name,
        `The rows of "${name}" are served and not stored: the load function of cache.entity("${name}") looked at who asks. Give the type scope: PRIVATE, or vary.`,
      );
      return "tainted";
    }
    if (whole !== undefined) {
      warn("unstorable", name, `A row of "${name}" is served and not stored: it holds ${whole}.`);
      return "unstorable";
    }
    return misaligned ? "misaligned" : undefined;
  }

  /**
   * Other stamp names of the row; undefined where it shows that it is not the one that was asked for: rows that are out
   * of order would be kept under each other's keys.
   */
  #namesOf({ typeName, home, aliases }: Identity, row: unknown): readonly string[] | undefined {
    const { identities, name, warn } = this.#options;
    const shown = identities.of(typeName, row);
    const names = shown === undefined ? [] : [shown.home, ...shown.aliases];
    const sameKey = names.find((one) => keyIn(one) === keyIn(home));
    if (sameKey === undefined || sameKey === home) {
      const others = new Set([...aliases, ...names.filter((one) => one !== home)]);
      return identities.otherNames({ typeName, home, aliases: [...others] });
    }
    warn(
      "misaligned",
      name,
      `The load function of cache.entity("${name}") answered ${home} with the row of ${sameKey}; it was served, not stored. Return the rows in the order of the keys.`,
    );
    return undefined;
  }

  /** The same load for nobody's request: only where its context asks as this one does. */
  #refreshOf(policy: FieldPolicy, audience: Audience, wish: RowWish): Load | undefined {
    const { audiences, states } = this.#options;
    this.#background ??= new BackgroundLoads({ ...this.#options, policy });
    return this.#background.of({
      state: wish.state,
      context: wish.context,
      fits:
        audience.part === undefined
          ? undefined
          : (context) => {
              const present = audiences.of(policy, states.of(context), context);
              return present.kind === "audience" && present.part === audience.part;
            },
      // Whatever its loaders remember is older than this load.
      load: (context) =>
        this.#load(policy, audience, { ...wish, context, state: states.renew(context), background: true }),
    });
  }

  #record(policy: FieldPolicy, { state }: RowWish, result: Omit<ReadResult, "value">, plan?: ReadPlan): void {
    const { outcome, reason, ageMs, remainingMs } = result;
    state.recording?.add(plan, result, this.#background?.isPossible ?? false);
    const { coordinate, scope, lifetimes } = policy;
    const read = { coordinate, outcome, scope, lifetimes, reason, ageMs, remainingMs };
    state.reads.push(
      state.debug && plan !== undefined && outcome !== "bypass" ? { ...read, key: plan.key } : read,
    );
  }
}

function answerOf({ value, tainted }: LoadedRow): RowAnswer {
  return { row: value, ofPrincipal: tainted };
}

/** What lends its context to a batch should fit all of it: a request's fits a request. */
function originOf({ context, background }: RowWish): string {
  if (background === true) return "background";
  return context === undefined ? "job" : "request";
}
