/** Characters of an entry's id, which is the token of the fill that made it. */
export const ID_CHARS = 16;

/**
 * All that a store knows of an entry's text: one character for the format, then the id. Undefined for a foreign text,
 * which `begin` must not hand out: its caller could never say that it has seen it.
 */
export function entryId(text: string): string | undefined {
  return /^[A-Za-z0-9_-]{17}/.test(text) ? text.slice(1, 1 + ID_CHARS) : undefined;
}
