#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { inWords } from "../base/suggest.ts";
import { checkSchema } from "./check-schema.ts";
import { type DeadLettersCall, deadLetters, misuseOf } from "./dead-letters.ts";

const help = `fieldgate: field-level caching for GraphQL

Usage
  fieldgate check <schema.graphql...>   prints the cache policy of every cached field, and every mistake
  fieldgate dead-letters list           prints writes behind that their source refused for good, values included
  fieldgate dead-letters replay|drop <id...> | --all
                                        sends them again, behind what is pending of their entities and with new tokens; or forgets them
  fieldgate --help | --version

Options of dead-letters
  --redis <url>      default: REDIS_URL
  --namespace <ns>   default: CACHE_NAMESPACE, or "fieldgate"

Options of check
  --entity <Type>    a type with an entity loader, as given to cache.entity; repeatable
  --cache-control    reads Apollo's @cacheControl as a synonym of @cacheTTL

Resolvers are not known to this command: root fields, and fields of keyed types with a directive, count as having one.
Exit code: 0 when nothing is wrong (warnings are printed), 1 for mistakes in the schema or a store that does not answer, 2 for a wrong command line.
`;

process.exitCode = await run(process.argv.slice(2));

async function run(args: string[]): Promise<number> {
  const parsed = parse(args);
  if (typeof parsed === "string") return misused(parsed);
  const { values, positionals } = parsed;
  if (values.version) return say(await packageVersion());
  if (values.help) return say(help);
  const [command, ...files] = positionals;
  if (command === undefined) return misused("Which command?");
  if (command === "dead-letters") {
    return setAside({
      words: files,
      all: values.all ?? false,
      redis: values.redis ?? process.env["REDIS_URL"],
      namespace: values.namespace ?? process.env["CACHE_NAMESPACE"] ?? "fieldgate",
    });
  }
  if (command !== "check")
    return misused(
      `There is no command "${command}"; there are ${inWords(["check", "dead-letters"], "and")}.`,
    );
  if (files.length === 0)
    return misused("check takes one schema file or more: fieldgate check schema/*.graphql");
  const { text, passed } = await checkSchema({
    files,
    entities: values.entity ?? [],
    cacheControl: values["cache-control"] ?? false,
  });
  console.log(text);
  return passed ? 0 : 1;
}

async function setAside(call: DeadLettersCall): Promise<number> {
  const misuse = misuseOf(call);
  if (misuse !== undefined) return misused(misuse);
  try {
    return say(await deadLetters(call));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        version: { type: "boolean", short: "v" },
        entity: { type: "string", multiple: true },
        "cache-control": { type: "boolean" },
        all: { type: "boolean" },
        redis: { type: "string" },
        namespace: { type: "string" },
      },
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function say(text: string): number {
  console.log(text.trimEnd());
  return 0;
}

function misused(problem: string): number {
  console.error(`${problem}\n\n${help.trimEnd()}`);
  return 2;
}

async function packageVersion(): Promise<string> {
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
