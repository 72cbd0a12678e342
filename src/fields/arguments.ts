import { canonicalJson } from "../base/canonical-json.ts";
import { argsPart } from "../keys/grammar.ts";

/**
 * Part of the key for a call's arguments; undefined where there are none.
 *
 * The arguments are those that the resolver receives: coerced by graphql-js, defaults applied, an absent one absent.
 * `ignored` are left out; `extra` (a digest of the selection) is part of it. Throws where an argument has no text
 * that tells it from another (`UNKEYABLE` of {@link canonicalJson}).
 */
export function argumentsPart(
  args: Readonly<Record<string, unknown>>,
  ignored: readonly string[],
  extra?: string,
): string | undefined {
  const counted = Object.entries(args).filter(([name]) => !ignored.includes(name));
  if (counted.length === 0 && extra === undefined) return undefined;
  // The text of a record ends with "}" and holds no free blank: what follows it cannot be taken for an argument.
  const text = counted.length === 0 ? "" : canonicalJson(Object.fromEntries(counted));
  return argsPart(extra === undefined ? text : `${text} ${extra}`);
}
