import { isAbstractType, isInterfaceType, isObjectType } from "graphql";
import { inWords } from "../../base/suggest.ts";
import type { EntityKeys } from "../../fields/identity.ts";
import type { SettledPlace } from "./entry-places.ts";
import { MOST_INNER_TAGS } from "./entry-tags.ts";
import type { Finding, ProblemLog } from "./policy-problem.ts";
import type { Precedence } from "./precedence.ts";
import { compositeOf, fieldsOf, hasOwnResolver, type SchemaFacts } from "./schema-facts.ts";
import type { StatedPolicy } from "./stated-policy.ts";
import type { Statement, Statements } from "./statements.ts";

export interface StatementsInUse {
  readonly facts: SchemaFacts;
  readonly keys: EntityKeys;
  readonly statements: Statements;
  readonly entries: readonly SettledPlace[];
  readonly log: ProblemLog;
}

/** Reports directives that stand where they cannot be kept: no identity above, or an entry around them that says otherwise. */
export function reportUnkeptStatements({ facts, keys, statements, entries, log }: StatementsInUse): void {
  for (const statement of statements.values()) {
    const problem = homelessness(facts, keys, statement);
    if (problem !== undefined) tell(log, statement, problem);
  }
  const conflicts = new Map<string, { child: Statement; kind: "zero" | "private"; around: string[] }>();
  for (const { coordinate, settled } of entries) {
    for (const { child, kind } of settled.conflicts) {
      const id = `${child.coordinate} ${kind}`;
      const known = conflicts.get(id);
      if (known === undefined) conflicts.set(id, { child, kind, around: [coordinate] });
      else known.around.push(coordinate);
    }
  }
  for (const { child, kind, around } of conflicts.values()) {
    const where = `the field has no resolver of its own, so it lives in ${entriesOf(around)}`;
    tell(
      log,
      child,
      kind === "zero"
        ? {
            problem: `never stores the field, but ${where}.`,
            mend: "Give the field a resolver of its own, or write 0 seconds on what holds it.",
          }
        : {
            problem: `is PRIVATE, but ${where}, which ${around.length === 1 ? "is" : "are"} PUBLIC.`,
            mend: "Give the field a resolver of its own, or make what holds it PRIVATE.",
          },
    );
  }
}

type Fault = Pick<Finding, "problem" | "mend">;

/** A mistake, unless only Apollo's directive says it: then what it concerns stays uncached. */
function tell(log: ProblemLog, statement: Statement, { problem, mend }: Fault): void {
  const { coordinate, node, said, lenient } = statement;
  if (lenient)
    log.warn({ coordinate, node, problem: `${said} ${problem}`, mend: `It stays uncached. ${mend}` });
  else log.error({ coordinate, node, problem: `${said} ${problem}`, mend });
}

function homelessness(facts: SchemaFacts, keys: EntityKeys, { type, field }: Statement): Fault | undefined {
  if (field === undefined || !isObjectType(type)) return undefined;
  const root = facts.rootOf(type);
  if (root === "mutation" || root === "subscription") {
    return {
      problem: `stands on a field of the ${root} type, which is never cached.`,
      mend:
        root === "mutation"
          ? "Remove it; to drop what the mutation changes, write @invalidates."
          : "Remove it.",
    };
  }
  if (root === "query" || keys.has(type.name) || !hasOwnResolver(field)) return undefined;
  return {
    problem: `stands on a field of ${type.name}, which has no key to tell its objects apart.`,
    mend: `Give ${type.name} a field id: ID! or @key(fields: "…"), or cache the field that returns it.`,
  };
}

/** Warns of directives that can never take effect. */
export function reportIdleStatements(
  use: StatementsInUse & { readonly entities: ReadonlySet<string>; readonly precedence: Precedence },
): void {
  const cached = new Set(use.entries.map(({ coordinate }) => coordinate));
  const around = entriesAround(use.entries);
  const reached = reachedTypes(use.facts, use.entities);
  for (const statement of use.statements.values()) {
    if (statement.lenient) continue;
    const { coordinate, node, said } = statement;
    const fault =
      statement.field === undefined
        ? idleType(use.facts, reached, statement)
        : isInterfaceType(statement.type)
          ? idleInterfaceField(use.facts, cached, around, statement)
          : idleField(use, cached, around, statement);
    if (fault === undefined) continue;
    use.log.warn({
      coordinate,
      node,
      problem: `${said} never takes effect: ${fault.problem}`,
      mend: fault.mend,
    });
  }
}

