import { expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { createIdentities } from "../../src/fields/identity.ts";
import { StampCopies } from "../../src/keys/stamp-copies.ts";
import { invalidate } from "../../src/library/invalidate.ts";
import { quietConsole } from "../../src/library/logger.ts";
import type { PendingInvalidations } from "../../src/library/pending-invalidations.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { counted, gateway, keys, planFor, turns } from "../engine/support.ts";

it("a dry run on a store of several parts counts what is in each, and a copy of what is hot not again", async () => {
  const store = createMemoryStore({ keys, buckets: 3 });
  const { cache } = await gateway(store);
  for (let id = 0; id < 9; id++) {
    await cache.read(planFor(cache, { home: `Product:${id}` }), counted().load);
  }
  for (let reads = 0; reads < 9; reads++) {
    await cache.read(planFor(cache, { home: "Product:1", hot: true }), counted().load);
    await turns(10);
  }
  const stored: string[] = [];
  await store.scan((key) => stored.push(key));
  expect(stored.filter((key) => key.includes("{Product:1#"))).toHaveLength(2);
  const identities = createIdentities({ keys: new Map() });
  const preview = await invalidate(
    {
      words: () => ({ identities, principalDigest: String }),
      invalidate: async () => {},
      pending: undefined as unknown as PendingInvalidations,
      store,
      keys,
      copies: new StampCopies(keys, store),
      clock: systemClock,
      logger: quietConsole,
    },
    { entity: "Product" },
    { dryRun: true },
  );
  expect(preview).toEqual({ entries: 9, coordinates: { "Product.price": 9 } });
});
