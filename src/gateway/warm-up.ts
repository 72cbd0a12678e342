import type { ApolloServerPlugin, BaseContext } from "@apollo/server";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { Kind } from "graphql";
import type { FieldCache } from "../index.ts";

/** What a new gateway runs before it reports ready. */
export interface WarmUpOptions {
  /** Query operations, run as a stranger's requests. Default none. */
  readonly operations?: readonly string[];
  /**
   * So many of the operations that other gateways were asked most lately are run too, with their variables. Each gateway keeps a list of
   * those that came without `Authorization`, and leaves it beside the entries every half minute. 0: none is kept nor run. Default 20.
   */
  readonly recent?: number;
  /** It reports ready after so long at the latest, in ms. Default 10000. */
  readonly ms?: number;
}

export type Operation = { readonly query: string; readonly variables?: Readonly<Record<string, unknown>> };

const DEFAULTS = { operations: [], recent: 20, ms: 10_000 } as const;
/** Longer ones, with their variables, are not remembered, in characters. */
const LONGEST = 4000;
/** Operations counted at a time. */
const COUNTED = 500;
const LEAVE_EVERY_MS = 30_000;
const AT_A_TIME = 4;

/** Which operations a gateway was asked lately, and how often. */
export class RecentOperations {
  #counts = new Map<string, number>();

  count(operation: Operation): void {
    const text = JSON.stringify(operation);
    if (text.length > LONGEST) return;
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
    if (this.#counts.size > COUNTED) this.age();
  }

  /** The most frequent ones, as texts. */
  top(most: number): readonly string[] {
    return [...this.#counts]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([text]) => text);
  }

  /** What was asked so long ago weighs half; what was asked once is forgotten. */
  age(): void {
    const halved = [...this.#counts].map(([text, count]) => [text, Math.floor(count / 2)] as const);
    this.#counts = new Map(halved.filter(([, count]) => count > 0));
  }
}

/** Counts queries that came without `Authorization` and had no error. */
export function recentPlugin(recent: RecentOperations): ApolloServerPlugin<BaseContext> {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ request, source, operation, response }) {
          if (operation?.operation !== "query" || source === undefined || request.http === undefined) return;
          if (request.http.headers.has("authorization")) return;
          if (response.body.kind !== "single" || response.body.singleResult.errors !== undefined) return;
          if (operation.selectionSet.selections.every(isIntrospection)) return;
          recent.count({ query: source, ...(request.variables ? { variables: request.variables } : {}) });
        },
      };
    },
  };
}

function isIntrospection(selection: {
  readonly kind: string;
  readonly name?: { readonly value: string };
}): boolean {
  return selection.kind === Kind.FIELD && selection.name?.value.startsWith("__") === true;
}

/** Leaves the list for the next gateway, now and then; the returned function does so once more, and stops it. */
export function leaveRecent(
  cache: Pick<FieldCache, "remember">,
  recent: RecentOperations,
  { recent: most = DEFAULTS.recent }: WarmUpOptions,
): () => Promise<void> {
  const leave = async () => {
    const top = recent.top(most);
    recent.age();
    if (top.length > 0) await cache.remember("operations", JSON.stringify(top));
  };
  const timer = setInterval(() => void leave(), LEAVE_EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    return leave();
  };
}

/** Runs what there is to run; resolves when it is done, or its time is over. */
export async function warmUp(
  app: FastifyInstance,
  cache: Pick<FieldCache, "recall">,
  options: WarmUpOptions,
  log: FastifyBaseLogger,
): Promise<void> {
  const { operations, recent, ms } = { ...DEFAULTS, ...options };
  let isLate = false;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      isLate = true;
      resolve();
    }, ms);
  });
  const run = async () => {
    const texts = [
      ...operations.map((query) => JSON.stringify({ query })),
      ...(recent > 0 ? (await recalled(cache)).slice(0, recent) : []),
    ];
    const waiting = texts.values();
    let failed = 0;
    const runner = async () => {
      for (const payload of waiting) {
        if (isLate) return;
        const headers = { "content-type": "application/json" };
        const answer = await app.inject({ method: "POST", url: "/graphql", headers, payload });
        if (answer.statusCode !== 200) failed += 1;
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, runner));
    if (texts.length > 0) log.info({ operations: texts.length, failed }, "warmed up");
  };
  await Promise.race([run(), late]);
  clearTimeout(timer);
  if (isLate) log.warn({ ms }, "the warm-up took too long; the gateway goes on without");
}

async function recalled(cache: Pick<FieldCache, "recall">): Promise<readonly string[]> {
  try {
    const list: unknown = JSON.parse((await cache.recall("operations")) ?? "[]");
    return Array.isArray(list) ? list.filter((text) => typeof text === "string") : [];
  } catch {
    return [];
  }
}
