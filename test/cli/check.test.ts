import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(path.join(tmpdir(), "fieldgate-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fieldgate(...args: string[]) {
  const command = ["--import", "tsx", path.join(root, "src/cli/main.ts"), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8", cwd: root });
  return { status, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() };
}

function file(name: string, text: string): string {
  const full = path.join(folder, name);
  writeFileSync(full, text);
  return full;
}

describe("fieldgate check", () => {
  it("prints the policy of every cached field", () => {
    const schema = file(
      "shop.graphql",
      `type Product @key(fields: "sku") {
        sku: ID!
        price(currency: String): Int @cacheTTL(seconds: 60, staleSeconds: 30, vary: ["currency"], tags: ["prices:{parent.sku}"])
      }
      type Query {
        product(sku: ID!): Product @cacheTTL(seconds: 300, scope: PRIVATE)
        time: String
      }`,
    );
    const { status, stdout } = fieldgate("check", schema);
    expect(status).toBe(0);
    expect(stdout.replaceAll(/v1\.[0-9a-f]{8}/g, "v1.xxxxxxxx").split("\n")).toEqual([
      "field          fresh  stale  if error  null  scope    key                    tags",
      "Product.price  60 s   30 s   -         5 s   PUBLIC   v1.xxxxxxxx currency   prices:{parent.sku}",
      "Query.product  300 s  -      -         5 s   PRIVATE  v1.xxxxxxxx principal  -",
    ]);
  });

  it("reads several files as one schema, with the directives in them or not", () => {
    const directives = path.join(root, "schema/fieldgate.graphql");
    const types = file("types.graphql", 'type A @key(fields: "id") { id: ID! n: Int @cacheTTL(seconds: 1) }');
    const query = file("query.graphql", "type Query { a: A }");
    const withThem = fieldgate("check", directives, types, query);
    expect(withThem.status).toBe(0);
    expect(fieldgate("check", types, query).stdout).toBe(withThem.stdout);
  });

  it("prints every mistake with its place, and fails", () => {
    const schema = file(
      "bad.graphql",
      `type Query {
  a: Int @cacheTTL(seconds: -1)
  b(slug: String): Int @cacheTTL(seconds: 1, tags: ["b:{args.slg}"])
}`,
    );
    const { status, stdout } = fieldgate("check", schema);
    expect(status).toBe(1);
    expect(stdout.split("\n")).toHaveLength(2);
    expect(stdout).toMatch(/^error: Query\.a \(.*bad\.graphql:2:\d+\): /m);
    expect(stdout).toMatch(/^error: Query\.b \(.*bad\.graphql:3:\d+\): .*Did you mean "slug"/m);
  });

  it.each([
    ["is missing", path.join(folder, "absent.graphql"), "ENOENT"],
    ["does not parse", file("broken.graphql", "type Query {"), "Syntax Error"],
    [
      "names what it does not define",
      file("unknown.graphql", "type Query { a: Nothing }"),
      'Unknown type "Nothing"',
    ],
  ])("fails for a file that %s", (_how, name, message) => {
    const { status, stdout } = fieldgate("check", name);
    expect(status).toBe(1);
    expect(stdout).toContain(message);
  });

  it("passes the schema of this repository", () => {
    const files = [
      "root",
      "features",
      "browsers",
      "compatibility",
      "specifications",
      "search",
      "people",
      "fieldgate",
    ];
    const { status, stdout } = fieldgate("check", ...files.map((name) => `schema/${name}.graphql`));
    expect(stdout).not.toContain("error:");
    expect(status).toBe(0);
  });
});

describe("the command line", () => {
  it("tells its version", () => {
    const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
    expect(fieldgate("--version")).toEqual({ status: 0, stdout: version, stderr: "" });
  });

  it("explains itself when asked", () => {
    expect(fieldgate("--help").stdout).toContain("fieldgate check <schema.graphql...>");
  });

  it.each([
    [[], "Which command?"],
    [["chek"], 'There is no command "chek"; there are check and dead-letters.'],
    [["check"], "check takes one schema file or more"],
    [["--wat"], "Unknown option '--wat'"],
  ])("%j is a misuse", (args, message) => {
    const { status, stderr } = fieldgate(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});
