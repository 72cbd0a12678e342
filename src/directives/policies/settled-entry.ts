import type { Lifetimes } from "../../engine/read-plan.ts";
import type { EntryChild } from "./entry-closure.ts";
import type { StatedPolicy } from "./stated-policy.ts";
import type { Statement, Statements } from "./statements.ts";

/** What is left of an entry's policy once everything that lives in it has had its say. */
export interface SettledEntry {
  readonly lifetimes: Lifetimes;
  readonly scope: "PUBLIC" | "PRIVATE";
  readonly vary: readonly string[];
  /** Directives on children that the entry cannot obey. */
  readonly conflicts: readonly EntryConflict[];
  /** The child that inherits 0 seconds and so keeps the whole entry from being stored. */
  readonly zeroedBy?: string;
}

export interface EntryConflict {
  readonly child: Statement;
  readonly kind: "zero" | "private";
}

/** What a child's own directive says is obeyed or a conflict; what it inherits only ever restricts, without a word. */
export function settleEntry(
  stated: StatedPolicy,
  children: readonly EntryChild[],
  statements: Statements,
): SettledEntry {
  const conflicts: EntryConflict[] = [];
  let scope = stated.scope ?? "PUBLIC";
  let ends = endsOf(stated) ?? NEVER;
  let zeroedBy: string | undefined;
  const stores = ends.fresh > 0;
  const vary = new Set(stated.vary);

  for (const { coordinate, says } of children) {
    const saysItself = statements.get(coordinate)?.stated.scope === "PRIVATE";
    if (says.scope === "PRIVATE" && !saysItself) scope = "PRIVATE";
  }
  for (const { coordinate, says } of children) {
    const child = statements.get(coordinate);
    for (const name of says.vary ?? []) vary.add(name);
    if (stores && child?.stated.scope === "PRIVATE" && scope === "PUBLIC") {
      conflicts.push({ child, kind: "private" });
      if (child.lenient) {
        ends = NEVER;
        continue;
      }
    }
    if (stores && child?.stated.seconds === 0) conflicts.push({ child, kind: "zero" });
    else if (stores && says.seconds === 0) zeroedBy ??= coordinate;
    const own = endsOf(says);
    if (own !== undefined) ends = shorter(ends, own);
  }
  return {
    lifetimes: lifetimesOf(ends, stated),
    scope,
    vary: [...vary].sort(),
    conflicts,
    ...(zeroedBy === undefined ? {} : { zeroedBy }),
  };
}

/** When a value stops being served, in seconds from its load. */
interface Ends {
  readonly fresh: number;
  readonly stale: number;
  readonly staleIfError: number;
}

const NEVER: Ends = { fresh: 0, stale: 0, staleIfError: 0 };

function endsOf({ seconds, staleSeconds = 0, staleIfErrorSeconds = 0 }: StatedPolicy): Ends | undefined {
  if (seconds === undefined) return undefined;
  return { fresh: seconds, stale: seconds + staleSeconds, staleIfError: seconds + staleIfErrorSeconds };
}

function shorter(a: Ends, b: Ends): Ends {
  return {
    fresh: Math.min(a.fresh, b.fresh),
    stale: Math.min(a.stale, b.stale),
    staleIfError: Math.min(a.staleIfError, b.staleIfError),
  };
}

/** 0 seconds: nothing is stored, whatever else is said. */
function lifetimesOf(ends: Ends, { nullSeconds = Math.min(ends.fresh, 5) }: StatedPolicy): Lifetimes {
  if (ends.fresh === 0) return { freshMs: 0, staleMs: 0, staleIfErrorMs: 0, nullMs: 0 };
  return {
    freshMs: ends.fresh * 1000,
    staleMs: (ends.stale - ends.fresh) * 1000,
    staleIfErrorMs: (ends.staleIfError - ends.fresh) * 1000,
    nullMs: nullSeconds * 1000,
  };
}
