import { canonicalJson } from "../base/canonical-json.ts";
import type { Placeholder, TagTemplate } from "./field-policy.ts";

/** What a template's placeholders may stand for; a root that is not there yet counts as null. */
export type TagRoots = Partial<Readonly<Record<Placeholder["root"], unknown>>>;

export interface FilledTag {
  /** Distinct texts; several when a placeholder goes through a list. */
  readonly texts: readonly string[];
  /** How many were dropped because a part was null or missing. */
  readonly dropped: number;
}

/**
 * The texts of one template for one call: `item:{value.items[].id}` gives one per item.
 *
 * Two placeholders that go through lists give every combination: rather a tag too many than an entry out of reach.
 */
export function fillTag(template: TagTemplate, roots: TagRoots): FilledTag {
  let texts: (string | undefined)[] = [""];
  for (const part of template.parts) {
    const values = typeof part === "string" ? [part] : valuesAt(roots[part.root], part.path).map(textOf);
    texts = texts.flatMap((before) =>
      values.map((value) => (before === undefined || value === undefined ? undefined : before + value)),
    );
  }
  const whole = texts.filter((text) => text !== undefined);
  return { texts: [...new Set(whole)], dropped: texts.length - whole.length };
}

/** All values at the end of a path; `[]` goes through the items of a list, of which an absent one counts as one null. */
function valuesAt(root: unknown, path: readonly string[]): readonly unknown[] {
  let values: readonly unknown[] = [root];
  for (const step of path) {
    values = step === "[]" ? values.flatMap(itemsOf) : values.map((value) => propertyOf(value, step));
  }
  return values;
}

function itemsOf(value: unknown): readonly unknown[] {
  if (typeof value !== "object" || value === null || !(Symbol.iterator in value)) return [undefined];
  return [...(value as Iterable<unknown>)];
}

function propertyOf(value: unknown, name: string): unknown {
  return value === null || value === undefined ? undefined : (value as Record<string, unknown>)[name];
}

/** Numbers and strings read alike, as ids do; a Date is its ISO text. */
function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (typeof value !== "object") return String(value);
  try {
    return canonicalJson(value);
  } catch {
    return undefined;
  }
}
