// Which way imports point: docs/design.md, "Layers". Prints each import that points elsewhere, and exits with 1.
// Takes the folder of another tree as its argument.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = process.argv[2] ?? fileURLToPath(new URL("..", import.meta.url));
const source = path.join(root, "src");

/** A file may import from its own folder and from the folders of smaller numbers; beyond that, only what `also` says. */
const layers = {
  base: { level: 0 },
  keys: { level: 1 },
  store: { level: 2 },
  engine: { level: 3 },
  events: { level: 4 },
  fields: { level: 4 },
  loaders: { level: 4, also: ["fields"] },
  directives: { level: 5 },
  library: { level: 6 },
  testing: { level: 6, also: ["library"] },
  gateway: { level: 7 },
  cli: { level: 8 },
  demo: { level: 8, also: ["generated"] },
};

/** Folders that use the package as anybody else does: by these files alone. */
const throughTheDoor = {
  gateway: ["index.ts"],
  demo: ["index.ts", "gateway/index.ts"],
};

/** Packages that only some folders may know. */
const packages = [
  { name: "ioredis", folders: ["store/redis"] },
  { name: "@apollo/server", folders: ["gateway"], typesIn: ["library/apollo-plugin.ts"] },
  { name: "fastify", folders: ["gateway"] },
  { name: "@as-integrations/fastify", folders: ["gateway"] },
  { name: "prom-client", folders: ["gateway"] },
  { name: "kysely", folders: ["demo"] },
  { name: "@electric-sql/pglite", folders: ["demo"] },
  { name: "pg", folders: ["demo"] },
  {
    name: "graphql",
    folders: ["fields", "loaders", "directives", "library", "gateway", "testing", "demo", "cli", "generated"],
  },
];

const statement = /^(?:import|export)\s(?<what>[^"';]*?)\bfrom\s+"(?<from>[^"]+)"/gm;
const sideEffect = /^import\s+"(?<from>[^"]+)"/gm;
const dynamic = /\bimport\("(?<from>[^"]+)"\)/g;

const problems = sourceFiles().flatMap((file) => {
  const text = readFileSync(path.join(source, file), "utf8");
  const imports = [statement, sideEffect, dynamic]
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .map(({ groups }) => ({
      from: groups.from,
      typesOnly: groups.what?.trimStart().startsWith("type ") ?? false,
    }));
  return imports.map((one) => problemOf(file, one)).filter((problem) => problem !== undefined);
});

for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0 ? "All imports point downwards." : `${problems.length} imports point elsewhere.`,
);
process.exitCode = problems.length === 0 ? 0 : 1;

function problemOf(file, { from, typesOnly }) {
  return from.startsWith(".")
    ? folderProblem(file, path.posix.join(path.posix.dirname(file), from))
    : packageProblem(file, from, typesOnly);
}

function folderProblem(file, target) {
  const [own] = file.split("/");
  const [other] = target.split("/");
  if (own === other || file === "index.ts") return undefined;
  const here = layers[own];
  if (here === undefined)
    return `src/${file}: the folder ${own}/ has no layer in scripts/import-directions.mjs`;
  if (here.also?.includes(other)) return undefined;
  const doors = throughTheDoor[own];
  if (doors !== undefined) {
    return doors.includes(target)
      ? undefined
      : `src/${file}: imports ${target}; ${own}/ may use only ${doors.join(", ")}`;
  }
  if (layers[other] !== undefined && layers[other].level < here.level) return undefined;
  return `src/${file}: imports ${target}, which is not below ${own}/`;
}

function packageProblem(file, from, typesOnly) {
  const rule = packages.find(({ name }) => from === name || from.startsWith(`${name}/`));
  if (rule === undefined || rule.folders.some((folder) => file.startsWith(`${folder}/`))) return undefined;
  if (typesOnly && rule.typesIn?.includes(file)) return undefined;
  return `src/${file}: imports ${from}; only ${rule.folders.join(", ")} may`;
}

function sourceFiles() {
  return readdirSync(source, { recursive: true })
    .map((file) => file.replaceAll(path.sep, "/"))
    .filter((file) => file.endsWith(".ts") && !file.startsWith("generated/"));
}
