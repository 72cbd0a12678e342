import { parseArgs } from "node:util";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { type ExecutionResult, execute, parse } from "graphql";
import { createFieldCache, typeDefs as directives } from "../../src/index.ts";
import { startFaultProxy } from "../support/fault-proxy.ts";
import { startRedis } from "../support/redis-server.ts";

// What near copies are worth, and what they cost: warm operations with and without them, in turns, on one Redis, near and 1 ms
// away; then invalidations, with more and more gateways that hold copies.
//
//     npx tsx test/measures/near-copies-process.ts --seconds 20

const { values } = parseArgs({ options: { seconds: { type: "string", default: "20" } } });
const TURN_MS = 500;
const turns = Math.ceil((Number(values.seconds) * 1000) / TURN_MS);
/** Operations at a time. */
const TOGETHER = 10;
const INVALIDATIONS = 100;

const typeDefs = /* GraphQL */ `
  type Query { feature(id: ID!): Feature  features: [Feature!]! @cacheTTL(seconds: 3600)  now: Int @cacheTTL(seconds: 3600) }
  type Feature @cacheTTL(seconds: 3600) {
    id: ID!  name: String!
    rating: Rating @cacheTTL(seconds: 3600)
    support: [String!]! @cacheTTL(seconds: 3600)
  }
  type Rating { average: Float  count: Int }
`;
const fields = "name rating { average count } support";
const operations: Readonly<Record<string, string>> = {
  "one field": "{ now }",
  "a feature by its id": `{ feature(id: "f7") { ${fields} } }`,
  "fifty features": `{ features { id ${fields} } }`,
};

function gateway(redis: string, near: boolean) {
  const cache = createFieldCache({ redis, near, readTimeoutMs: 10_000, writeTimeoutMs: 10_000 });
  const load = async (ids: readonly string[]) =>
    ids.map((id) => ({ id, name: `named ${id}`, text: "x".repeat(400) }));
  const features = cache.entity("Feature", { load });
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
  const sums = gateways.map(() => ({ operations: 0, ms: 0, commands: 0, latencies: [] as number[] }));
  for (let turn = -2; turn < turns; turn++) {
    for (const [at, { cache, run }] of gateways.entries()) {
      const before = cache.stats().store.commands;
      const begun = performance.now();
      let operations = 0;
      const latencies: number[] = [];
      while (performance.now() - begun < TURN_MS) {
        await Promise.all(Array.from({ length: TOGETHER }, () => run(source)));
        const alone = performance.now();
        await run(source);
        latencies.push(performance.now() - alone);
        operations += TOGETHER + 1;
      }
      if (turn < 0) continue;
      const sum = sums[at]!;
      sum.operations += operations;
      sum.ms += performance.now() - begun;
      sum.commands += cache.stats().store.commands - before;
      sum.latencies.push(...latencies);
    }
  }
  return sums.map(({ operations, ms, commands, latencies }) => ({
    aSecond: Math.round((1000 * operations) / ms),
    commands: (commands / operations).toFixed(4),
    median: latencies.sort((a, b) => a - b)[Math.floor(latencies.length / 2)]!.toFixed(3),
  }));
}

async function invalidations({ cache }: Gateway): Promise<string> {
  const latencies: number[] = [];
  for (let at = 0; at < INVALIDATIONS; at++) {
    const begun = performance.now();
    await cache.invalidate({ entity: "Feature", id: `f${at % 50}` });
    latencies.push(performance.now() - begun);
  }
  latencies.sort((a, b) => a - b);
  return `${latencies[INVALIDATIONS / 2]!.toFixed(2)} | ${latencies[Math.floor(INVALIDATIONS * 0.95)]!.toFixed(2)}`;
}

const redis = await startRedis();
const proxy = await startFaultProxy(redis.port);
console.log(
  "| Redis | operation | near copies | commands an operation | operations a second | median ms alone |",
);
console.log("|---|---|---|---|---|---|");
for (const [where, url] of [
  ["near", redis.url],
  ["1 ms away", proxy.url],
] as const) {
  const gateways = [gateway(url, false), gateway(url, true)];
  await Promise.all(gateways.map(({ cache }) => cache.ready()));
  proxy.delay(0.5);
  for (const [name, source] of Object.entries(operations)) {
    for (const [at, one] of (await measure(source, gateways)).entries()) {
      const which = at === 0 ? "off" : "on";
      console.log(`| ${where} | ${name} | ${which} | ${one.commands} | ${one.aSecond} | ${one.median} |`);
    }
  }
  await Promise.all(gateways.map(({ cache }) => cache.close()));
}

console.log(
  "\n| gateways with near copies, besides the one that invalidates | median ms | p95 ms |\n|---|---|---|",
);
const plain = gateway(redis.url, false);
await plain.cache.ready();
await new Promise((resolve) => setTimeout(resolve, 1100));
const holders: Gateway[] = [];
for (const count of [0, 1, 4]) {
  while (holders.length < count) {
    const holder = gateway(redis.url, true);
    holders.push(holder);
    await holder.cache.ready();
    while (holder.cache.stats().store.near?.open !== true) await new Promise((r) => setTimeout(r, 5));
  }
  console.log(`| ${count} | ${await invalidations(plain)} |`);
}
await Promise.all([plain, ...holders].map(({ cache }) => cache.close()));
await proxy.close();
await redis.stop();
