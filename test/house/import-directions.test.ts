import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

const script = fileURLToPath(new URL("../../scripts/import-directions.mjs", import.meta.url));
const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true });
});

function check(files?: Record<string, string>) {
  const args = files === undefined ? [] : [treeOf(files)];
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
  return { status, text: (stdout + stderr).trim() };
}

function treeOf(files: Record<string, string>): string {
  const tree = mkdtempSync(path.join(tmpdir(), "fieldgate-imports-"));
  trees.push(tree);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.join(tree, "src", path.dirname(name)), { recursive: true });
    writeFileSync(path.join(tree, "src", name), text);
  }
  return tree;
}

describe("imports", () => {
  it("point downwards in this tree", () => {
    expect(check()).toEqual({ status: 0, text: "All imports point downwards." });
  });

  it.each([
    [
      "base/a.ts",
      `import { x } from "../engine/cache.ts";`,
      "imports engine/cache.ts, which is not below base/",
    ],
    [
      "engine/a.ts",
      `import type { X } from "../fields/x.ts";`,
      "imports fields/x.ts, which is not below engine/",
    ],
    ["engine/a.ts", `export { x } from "../fields/x.ts";`, "imports fields/x.ts, which is not below engine/"],
    [
      "engine/a.ts",
      `import {\n  x,\n  y,\n} from "../fields/x.ts";`,
      "imports fields/x.ts, which is not below",
    ],
    [
      "engine/a.ts",
      `const x = await import("../fields/x.ts");`,
      "imports fields/x.ts, which is not below engine/",
    ],
    [
      "store/a.ts",
      `import "../keys.ts";\nimport "../fields/x.ts";`,
      "imports fields/x.ts, which is not below",
    ],
    [
      "fields/a.ts",
      `import { x } from "../loaders/x.ts";`,
      "imports loaders/x.ts, which is not below fields/",
    ],
    ["engine/a.ts", `import { graphql } from "graphql";`, "imports graphql; only fields"],
    ["store/memory/a.ts", `import { Redis } from "ioredis";`, "imports ioredis; only store/redis may"],
    [
      "library/a.ts",
      `import { ApolloServer } from "@apollo/server";`,
      "imports @apollo/server; only gateway may",
    ],
    [
      "library/apollo-plugin.ts",
      `import { HeaderMap } from "@apollo/server";`,
      "imports @apollo/server; only",
    ],
    ["gateway/a.ts", `import { x } from "../library/x.ts";`, "gateway/ may use only index.ts"],
    ["misc/a.ts", `import { x } from "../base/x.ts";`, "the folder misc/ has no layer"],
  ])("of %s as in %j are found", (file, text, problem) => {
    const found = check({ [file]: text });
    expect(found.status).toBe(1);
    expect(found.text).toContain(problem);
  });

  it.each([
    ["loaders/a.ts", `import { x } from "../fields/x.ts";`],
    ["library/apollo-plugin.ts", `import type { ApolloServerPlugin } from "@apollo/server";`],
    ["gateway/a.ts", `import type { X } from "../index.ts";`],
    ["engine/a.ts", `const path = new URL("../../schema/x.graphql", import.meta.url);`],
  ])("of %s as in %j are fine", (file, text) => {
    expect(check({ [file]: text }).status).toBe(0);
  });
});
