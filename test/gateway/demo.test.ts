import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { emptyDataDir } from "../demo/empty-data-dir.ts";
import { readText } from "../house/support/snippets.ts";

const script = fileURLToPath(new URL("demo-process.ts", import.meta.url));
const logged: string[] = [];
let demo: ChildProcess;
let url: string;
let removeData: () => Promise<void>;

beforeAll(async () => {
  const { dataDir, remove } = await emptyDataDir();
  removeData = remove;
  const child = spawn(process.execPath, ["--import", "tsx", script, dataDir], {
    env: { PATH: process.env["PATH"], PORT: "0", HOST: "127.0.0.1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  demo = child;
  url = await new Promise((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("http")) resolve(line);
      else logged.push(line);
    });
  });
});

afterAll(async () => {
  if (demo.exitCode === null) {
    demo.kill("SIGTERM");
    await once(demo, "exit");
  }
  await removeData();
});

async function ask(query: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query }),
  });
  return { cache: answer.headers.get("x-cache"), text: await answer.text() };
}

describe("the demo", () => {
  it("says in one line what is embedded", () => {
    const lines = logged.filter((line) => line.includes("Running with an embedded"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("REDIS_URL is not set");
    expect(lines[0]).toContain("DATABASE_URL is not set");
  });

  it("answers the same query from its database, then from its cache, with the same bytes", async () => {
    const query = "{ features(first: 20) { nodes { id name rating { average count } groups { name } } } }";
    const cold = await ask(query);
    const warm = await ask(query);
    expect([cold.cache, warm.cache]).toEqual(["MISS", "HIT"]);
    expect(warm.text).toBe(cold.text);
    expect(JSON.parse(cold.text).data.features.nodes).toHaveLength(20);
  });

  it("answers the README's query as the README says", async () => {
    const [, body] = /-d '(\{"query".*\})'/.exec(readText("README.md"))!;
    const { query } = JSON.parse(body!);
    const cold = await ask(query);
    expect(cold.cache).toBe("MISS");
    expect(cold.text).toMatch(/^\{"data":\{"feature":\{"name":"Anchor positioning","groups":\[\{"name":/);
    expect((await ask(query)).cache).toBe("HIT");
  });

  it("shows who asks what is theirs, and tells strangers nothing", async () => {
    const query = "{ viewer { id email } }";
    const [one, two] = [await ask(query, as("1")), await ask(query, as("2"))];
    expect(JSON.parse(one.text).data.viewer.id).toBe("1");
    expect(JSON.parse(two.text).data.viewer.id).toBe("2");
    expect(JSON.parse((await ask(query)).text).data).toEqual({ viewer: null });
    expect(JSON.parse((await ask(query, as("999999"))).text).errors[0].extensions.code).toBe(
      "UNAUTHENTICATED",
    );
  });

  it("shows a change to the next who reads", async () => {
    const { data } = JSON.parse((await ask("{ features(first: 1) { nodes { id viewCount } } }")).text);
    const [{ id, viewCount }] = data.features.nodes;
    const query = `{ feature(id: ${JSON.stringify(id)}) { viewCount } }`;
    await ask(query);
    await ask(`mutation { recordView(featureId: ${JSON.stringify(id)}) { viewCount } }`);
    expect(JSON.parse((await ask(query)).text)).toEqual({ data: { feature: { viewCount: viewCount + 1 } } });
  });

  it("passes its own example to the explorer", async () => {
    const page = await (await fetch(`${url}/graphql`, { headers: { accept: "text/html" } })).text();
    const example = JSON.parse(String(/const operation = (".*");/.exec(page)?.[1]));
    expect(JSON.parse((await ask(example)).text)).toHaveProperty("data.features.nodes");
  });

  it("ends with 0 on SIGTERM", async () => {
    demo.kill("SIGTERM");
    expect(await once(demo, "exit")).toEqual([0, null]);
  });
});

function as(user: string): Record<string, string> {
  return { authorization: `Bearer ${user}` };
}
