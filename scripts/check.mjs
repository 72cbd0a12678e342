// Everything that must hold besides the tests. Runs all steps, then says which failed; exits with 1 if any did.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

const steps = [
  { name: "format and lint", command: ["biome", "check", "."] },
  { name: "types", command: ["tsc", "--noEmit", "-p", "tsconfig.json"] },
  { name: "dead code", command: ["knip"] },
  { name: "import directions", command: ["node", "scripts/import-directions.mjs"] },
  { name: "generated files up to date", command: ["graphql-codegen", "--config", "codegen.ts", "--check"] },
];

const results = steps.map(({ name, command }) => {
  console.log(`\n== ${name}`);
  const [program, ...args] = command;
  const [file, prefix] = program === "node" ? [process.execPath, []] : ["npx", ["--no-install", program]];
  const began = performance.now();
  const { status } = spawnSync(file, [...prefix, ...args], { cwd: root, stdio: "inherit" });
  return { name, passed: status === 0, seconds: ((performance.now() - began) / 1000).toFixed(1) };
});

console.log("");
for (const { name, passed, seconds } of results) {
  console.log(`${passed ? "ok    " : "FAILED"}  ${name} (${seconds} s)`);
}
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
