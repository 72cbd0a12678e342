import type { FastifyBaseLogger } from "fastify";
import pino from "pino";
import { vi } from "vitest";
import { demoGateway } from "../../../src/demo/gateway.ts";
import type { GatewayDefinition } from "../../../src/gateway/index.ts";
import { type RunningGateway, startGateway } from "../../../src/gateway/index.ts";
import type { FieldCacheOptions } from "../../../src/index.ts";
import { seededDataDir } from "./seeded-data-dir.ts";

export interface DemoServerOptions {
  readonly redisUrl: string;
  readonly cache?: Pick<FieldCacheOptions, "readTimeoutMs" | "writeTimeoutMs" | "invalidateTimeoutMs">;
  readonly limits?: GatewayDefinition["limits"];
}

/** Who asks, for what, in which language. */
export interface Asking {
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly user?: string | undefined;
  readonly locale?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The body, byte for byte. */
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the shape of its operation
  readonly data: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly errors: any;
}

/** The demo's gateway, listening, on a Redis; with the eyes that a test needs. */
export interface DemoServer {
  readonly gateway: RunningGateway;
  /** Every SQL statement since it was last emptied. */
  readonly statements: string[];
  /** Log lines of level `warn` and above. */
  readonly logged: Record<string, unknown>[];
  /** How many operations have arrived so far. */
  requests(): number;
  ask(query: string, asking?: Asking): Promise<Answer>;
  /** Resolves when no fill is under way any more: what was loaded is stored, and nothing is sent later. */
  landed(): Promise<void>;
  close(): Promise<void>;
}

/** `CACHE_SECRET`, by which the test finds out whose a key is. */
export const SECRET = "a secret of the tests, long enough to be one";

/** Time-outs for tests that count: a busy machine must not turn a look-up into a bypass. */
export const PATIENT = { readTimeoutMs: 5000, writeTimeoutMs: 5000, invalidateTimeoutMs: 5000 };

/** How many of the features the database holds. */
const FEATURES = 60;

export async function startDemo(options: DemoServerOptions): Promise<DemoServer> {
  const { dataDir, remove } = await seededDataDir(FEATURES);
  const statements: string[] = [];
  const logged: Record<string, unknown>[] = [];
  let requests = 0;
  const log = pino(
    { level: "warn" },
    { write: (line) => void logged.push(JSON.parse(line) as Record<string, unknown>) },
  ) as FastifyBaseLogger;
  const demo = demoGateway({
    dataDir,
    seed: { limit: FEATURES },
    onStatement: (sql) => statements.push(sql),
    // Each gateway here has a database of its own, which tells nothing of the others'; and tests count commands.
    listen: false,
  });
  const gateway = await startGateway(
    {
      ...demo,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      async start(services) {
        const cacheOptions = { ...services.cacheOptions, ...options.cache };
        const parts = await demo.start({ ...services, cacheOptions });
        return {
          ...parts,
          context(request) {
            requests += 1;
            return parts.context?.(request) ?? {};
          },
        };
      },
    },
    {
      environment: {
        PORT: "0",
        HOST: "127.0.0.1",
        NODE_ENV: "test",
        REDIS_URL: options.redisUrl,
        CACHE_NAMESPACE: "e2e",
        CACHE_SECRET: SECRET,
      },
      log,
      signals: false,
    },
  ).catch(async (error: unknown) => {
    await remove();
    throw error;
  });

  return {
    gateway,
    statements,
    logged,
    requests: () => requests,
    async ask(query, { variables, user, locale, headers = {} } = {}) {
      const answer = await fetch(`${gateway.url}/graphql`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(user === undefined ? {} : { authorization: `Bearer ${user}` }),
          ...(locale === undefined ? {} : { "accept-language": locale }),
          ...headers,
        },
        body: JSON.stringify({ query, variables }),
      });
      const text = await answer.text();
      const { data, errors } = JSON.parse(text) as { data?: unknown; errors?: unknown };
      return { status: answer.status, headers: answer.headers, text, data, errors };
    },
    landed: () =>
      vi.waitFor(
        () => {
          if (gateway.cache.stats().running.fills > 0) throw new Error("Fills are still under way.");
        },
        { timeout: 10_000, interval: 2 },
      ),
    async close() {
      await gateway.close();
      await remove();
    },
  };
}
