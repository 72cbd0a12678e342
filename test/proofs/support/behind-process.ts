import { makeExecutableSchema } from "@graphql-tools/schema";
import { graphql } from "graphql";
import { Redis } from "ioredis";
import { createFieldCache, typeDefs } from "../../../src/index.ts";
import { answerCalls } from "./child.ts";

// One gateway that writes behind: url of the store, and of the source, which is another server.
const [storeUrl = "", sourceUrl = ""] = process.argv.slice(2);

/** A delta: how many, and which writes it is made of. */
interface Delta {
  readonly id: string;
  readonly views: number;
  readonly writes: readonly string[];
}

interface Draft {
  readonly id: string;
  readonly text: string;
}

/** What the pattern's page tells a source to do: a token that does not sort behind the last one changes nothing. */
const TAKE_DELTA = `
if (redis.call('HGET', KEYS[1], 'token') or '') < ARGV[1] then
  redis.call('HSET', KEYS[1], 'token', ARGV[1])
  redis.call('HINCRBY', KEYS[1], 'views', ARGV[2])
  for i = 3, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[i]) end
else
  redis.call('INCR', 'again')
end
return redis.call('HGET', KEYS[1], 'views')`;
const TAKE_ROW = `
if (redis.call('HGET', KEYS[1], 'token') or '') < ARGV[1] then
  redis.call('HSET', KEYS[1], 'token', ARGV[1], 'text', ARGV[2])
  redis.call('RPUSH', KEYS[2], ARGV[2])
else
  redis.call('INCR', 'again')
end
return redis.call('HGET', KEYS[1], 'text')`;

const source = new Redis(sourceUrl);
const cache = createFieldCache({
  redis: storeUrl,
  namespace: "shop",
  flushDelayMs: 20,
  flushLeaseMs: 1000,
  // Another process has the machine now and then; what is proved here is not time.
  readTimeoutMs: 5_000,
  writeTimeoutMs: 5_000,
  invalidateTimeoutMs: 5_000,
  lockWaitMs: 5_000,
  logger: { debug() {}, info() {}, warn() {}, error() {} },
});

const articles = cache.entity<string, Delta>("Article", {
  mode: "BEHIND",
  load: (ids) =>
    Promise.all(
      ids.map(async (id) => ({
        id,
        views: Number(await source.hget(`article:${id}`, "views")),
        writes: [],
      })),
    ),
  write: (deltas, { tokens }) =>
    Promise.all(
      deltas.map(async ({ id, views, writes }, at) => ({
        id,
        views: Number(
          await source.eval(
            TAKE_DELTA,
            2,
            `article:${id}`,
            `article:${id}:history`,
            tokens[at]!,
            views,
            ...writes,
          ),
        ),
        writes: [],
      })),
    ),
  merge: (pending, next) => ({
    ...pending,
    views: pending.views + next.views,
    writes: [...pending.writes, ...next.writes],
  }),
});

const drafts = cache.entity<string, Draft>("Draft", {
  mode: "BEHIND",
  load: (ids) =>
    Promise.all(ids.map(async (id) => ({ id, text: (await source.hget(`draft:${id}`, "text")) ?? "" }))),
  write: (rows, { tokens }) =>
    Promise.all(
      rows.map(async ({ id, text }, at) => {
        if (id === "poisoned") return new Error("refused");
        const keys = [`draft:${id}`, `draft:${id}:history`] as const;
        return { id, text: String(await source.eval(TAKE_ROW, 2, ...keys, tokens[at]!, text)) };
      }),
    ),
});

const schema = cache.apply(
  makeExecutableSchema({
    typeDefs: [
      typeDefs,
      `type Query { article(id: ID!): Article  draft(id: ID!): Draft }
       type Article @cacheTTL(seconds: 60) { id: ID!  views: Int! }
       type Draft @cacheTTL(seconds: 60) { id: ID!  text: String! }`,
    ],
    resolvers: {
      Query: {
        article: (_, { id }, context) => articles.loader(context).load(id),
        draft: (_, { id }, context) => drafts.loader(context).load(id),
      },
    },
  }),
);

async function read(operation: string): Promise<Record<string, Record<string, unknown>>> {
  const { data, errors } = await graphql({ schema, source: operation, contextValue: {} });
  if (errors) throw errors[0]!;
  return data as Record<string, Record<string, unknown>>;
}

answerCalls({
  ready: () => cache.ready(),
  view: (id: string, write: string) => articles.write({ id, views: 1, writes: [write] }).then(() => true),
  save: (id: string, text: string) => drafts.write({ id, text }).then(() => true),
  views: async (id: string) => (await read(`{ article(id: "${id}") { views } }`))["article"]!["views"],
  text: async (id: string) => (await read(`{ draft(id: "${id}") { text } }`))["draft"]!["text"],
  counts: () => cache.stats().behind,
  close: () => cache.close(),
});
