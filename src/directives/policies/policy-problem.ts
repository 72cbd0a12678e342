import { type ASTNode, getLocation } from "graphql";
import { FieldgateError } from "../../base/errors.ts";

/** One mistake, or one warning, found while the schema was read. */
export interface PolicyProblem {
  /** `Product.price`, `Product`, or the name of an option: `entities`. */
  readonly coordinate: string;
  /** Where the directive stands in the SDL; absent where code said it. */
  readonly location?: SdlLocation;
  /** What is wrong, as a sentence; ends with a "Did you mean" where a name is unknown and a known one near. */
  readonly problem: string;
  /** What to do about it, as a sentence. */
  readonly mend: string;
}

export interface SdlLocation {
  /** Name of the source, such as a file's; absent where the parser was given none. */
  readonly source?: string;
  readonly line: number;
  readonly column: number;
}

/** Thrown at start with every mistake of the schema at once. */
export class SchemaPolicyError extends FieldgateError {
  readonly problems: readonly PolicyProblem[];

  constructor(problems: readonly PolicyProblem[]) {
    const count = problems.length === 1 ? "a mistake" : `${problems.length} mistakes`;
    super(
      "SCHEMA_POLICY",
      `The schema's cache directives have ${count}:\n${problems.map((problem) => `- ${describeProblem(problem)}`).join("\n")}\n`,
      "Nothing is served until they are mended; docs/directives.md tells of each.",
    );
    this.name = "SchemaPolicyError";
    this.problems = problems;
  }
}

/** `Product.price (shop.graphql:12:3): @cacheTTL(seconds: -1) is negative. Give 0 or more.` */
export function describeProblem({ coordinate, location, problem, mend }: PolicyProblem): string {
  const where =
    location === undefined
      ? ""
      : ` (${location.source ?? "line "}${location.source ? ":" : ""}${location.line}:${location.column})`;
  return `${coordinate}${where}: ${problem} ${mend}`;
}

/** What graphql-js calls a text that came without a name. */
const UNNAMED_SOURCES: ReadonlySet<string> = new Set(["GraphQL request", "GraphQL"]);

function locationOf(node: ASTNode | undefined): SdlLocation | undefined {
  if (node?.loc === undefined) return undefined;
  const { source, start } = node.loc;
  const { line, column } = getLocation(source, start);
  return UNNAMED_SOURCES.has(source.name) ? { line, column } : { source: source.name, line, column };
}

/** Collects what is found, so that all of it is told together. */
export class ProblemLog {
  readonly errors: PolicyProblem[] = [];
  readonly warnings: PolicyProblem[] = [];

  error(finding: Finding): void {
    this.errors.push(problemOf(finding));
  }

  warn(finding: Finding): void {
    this.warnings.push(problemOf(finding));
  }
}

export interface Finding {
  readonly coordinate: string;
  readonly node?: ASTNode | undefined;
  readonly problem: string;
  readonly mend: string;
}

function problemOf({ coordinate, node, problem, mend }: Finding): PolicyProblem {
  const location = locationOf(node);
  return { coordinate, ...(location === undefined ? {} : { location }), problem, mend };
}
