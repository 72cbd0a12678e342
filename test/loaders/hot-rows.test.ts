import { makeExecutableSchema } from "@graphql-tools/schema";
import { expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { typeDefs } from "../../src/index.ts";
import { createKeys } from "../../src/keys/grammar.ts";
import { wireFieldCache } from "../../src/library/create-field-cache.ts";
import { ForwardingStore } from "../../src/store/forwarding-store.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { turns } from "../../src/testing/manual-clock.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Places in which the row of a hot product is stored after it was read often. */
async function placesOf(mode: "THROUGH" | "BEHIND"): Promise<readonly string[]> {
  const store = createMemoryStore({ keys: createKeys("fieldgate"), buckets: 3 });
  // One that has to be waited for: what lies in this process is read there.
  const far = new ForwardingStore(store);
  const cache = wireFieldCache({ logger: silent }, { clock: systemClock, random: systemRandom, store: far });
  const products = cache.entity("Product", {
    mode,
    load: (ids) => ids.map((id) => ({ id })),
    write: (rows: readonly unknown[]) => [...rows],
  });
  const types =
    "type Query { product(id: ID!): Product }  type Product @cacheTTL(seconds: 60, hot: true) { id: ID! }";
  cache.apply(
    makeExecutableSchema({ typeDefs: [typeDefs, types], resolvers: { Query: { product: () => null } } }),
  );
  await cache.ready();
  for (let reads = 0; reads < 12; reads++) {
    await products.loader({}).load("1");
    await turns();
  }
  const homes: string[] = [];
  await store.scan((key) => homes.push(key.slice(key.indexOf("{") + 1, key.indexOf("}"))));
  await cache.close();
  return homes;
}

it("rows of a hot type are read in every part of the store", async () => {
  expect(await placesOf("THROUGH")).toHaveLength(3);
});

it("rows that are written behind are read at home, in one step with what is pending", async () => {
  expect(await placesOf("BEHIND")).toEqual(["Product:1"]);
});
