/**
 * Near copies of one stamp as atomic steps: sessions, their leases, reads on their way, revocations and the list that says who
 * holds what. Time is what may happen: a lease ends at any moment, here before there; who waits for its end goes on once it has.
 *
 * A stamp's value is how often it was deleted before it was made. The law: a request that is served from a copy gets a
 * value of after every deletion whose invalidation had resolved when it began.
 */
import type { Model, Step } from "./explore.ts";

export interface NearScenario {
  readonly gateways: number;
  readonly invalidations: number;
  /** Sessions and reads of each gateway, at most. */
  readonly sessions: number;
  readonly reads: number;
  /** How often the list of sessions is lost. */
  readonly evictions: number;
  /** How many revocations do not arrive. */
  readonly lost: number;
}

/** The protocol; each other value is a way to get it wrong. */
export interface NearRules {
  readonly revokes: "after the drop" | "before the drop";
  readonly readOnItsWay: "killed" | "kept";
  readonly silent:
    | "expelled, its lease waited for"
    | "expelled, and nobody else waits for it"
    | "not waited for"
    | "waited for, and may renew";
  readonly youngList: "waited for" | "believed";
  readonly lease: "looked at" | "not looked at";
  readonly counts: "from the sending" | "from the answer";
  readonly holds: "after the answer to its joining" | "from its joining";
  readonly copies: "of a session" | "of the process";
}

export const nearProtocol: NearRules = {
  revokes: "after the drop",
  readOnItsWay: "killed",
  silent: "expelled, its lease waited for",
  youngList: "waited for",
  lease: "looked at",
  counts: "from the sending",
  holds: "after the answer to its joining",
  copies: "of a session",
};

interface Session {
  number: number;
  /** "sent": its joining has not arrived; "joined": executed, not answered yet. */
  at: "sent" | "joined" | "open";
  /** Its lease runs, as the gateway sees it. */
  lease: boolean;
}

interface Read {
  at: "sent" | "executed";
  /** Of the session that may keep it; 0: of none. */
  session: number;
  value: number;
  killed: boolean;
}

interface Gateway {
  session: Session | null;
  sessions: number;
  reads: number;
  read: Read | null;
  copy: number | null;
  /** Revocations that have not been heard, by invalidation. */
  inbox: number[];
}

interface Invalidation {
  at: "drop" | "ask" | "tell" | "wait" | "lease" | "done";
  /** Deletions with this one. */
  drop: number;
  /** Sessions that must acknowledge: `<gateway>.<number>`. */
  waitsFor: string[];
  young: boolean;
}

export interface NearState {
  /** Deletions so far: the stamp is made anew at once. */
  drops: number;
  /** Deletions that a resolved invalidation stands for. */
  resolved: number;
  list: string[];
  /** On the list until their leases are over, and not to be renewed. */
  expelled: string[];
  /** The list was lost; nobody has looked since, or somebody who was on the old one may still believe in it. */
  young: boolean;
  evictions: number;
  lost: number;
  gateways: Gateway[];
  invalidations: Invalidation[];
}

export function nearModel(scenario: NearScenario, rules: NearRules): Model<NearState> {
  return {
    first: () => ({
      drops: 0,
      resolved: 0,
      list: [],
      expelled: [],
      young: false,
      evictions: 0,
      lost: 0,
      gateways: Array.from({ length: scenario.gateways }, () => ({
        session: null,
        sessions: 0,
        reads: 0,
        read: null,
        copy: null,
        inbox: [],
      })),
      invalidations: Array.from({ length: scenario.invalidations }, () => ({
        at: rules.revokes === "after the drop" ? ("drop" as const) : ("ask" as const),
        drop: 0,
        waitsFor: [],
        young: false,
      })),
    }),
    steps(from) {
      const steps: Step<NearState>[] = [];
      const step = (label: string, change: (state: NearState) => unknown): void => {
        const state = JSON.parse(from) as NearState;
        const broken = change(state);
        steps.push({ label, state, ...(typeof broken === "string" ? { broken } : {}) });
      };
      const state = JSON.parse(from) as NearState;
      for (const at of state.gateways.keys()) gatewaySteps(scenario, rules, state, at, step);
      for (const at of state.invalidations.keys()) invalidationSteps(scenario, rules, state, at, step);
      if (state.evictions < scenario.evictions) {
        step("the list of sessions is lost", (next) => {
          next.evictions += 1;
          next.list = [];
          next.expelled = [];
          next.young = true;
        });
      }
      return steps;
    },
  };
}

type AddStep = (label: string, change: (state: NearState) => unknown) => void;

const name = (gateway: number, number: number) => `${gateway}.${number}`;

