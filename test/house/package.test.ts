import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => JSON.parse(readFileSync(path.join(root, file), "utf8"));
const manifest = read("package.json");

describe("package.json", () => {
  it("pins every dependency exactly", () => {
    const versions = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.overrides };
    for (const [name, version] of Object.entries(versions)) {
      expect(`${name} ${version}`).toMatch(/ (npm:@?[\w/.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/);
    }
  });

  it("exports only what there is a source of", () => {
    const targets = Object.values(manifest.exports).map((one) => (one as { default: string }).default);
    for (const target of [...targets, ...(Object.values(manifest.bin) as string[])]) {
      const source = target.replace("./dist/", "src/").replace(/\.js$/, ".ts");
      expect(existsSync(path.join(root, source)), source).toBe(true);
    }
  });

  it("lists the licence of what it copies", () => {
    const licences = readFileSync(path.join(root, "assets/explorer/LICENSES.txt"), "utf8");
    for (const name of ["graphiql", "react", "react-dom", "codemirror"]) expect(licences).toContain(name);
  });
});

describe("package-lock.json", () => {
  it("holds no address of a registry, so that it serves behind any", () => {
    const resolved = Object.values(read("package-lock.json").packages).filter(
      (one) => "resolved" in (one as object),
    );
    expect(resolved).toEqual([]);
  });

  it("needs no newer Node than it says", () => {
    expect(manifest.engines.node).toBe(">=20.19");
  });
});
