import { makeExecutableSchema } from "@graphql-tools/schema";
import fc, { type GeneratorValue } from "fast-check";
import { type GraphQLSchema, parse, validate } from "graphql";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTypeDefs } from "../demo/demo.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { type Answer, type Asking, type DemoServer, PATIENT, startDemo } from "./support/demo-server.ts";
import { evict } from "./support/evict.ts";
import { poolsOf } from "./support/pools.ts";
import { type Pools, type RandomQuery, randomQuery } from "./support/random-queries.ts";

/** 1 in every run of the suite; larger for longer proofs. */
const size = Number(process.env["FIELDGATE_PROOF_SIZE"] ?? 1);
const seed = Number(process.env["FIELDGATE_PROOF_SEED"] ?? Date.now() % 1_000_000);
const QUERIES = 60 * size;

const PRIVATE = ["Feature.myRating", "Feature.watched", "Query.viewer", "Viewer.watchlist"];

let redis: RedisServer;
let eyes: Redis;
let demo: DemoServer;
let schema: GraphQLSchema;
let pools: Pools;

beforeAll(async () => {
  redis = await startRedis();
  eyes = redis.client();
  demo = await startDemo({
    redisUrl: redis.url,
    cache: PATIENT,
    limits: { cost: 1e9, depth: 50, aliases: 1000, directives: 1000, tokens: 100_000 },
  });
  schema = makeExecutableSchema({ typeDefs: readTypeDefs() });
  pools = await poolsOf(demo);
});
afterAll(async () => {
  await demo.close();
  await redis.stop();
});

describe("a hit equals the miss", () => {
  it("for random queries of the schema: without the cache, cold, warm, and half-warm the same bytes", {
    timeout: 30_000 + 60_000 * size,
  }, async () => {
    const seen = { queries: 0, cached: 0, warm: 0, hits: 0, partial: 0, errors: 0 };
    const before = demo.gateway.cache.stats();
    await fc.assert(
      fc.asyncProperty(fc.gen(), async (draw) => {
        const drawn = validQuery(draw);
        if (drawn === undefined) return;
        const { query, variables } = drawn;
        const asking = drawAsking(draw, variables);
        const without = await off(() => demo.ask(query, asking));
        if (draw(fc.boolean)) await evict(eyes);
        const cold = await landed(() => demo.ask(query, asking));
        const warm = await landed(() => demo.ask(query, asking));
        // Somebody else, who finds what the first one left.
        const other = drawAsking(draw, variables);
        const othersWithout = await off(() => demo.ask(query, other));
        const others = await landed(() => demo.ask(query, other));
        await forgetSome(draw);
        const halfWarm = await landed(() => demo.ask(query, asking));
        const again = await landed(() => demo.ask(query, asking));

        expect({ query, other, ...told(others) }).toEqual({ query, other, ...told(othersWithout) });
        const answers = { cold, warm, halfWarm, again };
        for (const [when, answer] of Object.entries(answers)) {
          expect({ query, asking, when, ...told(answer) }).toEqual({ query, asking, when, ...told(without) });
        }
        seen.queries += 1;
        seen.errors += without.errors === undefined ? 0 : 1;
        const status = warm.headers.get("x-cache");
        if (status !== null && status !== "BYPASS") seen.cached += 1;
        if (status === "HIT") seen.warm += 1;
        for (const { headers } of Object.values(answers)) {
          if (headers.get("x-cache") === "HIT") seen.hits += 1;
          if (headers.get("x-cache") === "PARTIAL") seen.partial += 1;
        }
      }),
      { seed, numRuns: QUERIES, interruptAfterTimeLimit: 20_000 * size, markInterruptAsFailure: false },
    );

    const stats = demo.gateway.cache.stats();
    const hitsOf = (name: string) => (stats.fields[name]?.hit ?? 0) - (before.fields[name]?.hit ?? 0);
    const privateHits = PRIVATE.reduce((sum, name) => sum + hitsOf(name), 0);
    const fieldHits = stats.reads.hit - before.reads.hit;
    const coordinates = Object.keys(stats.fields).filter((name) => hitsOf(name) > 0).length;
    console.log(
      `hit equals miss: seed ${seed}, ${seen.queries} queries, ${seen.errors} with errors, ${seen.cached} with cached fields; ` +
        `HIT the second time ${seen.warm}; of all answers ${seen.hits} HIT, ${seen.partial} PARTIAL; ` +
        `${fieldHits} hits of ${coordinates} fields and rows, ${privateHits} of PRIVATE ones`,
    );
    // A cache that stores nothing gives equal answers too.
    expect(seen.queries).toBeGreaterThanOrEqual(10);
    expect(seen.warm).toBeGreaterThanOrEqual(seen.cached / 2);
    expect(seen.hits).toBeGreaterThanOrEqual(seen.queries);
    expect(seen.partial).toBeGreaterThanOrEqual(seen.queries / 5);
    expect(fieldHits).toBeGreaterThanOrEqual(10 * seen.queries);
    expect(privateHits).toBeGreaterThanOrEqual(seen.queries / 10);
    expect(coordinates).toBeGreaterThanOrEqual(15);
  });
});

