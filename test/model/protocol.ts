/**
 * The cache protocol as atomic steps: each command or script is one step on one hash slot, and requests, fills,
 * invalidators, late commands, samples of the log and evictions interleave freely.
 *
 * Names are numbers (an entity, a value tag). Every call of `invalidate` on a name raises `called[name]`; a value
 * carries `known`, those counts as they were when the oldest of its inputs was loaded; a resolved call raises
 * `resolved[name]`. The law: what a request gets must know every call that had resolved when the request began.
 */
import type { Model, Step } from "./explore.ts";

/** One entry of the cache. */
export interface Slot {
  readonly home: number;
  /** A tag seen before the load (argument, parent), or learnt from the value. */
  readonly tag?: { readonly name: number; readonly learnt: boolean };
  /** A replica of that slot: home and tag are copies of that one's names. It is read first, and filled by copiers alone. */
  readonly copyOf?: number;
}

export interface Scenario {
  readonly slots: readonly Slot[];
  readonly names: number;
  /** Each step takes what the step before returned as its input; "source" is an uncached load. */
  readonly requests: readonly {
    readonly process: number;
    readonly reads: readonly (number | "source")[];
    /** Begins only after the last call of `invalidate` has resolved: the one on whom the law is judged. */
    readonly last?: boolean;
  }[];
  /** The names that each invalidator drops, one call after the other. */
  readonly invalidators: readonly (readonly number[])[];
  readonly evictions?: number;
  readonly flushes?: number;
  readonly timeouts?: number;
  readonly softEnds?: number;
  /** Changes of the source that nobody has invalidated yet. */
  readonly changes?: number;
  /** Waiters may stop waiting and load by themselves. */
  readonly impatient?: boolean;
  /** Copies of names, by name: an invalidation drops them one by one, before the name itself or after it. */
  readonly copies?: readonly (readonly number[])[];
  readonly copiesFirst?: boolean;
  /** How often a replica is copied. Default 0. */
  readonly copyings?: number;
  /** Names that the log keeps. Default 3. */
  readonly logLength?: number;
}

/** The protocol; each other value is a way to get it wrong. */
export interface Rules {
  readonly invalidate: readonly ("announce" | "drop" | "log" | "append")[];
  readonly announcements: "consulted and verified" | "not consulted" | "not verified";
  readonly logChecked: "after the stamps" | "before the stamps" | "never";
  readonly position: "of the request" | "of the fill";
  readonly flightCloses: "before the log check" | "after the log check";
  readonly dirtyJoiners: "restart" | "get copies";
  readonly join: "equal stamps" | "any flight";
  readonly gap: "dirty" | "clean";
  readonly stampTaken: "before the load" | "after the log check";
  readonly absentStamp: "invalid" | "valid";
  readonly putComparesToken: boolean;
  readonly putComparesStamp: boolean;
  readonly copiesDropped: boolean;
  readonly copierAsksLog: "since before its look" | "since after its look" | "never";
}

export const protocol: Rules = {
  invalidate: ["announce", "drop", "log"],
  announcements: "consulted and verified",
  logChecked: "after the stamps",
  position: "of the request",
  flightCloses: "before the log check",
  dirtyJoiners: "restart",
  join: "equal stamps",
  gap: "dirty",
  stampTaken: "before the load",
  absentStamp: "invalid",
  putComparesToken: true,
  putComparesStamp: true,
  copiesDropped: true,
  copierAsksLog: "since before its look",
};

type Stamp = string | null;
type Position = readonly [epoch: string, sequence: number] | null;

interface Value {
  /** Calls of `invalidate`, by name, that the oldest input knows of. */
  known: number[];
  /** Changes of the source still to come when the value's own load began: fewer is newer. */
  order: number;
}

interface Entry extends Value {
  id: string;
  home: Stamp;
  tag: Stamp;
  soft: boolean;
}

interface Request {
  at:
    | "begin"
    | "source"
    | "read"
    | "read entry"
    | "read tag"
    | "load"
    | "check"
    | "fill"
    | "running"
    | "wait"
    | "join"
    | "end";
  step: number;
  floor: number[];
  position: Position;
  input: number[] | null;
  home: Stamp;
  tag: Stamp;
  entry: Entry | null;
  flight: string | null;
  value: Value | null;
  /** It has found nothing at the replica. */
  atHome: boolean;
}