/** Warns of entries with more to go by than they can carry: a child that is never stored, tags without end. */
export function reportIdleEntries(
  entries: readonly SettledPlace[],
  statements: Statements,
  log: ProblemLog,
): void {
  for (const { coordinate, stated, settled, tagsComplete } of entries) {
    const statement = statements.get(coordinate);
    if (stated.hot && settled.scope === "PRIVATE") {
      log.warn({
        coordinate,
        node: statement?.node,
        problem:
          "@cacheTTL(hot: true) never takes effect: what is PRIVATE is not copied, as nobody else would read the copy.",
        mend: "Remove hot, or make it PUBLIC.",
      });
    }
    if (!tagsComplete) {
      log.warn({
        coordinate,
        node: statement?.node,
        problem: `More than ${MOST_INNER_TAGS} tags live in the entry: those deepest in it do not reach it.`,
        mend: "Give the types in it a key and an entity loader, so that they have entries of their own.",
      });
    }
    if (statement === undefined || statement.lenient || settled.zeroedBy === undefined) continue;
    log.warn({
      coordinate,
      node: statement.node,
      problem: `${statement.said} never takes effect: ${settled.zeroedBy} lives in the entry and inherits 0 seconds.`,
      mend: `Give ${settled.zeroedBy} a resolver of its own, or a lifetime.`,
    });
  }
}

/** The entries that each field without resolver lives in. */
function entriesAround(entries: readonly SettledPlace[]): ReadonlyMap<string, readonly SettledPlace[]> {
  const around = new Map<string, SettledPlace[]>();
  for (const entry of entries) {
    for (const { coordinate } of entry.children) {
      const known = around.get(coordinate);
      if (known === undefined) around.set(coordinate, [entry]);
      else known.push(entry);
    }
  }
  return around;
}

/** Types of which a value can be met: some field returns them, or a loader loads them. */
function reachedTypes(facts: SchemaFacts, entities: ReadonlySet<string>): ReadonlySet<string> {
  const reached = new Set(entities);
  for (const field of facts.composites.flatMap(fieldsOf)) {
    const type = compositeOf(field);
    if (type === undefined) continue;
    reached.add(type.name);
    for (const member of facts.membersOf(type)) reached.add(member.name);
  }
  return reached;
}

function idleType(facts: SchemaFacts, reached: ReadonlySet<string>, { type }: Statement): Fault | undefined {
  if (facts.rootOf(type) !== undefined && !reached.has(type.name)) {
    return {
      problem: `a type's directive is about the values of the type, and no field returns ${type.name}.`,
      mend: "Write it on the fields that are to be cached.",
    };
  }
  const isReached = [type, ...facts.membersOf(type)].some(({ name }) => reached.has(name));
  if (isReached) return undefined;
  return {
    problem: `no field returns ${type.name}${isAbstractType(type) ? " or a type of it" : ""}, and no entity loader loads it.`,
    mend: "Remove it.",
  };
}

function idleInterfaceField(
  facts: SchemaFacts,
  cached: ReadonlySet<string>,
  around: ReadonlyMap<string, readonly SettledPlace[]>,
  { type, field }: Statement,
): Fault | undefined {
  const coordinates = facts.membersOf(type).map((member) => `${member.name}.${field!.name}`);
  if (coordinates.some((coordinate) => cached.has(coordinate) || around.has(coordinate))) return undefined;
  return {
    problem: `no type that implements ${type.name} caches the field.`,
    mend: "Write it on a type that has a key and resolves the field.",
  };
}

function idleField(
  { facts, keys, precedence }: Parameters<typeof reportIdleStatements>[0],
  cached: ReadonlySet<string>,
  around: ReadonlyMap<string, readonly SettledPlace[]>,
  { type, field, coordinate, stated }: Statement,
): Fault | undefined {
  if (field === undefined || cached.has(coordinate)) return undefined;
  if (hasOwnResolver(field)) {
    if (homelessness(facts, keys, { type, field } as Statement) !== undefined) return undefined;
    if (precedence.ofField(type, field).seconds !== undefined) return undefined;
    return {
      problem: "neither it nor the type that the field returns says how many seconds.",
      mend: "Add seconds.",
    };
  }
  const root = facts.rootOf(type);
  if (root === "mutation" || root === "subscription") return undefined;
  const entries = around.get(coordinate) ?? [];
  if (entries.length === 0) {
    return {
      problem: "the field has no resolver of its own, and nothing that is cached holds it.",
      mend: "Give the field a resolver, or cache the field that returns its object.",
    };
  }
  if (carries(stated)) return undefined;
  const { seconds } = stated;
  const shortest = entries.every((entry) => seconds === undefined || (entry.stated.seconds ?? 0) < seconds);
  if (!shortest) return undefined;
  return {
    problem:
      seconds === undefined
        ? "the field has no resolver of its own, so it lives in the entry of the object around it."
        : `the field has no resolver of its own, so it lives in ${entriesOf(entries.map((entry) => entry.coordinate))}, which ${entries.length === 1 ? "is" : "are"} shorter.`,
    mend: "Remove it, or give the field a resolver.",
  };
}

/** Whether it tells the entry around it something that is not a lifetime. */
function carries({ scope, vary = [], tags = [], version }: StatedPolicy): boolean {
  return scope === "PRIVATE" || vary.length > 0 || tags.length > 0 || version !== undefined;
}

/** `the entry of A`, `the entries of A and B`, `the entries of A, B and 7 more`. */
function entriesOf(names: readonly string[]): string {
  if (names.length === 1) return `the entry of ${names[0]}`;
  const some =
    names.length <= 3
      ? inWords(names, "and")
      : `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;
  return `the entries of ${some}`;
}
