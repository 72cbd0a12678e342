import { existsSync } from "node:fs";
import path from "node:path";
import * as apollo from "@apollo/server";
import * as schemaTools from "@graphql-tools/schema";
import { buildASTSchema, parse, validate } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as gatewayDoor from "../../src/gateway/index.ts";
import { readConfig } from "../../src/gateway/index.ts";
import * as library from "../../src/index.ts";
import { readTypeDefs } from "../demo/demo.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { readText, runSnippet, snippets, tableRows } from "./support/snippets.ts";

const readme = readText("README.md");
const [mine] = snippets(readme, "graphql");
const [libraryExample, gatewayExample] = snippets(readme, "ts");
const modules = { "@apollo/server": apollo, "@graphql-tools/schema": schemaTools, fieldgate: library };

/** What the example leaves to its reader. */
function smallShop() {
  const names = new Map([
    ["1", "tea"],
    ["2", "coffee"],
  ]);
  const asked: string[] = [];
  const row = (id: string) => ({ id, name: names.get(id) });
  return {
    asked,
    given: {
      mine,
      selectProducts: async (ids: readonly string[]) => {
        asked.push(`products ${ids.join()}`);
        return ids.map(row);
      },
      selectCategory: async (category: string) => {
        asked.push(`category ${category}`);
        return [...names.keys()].map(row);
      },
      priceOf: async (id: string, currency: string) => {
        asked.push(`price of ${id} in ${currency}`);
        return 9.5;
      },
      recommendedFor: async (user: { readonly id: string }, id: string) => {
        asked.push(`recommended for ${user.id}`);
        return [row(id === "1" ? "2" : "1")];
      },
      renameProduct: async (id: string, name: string) => {
        names.set(id, name);
        return row(id);
      },
    },
  };
}

describe("the example of a schema of one's own", () => {
  const { asked, given } = smallShop();
  let redis: RedisServer;
  let server: apollo.ApolloServer;
  let cache: library.FieldCache;

  beforeAll(async () => {
    redis = await startRedis();
    const secret = process.env["CACHE_SECRET"];
    process.env["CACHE_SECRET"] = "a secret of the tests, long enough to be one";
    const code = libraryExample!.replace("redis://localhost:6379", redis.url);
    const made = await runSnippet(code, { modules, given, wanted: ["cache", "server"] });
    if (secret === undefined) delete process.env["CACHE_SECRET"];
    else process.env["CACHE_SECRET"] = secret;
    ({ cache, server } = made as never);
  });
  afterAll(async () => {
    await server?.stop();
    await cache?.close();
    await redis?.stop();
  });

  async function ask(query: string, user = "ann") {
    asked.length = 0;
    const { body, http } = await server.executeOperation({ query }, { contextValue: { user: { id: user } } });
    await until(() => cache.stats().running.fills === 0);
    if (body.kind !== "single") throw new Error("The answer came in parts.");
    const { data, errors } = body.singleResult;
    expect(errors).toBeUndefined();
    return { data, asked: [...asked], cache: http.headers.get("x-cache") };
  }

  it("is answered from its source, then from Redis", async () => {
    const query = `{ products(category: "drinks") { name price(currency: "EUR") } }`;
    const cold = await ask(query);
    const warm = await ask(query);
    expect(cold.asked).toEqual(["category drinks", "products 1,2", "price of 1 in EUR", "price of 2 in EUR"]);
    expect(warm).toEqual({ data: cold.data, asked: [], cache: "HIT" });
  });

  it("keeps what is PRIVATE per principal", async () => {
    const query = `{ product(id: "1") { recommended { name } } }`;
    expect((await ask(query, "ann")).asked).toContain("recommended for ann");
    expect((await ask(query, "bob")).asked).toEqual(["recommended for bob"]);
    expect((await ask(query, "ann")).asked).toEqual([]);
  });

  it("forgets a product when its mutation, or somebody else, says so", async () => {
    const query = `{ product(id: "1") { name } products(category: "drinks") { name } }`;
    await ask(query);
    await ask(`mutation { rename(id: "1", name: "green tea") { name } }`);
    const { data, asked: reasked } = await ask(query);
    expect(data).toEqual({
      product: { name: "green tea" },
      products: [{ name: "green tea" }, { name: "coffee" }],
    });
    expect(reasked).toEqual(["products 1"]);
    await cache.invalidate({ entity: "Product", id: 2 });
    expect((await ask(query)).asked).toEqual(["products 2"]);
  });
});