function drawAsking(draw: GeneratorValue, variables: RandomQuery["variables"]): Asking {
  return {
    variables,
    user: draw(fc.constantFrom, undefined, "1", "2", "3"),
    locale: draw(fc.constantFrom, undefined, "en", "de", "fr", "ja", "x-klingon"),
  };
}

/** A drawing that breaks a rule of validation is thrown away: fields of one name with other arguments. */
function validQuery(draw: GeneratorValue): RandomQuery | undefined {
  for (let tries = 0; tries < 5; tries++) {
    const drawn = randomQuery(draw, schema, pools);
    if (validate(schema, parse(drawn.query)).length === 0) return drawn;
  }
  return undefined;
}

/**
 * What has to be the same: every byte. Of an answer with errors the data, and what was refused: which of several fields
 * that failed for one reason is named first depends on which was first to fail.
 */
function told({ status, text, errors }: Answer) {
  if (errors === undefined) return { status, text };
  const reasons = (errors as { message: string; extensions: object }[]).map(({ message, extensions }) =>
    JSON.stringify({ message, extensions }),
  );
  const { data } = JSON.parse(text) as { data?: unknown };
  return { status, data: JSON.stringify(data), errors: [...new Set(reasons)].sort() };
}

async function off<T>(work: () => Promise<T>): Promise<T> {
  demo.gateway.cache.disable();
  try {
    return await work();
  } finally {
    demo.gateway.cache.enable();
  }
}

async function landed<T>(work: () => Promise<T>): Promise<T> {
  const answer = await work();
  await demo.landed();
  return answer;
}

async function forgetSome(draw: GeneratorValue): Promise<void> {
  const { cache } = demo.gateway;
  const salt = draw(fc.integer, { min: 0, max: 1000 });
  switch (draw(fc.integer, { min: 0, max: 5 })) {
    case 0:
      return evict(eyes, (key) => !key.endsWith(":__stamp") && lot(key, salt));
    case 1:
      return evict(eyes, (key) => key.endsWith(":__stamp") && lot(key, salt));
    case 2:
      return cache.invalidate({
        entity: draw(fc.constantFrom, "Feature", "Browser", "Specification", "User", "Viewer"),
      });
    case 3:
      return cache.invalidate({
        entity: "Feature",
        id: draw(fc.constantFrom, "a", "abbr", "all", "nothing"),
      });
    case 4:
      return cache.invalidate({ principal: "1" });
    default:
      return cache.invalidate({
        field: draw(
          fc.constantFrom,
          "Query.features",
          "Feature.groups",
          "Feature.rating",
          "Query.search",
          "Viewer.watchlist",
        ),
      });
  }
}

/** One half of the keys, another for each salt. */
function lot(key: string, salt: number): boolean {
  let sum = salt;
  for (const char of key) sum = (sum * 31 + char.charCodeAt(0)) % 1_000_003;
  return sum % 2 === 0;
}
