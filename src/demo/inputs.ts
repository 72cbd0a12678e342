import { badInput } from "./errors.ts";

/** Returns the text, or refuses what PostgreSQL cannot hold; `name` is the argument's, for the message. */
export function storable(text: string, name: string): string {
  if (text.includes("\u0000")) throw badInput(`"${name}" must not hold the character U+0000.`);
  return text;
}

/** The integer id behind a GraphQL ID, or undefined when no row can have it. */
export function integerId(id: string | number): number | undefined {
  const text = String(id);
  if (!/^[1-9]\d{0,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= 2_147_483_647 ? value : undefined;
}

/** How many items to take: `first`, or its default where null was given. */
export function pageSize(first: number | null | undefined, fallback: number, most = 100): number {
  const size = first ?? fallback;
  if (size < 0 || size > most) throw badInput(`"first" must be 0 to ${most}, but got: ${size}.`);
  return size;
}

/** The trimmed text of a note. */
export function noteBody(body: string): string {
  const text = storable(body, "body").trim();
  if (text.length < 1 || text.length > 2000) {
    throw badInput(`"body" must have 1 to 2000 characters, but got: ${text.length}.`);
  }
  return text;
}
