import { badInput } from "./errors.ts";
import { pageSize } from "./inputs.ts";

export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

/** A page as Relay defines it. */
export interface Connection<Node> {
  readonly edges: { readonly cursor: string; readonly node: Node }[];
  readonly nodes: Node[];
  readonly pageInfo: PageInfo;
}

export type CursorValue = string | number;

/** Which page: `take` items behind the one with these sort values. */
export interface Page {
  readonly take: number;
  readonly after: readonly CursorValue[] | null;
}

export interface PageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
}

/**
 * Checks the arguments of a page. Done in the resolver, before the page joins a batch: one bad cursor must not fail the
 * batch of all the others.
 */
export function pageFrom(args: PageArgs, fallback: number, cursorKinds: readonly CursorKind[]): Page {
  const after = args.after ?? null;
  return {
    take: pageSize(args.first, fallback),
    after: after === null ? null : decodeCursor(after, cursorKinds),
  };
}

/** A page of rows that were read with one more than asked for: that one tells whether there is a next page. */
export function connectionFrom<Row>(
  rows: readonly Row[],
  page: Page,
  cursorOf: (row: Row) => string,
): Connection<Row> {
  const nodes = rows.slice(0, page.take);
  const edges = nodes.map((node) => ({ cursor: cursorOf(node), node }));
  return {
    edges,
    nodes,
    pageInfo: {
      hasNextPage: rows.length > page.take,
      hasPreviousPage: page.after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** The same of rows that bring along the text they are sorted by, before their id. */
export function sortedConnectionFrom<Row extends { readonly id: string }>(
  found: readonly (Row & { readonly sortKey: string })[],
  page: Page,
): Connection<Row> {
  const keys = new Map(found.map(({ id, sortKey }) => [id, sortKey]));
  const rows = found.map(({ sortKey: _key, ...row }) => row as unknown as Row);
  return connectionFrom(rows, page, ({ id }) => encodeCursor([keys.get(id) ?? "", id]));
}

type CursorKind = "string" | "integer" | "moment";

/** The sort values of an item as an opaque text. */
export function encodeCursor(values: readonly CursorValue[]): string {
  return Buffer.from(JSON.stringify(values)).toString("base64url");
}

function decodeCursor(cursor: string, kinds: readonly CursorKind[]): CursorValue[] {
  const values = parse(cursor);
  const fits =
    Array.isArray(values) &&
    values.length === kinds.length &&
    kinds.every((kind, index) => isOf(kind, values[index]));
  if (!fits) throw badInput(`"after" must be a cursor of this list, but got: ${JSON.stringify(cursor)}.`);
  return values;
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return undefined;
  }
}

/** Only what the database can take: no U+0000, no more than 31 bits, a moment as `toISOString` writes it. */
function isOf(kind: CursorKind, value: unknown): boolean {
  switch (kind) {
    case "string":
      return typeof value === "string" && !value.includes("\u0000");
    case "integer":
      return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31;
    case "moment": {
      const date = typeof value === "string" ? new Date(value) : undefined;
      return (
        date !== undefined &&
        !Number.isNaN(date.getTime()) &&
        /^\d{4}-/.test(value as string) &&
        date.toISOString() === value
      );
    }
  }
}