/** Makes the entry of a replica out of the one at home. */
interface Copier {
  id: string;
  slot: number;
  at: "begin" | "tags" | "look" | "look at tag" | "stamps" | "log" | "put";
  position: Position;
  /** Its own stamps. */
  home: Stamp;
  tag: Stamp;
  /** Seen at home. */
  entry: Entry | null;
}

interface Fill {
  id: string;
  slot: number;
  process: number;
  request: number | null;
  at: "begin" | "tags" | "load" | "answer" | "stamps" | "log" | "put";
  open: boolean;
  seen: string;
  home: Stamp;
  tag: Stamp;
  position: Position;
  input: number[] | null;
  value: Value | null;
  clean: boolean;
}

interface Log {
  epoch: string | null;
  sequence: number;
  /** null: evicted. */
  names: number[] | null;
  /** Names that are being dropped, and by whom. */
  announcements: { name: number; owner: number }[];
}

type Command =
  | {
      readonly kind: "begin";
      readonly slot: number;
      readonly token: string;
      readonly stamp: string;
      readonly seen: string;
    }
  | { readonly kind: "stamp"; readonly name: number; readonly stamp: string }
  | { readonly kind: "put"; readonly slot: number; readonly token: string; readonly entry: Entry }
  | { readonly kind: "drop"; readonly name: number }
  | {
      readonly kind: "announce" | "log" | "append";
      readonly name: number;
      readonly owner: number;
      readonly epoch: string;
    };

export interface State {
  stamps: Stamp[];
  entries: (Entry | null)[];
  locks: ({ token: string; stamp: Stamp } | null)[];
  log: Log;
  requests: Request[];
  fills: Fill[];
  copiers: Copier[];
  invalidators: { call: number; step: number; number: number | null }[];
  late: Command[];
  called: number[];
  resolved: number[];
  evictions: number;
  flushes: number;
  timeouts: number;
  softEnds: number;
  changes: number;
  copyings: number;
}

export function model(scenario: Scenario, rules: Rules = protocol): Model<State> {
  return { first: () => first(scenario), steps: (text) => new Stepper(scenario, rules, text).all() };
}

function first(scenario: Scenario): State {
  const zeros = Array.from({ length: scenario.names }, () => 0);
  return {
    stamps: zeros.map(() => null),
    entries: scenario.slots.map(() => null),
    locks: scenario.slots.map(() => null),
    log: { epoch: "#1", sequence: 0, names: [], announcements: [] },
    requests: scenario.requests.map(() => idle()),
    fills: [],
    copiers: [],
    invalidators: scenario.invalidators.map(() => ({ call: 0, step: 0, number: null })),
    late: [],
    called: zeros,
    resolved: zeros,
    evictions: scenario.evictions ?? 0,
    flushes: scenario.flushes ?? 0,
    timeouts: scenario.timeouts ?? 0,
    softEnds: scenario.softEnds ?? 0,
    changes: scenario.changes ?? 0,
    copyings: scenario.copyings ?? 0,
  };
}

function idle(): Request {
  return {
    at: "begin",
    step: 0,
    floor: [],
    position: null,
    input: null,
    home: null,
    tag: null,
    entry: null,
    flight: null,
    value: null,
    atHome: false,
  };
}

class Stepper {
  readonly #scenario: Scenario;
  readonly #rules: Rules;
  readonly #from: State;
  readonly #text: string;
  readonly #steps: Step<State>[] = [];
  #label = "";
  #broken: string | undefined;
  #tokens = 0;

  constructor(scenario: Scenario, rules: Rules, text: string) {
    this.#scenario = scenario;
    this.#rules = rules;
    this.#text = text;
    this.#from = JSON.parse(text) as State;
  }

