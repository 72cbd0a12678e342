import { readFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../../..");

export function readText(file: string): string {
  return readFileSync(path.join(root, file), "utf8");
}

/** The code blocks of a document in one language, in order. */
export function snippets(document: string, language: string): readonly string[] {
  const blocks = document.matchAll(/^```(\w*)\n(.*?)^```$/gms);
  return [...blocks].filter(([, said]) => said === language).map(([, , code]) => code!);
}

export interface SnippetOptions {
  /** What `import` finds, by specifier. */
  readonly modules: Readonly<Record<string, unknown>>;
  /** Names that the document leaves to its reader. */
  readonly given?: Readonly<Record<string, unknown>>;
  /** Names of the snippet that are wanted from it. */
  readonly wanted?: readonly string[];
}

type AsyncRun = (...values: unknown[]) => Promise<Record<string, unknown>>;
const AsyncFunction = (async () => {}).constructor as new (...parameters: string[]) => AsyncRun;

/** Runs one code block as the body of an async function. It must be JavaScript, too: no type is written in it. */
export async function runSnippet(
  code: string,
  { modules, given = {}, wanted = [] }: SnippetOptions,
): Promise<Record<string, unknown>> {
  const body = code.replace(
    /^import (\{.*?\}) from ("[^"]+");$/gms,
    (_, names: string, from: string) => `const ${names.replaceAll(" as ", ": ")} = modules[${from}];`,
  );
  const run = new AsyncFunction(
    "modules",
    ...Object.keys(given),
    `"use strict";\n${body}\nreturn { ${wanted.join(", ")} };`,
  );
  return run(modules, ...Object.values(given));
}

/** The rows of the table whose head begins with this cell; code marks are taken off. */
export function tableRows(document: string, head: string): readonly (readonly string[])[] {
  const lines = document.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  const end = lines.findIndex((line, at) => at > start && !line.startsWith("|"));
  return lines.slice(start + 2, end).map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}
