import type { Placeholder, TagTemplate } from "./field-policy.ts";

const ROOTS: ReadonlySet<string> = new Set<Placeholder["root"]>(["args", "parent", "value", "result"]);
const PLACEHOLDER = /^([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*|\[\])*)$/;

/** What the placeholders of a template stand for; a root that is left out makes nothing. */
export interface TemplateRoots {
  readonly args?: unknown;
  readonly parent?: unknown;
  readonly value?: unknown;
  readonly result?: unknown;
}

/**
 * Compiles `category:{args.slug}`. Throws a `SyntaxError` whose message is a clause: `has a "{" without "}"`.
 *
 *     compileTagTemplate("item:{value[].id}").parts // ["item:", { root: "value", path: ["[]", "id"] }]
 */
export function compileTagTemplate(source: string): TagTemplate {
  if (source === "") throw new SyntaxError("is empty");
  const parts: (string | Placeholder)[] = [];
  let at = 0;
  while (at < source.length) {
    const open = source.indexOf("{", at);
    const text = source.slice(at, open === -1 ? undefined : open);
    if (text.includes("}")) throw new SyntaxError('has a "}" without "{"');
    if (text !== "") parts.push(text);
    if (open === -1) break;
    const close = source.indexOf("}", open);
    if (close === -1) throw new SyntaxError('has a "{" without "}"');
    parts.push(placeholder(source.slice(open + 1, close)));
    at = close + 1;
  }
  return {
    source,
    parts,
    fromValue: parts.some(
      (part) => typeof part !== "string" && (part.root === "value" || part.root === "result"),
    ),
  };
}

function placeholder(text: string): Placeholder {
  const [, root, path] = PLACEHOLDER.exec(text.trim()) ?? [];
  if (root === undefined || path === undefined || !ROOTS.has(root)) {
    throw new SyntaxError(`has the placeholder "{${text}}", which is none`);
  }
  return { root: root as Placeholder["root"], path: path.match(/\w+|\[\]/g) ?? [] };
}

/**
 * The texts that a template makes of these values, without repetition: one, or one for each item of a `[]`.
 *
 * A part that is null, missing or no scalar drops its text; `dropped` counts those.
 */
export function renderTagTemplate(
  template: TagTemplate,
  roots: TemplateRoots,
): { readonly texts: readonly string[]; readonly dropped: number } {
  let texts: readonly string[] = [""];
  let dropped = 0;
  for (const part of template.parts) {
    if (typeof part === "string") {
      texts = texts.map((text) => text + part);
      continue;
    }
    const found = valuesAt(roots[part.root], part.path).map(scalarText);
    const known = found.filter((text) => text !== undefined);
    dropped += (found.length - known.length) * texts.length;
    texts = texts.flatMap((text) => known.map((value) => text + value));
  }
  return { texts: [...new Set(texts)], dropped };
}

/** An absent list counts as one absent value, an empty one as no value. */
function valuesAt(value: unknown, path: readonly string[]): readonly unknown[] {
  const [step, ...rest] = path;
  if (step === undefined || value === null || value === undefined) return [value];
  if (step !== "[]") return valuesAt((value as Record<string, unknown>)[step], rest);
  return Array.isArray(value) ? value.flatMap((item) => valuesAt(item, rest)) : [undefined];
}

function scalarText(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
    case "object":
      return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : undefined;
    default:
      return undefined;
  }
}
