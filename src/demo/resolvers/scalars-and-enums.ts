import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from "graphql";
import type { Resolvers } from "../../generated/resolvers.ts";
import { enumValues } from "./enum-values.ts";

const DAY = /^\d{4}-\d{2}-\d{2}$/;
// RFC 3339: date, time and offset; fractions as long as they like.
const MOMENT =
  /^(\d{4}-\d{2}-\d{2})[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** `2026-11-23` ↔ a JS Date at midnight UTC. */
export const DateScalar = textScalar<Date>({
  name: "Date",
  expects: 'a day that exists, as "2026-11-23"',
  parse: dayFrom,
  print: (value) => (isDate(value) ? value.toISOString().slice(0, 10) : dayFrom(value) && String(value)),
});

/** `2026-11-23T06:20:00.000Z` ↔ a JS Date. */
export const DateTimeScalar = textScalar<Date>({
  name: "DateTime",
  expects: 'a moment with its offset, as "2026-11-23T06:20:00Z"',
  parse: momentFrom,
  print: (value) => (isDate(value) ? value : momentFrom(value))?.toISOString(),
});

/** An absolute address ↔ the same text; resolvers may also return a `URL`. */
export const UrlScalar = textScalar<string>({
  name: "URL",
  expects: 'an absolute http or https address, as "https://example.org/"',
  parse: addressFrom,
  print: (value) => addressFrom(value instanceof URL ? value.href : value),
});

/** The schema's scalars, and what stands behind the names of its enums. */
export const scalarsAndEnums = {
  Date: DateScalar,
  DateTime: DateTimeScalar,
  URL: UrlScalar,
  ...enumValues,
} satisfies Resolvers;

interface TextScalar<Internal> {
  readonly name: string;
  /** What must come, for the message. */
  readonly expects: string;
  parse(value: unknown): Internal | undefined;
  print(value: unknown): string | undefined;
}

function textScalar<Internal>({
  name,
  expects,
  parse,
  print,
}: TextScalar<Internal>): GraphQLScalarType<Internal, string> {
  const refuse = (value: unknown, node?: ValueNode): never => {
    throw new GraphQLError(`${name} must be ${expects}, but got: ${shown(value)}.`, node && { nodes: node });
  };
  return new GraphQLScalarType<Internal, string>({
    name,
    serialize: (value) => print(value) ?? refuse(value),
    parseValue: (value) => parse(value) ?? refuse(value),
    parseLiteral: (node) => {
      const value = node.kind === Kind.STRING ? node.value : undefined;
      return parse(value) ?? refuse("value" in node ? node.value : node.kind, node);
    },
  });
}

function dayFrom(value: unknown): Date | undefined {
  if (typeof value !== "string" || !DAY.test(value)) return undefined;
  const date = new Date(`${value}T00:00:00.000Z`);
  // 2026-02-30 becomes the second of March: only a day that exists prints as it was read.
  return isDate(date) && date.toISOString().startsWith(value) ? date : undefined;
}

function momentFrom(value: unknown): Date | undefined {
  if (typeof value !== "string") return undefined;
  const [, day] = MOMENT.exec(value) ?? [];
  if (day === undefined || dayFrom(day) === undefined) return undefined;
  // JS knows no leap second; RFC 3339 does. It is counted as the second after.
  const leap = /:60(?=[.Zz+-])/.test(value);
  const date = new Date(value.toUpperCase().replace(/:60(?=[.Z+-])/, ":59"));
  return isDate(date) ? new Date(date.getTime() + (leap ? 1000 : 0)) : undefined;
}

function addressFrom(value: unknown): string | undefined {
  if (typeof value !== "string" || !URL.canParse(value)) return undefined;
  return /^https?:$/.test(new URL(value).protocol) ? value : undefined;
}

function isDate(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime());
}

function shown(value: unknown): string {
  if (value instanceof Date) return "an invalid Date";
  return JSON.stringify(value) ?? String(value);
}
