import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { makeExecutableSchema } from "@graphql-tools/schema";
import type { FastifyBaseLogger } from "fastify";
import pino from "pino";
import { defineGateway, type RunningGateway, startGateway } from "../../../src/gateway/index.ts";
import {
  type CacheEvent,
  createFieldCache,
  typeDefs as directives,
  type FieldCacheOptions,
} from "../../../src/index.ts";

const typeDefs = /* GraphQL */ `
  type Query { products(page: Int!): [Product!]! @cacheTTL(seconds: 600) }
  type Product @cacheTTL(seconds: 600) {
    id: ID!
    name: String!
    price: Int @cacheTTL(seconds: 600)
    stock: Int @cacheTTL(seconds: 600)
  }
`;

export interface Question {
  readonly query: string;
  /** What stands in the right answer. */
  readonly shows: string;
}

/** Ten products of a page, each a row and two fields: 31 entries. */
export function anyPage(pages: number): Question {
  const number = Math.floor(Math.random() * pages);
  return { query: `{ products(page: ${number}) { id name price stock } }`, shows: `"${number}-9"` };
}

/** A source that answers after a while, and counts how many ask it at a time, and for the same thing. */
export class CountedSource {
  readonly #ms: number;
  readonly #running = new Map<string, number>();
  #all = 0;
  asked = 0;
  most = 0;
  mostOfOne = 0;

  constructor(ms: number) {
    this.#ms = ms;
  }

  async ask<T>(things: readonly string[], answer: T): Promise<T> {
    this.asked += 1;
    this.#all += 1;
    this.most = Math.max(this.most, this.#all);
    for (const thing of things) {
      const ofOne = (this.#running.get(thing) ?? 0) + 1;
      this.#running.set(thing, ofOne);
      this.mostOfOne = Math.max(this.mostOfOne, ofOne);
    }
    await sleep(this.#ms);
    for (const thing of things) {
      const ofOne = this.#running.get(thing)! - 1;
      if (ofOne > 0) this.#running.set(thing, ofOne);
      else this.#running.delete(thing);
    }
    this.#all -= 1;
    return answer;
  }
}

export interface CountedGateway {
  readonly running: RunningGateway;
  readonly source: CountedSource;
}

/** A gateway before a {@link CountedSource}. */
export async function startCountedGateway(options: {
  /** Of the source, per call. */
  readonly sourceMs: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly cache?: Pick<FieldCacheOptions, "sources" | "readTimeoutMs" | "writeTimeoutMs">;
  readonly onEvent?: (event: CacheEvent) => void;
}): Promise<CountedGateway> {
  const source = new CountedSource(options.sourceMs);
  const definition = defineGateway({
    start({ cacheOptions }) {
      const cache = createFieldCache({
        ...cacheOptions,
        ...options.cache,
        onEvent(event) {
          cacheOptions.onEvent?.(event);
          options.onEvent?.(event);
        },
      });
      const products = cache.entity("Product", {
        load: (ids: readonly string[]) =>
          source.ask(
            ids.map((id) => `product ${id}`),
            ids.map((id) => ({ id, name: `Product ${id}` })),
          ),
      });
      const resolvers = {
        Query: {
          products: async (_: unknown, { page: number }: { page: number }, context: object) => {
            const ids = Array.from({ length: 10 }, (__, at) => `${number}-${at}`);
            return products.loader(context).loadMany(await source.ask([`page ${number}`], ids));
          },
        },
        Product: {
          price: ({ id }: { id: string }) => source.ask([`price ${id}`], id.length),
          stock: ({ id }: { id: string }) => source.ask([`stock ${id}`], id.length),
        },
      };
      return {
        cache,
        schema: cache.apply(makeExecutableSchema({ typeDefs: [directives, typeDefs], resolvers })),
      };
    },
  });
  const log = pino({ level: "silent" }) as unknown as FastifyBaseLogger;
  const environment = { PORT: "0", HOST: "127.0.0.1", NODE_ENV: "test", ...options.environment };
  const running = await startGateway(definition, { environment, log, signals: false });
  await running.cache.ready();
  return { running, source };
}

export interface Answered {
  readonly startedAt: number;
  readonly ms: number;
  readonly cache: string | undefined;
  /** undefined: as it should be. */
  readonly problem: string | undefined;
}

/** So many clients that ask one thing after the other until they are told to stop. */
export class Load {
  readonly answers: Answered[] = [];
  readonly #agent: http.Agent;
  #stopped = false;
  readonly #loops: Promise<void>[];

  /** `next`: what a client asks for next. */
  constructor(url: string, clients: number, next: () => Question) {
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: clients });
    this.#loops = Array.from({ length: clients }, () => this.#loop(url, next));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
    this.#agent.destroy();
  }

  async #loop(url: string, next: () => Question): Promise<void> {
    while (!this.#stopped) {
      const startedAt = performance.now();
      const answer = await this.#ask(url, next());
      this.answers.push({ startedAt, ms: performance.now() - startedAt, ...answer });
    }
  }

  #ask(url: string, { query, shows }: Question): Promise<Pick<Answered, "cache" | "problem">> {
    return new Promise((resolve) => {
      const request = http.request(
        `${url}/graphql`,
        { method: "POST", agent: this.#agent, headers: { "content-type": "application/json" } },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (piece: string) => {
            text += piece;
          });
          response.on("end", () => {
            const cache = response.headers["x-cache"];
            const isRight = response.statusCode === 200 && !text.includes('"errors"') && text.includes(shows);
            resolve({
              cache: typeof cache === "string" ? cache : undefined,
              problem: isRight ? undefined : `${response.statusCode} ${text.slice(0, 300)}`,
            });
          });
        },
      );
      request.on("error", (error) => resolve({ cache: undefined, problem: String(error) }));
      request.end(JSON.stringify({ query }));
    });
  }
}
