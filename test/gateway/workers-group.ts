import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { deferred } from "../../src/base/deferred.ts";

export const ADMIN = "a-long-admin-token";

export interface Group {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  readonly url: string;
  readonly exited: Promise<unknown[]>;
  readonly logLines: Record<string, unknown>[];
  /** Asks on a connection of its own, so that any worker may answer. */
  ask(query: string, client?: Client): Promise<unknown>;
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
  post(path: string, body: unknown): Promise<{ readonly status: number; readonly text: string }>;
  /** Lets `slow` answer. */
  release(): void;
  end(): Promise<void>;
}

/** Starts the processes of workers-process.ts. */
export async function startGroup(options: {
  readonly workers: number;
  readonly redisUrl: string;
  readonly shutdownMs?: number;
  readonly environment?: Readonly<Record<string, string>>;
}): Promise<Group> {
  const dir = mkdtempSync(path.join(tmpdir(), "fieldgate-workers-"));
  const gate = path.join(dir, "gate");
  const { workers, redisUrl, shutdownMs = 10_000 } = options;
  const child = runScript("workers-process.ts", [String(workers), gate, String(shutdownMs)], {
    REDIS_URL: redisUrl,
    ADMIN_TOKEN: ADMIN,
    ...options.environment,
  });
  const exited = once(child, "exit");
  const logLines: Record<string, unknown>[] = [];
  const started = deferred<string>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line.startsWith("{")) logLines.push(JSON.parse(line) as Record<string, unknown>);
    else started.resolve(line);
  });
  child.stderr.pipe(process.stderr);
  const url = await Promise.race([
    started.promise,
    exited.then(([code]) => Promise.reject(new Error(`The workers did not start: exit code ${code}.`))),
  ]);
  return {
    process: child,
    url,
    exited,
    logLines,
    async ask(query, client) {
      const { text } = await send(`${url}/graphql`, { query }, client);
      return (JSON.parse(text) as { data: unknown }).data;
    },
    get: (where) => send(url + where),
    post: (where, body) => send(url + where, body),
    release: () => writeFileSync(gate, ""),
    async end() {
      if (child.exitCode === null && child.signalCode === null) {
        writeFileSync(gate, "");
        child.kill("SIGTERM");
        await exited;
      }
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A script of this folder, or of the demo, in a process of its own with nothing but this environment. */
export function runScript(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): ChildProcessByStdio<null, Readable, Readable> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  return spawn(process.execPath, ["--import", "tsx", file, ...args], {
    env: { PATH: process.env["PATH"], PORT: "0", HOST: "127.0.0.1", NODE_ENV: "test", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** One that keeps its connection, and so its worker. */
export type Client = http.Agent;

export const newClient = (): Client => new http.Agent({ keepAlive: true, maxSockets: 1 });

function send(
  url: string,
  body?: unknown,
  agent: http.Agent | false = false,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, {
      agent,
      timeout: 20_000,
      method: body === undefined ? "GET" : "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${ADMIN}`,
      },
    });
    request.on("timeout", () => request.destroy(new Error("no answer")));
    request.on("error", reject);
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode!, text }));
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
