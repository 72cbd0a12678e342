import type { Random } from "../../../src/base/random.ts";
import { wireFieldCache } from "../../../src/library/create-field-cache.ts";
import { createSteppedClock, turns } from "../../../src/testing/manual-clock.ts";
import { Gateway } from "./gateway.ts";
import type { World } from "./schedule.ts";
import { contextOf, type ShopContext } from "./shop.ts";
import { Source } from "./source.ts";

/** Room for some dozens of entries: what is longest unread is dropped, as an eviction does. */
const BYTES = 120_000;

/**
 * Streams of requests over one cache in this process, on its embedded store. Nothing here depends on the machine: one
 * seed is one interleaving.
 */
export async function startEmbeddedWorld(streams: number, random: Random): Promise<World> {
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
          logger: { debug() {}, info() {}, warn() {}, error() {} },
          onEvent,
        },
        { clock, random },
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
