import { setTimeout as sleep } from "node:timers/promises";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { graphql } from "graphql";
import { Redis } from "ioredis";
import { seededRandom } from "../../../src/base/random.ts";
import { createFieldCache, typeDefs } from "../../../src/index.ts";
import { answerCalls, machineTime } from "./child.ts";

// One gateway that writes through: url of the Redis, which holds the source too, and the seed of its delays.
const [url = "", seed = ""] = process.argv.slice(2);

/** The source numbers its commits: of two rows of one entity the later has the larger number. */
interface Row {
  readonly id: string;
  readonly commit: number;
}

export interface WriteSeen {
  readonly id: string;
  readonly commit: number;
  readonly resolved: number;
}

export interface ReadSeen {
  readonly id: string;
  readonly what: "row" | "field";
  readonly commit: number;
  readonly began: number;
}

export interface Run {
  readonly writes: readonly WriteSeen[];
  readonly reads: readonly ReadSeen[];
}

const random = seededRandom(Number(seed));
const source = new Redis(url);
const late = (ms: number) => sleep(random.next() * ms);

const cache = createFieldCache({
  redis: url,
  namespace: "writes",
  // A busy machine is not what is looked for here.
  readTimeoutMs: 5000,
  writeTimeoutMs: 5000,
  invalidateTimeoutMs: 10_000,
  logger: { debug() {}, info() {}, warn() {}, error() {} },
});
const products = cache.entity<string, Row>("Product", {
  async load(ids) {
    await late(3);
    const commits = await source.mget(ids.map((id) => `source:${id}`));
    await late(3);
    return ids.map((id, at) => ({ id, commit: Number(commits[at]) }));
  },
  async write(rows) {
    await late(4);
    const saved = await Promise.all(
      rows.map(async ({ id }) => ({ id, commit: await source.incr(`source:${id}`) })),
    );
    await late(4);
    return saved;
  },
});
const schema = cache.apply(
  makeExecutableSchema({
    typeDefs: [
      typeDefs,
      `type Query { product(id: ID!): Product }
       type Mutation { touch(id: ID!): Product @cacheWrite(entity: "Product") }
       type Product @cacheTTL(seconds: 600) { id: ID!  commit: Int!  shown: Int! @cacheTTL(seconds: 600) }`,
    ],
    resolvers: {
      Query: { product: (_, { id }, context) => products.loader(context).load(id) },
      Mutation: { touch: (_, { id }) => ({ id, commit: 0 }) },
      Product: {
        // A value of its own entry, made of a row that the request has read before.
        shown: async ({ commit }: Row) => {
          await late(3);
          return commit;
        },
      },
    },
  }),
);
await cache.ready();

async function touch(id: string, byMutation: boolean): Promise<WriteSeen> {
  if (!byMutation) {
    const { commit } = await products.write({ id, commit: 0 });
    return { id, commit, resolved: machineTime() };
  }
  const commit = await commitIn(`mutation { touch(id: "${id}") { commit } }`, "touch");
  return { id, commit: commit["commit"]!, resolved: machineTime() };
}

async function look(id: string): Promise<readonly ReadSeen[]> {
  const began = machineTime();
  const { commit, shown } = await commitIn(`{ product(id: "${id}") { commit shown } }`, "product");
  return [
    { id, what: "row", commit: commit!, began },
    { id, what: "field", commit: shown!, began },
  ];
}

async function commitIn(operation: string, field: string): Promise<Readonly<Record<string, number>>> {
  const { data, errors } = await graphql({ schema, source: operation, contextValue: {} });
  if (errors !== undefined) throw errors[0]!;
  return data![field] as Record<string, number>;
}

/** So many writes, three at a time, and readers of the same entities for as long as they run. */
async function run(writes: number, entities: number): Promise<Run> {
  const seen = { writes: [] as WriteSeen[], reads: [] as ReadSeen[] };
  const anyId = () => String(Math.floor(random.next() * entities));
  let left = writes;
  const write = async () => {
    while (left-- > 0) {
      seen.writes.push(await touch(anyId(), random.next() < 0.5));
      await late(20);
    }
  };
  const read = async () => {
    while (left > 0) {
      seen.reads.push(...(await look(anyId())));
      await late(2);
    }
  };
  await Promise.all([...Array.from({ length: 3 }, write), ...Array.from({ length: 5 }, read)]);
  return seen;
}

answerCalls({
  ready: () => true,
  run,
  look,
  hits: () => cache.stats().reads.hit,
});
