import { parseArgs } from "node:util";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { type ExecutionResult, execute, parse } from "graphql";
import { createFieldCache, typeDefs as directives } from "../../src/index.ts";
import { startFaultProxy } from "../support/fault-proxy.ts";
import { startRedis } from "../support/redis-server.ts";

// What waves that start early are worth: warm operations with and without them, in turns, on one Redis, near and 1 ms away.
//
//     npx tsx test/measures/early-waves-process.ts --rounds 200

const { values } = parseArgs({ options: { rounds: { type: "string", default: "200" } } });
const rounds = Number(values.rounds);
/** Operations at a time where the processor's time is measured. */
const TOGETHER = 10;

const typeDefs = /* GraphQL */ `
  type Query { feature(id: ID!): Feature  features: [Feature!]! @cacheTTL(seconds: 3600)  now: Int @cacheTTL(seconds: 3600) }
  type Feature @cacheTTL(seconds: 3600) {
    id: ID!  name: String!
    rating: Rating @cacheTTL(seconds: 3600)
    noteCount: Int @cacheTTL(seconds: 3600, tags: ["notes:{parent.id}"])
    groups: [Group!]! @cacheTTL(seconds: 3600)
    support: [String!]! @cacheTTL(seconds: 3600)
  }
  type Rating { average: Float  count: Int }
  type Group @cacheTTL(seconds: 3600) { id: ID!  name: String! }
`;
const fields = "name rating { average count } noteCount groups { id name } support";
const operations: Readonly<Record<string, string>> = {
  "one feature by its id": `{ feature(id: "f7") { ${fields} } }`,
  "a list of fifty": `{ features { id ${fields} } }`,
  "one field, nothing to gain": "{ now }",
};

function gateway(redis: string, earlyWaves: boolean) {
  const cache = createFieldCache({ redis, earlyWaves, readTimeoutMs: 10_000, writeTimeoutMs: 10_000 });
  const load = async (ids: readonly string[]) =>
    ids.map((id) => ({ id, name: `named ${id}`, text: "x".repeat(400) }));
  const features = cache.entity("Feature", { load });
  cache.entity("Group", { load });
  const schema = cache.apply(
    makeExecutableSchema({
      typeDefs: [directives, typeDefs],
      resolvers: {
        Query: {
          feature: (_: unknown, { id }: { id: string }, context: object) => features.loader(context).load(id),
          features: () => Array.from({ length: 50 }, (_, at) => ({ id: `f${at}` })),
          now: () => 1,
        },
        Feature: {
          rating: () => ({ average: 4.5, count: 12 }),
          noteCount: ({ id }: { id: string }) => id.length,
          groups: ({ id }: { id: string }) => [{ id: "g1" }, { id: `g${id.length}` }],
          support: () => ["chrome 1", "firefox 2", "safari 3"],
        },
      },
    }),
  );
  const documents = new Map(Object.values(operations).map((source) => [source, parse(source)]));
  return {
    cache,
    async run(source: string) {
      const result = (await execute({
        schema,
        document: documents.get(source)!,
        contextValue: {},
      })) as ExecutionResult;
      if (result.errors) throw result.errors[0];
    },
  };
}

type Gateway = ReturnType<typeof gateway>;

async function measure(source: string, gateways: readonly Gateway[]) {
  const latencies = gateways.map((): number[] => []);
  const processor = gateways.map(() => 0);
  const trips = gateways.map(() => 0);
  for (let round = -5; round < rounds; round++) {
    for (const [at, { cache, run }] of gateways.entries()) {
      const tripsBefore = cache.stats().store.roundTrips;
      const begun = performance.now();
      await run(source);
      const ms = performance.now() - begun;
      const tripsNow = cache.stats().store.roundTrips - tripsBefore;
      const usage = process.cpuUsage();
      await Promise.all(Array.from({ length: TOGETHER }, () => run(source)));
      const { user, system } = process.cpuUsage(usage);
      if (round < 0) continue;
      latencies[at]!.push(ms);
      trips[at] = tripsNow;
      processor[at]! += (user + system) / 1000 / TOGETHER / rounds;
    }
  }
  return gateways.map((_, at) => {
    const sorted = latencies[at]!.sort((a, b) => a - b);
    return {
      trips: trips[at],
      median: sorted[Math.floor(sorted.length / 2)]!.toFixed(2),
      p95: sorted[Math.floor(sorted.length * 0.95)]!.toFixed(2),
      cpu: processor[at]!.toFixed(2),
    };
  });
}

const redis = await startRedis();
const proxy = await startFaultProxy(redis.port);
console.log(
  "| Redis | operation | | round trips | median ms | p95 ms | processor ms |\n|---|---|---|---|---|---|---|",
);
for (const [where, url] of [
  ["near", redis.url],
  ["1 ms away", proxy.url],
] as const) {
  const gateways = [gateway(url, false), gateway(url, true)];
  await Promise.all(gateways.map(({ cache }) => cache.ready()));
  proxy.delay(0.5);
  for (const [name, source] of Object.entries(operations)) {
    const [without, with_] = await measure(source, gateways);
    for (const [label, one] of [
      ["off", without!],
      ["on", with_!],
    ] as const) {
      console.log(
        `| ${where} | ${name} | ${label} | ${one.trips} | ${one.median} | ${one.p95} | ${one.cpu} |`,
      );
    }
  }
  await Promise.all(gateways.map(({ cache }) => cache.close()));
}
await proxy.close();
await redis.stop();
