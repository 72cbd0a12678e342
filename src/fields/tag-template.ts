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
 * The texts that a template makes of these values, without repetition: one, or one for each item of a `[]`. Two
 * placeholders that go through the same list speak of the same item.
 *
 * A part that is null, missing or no scalar drops its text; `dropped` counts those.
 */
export function renderTagTemplate(
  template: TagTemplate,
  roots: TemplateRoots,
): { readonly texts: readonly string[]; readonly dropped: number } {
  const texts = new Set<string>();
  let dropped = 0;
  const render = (parts: readonly (string | Cursor)[]): void => {
    const moved = parts.map((part) => (typeof part === "string" ? part : toNextList(part)));
    const list = moved.find((part) => typeof part !== "string" && part.path.length > 0);
    if (list === undefined || typeof list === "string") {
      const words = moved.map((part) => (typeof part === "string" ? part : scalarText(part.value)));
      if (words.includes(undefined)) dropped++;
      else texts.add(words.join(""));
    } else if (Array.isArray(list.value) || list.value instanceof Set) {
      for (const item of list.value) {
        render(
          moved.map((part) =>
            typeof part === "string" || part.at !== list.at || part.path.length === 0
              ? part
              : { at: `${part.at}[]`, value: item, path: part.path.slice(1) },
          ),
        );
      }
    } else {
      dropped++;
    }
  };
  render(
    template.parts.map((part) =>
      typeof part === "string" ? part : { at: part.root, value: roots[part.root], path: part.path },
    ),
  );
  return { texts: [...texts], dropped };
}

/**
 * As much of a root's value as the placeholders of these templates lead to, with every promise on the way kept. One that
 * rejects leads nowhere: the place of the value itself is then an error, too.
 */
export async function settledFor(
  root: "value" | "result",
  templates: readonly TagTemplate[],
  value: unknown,
): Promise<unknown> {
  const steps: Steps = new Map();
  for (const part of templates.flatMap(({ parts }) => parts)) {
    if (typeof part === "string" || part.root !== root) continue;
    let at = steps;
    for (const step of part.path) {
      const next = at.get(step) ?? new Map();
      at.set(step, next);
      at = next;
    }
  }
  return settle(steps, value);
}

interface Steps extends Map<string, Steps> {}

async function settle(steps: Steps, promised: unknown): Promise<unknown> {
  let value: unknown;
  try {
    value = await promised;
  } catch {
    return undefined;
  }
  if (steps.size === 0 || typeof value !== "object" || value === null) return value;
  const items = steps.get("[]");
  if (items !== undefined) {
    const isList = Array.isArray(value) || value instanceof Set;
    return isList
      ? Promise.all(Array.from(value as Iterable<unknown>, (item) => settle(items, item)))
      : value;
  }
  const owner = value as Readonly<Record<string, unknown>>;
  const entries = [...steps].map(async ([name, next]) => [name, await settle(next, owner[name])] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** A placeholder on its way through the values: where it stands, what is there, and what is left to go. */
interface Cursor {
  readonly at: string;
  readonly value: unknown;
  readonly path: readonly string[];
}

/** Goes on until the path ends or a list is to be opened. */
function toNextList({ at, value, path }: Cursor): Cursor {
  const [step, ...rest] = path;
  if (step === undefined || step === "[]") return { at, value, path };
  const next = (value as Record<string, unknown> | null | undefined)?.[step];
  return toNextList({ at: `${at}.${step}`, value: next, path: rest });
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
