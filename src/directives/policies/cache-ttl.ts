import { inspect } from "node:util";
import type { ASTNode, GraphQLArgument } from "graphql";
import { didYouMean } from "../../base/suggest.ts";
import type { TagTemplate } from "../../fields/field-policy.ts";
import type { ProblemLog } from "./policy-problem.ts";
import type { SchemaFacts } from "./schema-facts.ts";
import type { StatedPolicy } from "./stated-policy.ts";
import { checkTemplate, type TemplateScope } from "./template-names.ts";

/** What the arguments of `@cacheTTL` are checked against. */
export interface CacheTtlChecks {
  readonly facts: SchemaFacts;
  readonly log: ProblemLog;
  readonly maxSeconds: number;
  readonly varyNames: readonly string[];
  readonly principal: boolean;
  readonly secret: boolean;
  readonly sharedRedis: boolean;
}

/** The place that the arguments stand on. */
export interface StatedPlace {
  readonly coordinate: string;
  readonly node?: ASTNode | undefined;
  /** How the arguments are told in a message: `@cacheTTL`, or `policies["Product.price"]`. */
  readonly said: string;
  /** What the place calls `seconds`. Default "seconds". */
  readonly lifetimeName?: string;
  readonly templates: TemplateScope;
  /** Arguments that `ignoreArgs` may name: the field's, or those of the fields that return the type. */
  readonly args: readonly GraphQLArgument[];
}

const LIFETIMES = ["seconds", "staleSeconds", "staleIfErrorSeconds", "nullSeconds"] as const;
const ARGUMENTS = [
  ...LIFETIMES,
  "scope",
  "vary",
  "ignoreArgs",
  "selection",
  "tags",
  "version",
  "hot",
] as const;

/** Checks every argument, logs what is wrong and returns the rest. */
export function checkCacheTtl(
  checks: CacheTtlChecks,
  place: StatedPlace,
  args: Readonly<Record<string, unknown>>,
): StatedPolicy {
  const stated: { -readonly [K in keyof StatedPolicy]: StatedPolicy[K] } = {};
  const reject = (problem: string, mend: string): void =>
    checks.log.error({
      coordinate: place.coordinate,
      node: place.node,
      problem: `${place.said} ${problem}`,
      mend,
    });

  for (const [name, value] of Object.entries(args)) {
    if (value === null || value === undefined) continue;
    switch (name) {
      case "seconds":
      case "staleSeconds":
      case "staleIfErrorSeconds":
      case "nullSeconds": {
        const seconds = lifetime(checks, place, name, value, reject);
        if (seconds !== undefined) stated[name] = seconds;
        break;
      }
      case "version":
        if (!isWhole(value)) reject(`gives version as ${print(value)}.`, "Give a whole number, 0 or more.");
        else stated.version = value;
        break;
      case "selection":
      case "hot":
        if (typeof value !== "boolean") reject(`gives ${name} as ${print(value)}.`, "Give true or false.");
        else stated[name] = value;
        break;
      case "scope":
        if (value !== "PUBLIC" && value !== "PRIVATE") {
          reject(
            `gives scope as ${print(value)}.${didYouMean(String(value), ["PUBLIC", "PRIVATE"])}`,
            "Give PUBLIC or PRIVATE.",
          );
        } else {
          stated.scope = value;
          if (value === "PRIVATE") checkPrivate(checks, reject);
        }
        break;
      case "vary": {
        const names = nameList(name, value, reject);
        for (const vary of names) {
          if (!checks.varyNames.includes(vary)) {
            reject(
              `varies by "${vary}", which is not registered.${didYouMean(vary, checks.varyNames)}`,
              `Register it with the option vary: { ${vary}: (context) => … }.`,
            );
          }
        }
        stated.vary = names;
        break;
      }
      case "ignoreArgs": {
        const names = nameList(name, value, reject);
        const known = place.args.map((argument) => argument.name);
        for (const ignored of names) {
          if (!known.includes(ignored)) {
            reject(
              `ignores the argument "${ignored}", which ${place.coordinate.includes(".") ? "the field does not have" : "no field that returns the type has"}.${didYouMean(ignored, known)}`,
              known.length === 0 ? "Leave ignoreArgs out." : `Name one of ${[...new Set(known)].join(", ")}.`,
            );
          }
        }
        stated.ignoreArgs = names;
        break;
      }
      case "tags":
        stated.tags = nameList(name, value, reject).flatMap((source) => tag(checks, place, source, reject));
        break;
      default:
        reject(
          `has no argument "${name}".${didYouMean(name, ARGUMENTS)}`,
          `Its arguments are ${ARGUMENTS.join(", ")}.`,
        );
    }
  }
  return stated;
}

type Reject = (problem: string, mend: string) => void;

function lifetime(
  checks: CacheTtlChecks,
  place: StatedPlace,
  argument: (typeof LIFETIMES)[number],
  value: unknown,
  reject: Reject,
): number | undefined {
  const name = argument === "seconds" ? (place.lifetimeName ?? argument) : argument;
  if (!isInteger(value)) {
    reject(`gives ${name} as ${print(value)}.`, "Give a whole number of seconds, 0 or more.");
    return undefined;
  }
  if (value < 0) {
    reject(
      `gives a negative ${name}: ${value}.`,
      argument === "seconds" ? "Give 0 to store nothing, or a positive number." : "Give 0 or more.",
    );
    return undefined;
  }
  if (value <= checks.maxSeconds) return value;
  checks.log.warn({
    coordinate: place.coordinate,
    node: place.node,
    problem: `${place.said} gives ${name} as ${value}, more than maxSeconds, ${checks.maxSeconds}: it is cut to that.`,
    mend: "Write a shorter lifetime, or raise the option maxSeconds.",
  });
  return checks.maxSeconds;
}

function checkPrivate(checks: CacheTtlChecks, reject: Reject): void {
  if (!checks.principal) {
    reject(
      "is PRIVATE, but nothing tells who asks.",
      "Give the option principal: (context) => context.user?.id ?? null.",
    );
  }
  if (checks.sharedRedis && !checks.secret) {
    reject(
      "is PRIVATE and the Redis is shared, but there is no secret to hide principals with.",
      "Set CACHE_SECRET, or give the option secret: 32 bytes or more, the same in every gateway.",
    );
  }
}

function tag(
  checks: CacheTtlChecks,
  place: StatedPlace,
  source: string,
  reject: Reject,
): readonly TagTemplate[] {
  const compiled = checkTemplate(checks.facts, source, place.templates);
  if ("template" in compiled) return [compiled.template];
  for (const mistake of compiled.mistakes) {
    reject(
      `has the tag ${JSON.stringify(source)}, which ${mistake}`,
      "Write placeholders like {args.slug}, {parent.id}, {value.id} or {value[].id}, with names of the schema.",
    );
  }
  return [];
}

/** One name alone stands for a list of one, as everywhere in GraphQL. */
function nameList(name: string, value: unknown, reject: Reject): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const names = list.filter((item) => typeof item === "string");
  if (names.length !== list.length) reject(`gives ${name} as ${print(value)}.`, "Give a list of strings.");
  return [...new Set(names)];
}

function isInteger(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}

function isWhole(value: unknown): value is number {
  return isInteger(value) && value >= 0;
}

function print(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
}
