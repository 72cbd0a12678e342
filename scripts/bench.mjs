// npm run bench [-- options of bench/run.mjs]: builds and packs Fieldgate, installs it among its peers, runs the comparison.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";

const bench = new URL("../bench/", import.meta.url).pathname;

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

const options = process.argv.slice(2);
if (!options.includes("--help")) {
  run("npm", ["run", "--silent", "build"]);
  const { stdout, status } = spawnSync("npm", ["pack", "--silent"], { encoding: "utf8" });
  if (status !== 0) process.exit(1);
  const archive = stdout.trim().split("\n").at(-1);
  run("npm", ["ci", "--silent"], bench);
  run("npm", ["install", "--silent", "--no-save", "--no-package-lock", `../${archive}`], bench);
  rmSync(archive);
}
run("node", ["run.mjs", ...options], bench);
