import { systemClock } from "../../../src/base/clock.ts";
import { seededRandom, systemRandom } from "../../../src/base/random.ts";
import { createFieldCache, type InvalidationTarget } from "../../../src/index.ts";
import { createKeys } from "../../../src/keys/grammar.ts";
import { wireFieldCache } from "../../../src/library/create-field-cache.ts";
import { createSpreadStore } from "../../support/spread-store.ts";
import { answerCalls, machineTime } from "./child.ts";
import { Gateway, type Wish } from "./gateway.ts";
import { contextOf, HOT_POLICIES, type ShopContext } from "./shop.ts";
import { type Mood, Source } from "./source.ts";

// One gateway of the proofs, in a process of its own: url of its Redis (several: of its masters), its number, the seed of
// its source, "near" if it holds near copies, "next" if it is of the next deploy.
const [urls = "", number = "", seed = "", ...traits] = process.argv.slice(2);

const options = {
  namespace: "proof",
  secret: "a secret of thirty-two bytes or more",
  principal: ({ user }: ShopContext) => user,
  backgroundContext: contextOf,
  // Time-outs are to happen: what runs late is what is looked for.
  readTimeoutMs: 100,
  writeTimeoutMs: 150,
  invalidateTimeoutMs: 400,
  lockWaitMs: 60,
  logger: { debug() {}, info() {}, warn() {}, error() {} },
};

const gateway = new Gateway({
  number: Number(number),
  source: new Source(seededRandom(Number(seed)), machineTime),
  now: machineTime,
  isNext: traits.includes("next"),
  open: (onEvent) =>
    urls.includes(",")
      ? wireFieldCache(
          { ...options, policies: HOT_POLICIES, onEvent },
          {
            clock: systemClock,
            random: systemRandom,
            store: createSpreadStore(urls.split(","), createKeys(options.namespace), {
              readMs: options.readTimeoutMs,
              writeMs: options.writeTimeoutMs,
              invalidateMs: options.invalidateTimeoutMs,
            }),
          },
        )
      : createFieldCache<ShopContext>({ ...options, near: traits.includes("near"), redis: urls, onEvent }),
});
await gateway.cache.ready();

answerCalls({
  ready: () => true,
  read: (wish: Wish) => gateway.read(wish),
  invalidate: (target: InvalidationTarget) => gateway.invalidate(target),
  feel: (mood: Mood) => gateway.feel(mood),
  release: (chosen: number) => gateway.release(chosen),
  calm: () => gateway.calm(),
  isIdle: () => gateway.isIdle,
  report: () => gateway.report(),
});
