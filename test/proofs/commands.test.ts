import { makeExecutableSchema } from "@graphql-tools/schema";
import { execute, type GraphQLSchema, parse } from "graphql";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createFieldCache, type FieldCache, typeDefs } from "../../src/index.ts";
import { beginScript } from "../../src/store/redis/scripts/begin.ts";
import { logSinceScript } from "../../src/store/redis/scripts/log-since.ts";
import { putScript } from "../../src/store/redis/scripts/put.ts";
import { stampsScript } from "../../src/store/redis/scripts/stamps.ts";
import { type Monitor, monitor } from "../e2e/support/monitor.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";

// Guarantee 1, as Redis itself saw it: how many commands an operation costs.

const types = /* GraphQL */ `
  type Query {
    now: String
    products: [Product!]! @cacheTTL(seconds: 60)
    orders: Int @cacheTTL(seconds: 60, scope: PRIVATE)
  }
  type Product @cacheTTL(seconds: 60) { id: ID!  name: String!  price: Int @cacheTTL(seconds: 60)  plain: Int }
`;
/** The list, its rows, and a field of each: what one needs, the one before has told. */
const THREE_WAVES = "{ products { id name price } }";
const PRODUCTS = 20;

const SCRIPTS = new Map(
  [beginScript, stampsScript, logSinceScript, putScript].map(({ sha, name }) => [sha, name]),
);

let server: RedisServer;
let cache: FieldCache;
let schema: GraphQLSchema;
let sent: Monitor;

beforeAll(async () => {
  server = await startRedis();
  // What a server does not know yet is sent twice.
  for (const { text } of [beginScript, stampsScript, logSinceScript, putScript]) {
    await server.client().script("LOAD", text);
  }
  cache = createFieldCache({
    redis: server.url,
    namespace: "counted",
    secret: "a secret of thirty-two bytes or more",
    principal: (context) => context.user,
    // Early, all three would be looked up at once: that has its own tests.
    earlyWaves: false,
    readTimeoutMs: 5000,
    writeTimeoutMs: 5000,
  });
  cache.entity("Product", {
    load: (ids: readonly string[]) => ids.map((id) => ({ id, name: `product ${id}`, plain: 1 })),
  });
  schema = cache.apply(
    makeExecutableSchema({
      typeDefs: [typeDefs, types],
      resolvers: {
        Query: {
          now: () => "now",
          products: () => Array.from({ length: PRODUCTS }, (_, id) => ({ id })),
          orders: () => 3,
        },
        Product: { price: () => 42 },
      },
    }),
  );
  await cache.ready();
  sent = await monitor(server, SCRIPTS);
});
afterAll(async () => {
  await cache.close();
  await server.stop();
});

/** The commands of so many requests at once, from the first look to the last store. */
async function commandsOf(source: string, requests = 1, context: object = {}): Promise<readonly string[]> {
  const document = parse(source);
  await sent.settle();
  sent.commands.length = 0;
  const answers = await Promise.all(
    Array.from({ length: requests }, () => execute({ schema, document, contextValue: { ...context } })),
  );
  for (const { errors } of answers) expect(errors).toBeUndefined();
  while (cache.stats().running.fills > 0) await new Promise((resolve) => setImmediate(resolve));
  await sent.settle();
  return sent.commands.map(({ name }) => name);
}

test("an operation without cached fields sends nothing", async () => {
  expect(await commandsOf("{ now __typename }")).toEqual([]);
});

test("a PRIVATE field without a principal sends nothing", async () => {
  expect(await commandsOf("{ orders }")).toEqual([]);
});

describe("an operation of three waves", () => {
  const COLD_WAVE = ["mget", "begin", "stamps", "log-since", "put"];

  beforeEach(async () => {
    for (const target of ["Product.price", "Query.products"]) await cache.invalidate({ field: target });
    await cache.invalidate({ entity: "Product" });
  });

  test("cold: five commands a wave, however many entries it has", async () => {
    const commands = await commandsOf(THREE_WAVES);
    expect(commands.toSorted()).toEqual([...COLD_WAVE, ...COLD_WAVE, ...COLD_WAVE].sort());
  });

  test("cold, a hundred requests at once: one lock and one store a wave, and no more than one look-up again", async () => {
    const commands = await commandsOf(THREE_WAVES, 100);
    const count = (of: string) => commands.filter((name) => name === of).length;
    expect(count("begin")).toBe(3);
    // Whoever joined before the lock was answered has the log asked again, so that two waves may be stored together.
    expect(count("put")).toBeLessThanOrEqual(3);
    expect(count("log-since")).toBeLessThanOrEqual(6);
    expect(count("mget")).toBeLessThanOrEqual(6);
  });

  test("warm: one MGET a wave", async () => {
    await commandsOf(THREE_WAVES);
    expect(await commandsOf(THREE_WAVES)).toEqual(["mget", "mget", "mget"]);
  });

  test("warm, a hundred requests at once: the same three", async () => {
    await commandsOf(THREE_WAVES);
    expect(await commandsOf(THREE_WAVES, 100)).toEqual(["mget", "mget", "mget"]);
  });
});

test("a PRIVATE field costs what a PUBLIC one does", async () => {
  expect((await commandsOf("{ orders }", 1, { user: "alice" })).toSorted()).toEqual([
    "begin",
    "log-since",
    "mget",
    "put",
    "stamps",
  ]);
  expect(await commandsOf("{ orders }", 1, { user: "alice" })).toEqual(["mget"]);
});
