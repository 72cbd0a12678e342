import { makeExecutableSchema } from "@graphql-tools/schema";
import { type DocumentNode, execute, parse } from "graphql";
import { type Deferred, deferred } from "../../../src/base/deferred.ts";
import { type CacheEvent, createFieldCache, typeDefs } from "../../../src/index.ts";
import { answerCalls, tellParent } from "./child.ts";

// One of several gateways that serve one page. Its source is the parent, which counts the loads and answers when it wants.

/** What a gateway asks of its source. */
export interface SourceCall {
  readonly id: number;
  /** `Query.products`, or the entity whose rows are wanted. */
  readonly of: string;
  readonly keys: readonly string[];
}

/** What the requests of one call of `ask` came to. */
export interface Asked {
  /** Distinct answers, as JSON. */
  readonly answers: readonly string[];
  readonly requests: number;
}

export interface PageOptions {
  readonly redis: string;
  /** Of everything on the page. */
  readonly seconds: number;
  readonly staleSeconds: number;
  readonly maxValueBytes?: number;
  readonly lockWaitMs?: number;
}

const { redis, seconds, staleSeconds, ...limits } = JSON.parse(process.argv[2]!) as PageOptions;

const policy = `@cacheTTL(seconds: ${seconds}, staleSeconds: ${staleSeconds})`;
const types = /* GraphQL */ `
  type Query {
    products: [Product!]! ${policy}
    report: String ${policy}
  }
  type Product ${policy} { id: ID!  name: String!  stock: Stock! }
  type Stock ${policy} { id: ID!  left: Int! }
`;

const waiting = new Map<number, Deferred<never>>();
let calls = 0;
const events: CacheEvent[] = [];

function load<T>(of: string, keys: readonly string[]): Promise<T> {
  const answer = deferred<never>();
  waiting.set(++calls, answer);
  tellParent({ id: calls, of, keys } satisfies SourceCall);
  return answer.promise;
}

const cache = createFieldCache({
  redis,
  namespace: "fleet",
  // It is loads that are counted here, on a machine that others use too.
  readTimeoutMs: 5000,
  writeTimeoutMs: 5000,
  invalidateTimeoutMs: 5000,
  ...limits,
  logger: { debug() {}, info() {}, warn() {}, error() {} },
  onEvent: (event) => void events.push(event),
});
cache.entity("Product", { load: (ids: readonly string[]) => load<never[]>("Product", ids) });
const stocks = cache.entity("Stock", { load: (ids: readonly string[]) => load<never[]>("Stock", ids) });

const schema = cache.apply(
  makeExecutableSchema({
    typeDefs: [typeDefs, types],
    resolvers: {
      Query: {
        products: async () => (await load<string[]>("Query.products", [])).map((id) => ({ id })),
        report: () => load("Query.report", []),
      },
      Product: {
        stock: ({ id }: { id: string }, _args: unknown, context: object) => stocks.loader(context).load(id),
      },
    },
  }),
);
await cache.ready();

async function answer(document: DocumentNode): Promise<string> {
  return JSON.stringify(await execute({ schema, document, contextValue: {} }));
}

const asked = new Map<number, Promise<string[]>>();

answerCalls({
  ready: () => true,
  /** Begins that many requests; `answers` waits for them. */
  ask(id: number, source: string, requests: number) {
    const document = parse(source);
    asked.set(id, Promise.all(Array.from({ length: requests }, () => answer(document))));
  },
  async answers(id: number): Promise<Asked> {
    const answers = await asked.get(id)!;
    return { answers: [...new Set(answers)], requests: answers.length };
  },
  loaded(id: number, value: never) {
    waiting.get(id)?.resolve(value);
    waiting.delete(id);
  },
  stats: () => cache.stats(),
  /** What came of fills and reads, counted: `fill stored`, `read wait lock-timeout`. */
  outcomes() {
    const counts: Record<string, number> = {};
    for (const event of events) {
      const words =
        event.type === "read"
          ? [event.type, event.outcome, event.reason]
          : event.type === "fill"
            ? [event.type, event.stored]
            : [];
      const name = words.filter((word) => word !== undefined).join(" ");
      if (name !== "") counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  },
  forget() {
    events.length = 0;
  },
});
