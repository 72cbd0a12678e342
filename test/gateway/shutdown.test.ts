import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { graphql } from "graphql";
import { afterEach, describe, expect, it } from "vitest";
import { deferred } from "../../src/base/deferred.ts";
import { defineGateway, startGateway } from "../../src/gateway/index.ts";
import { shutDown } from "../../src/gateway/shutdown.ts";
import { createFieldCache, typeDefs as directives } from "../../src/index.ts";

const script = fileURLToPath(new URL("shop-process.ts", import.meta.url));
let child: ChildProcessWithoutNullStreams | undefined;
afterEach(() => {
  if (child?.exitCode === null) child.kill("SIGKILL");
});

async function startProcess(shutdownMs: number) {
  const process_ = spawn(process.execPath, ["--import", "tsx", script, String(shutdownMs)]);
  child = process_;
  process_.stderr.pipe(process.stderr);
  const lines = createInterface({ input: process_.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => JSON.parse(String((await lines.next()).value));
  const exited = once(process_, "exit");
  const url = String(await next());
  const ask = (query: string) =>
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
    });
  return { process: process_, next, exited, ask };
}

/** Asks until nobody listens any more. */
async function refused(ask: (query: string) => Promise<Response>): Promise<void> {
  for (;;) {
    const answer = await ask("{ hinted }").catch(() => undefined);
    if (answer === undefined) return;
  }
}

describe("SIGTERM", () => {
  it("stops accepting, finishes the request in flight, and ends with 0", async () => {
    const gateway = await startProcess(10_000);
    const inFlight = gateway.ask("{ slow }");
    expect(await gateway.next()).toBe("slow");

    gateway.process.kill("SIGTERM");
    await refused(gateway.ask);
    gateway.process.stdin.write("release\n");

    const answer = await inFlight;
    expect(await answer.json()).toEqual({ data: { slow: "done" } });
    expect(answer.headers.get("connection")).toBe("close");
    expect(await gateway.exited).toEqual([0, null]);
    expect(await gateway.next()).toMatchObject({ msg: "everything is finished", left: [] });
  });

  it("ends within shutdownMs all the same, with 1, and says what it had to leave", async () => {
    const gateway = await startProcess(500);
    const inFlight = gateway.ask("{ slow }").catch((error: unknown) => error);
    expect(await gateway.next()).toBe("slow");

    gateway.process.kill("SIGTERM");

    expect(await inFlight).toBeInstanceOf(Error);
    expect(await gateway.exited).toEqual([1, null]);
    expect(await gateway.next()).toMatchObject({ msg: "something is left", left: ["requests: 1 cut off"] });
  });

  it("given twice ends at once", async () => {
    const gateway = await startProcess(60_000);
    void gateway.ask("{ slow }").catch(() => undefined);
    expect(await gateway.next()).toBe("slow");
    gateway.process.kill("SIGTERM");
    await refused(gateway.ask);
    gateway.process.kill("SIGTERM");
    expect(await gateway.exited).toEqual([1, null]);
  });
});

describe("gateway.close", () => {
  it("says what the cache had to leave", async () => {
    const begun = deferred<void>();
    const gateway = await startGateway(
      defineGateway({
        // The part of it that the cache gets is no whole number.
        shutdownMs: 402,
        start({ cacheOptions }) {
          const cache = createFieldCache(cacheOptions);
          const typeDefs = "type Query { now: Int  stuck: Int @cacheTTL(seconds: 60) }";
          const resolvers = {
            Query: {
              stuck: () => {
                begun.resolve();
                return new Promise(() => {});
              },
            },
          };
          const schema = cache.apply(makeExecutableSchema({ typeDefs: [directives, typeDefs], resolvers }));
          // A load that outlives its request, as a background refresh does.
          void graphql({ schema, source: "{ stuck }", contextValue: {} });
          return { cache, schema };
        },
      }),
      {
        environment: { LOG_LEVEL: "silent", HOST: "127.0.0.1", PORT: "0", NODE_ENV: "test" },
        signals: false,
      },
    );
    await begun.promise;
    expect(await gateway.close()).toEqual([
      expect.stringMatching(/^cache: load of fieldgate:\{Query\.stuck\}:v/),
    ]);
  });

  it("says how much the cache had to leave where the requests took its time", async () => {
    const gateway = await startProcess(500);
    const inFlight = gateway.ask("{ slowCached }").catch((error: unknown) => error);
    expect(await gateway.next()).toBe("slow");
    gateway.process.kill("SIGTERM");
    expect(await inFlight).toBeInstanceOf(Error);
    expect(await gateway.exited).toEqual([1, null]);
    expect(await gateway.next()).toMatchObject({
      left: ["requests: 1 cut off", "cache: not done in time (loads: 1, invalidations: 0)"],
    });
  });
});

describe("the steps of a shutdown", () => {
  const log = { error() {} } as never;
  const never = () => new Promise(() => {});

  it("run in their order, one after the other", async () => {
    const seen: string[] = [];
    const step = (name: string) => ({
      name,
      run: async () => {
        seen.push(`${name} begins`);
        await Promise.resolve();
        seen.push(`${name} ends`);
      },
    });
    expect(await shutDown({ steps: [step("a"), step("b")], budgetMs: 1000, log })).toEqual([]);
    expect(seen).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  });

  it("leave each later one its time, and report those that were late, failed or left something", async () => {
    let closed = false;
    const left = await shutDown({
      budgetMs: 50,
      log,
      steps: [
        { name: "requests", run: never, abandon: () => "2 cut off" },
        { name: "server", run: () => Promise.reject(new Error("already stopped")) },
        { name: "cache", run: async () => ["1 refresh"] },
        { name: "queue", run: never },
        {
          name: "sources",
          run: () => {
            closed = true;
          },
        },
      ],
    });
    expect(left).toEqual([
      "requests: 2 cut off",
      "server: already stopped",
      "cache: 1 refresh",
      "queue: not done in time",
    ]);
    expect(closed).toBe(true);
  });
});