function gatewaySteps(
  scenario: NearScenario,
  rules: NearRules,
  state: NearState,
  at: number,
  step: AddStep,
): void {
  const { session, sessions, reads, read, copy, inbox } = state.gateways[at]!;
  const label = (text: string) => `G${at} ${text}`;
  const end = (g: Gateway): void => {
    g.session = null;
    if (rules.copies === "of a session") g.copy = null;
  };

  if (session === null && sessions < scenario.sessions) {
    step(label("joins"), (next) => {
      const g = next.gateways[at]!;
      g.sessions += 1;
      g.session = { number: g.sessions, at: "sent", lease: true };
    });
  }
  if (session?.at === "sent") {
    step(label("is on the list"), (next) => {
      next.gateways[at]!.session!.at = "joined";
      next.list.push(name(at, session.number));
    });
  }
  if (session?.at === "joined") {
    step(label("is told that it has joined"), (next) => {
      next.gateways[at]!.session!.at = "open";
    });
  }
  if (session?.lease) {
    step(label("has come to the end of its lease"), (next) => {
      next.gateways[at]!.session!.lease = false;
    });
  }
  // There it ends later than here.
  if (session !== null && (!session.lease || rules.counts === "from the answer")) {
    const there = name(at, session.number);
    if (state.list.includes(there)) {
      step(label("is over on the list"), (next) => {
        next.list = next.list.filter((one) => one !== there);
      });
    }
  }
  for (const one of state.expelled.filter((one) => one.startsWith(`${at}.`))) {
    if (one === name(at, session?.number ?? 0) && session?.lease) continue;
    step(label("is over on the list, from which it was expelled"), (next) => {
      next.expelled = next.expelled.filter((other) => other !== one);
    });
  }
  if (session !== null && session.at === "open" && !state.list.includes(name(at, session.number))) {
    step(label("renews, and is refused"), (next) => end(next.gateways[at]!));
  }
  if (session !== null && !session.lease) step(label("wakes up"), (next) => end(next.gateways[at]!));

  const holds = session?.at === "open" || (session !== null && rules.holds === "from its joining");
  if (read === null && reads < scenario.reads) {
    step(label("sends a read"), (next) => {
      const g = next.gateways[at]!;
      g.reads += 1;
      g.read = { at: "sent", session: holds ? session!.number : 0, value: 0, killed: false };
    });
  }
  if (read?.at === "sent") {
    step(label("'s read is executed"), (next) => {
      Object.assign(next.gateways[at]!.read!, { at: "executed", value: next.drops });
    });
  }
  if (read?.at === "executed") {
    step(label("is answered"), (next) => {
      const g = next.gateways[at]!;
      const isOurs = rules.copies === "of the process" || read.session === session?.number;
      if (read.session > 0 && isOurs && !read.killed) g.copy = read.value;
      g.read = null;
    });
  }
  for (const invalidation of inbox) {
    step(label(`hears I${invalidation}, and acknowledges`), (next) => {
      const g = next.gateways[at]!;
      g.inbox = g.inbox.filter((one) => one !== invalidation);
      g.copy = null;
      if (g.read !== null && rules.readOnItsWay === "killed") g.read.killed = true;
      const told = next.invalidations[invalidation]!;
      told.waitsFor = told.waitsFor.filter((one) => !one.startsWith(`${at}.`));
    });
  }
  const serves = holds && copy !== null && (session!.lease || rules.lease === "not looked at");
  if (serves && copy < state.resolved) {
    step(label("serves a request that begins now"), () => `a copy of before deletion ${state.resolved}`);
  }
}

function invalidationSteps(
  scenario: NearScenario,
  rules: NearRules,
  state: NearState,
  at: number,
  step: AddStep,
): void {
  const one = state.invalidations[at]!;
  const label = (text: string) => `I${at} ${text}`;
  const isOver = (session: string): boolean => {
    const [gateway, number] = session.split(".").map(Number) as [number, number];
    const present = state.gateways[gateway]!.session;
    return present?.number !== number || !present.lease;
  };
  const finish = (next: NearState): void => {
    const done = next.invalidations[at]!;
    done.at = rules.revokes === "after the drop" ? "done" : "drop";
    if (done.at === "done") next.resolved = Math.max(next.resolved, done.drop);
  };
  const drop = (next: NearState): void => {
    next.drops += 1;
    next.invalidations[at]!.drop = next.drops;
  };

  switch (one.at) {
    case "drop":
      step(label("deletes the stamp"), (next) => {
        drop(next);
        if (rules.revokes === "after the drop") next.invalidations[at]!.at = "ask";
        else {
          next.invalidations[at]!.at = "done";
          next.resolved = Math.max(next.resolved, next.invalidations[at]!.drop);
        }
      });
      return;
    case "ask":
      step(label("asks who holds copies"), (next) => {
        Object.assign(next.invalidations[at]!, {
          at: "tell",
          waitsFor: [...next.list, ...next.expelled],
          young: next.young,
        });
      });
      return;
    case "tell":
      for (const deaf of [-1, ...state.gateways.keys()]) {
        if (deaf >= 0 && state.lost >= scenario.lost) continue;
        step(label(`tells all${deaf < 0 ? "" : ` but G${deaf}`}`), (next) => {
          next.invalidations[at]!.at = "wait";
          if (deaf >= 0) next.lost += 1;
          for (const [number, gateway] of next.gateways.entries())
            if (number !== deaf) gateway.inbox.push(at);
        });
      }
      return;
    case "wait":
      step(label("has waited for acknowledgements"), (next) => {
        const waiting = next.invalidations[at]!;
        waiting.at = "lease";
        if (!rules.silent.startsWith("expelled")) {
          waiting.waitsFor = [];
          return;
        }
        const isSilent = (session: string) => waiting.waitsFor.includes(session);
        if (rules.silent === "expelled, its lease waited for")
          next.expelled.push(...next.list.filter(isSilent));
        next.list = next.list.filter((session) => !isSilent(session));
      });
      return;
    case "lease": {
      // Those who joined before the list was lost are over one lease later, as they cannot renew.
      const unlisted = state.gateways.flatMap(({ session }, gateway) =>
        session !== null && session.at !== "sent" && !state.list.includes(name(gateway, session.number))
          ? [name(gateway, session.number)]
          : [],
      );
      const waitsFor = [...one.waitsFor, ...(one.young && rules.youngList === "waited for" ? unlisted : [])];
      if (waitsFor.every(isOver)) step(label("resolves, or goes on"), finish);
    }
  }
}