  all(): Step<State>[] {
    for (const index of this.#from.requests.keys()) this.#request(index);
    for (const index of this.#from.fills.keys()) this.#fill(index);
    for (const index of this.#from.copiers.keys()) this.#copier(index);
    for (const index of this.#from.invalidators.keys()) this.#invalidator(index);
    this.#environment();
    return this.#steps;
  }

  /** One more interleaving: the state after `change`. */
  #add(label: string, change: (state: State) => void): void {
    const state = JSON.parse(this.#text) as State;
    this.#label = label;
    this.#broken = undefined;
    change(state);
    this.#steps.push({
      label: this.#label,
      state,
      ...(this.#broken === undefined ? {} : { broken: this.#broken }),
    });
  }

  /** A command that is answered, or times out and runs later (or never). */
  #command<R>(
    label: string,
    command: (state: State) => Command,
    done: (state: State, reply: R) => void,
    late?: (state: State) => void,
  ): void {
    this.#add(label, (state) => done(state, this.#run(state, command(state)) as R));
    if (late === undefined || this.#from.timeouts === 0) return;
    this.#add(`${label} [times out, may run later]`, (state) => {
      state.timeouts--;
      state.late.push(command(state));
      late(state);
    });
  }

  // ---- what the store does -------------------------------------------------------------------------------------

  #run(state: State, command: Command): unknown {
    const { log } = state;
    switch (command.kind) {
      case "begin": {
        const slot = this.#slot(command.slot);
        const entry = state.entries[command.slot];
        if (entry && entry.id !== command.seen && entry.home === state.stamps[slot.home])
          return { kind: "entry" };
        state.stamps[slot.home] ??= command.stamp;
        const stamp = state.stamps[slot.home] as string;
        const lock = state.locks[command.slot];
        if (lock && lock.stamp === stamp) return { kind: "wait" };
        state.locks[command.slot] = { token: command.token, stamp };
        return { kind: "own", stamp };
      }
      case "stamp":
        state.stamps[command.name] ??= command.stamp;
        return state.stamps[command.name];
      case "put": {
        const held = state.locks[command.slot]?.token === command.token;
        const current = state.stamps[this.#slot(command.slot).home] === command.entry.home;
        if (held) state.locks[command.slot] = null;
        if ((this.#rules.putComparesToken && !held) || (this.#rules.putComparesStamp && !current))
          return false;
        this.#judgePut(state, command.slot, command.entry);
        state.entries[command.slot] = command.entry;
        return true;
      }
      case "drop":
        state.stamps[command.name] = null;
        return true;
      case "announce":
        if (!log.announcements.some(({ owner }) => owner === command.owner))
          log.announcements.push({ name: command.name, owner: command.owner });
        return true;
      case "log": {
        const announced = log.announcements.some(({ owner }) => owner === command.owner);
        log.announcements = log.announcements.filter(({ owner }) => owner !== command.owner);
        if (!announced && this.#rules.announcements !== "not verified") return false;
        this.#append(log, command.name, command.epoch);
        return true;
      }
      case "append":
        this.#append(log, command.name, command.epoch);
        return true;
    }
  }

  #append(log: Log, name: number, epoch: string): void {
    if (log.epoch === null) Object.assign(log, { epoch, sequence: 0 });
    log.sequence++;
    log.names = [...(log.names ?? []), name].slice(-(this.#scenario.logLength ?? 3));
  }

  /**
   * What a request that begins now has received at best. An older position only shows it more names or a gap, and
   * stores less.
   */
  #position(state: State): Position {
    const { log } = state;
    if (log.epoch === null) Object.assign(log, { epoch: this.#token(), sequence: 0 });
    return [log.epoch as string, log.sequence];
  }

  #logSince(state: State, position: Position): readonly number[] | "gap" {
    const { log } = state;
    if (position === null || log.epoch !== position[0]) return "gap";
    const missed = log.sequence - position[1];
    const names = log.names ?? [];
    if (names.length < missed) return "gap";
    const announced =
      this.#rules.announcements === "not consulted" ? [] : log.announcements.map(({ name }) => name);
    return [...announced, ...names.slice(names.length - missed)];
  }

  /** "None is stored": nothing under a home stamp that an invalidation resolved meanwhile has dropped; nothing over a newer one. */
  #judgePut(state: State, slot: number, entry: Entry): void {
    const { home } = this.#slot(this.#slot(slot).copyOf ?? slot);
    if ((entry.known[home] as number) < (state.resolved[home] as number)) {
      this.#broken = "a value was stored that was loaded before an invalidation which has resolved";
    }
    const present = state.entries[slot];
    if (
      present &&
      present.home === state.stamps[this.#slot(slot).home] &&
      present.home === entry.home &&
      present.order < entry.order
    ) {
      this.#broken = "a late holder stored an older value over a newer one";
    }
  }

  // ---- requests ------------------------------------------------------------------------------------------------

  #request(index: number): void {
    const { process, reads, last } = this.#scenario.requests[index] as Scenario["requests"][number];
    const request = this.#from.requests[index] as Request;
    const wanted = reads[request.step];
    const target =
      request.atHome && typeof wanted === "number" ? (this.#slot(wanted).copyOf as number) : wanted;
    const who = `R${index}@p${process}`;
    const mine = (state: State): Request => state.requests[index] as Request;

    if (request.at === "begin") {
      if (
        last &&
        this.#from.invalidators.some(
          ({ call }, other) => call < (this.#scenario.invalidators[other] as readonly number[]).length,
        )
      )
        return;
      this.#add(`${who} begins`, (state) => {
        Object.assign(mine(state), { floor: [...state.resolved], position: this.#position(state) });
        mine(state).at = target === "source" ? "source" : "read";
      });
      return;
    }
    if (request.at === "source") {
      this.#add(`${who} loads its input from the source`, (state) =>
        this.#next(mine(state), reads, [...state.called]),
      );
      return;
    }
    if (
      request.at === "end" ||
      request.at === "running" ||
      request.at === "join" ||
      typeof target !== "number"
    )
      return;

    const slot = this.#slot(target);
    const what = `E${target}`;
    const goHome = (state: State): void => {
      Object.assign(mine(state), { at: "read", atHome: true, home: null, tag: null, entry: null });
      this.#label += " → home";
    };
    const bypass = (state: State): void =>
      this.#receive(state, index, target, this.#load(state, mine(state).input), "bypass");
    const judge = (state: State): void => {
      const own = mine(state);
      const entry = own.entry;
      own.entry = null;
      const isValid =
        entry !== null &&
        this.#isValid(entry.home, own.home) &&
        (!slot.tag || this.#isValid(entry.tag, own.tag));
      if (slot.copyOf !== undefined && (!isValid || entry.soft)) {
        goHome(state);
        return;
      }
      if (isValid) {
        if (entry.soft) this.#refresh(state, target, process, own, entry.id);
        this.#receive(state, index, target, entry, entry.soft ? "stale" : "hit");
        return;
      }
      own.value = null;
      const flight = state.fills.find(
        (fill) =>
          fill.open &&
          fill.slot === target &&
          fill.process === process &&
          (this.#rules.join === "any flight" ||
            (fill.home === own.home && (!slot.tag || slot.tag.learnt || fill.tag === own.tag))),
      );
      if (flight) Object.assign(own, { at: "join", flight: flight.id });
      else own.at = this.#rules.stampTaken === "before the load" ? "fill" : "load";
      this.#label += flight ? " → miss, joins" : " → miss";
    };

    switch (request.at) {
      case "read":
        // Any order of the parts is allowed: the tag with the entry (known or remembered), or after it.
        this.#add(`${who} reads ${what} and G${slot.home}`, (state) => {
          const own = mine(state);
          own.entry = state.entries[target] ?? null;
          own.home = state.stamps[slot.home] as Stamp;
          if (!slot.tag) judge(state);
          else own.at = "read tag";
        });
        if (slot.tag) {
          const { name } = slot.tag;
          this.#add(`${who} reads G${name}`, (state) => {
            mine(state).tag = state.stamps[name] as Stamp;
            mine(state).at = "read entry";
          });
        }
        if (this.#from.timeouts > 0) {
          this.#add(`${who} read times out`, (state) => {
            state.timeouts--;
            if (slot.copyOf === undefined) bypass(state);
            else goHome(state);
          });
        }
        return;
      case "read entry":
        this.#add(`${who} reads ${what} and G${slot.home}`, (state) => {
          mine(state).entry = state.entries[target] ?? null;
          mine(state).home = state.stamps[slot.home] as Stamp;
          judge(state);
        });
        return;
      case "read tag":
        this.#add(`${who} reads G${slot.tag?.name}`, (state) => {
          mine(state).tag = state.stamps[slot.tag?.name as number] as Stamp;
          judge(state);
        });
        return;
      case "load":
        this.#add(`${who} loads ${what} before it has a stamp`, (state) => {
          mine(state).value = this.#load(state, mine(state).input);
          mine(state).at = "check";
        });
        return;
      case "check":
        this.#add(`${who} reads the log before ${what} has a stamp`, (state) => {
          const names = this.#logSince(state, mine(state).position);
          if (names === "gap" || names.includes(slot.home)) bypass(state);
          else mine(state).at = "fill";
        });
        return;
      case "fill": {
        const token = this.#token();
        this.#command<{ kind: "own"; stamp: string } | { kind: "wait" | "entry" }>(
          `${who} begin ${what}`,
          () => ({ kind: "begin", slot: target, token, stamp: this.#token(), seen: "" }),
          (state, reply) => {
            const own = mine(state);
            if (reply.kind !== "own") {
              own.at = reply.kind === "wait" ? "wait" : "read";
              this.#label += ` → ${reply.kind}`;
              return;
            }
            state.fills.push({
              id: token,
              slot: target,
              process,
              request: index,
              at: own.value ? "put" : slot.tag && !slot.tag.learnt ? "tags" : "load",
              open: true,
              seen: "",
              home: reply.stamp,
              tag: null,
              position: this.#rules.position === "of the fill" ? this.#position(state) : own.position,
              input: own.input,
              value: own.value,
              clean: false,
            });
            own.at = "running";
            if (own.value) this.#receive(state, index, target, own.value, "miss");
          },
          bypass,
        );
        return;
      }
      case "wait": {
        const entry = this.#from.entries[target];
        const lock = this.#from.locks[target];
        const stamp = this.#from.stamps[slot.home];
        if (!lock || lock.stamp !== stamp || (entry && entry.home === stamp)) {
          this.#add(`${who} looks again`, (state) => {
            mine(state).at = "read";
          });
        }
        if (this.#scenario.impatient) this.#add(`${who} has waited long enough`, bypass);
        return;
      }
    }
  }

  #isValid(named: Stamp, present: Stamp): boolean {
    if (this.#rules.absentStamp === "valid" && present === null) return true;
    return named !== null && named === present;
  }

  #load(state: State, input: readonly number[] | null): Value {
    return {
      known: state.called.map((count, name) => Math.min(count, input?.[name] ?? count)),
      order: state.changes,
    };
  }

  /** A request gets a value: here the law is judged. */
  #receive(state: State, index: number, target: number, value: Value, how: string): void {
    const request = state.requests[index] as Request;
    const slot = this.#slot(this.#slot(target).copyOf ?? target);
    this.#label += ` → R${index} gets E${target} (${how})`;
    for (const name of slot.tag ? [slot.home, slot.tag.name] : [slot.home]) {
      if ((value.known[name] as number) < (request.floor[name] as number)) {
        this.#broken = `R${index} began after an invalidation of G${name} had resolved, and gets a value from before it`;
      }
    }
    this.#next(request, (this.#scenario.requests[index] as Scenario["requests"][number]).reads, value.known);
  }

  #next(request: Request, reads: readonly (number | "source")[], input: number[]): void {
    const step = request.step + 1;
    const after = reads[step];
    if (after === undefined) Object.assign(request, idle(), { at: "end", step });
    else
      Object.assign(request, idle(), {
        at: after === "source" ? "source" : "read",
        step,
        floor: request.floor,
        position: request.position,
        input,
      });
  }

  // ---- fills ---------------------------------------------------------------------------------------------------

  /** A background refresh takes its input, and therefore its position, from the request that began it. */
  #refresh(state: State, slot: number, process: number, request: Request, seen: string): void {
    state.fills.push({
      id: this.#token(),
      slot,
      process,
      request: null,
      at: "begin",
      open: false,
      seen,
      home: null,
      tag: null,
      position: this.#rules.position === "of the fill" ? this.#position(state) : request.position,
      input: request.input,
      value: null,
      clean: false,
    });
  }

  #fill(index: number): void {
    const fill = this.#from.fills[index] as Fill;
    const slot = this.#slot(fill.slot);
    const who = `F(E${fill.slot}@p${fill.process}${fill.request === null ? ", refresh" : ` of R${fill.request}`})`;
    const mine = (state: State): Fill => state.fills[index] as Fill;
    const giveUp = (state: State): void => this.#end(state, index, false);
    const afterStamps = this.#rules.logChecked === "after the stamps";
    const ended = (state: State): void => {
      const own = mine(state);
      if (this.#rules.flightCloses === "before the log check") own.open = false;
      own.at = slot.tag?.learnt ? (afterStamps ? "stamps" : "log") : "log";
      if (this.#rules.logChecked === "never") own.at = slot.tag?.learnt ? "stamps" : "put";
      if (fill.request !== null) this.#receive(state, fill.request, fill.slot, own.value as Value, "miss");
    };

    switch (fill.at) {
      case "begin":
        this.#command<{ kind: "own"; stamp: string } | { kind: "wait" | "entry" }>(
          `${who} begin`,
          () => ({ kind: "begin", slot: fill.slot, token: fill.id, stamp: this.#token(), seen: fill.seen }),
          (state, reply) => {
            if (reply.kind !== "own") state.fills.splice(index, 1);
            else
              Object.assign(mine(state), {
                home: reply.stamp,
                open: true,
                at: slot.tag && !slot.tag.learnt ? "tags" : "load",
              });
          },
          (state) => state.fills.splice(index, 1),
        );
        return;
      case "tags":
        this.#command<string>(
          `${who} stamps G${slot.tag?.name}`,
          () => ({ kind: "stamp", name: slot.tag?.name as number, stamp: this.#token() }),
          (state, stamp) => Object.assign(mine(state), { tag: stamp, at: "load" }),
          (state) => {
            const { request, input } = mine(state);
            giveUp(state);
            if (request !== null)
              this.#receive(state, request, fill.slot, this.#load(state, input), "bypass");
          },
        );
        return;
      case "load":
        this.#add(`${who} load begins`, (state) => {
          mine(state).value = this.#load(state, fill.input);
          mine(state).at = "answer";
          // Nobody else in this process: when the load ends makes no difference.
          if (
            !this.#scenario.requests.some(
              ({ process }, other) => other !== fill.request && process === fill.process,
            )
          )
            ended(state);
        });
        return;
      case "answer":
        this.#add(`${who} load ends`, ended);
        return;
      case "stamps":
        this.#command<string>(
          `${who} stamps G${slot.tag?.name}`,
          () => ({ kind: "stamp", name: slot.tag?.name as number, stamp: this.#token() }),
          (state, stamp) => {
            Object.assign(mine(state), { tag: stamp, at: afterStamps ? "log" : "put" });
            if (!afterStamps) this.#share(state, index, true);
          },
          giveUp,
        );
        return;
      case "log":
        this.#add(`${who} reads the log`, (state) => {
          const own = mine(state);
          const names = this.#logSince(state, own.position);
          own.clean =
            names === "gap"
              ? this.#rules.gap === "clean"
              : !names.some((name) => name === slot.home || name === slot.tag?.name);
          this.#label += own.clean ? " → clean" : " → dirty";
          if (!own.clean) return this.#end(state, index, this.#rules.dirtyJoiners === "get copies");
          own.at = slot.tag?.learnt && !afterStamps ? "stamps" : "put";
          if (own.at === "put" && !own.open) this.#share(state, index, true);
        });
        return;
      case "put":
        this.#command<boolean>(
          `${who} put`,
          (state) => {
            const { value, home, tag, id } = mine(state);
            return {
              kind: "put",
              slot: fill.slot,
              token: fill.id,
              entry: { ...(value as Value), id, home, tag, soft: false },
            };
          },
          (state, stored) => {
            this.#label += stored ? " → stored" : " → refused";
            this.#end(state, index, true);
          },
          (state) => this.#end(state, index, true),
        );
        return;
    }
  }

  /** Those who joined get the value, or start again. */
  #share(state: State, index: number, copies: boolean): void {
    const fill = state.fills[index] as Fill;
    for (const [joiner, request] of state.requests.entries()) {
      if (request.flight !== fill.id) continue;
      request.flight = null;
      if (copies) this.#receive(state, joiner, fill.slot, fill.value as Value, "joined");
      else request.at = "read";
    }
  }

  #end(state: State, index: number, copies: boolean): void {
    const fill = state.fills[index] as Fill;
    this.#share(state, index, copies);
    if (state.locks[fill.slot]?.token === fill.id) state.locks[fill.slot] = null;
    state.fills.splice(index, 1);
  }

  // ---- copiers -------------------------------------------------------------------------------------------------

  #copier(index: number): void {
    const { slot: replica, at } = this.#from.copiers[index] as Copier;
    const slot = this.#slot(replica);
    const from = slot.copyOf as number;
    const home = this.#slot(from);
    const who = `C(E${replica} of E${from})`;
    const mine = (state: State): Copier => state.copiers[index] as Copier;
    const end = (state: State): void => {
      const { id } = mine(state);
      if (state.locks[replica]?.token === id) state.locks[replica] = null;
      state.copiers.splice(index, 1);
    };
    const goOn = (state: State, to: Copier["at"]): void => {
      mine(state).at = to;
    };
    const { copierAsksLog } = this.#rules;
    const judged = copierAsksLog === "never" ? "put" : "log";
    const looked = (state: State): void => goOn(state, slot.tag?.learnt ? "stamps" : judged);

    switch (at) {
      case "begin":
        this.#command<{ kind: "own"; stamp: string } | { kind: "wait" | "entry" }>(
          `${who} begin`,
          (state) => ({
            kind: "begin",
            slot: replica,
            token: mine(state).id,
            stamp: this.#token(),
            seen: "",
          }),
          (state, reply) => {
            if (reply.kind !== "own") state.copiers.splice(index, 1);
            else {
              mine(state).home = reply.stamp;
              goOn(state, slot.tag && !slot.tag.learnt ? "tags" : "look");
            }
          },
          (state) => state.copiers.splice(index, 1),
        );
        return;
      case "tags":
      case "stamps":
        this.#command<string>(
          `${who} stamps G${slot.tag?.name}`,
          () => ({ kind: "stamp", name: slot.tag?.name as number, stamp: this.#token() }),
          (state, stamp) => {
            mine(state).tag = stamp;
            goOn(state, at === "tags" ? "look" : judged);
          },
          end,
        );
        return;
      case "look":
        this.#add(`${who} reads E${from} and G${home.home}`, (state) => {
          const entry = state.entries[from] ?? null;
          if (!entry || entry.soft || !this.#isValid(entry.home, state.stamps[home.home] as Stamp))
            end(state);
          else {
            mine(state).entry = entry;
            if (home.tag) goOn(state, "look at tag");
            else looked(state);
          }
        });
        return;
      case "look at tag":
        this.#add(`${who} reads G${home.tag?.name}`, (state) => {
          const { entry } = mine(state);
          if (this.#isValid((entry as Entry).tag, state.stamps[home.tag?.name as number] as Stamp))
            looked(state);
          else end(state);
        });
        return;
      case "log":
        this.#add(`${who} reads the log`, (state) => {
          const { position } = mine(state);
          const isLate = copierAsksLog === "since after its look";
          const names = this.#logSince(state, isLate ? this.#position(state) : position);
          const isClean =
            names !== "gap" && !names.some((name) => name === home.home || name === home.tag?.name);
          this.#label += isClean ? " → clean" : " → dirty";
          if (isClean) goOn(state, "put");
          else end(state);
        });
        return;
      case "put":
        this.#command<boolean>(
          `${who} put`,
          (state) => {
            const { entry, home: own, tag, id } = mine(state);
            const copy = { ...(entry as Entry), home: own, tag };
            return { kind: "put", slot: replica, token: id, entry: copy };
          },
          (state, stored) => {
            this.#label += stored ? " → stored" : " → refused";
            end(state);
          },
          end,
        );
        return;
    }
  }

  // ---- invalidators --------------------------------------------------------------------------------------------

  #invalidator(index: number): void {
    const { call, step } = this.#from.invalidators[index] as State["invalidators"][number];
    const names = this.#scenario.invalidators[index] as readonly number[];
    const name = names[call];
    const phases = this.#phases(name);
    const phase = phases[step];
    if (name === undefined || phase === undefined) return;
    const { kind } = phase;
    const label = step === 0 ? `I${index} invalidate(G${name}) called: ${kind}` : `I${index} ${kind}`;
    this.#command<boolean>(
      label,
      (state) => {
        const own = state.invalidators[index] as State["invalidators"][number];
        // Counted once a call, when its first command leaves; a repeated round belongs to the same call.
        own.number ??= state.called[name] = (state.called[name] as number) + 1;
        if (kind === "drop") return { kind, name: phase.name };
        return { kind, name, owner: index, epoch: this.#token() };
      },
      (state, done) => {
        const own = state.invalidators[index] as State["invalidators"][number];
        if (!done) {
          own.step = 0;
          this.#label += " → the announcement is gone: another round";
          return;
        }
        own.step++;
        if (own.step < phases.length) return;
        state.resolved[name] = Math.max(state.resolved[name] as number, own.number as number);
        Object.assign(own, { step: 0, call: call + 1, number: null });
        this.#label += " → resolved";
      },
      () => {},
    );
  }

  /** Each stamp is dropped by a step of its own. */
  #phases(name: number | undefined): readonly { kind: Rules["invalidate"][number]; name: number }[] {
    if (name === undefined) return [];
    const { copies = [], copiesFirst } = this.#scenario;
    const own = this.#rules.copiesDropped ? (copies[name] ?? []) : [];
    const stamps = copiesFirst ? [...own, name] : [name, ...own];
    return this.#rules.invalidate.flatMap((kind) =>
      (kind === "drop" ? stamps : [name]).map((stamp) => ({ kind, name: stamp })),
    );
  }

  // ---- everything else -----------------------------------------------------------------------------------------

  #environment(): void {
    const { log, late, entries, locks, stamps } = this.#from;
    for (const [index, command] of late.entries()) {
      this.#add(`late ${command.kind} runs`, (state) => {
        state.late.splice(index, 1);
        this.#run(state, command);
      });
    }
    if (this.#from.softEnds > 0) {
      for (const [index, entry] of entries.entries()) {
        if (!entry || entry.soft) continue;
        this.#add(`E${index} passes its soft end`, (state) => {
          state.softEnds--;
          (state.entries[index] as Entry).soft = true;
        });
      }
    }
    if (this.#from.copyings > 0) {
      for (const [index, { copyOf }] of this.#scenario.slots.entries()) {
        // Nothing at home: nothing to copy.
        if (copyOf === undefined || !entries[copyOf]) continue;
        this.#add(`C(E${index}) notes its position`, (state) => {
          state.copyings--;
          state.copiers.push({
            id: this.#token(),
            slot: index,
            at: "begin",
            position: this.#position(state),
            home: null,
            tag: null,
            entry: null,
          });
        });
      }
    }
    if (this.#from.changes > 0) this.#add("the source changes", (state) => void state.changes--);
    if (this.#from.evictions > 0) {
      const evict = (label: string, change: (state: State) => void): void =>
        this.#add(label, (state) => {
          state.evictions--;
          change(state);
        });
      for (const [index, stamp] of stamps.entries()) {
        if (stamp)
          evict(`G${index} is evicted`, (state) => {
            state.stamps[index] = null;
          });
      }
      for (const [index, entry] of entries.entries()) {
        if (entry)
          evict(`E${index} is evicted`, (state) => {
            state.entries[index] = null;
          });
      }
      for (const [index, lock] of locks.entries()) {
        if (lock)
          evict(`the lock of E${index} is evicted, or its time ends`, (state) => {
            state.locks[index] = null;
          });
      }
      if (log.epoch !== null)
        evict("the log's head is evicted", (state) => {
          state.log.epoch = null;
        });
      if (log.names?.length)
        evict("the log's names are evicted", (state) => {
          state.log.names = null;
        });
      if (log.announcements.length > 0)
        evict("the announcements are evicted, or their time ends", (state) => {
          state.log.announcements = [];
        });
    }
    if (this.#from.flushes > 0) {
      this.#add("FLUSHALL", (state) => {
        state.flushes--;
        state.stamps.fill(null);
        state.entries.fill(null);
        state.locks.fill(null);
        state.log = { epoch: null, sequence: 0, names: null, announcements: [] };
      });
    }
  }

  #slot(index: number): Slot {
    return this.#scenario.slots[index] as Slot;
  }

  #token(): string {
    return `#${9000 + this.#tokens++}`;
  }
}
