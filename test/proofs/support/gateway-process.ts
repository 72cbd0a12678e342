import { seededRandom } from "../../../src/base/random.ts";
import { createFieldCache, type InvalidationTarget } from "../../../src/index.ts";
import { answerCalls, machineTime } from "./child.ts";
import { Gateway, type Wish } from "./gateway.ts";
import { contextOf, type ShopContext } from "./shop.ts";
import { type Mood, Source } from "./source.ts";

// One gateway of the proofs, in a process of its own: url of its Redis, its number, the seed of its source.
const [url = "", number = "", seed = ""] = process.argv.slice(2);

const gateway = new Gateway({
  number: Number(number),
  source: new Source(seededRandom(Number(seed)), machineTime),
  now: machineTime,
  open: (onEvent) =>
    createFieldCache<ShopContext>({
      redis: url,
      namespace: "proof",
      secret: "a secret of thirty-two bytes or more",
      principal: ({ user }) => user,
      backgroundContext: contextOf,
      // Time-outs are to happen: what runs late is what is looked for.
      readTimeoutMs: 100,
      writeTimeoutMs: 150,
      invalidateTimeoutMs: 400,
      lockWaitMs: 60,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      onEvent,
    }),
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
