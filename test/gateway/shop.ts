import { makeExecutableSchema } from "@graphql-tools/schema";
import type { FastifyBaseLogger } from "fastify";
import { GraphQLError } from "graphql";
import pino from "pino";
import { deferred } from "../../src/base/deferred.ts";
import {
  defineGateway,
  type GatewayDefinition,
  type RunningGateway,
  startGateway,
} from "../../src/gateway/index.ts";
import {
  createFieldCache,
  typeDefs as directives,
  type FieldCache,
  type FieldCacheOptions,
} from "../../src/index.ts";

interface ShopContext {
  readonly user: string | null;
  readonly locale: string;
}

const typeDefs = /* GraphQL */ `
  type Product @key(fields: "id") {
    id: ID!
    name: String!
    price: Int @cacheTTL(seconds: 60)
    label: String @cacheTTL(seconds: 60, vary: ["locale"])
    discount: Int @cacheTTL(seconds: 20, scope: PRIVATE)
    stock: Int
    related(first: Int = 5): [Product!]!
  }
  type Query {
    product(id: ID!): Product @cacheTTL(seconds: 100)
    products(first: Int = 10): [Product!]! @cacheTTL(seconds: 30)
    stale: String @cacheTTL(seconds: 1, staleSeconds: 60)
    hinted(maxAge: Int): String
    fails(how: String): String
    failsCached: String @cacheTTL(seconds: 60)
    slow: String
    slowCached: String @cacheTTL(seconds: 60)
  }
  type Mutation {
    setPrice(id: ID!, price: Int!): Product @invalidates(entity: "Product", id: "{args.id}")
  }
`;

/** A shop small enough to know every answer by heart, and what its resolvers have been asked. */
export interface Shop {
  readonly gateway: RunningGateway;
  readonly url: string;
  readonly cache: FieldCache;
  /** Names of the resolvers that ran, in order. */
  readonly calls: string[];
  readonly logLines: () => Record<string, unknown>[];
  readonly sources: { ready: boolean; closed: boolean };
  /** Lets the pending `slow` and `slowCached` answer. */
  readonly release: () => void;
  /** Resolves when one of them is running. */
  readonly slowRuns: Promise<void>;
  post(body: unknown, headers?: Record<string, string>): Promise<Response>;
  get(query: string, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

export interface ShopOptions {
  readonly environment?: Record<string, string>;
  readonly definition?: Partial<Omit<GatewayDefinition, "start">>;
  readonly cache?: Pick<
    FieldCacheOptions,
    "readTimeoutMs" | "writeTimeoutMs" | "invalidateTimeoutMs" | "near"
  >;
  /** Whether signals shut it down, in a process of its own. */
  readonly signals?: boolean;
}

export async function startShop({
  environment = {},
  definition = {},
  cache: cacheLimits = {},
  signals = false,
}: ShopOptions = {}): Promise<Shop> {
  const calls: string[] = [];
  const lines: string[] = [];
  const prices: Record<string, number> = { "1": 10, "2": 20 };
  const sources = { ready: true, closed: false };
  const slow = deferred<void>();
  const started = deferred<void>();
  const log = pino({ level: "debug" }, { write: (line) => void lines.push(line) }) as FastifyBaseLogger;

  const called =
    <Result>(name: string, resolve: (parent: never, args: never, context: never, info: never) => Result) =>
    (parent: unknown, args: unknown, context: unknown, info: unknown): Result => {
      calls.push(name);
      return resolve(parent as never, args as never, context as never, info as never);
    };
  const row = (id: string) => (prices[id] === undefined ? null : { id, name: `Product ${id}` });

  const slowly = async () => {
    started.resolve();
    await slow.promise;
    return "done";
  };
  const resolvers = {
    Product: {
      price: called("price", ({ id }: { id: string }) => prices[id]),
      label: called(
        "label",
        ({ id }: { id: string }, _args, { locale }: ShopContext) => `${id} in ${locale}`,
      ),
      discount: called("discount", ({ id }: { id: string }, _args, { user }: ShopContext) =>
        user === null ? null : Number(id) + user.length,
      ),
      stock: called("stock", () => 3),
      related: () => ["1", "2"].map(row),
    },
    Query: {
      product: called("product", (_parent, { id }: { id: string }) => row(id)),
      products: called("products", () => ["1", "2"].map(row)),
      stale: called("stale", () => "now"),
      hinted: (_parent: unknown, { maxAge }: { maxAge?: number }, _context: unknown, info: never) => {
        const { setCacheHint } = (info as { cacheControl: { setCacheHint(hint: object): void } })
          .cacheControl;
        if (maxAge !== undefined) setCacheHint({ maxAge });
        return "hint";
      },
      fails: (_parent: unknown, { how }: { how?: string }) => {
        if (how === "on purpose")
          throw new GraphQLError("Out of stock", { extensions: { code: "OUT_OF_STOCK" } });
        throw Object.assign(new Error("connect ECONNREFUSED 10.1.2.3:5432"), {
          extensions: { sql: "select secret" },
        });
      },
      failsCached: called("failsCached", () => {
        throw new Error("password=hunter2");
      }),
      slow: slowly,
      slowCached: slowly,
    },
    Mutation: {
      setPrice: (_parent: unknown, { id, price }: { id: string; price: number }) => {
        prices[id] = price;
        return row(id);
      },
    },
  };

  const shop = defineGateway<ShopContext>({
    ...definition,
    start({ cacheOptions }) {
      const cache = createFieldCache({
        ...cacheOptions,
        ...cacheLimits,
        principal: ({ user }: ShopContext) => user,
        vary: { locale: ({ locale }: ShopContext) => locale },
      });
      return {
        cache,
        schema: cache.apply(makeExecutableSchema({ typeDefs: [directives, typeDefs], resolvers })),
        context: ({ bearer, headers }) => ({
          user: bearer ?? null,
          locale: String(headers["accept-language"] ?? "en"),
        }),
        ready: async () => {
          if (!sources.ready) throw new Error("down");
        },
        close: () => {
          sources.closed = true;
        },
      };
    },
  });
  const gateway = await startGateway(shop, {
    environment: { PORT: "0", HOST: "127.0.0.1", NODE_ENV: "test", ...environment },
    log,
    signals,
  });
  const url = `${gateway.url}/graphql`;
  return {
    gateway,
    url,
    cache: gateway.cache,
    calls,
    logLines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    sources,
    release: () => slow.resolve(),
    slowRuns: started.promise,
    post: (body, headers = {}) =>
      fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    get: (query, headers = {}) =>
      fetch(`${url}?${new URLSearchParams({ query })}`, {
        headers: { "apollo-require-preflight": "true", ...headers },
      }),
    close: async () => {
      slow.resolve();
      await gateway.close();
    },
  };
}
