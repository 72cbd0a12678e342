import type { Clock } from "../../../src/base/clock.ts";
import type { Random } from "../../../src/base/random.ts";
import { createKeys } from "../../../src/keys/grammar.ts";
import { wireFieldCache } from "../../../src/library/create-field-cache.ts";
import { createMemoryStore } from "../../../src/store/memory/memory-store.ts";
import type { Store } from "../../../src/store/store.ts";
import { createSteppedClock, turns } from "../../../src/testing/manual-clock.ts";
import { Gateway } from "./gateway.ts";
import type { World } from "./schedule.ts";
import { contextOf, HOT_POLICIES, type ShopContext } from "./shop.ts";
import { Source } from "./source.ts";

/** Room for some dozens of entries: what is longest unread is dropped, as an eviction does. */
const BYTES = 120_000;

/**
 * Streams of requests over one cache in this process, on its embedded store. Nothing here depends on the machine: one
 * seed is one interleaving.
 */
export async function startEmbeddedWorld(
  streams: number,
  random: Random,
  { isHot = false } = {},
): Promise<World> {
  let time = 0;
  const now = () => ++time;
  const clock = createSteppedClock();
  const source = new Source(random, now);
  const gateway = new Gateway({
    number: 0,
    source,
    now,
    open: (onEvent) =>
      wireFieldCache(
        {
          principal: ({ user }: ShopContext) => user,
          backgroundContext: contextOf,
          lockWaitMs: 60,
          embeddedBytes: BYTES,
          ...(isHot ? { policies: HOT_POLICIES } : {}),
          logger: { debug() {}, info() {}, warn() {}, error() {} },
          onEvent,
        },
        { clock, random, ...(isHot ? { store: storeInParts(clock, random) } : {}) },
      ),
  });
  await gateway.cache.ready();
  let pressed = 0;

  return {
    gateways: streams,
    read: (stream, wish) => gateway.read(wish, stream),
    invalidate: (stream, target) => gateway.invalidate(target, stream),
    feel: (mood) => gateway.feel(mood),
    release: (_, chosen) => gateway.release(chosen),
    async harm() {
      await gateway.press(`junk ${++pressed}`);
    },
    async pause() {
      const kind = random.next();
      if (kind < 0.8) await turns(Math.floor(random.next() * 6));
      else clock.step(random.next() * (kind < 0.95 ? 20 : 400));
    },
    calm: () => gateway.calm(),
    async settled(work) {
      let done = false;
      void Promise.all(work).finally(() => {
        done = true;
      });
      for (;;) {
        await turns(3);
        if (done && gateway.isIdle) return;
        clock.step(10);
      }
    },
    reports: async () => [gateway.report()],
    inspect: async () => [],
  };
}

/** Says that it lies on three servers: what an invalidation drops is dropped there at different times. */
function storeInParts(clock: Clock, random: Random): Store {
  const keys = createKeys("fieldgate");
  // What lies in this process is read at home: a server has no such short cut.
  const { peek: _peek, ...store } = createMemoryStore({
    keys,
    clock,
    random,
    buckets: 3,
    maxBytes: 2 * BYTES,
  });
  return {
    ...store,
    async dropStamps(stampKeys) {
      await Promise.all(
        stampKeys.map(async (key) => {
          await turns(Math.floor(random.next() * 6));
          await store.dropStamps([key]);
        }),
      );
      return undefined;
    },
  };
}