describe("the example of a gateway", () => {
  it("answers over HTTP", async () => {
    let running: gatewayDoor.RunningGateway | undefined;
    const startGateway = async (definition: gatewayDoor.GatewayDefinition) => {
      const environment = { PORT: "0", HOST: "127.0.0.1", LOG_LEVEL: "silent" };
      running = await gatewayDoor.startGateway(definition, { environment, signals: false });
    };
    await runSnippet(gatewayExample!, {
      modules: { "fieldgate/gateway": { ...gatewayDoor, startGateway } },
      given: {
        ...schemaTools,
        ...library,
        mine: "type Query { motto: String @cacheTTL(seconds: 60)  whoAmI: String @cacheTTL(seconds: 60, scope: PRIVATE) }",
        resolversOn: () => ({
          Query: {
            motto: () => "carpe diem",
            whoAmI: (_: unknown, __: unknown, { user }: { user: string }) => user,
          },
        }),
        userOfToken: (token: string | undefined) => token?.toUpperCase() ?? null,
      },
    });
    try {
      const answer = await fetch(`${running!.url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer ann" },
        body: JSON.stringify({ query: "{ motto whoAmI }" }),
      });
      expect(await answer.json()).toEqual({ data: { motto: "carpe diem", whoAmI: "ANN" } });
    } finally {
      await running?.close();
    }
  });
});

describe("the tables", () => {
  it("name every option with its unit and default, as its documentation says them", () => {
    const [block] = /export interface FieldCacheOptions.*?\n\}/s.exec(readText("src/library/options.ts"))!;
    const documented = [...block.matchAll(/\/\*\*(.*?)\*\/\s*readonly (\w+)\?:/gs)].map(
      ([, comment, name]) => {
        const text = comment!.replace(/\s*\n\s*\*\s*/g, " ");
        const unit = /\bin (ms|seconds|bytes)\b/.exec(text)?.[1] ?? "";
        return [`\`${name}\``, unit, /\bDefault:? ((?:[^.:]|\.(?=\d))+)/.exec(text)?.[1]?.trim()];
      },
    );
    const told = tableRows(readme, "option").map((cells) => cells.slice(0, 3));
    expect(told).toEqual(documented);
  });

  it("name every variable of the environment with its default", () => {
    const read = [...readText("src/gateway/config.ts").matchAll(/^ {2}([A-Z_]+): z\b/gm)].map(
      ([, name]) => name,
    );
    const told = tableRows(readme, "variable");
    expect(told.map(([name]) => name)).toEqual(read.map((name) => `\`${name}\``));
    const { port, host, namespace, cacheEnabled, logLevel, environment, ...rest } = readConfig({});
    const defaults = [
      port,
      host,
      undefined,
      undefined,
      namespace,
      undefined,
      !cacheEnabled,
      undefined,
      logLevel,
      environment,
    ];
    expect(told.map(([, value]) => (value!.startsWith("none") ? "undefined" : value))).toEqual(
      defaults.map(String),
    );
    expect(Object.values(rest)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("of docs/operations.md name every metric", () => {
    const made = [
      ...(readText("src/gateway/metrics.ts") + readText("src/gateway/near-metrics.ts")).matchAll(
        /name: "(\w+)"[^}]*?(?:labelNames: \[(.*?)\])?,\n[^}]*?\}/gs,
      ),
    ];
    const told = tableRows(readText("docs/operations.md"), "name");
    expect(told.map(([name, labels]) => [name, labels])).toEqual(
      made.map(([text, name]) => [
        `\`${name}\``,
        [.../"(\w+)"/g[Symbol.matchAll](/labelNames: \[(.*?)\]/.exec(text)?.[1] ?? "")]
          .map(([, label]) => label)
          .join(", "),
      ]),
    );
  });
});

describe("the table of faults", () => {
  it("of docs/operations.md names every fault that is tested, and no other", () => {
    const tests = readText("test/e2e/redis-faults.test.ts");
    const titles = [...tests.matchAll(/^ {2}it(?:\.each\(\[(.*?)\]\))?\("(.*?)"/gms)].map(([, list, title]) =>
      title!.replace("%s", [...(list ?? "").matchAll(/"(.*?)"/g)].map(([, one]) => one).join(", ")),
    );
    const told = tableRows(readText("docs/operations.md"), "Redis is").map(([fault]) => fault);
    expect(told).toEqual(titles);
  });
});

describe("what else it says", () => {
  const manifest = JSON.parse(readText("package.json"));

  it("asks the demo for what it has", () => {
    const body = /-d '(\{"query".*\})'/.exec(readme)?.[1];
    const schema = buildASTSchema(parse(readTypeDefs().join("\n")));
    expect(validate(schema, parse(JSON.parse(body!).query))).toEqual([]);
  });

  it("names scripts that there are", () => {
    const named = [...readme.matchAll(/npm run ([\w-]+)/g)].map(([, name]) => name!);
    expect(named.filter((name) => manifest.scripts[name] === undefined)).toEqual([]);
  });

  it("names the licence of each package of data", () => {
    for (const [, name, licence] of readme.matchAll(/`([\w@/-]+)` \(([\w.-]+)\)/g)) {
      expect(`${name} ${JSON.parse(readText(`node_modules/${name}/package.json`)).license}`).toBe(
        `${name} ${licence}`,
      );
    }
  });

  it.each([
    "README.md",
    "docs/directives.md",
    "docs/operations.md",
    "docs/privacy.md",
    "docs/proofs.md",
    "docs/protocol.md",
    "docs/testing.md",
  ])("%s points at files that there are", (file) => {
    const links = [...readText(file).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link]) => link!);
    const folder = path.join(import.meta.dirname, "../..", path.dirname(file));
    expect(links.filter((link) => !existsSync(path.join(folder, link)))).toEqual([]);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
