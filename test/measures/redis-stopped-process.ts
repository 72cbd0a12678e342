import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { anyPage, Load, type Question } from "../e2e/support/counted-gateway.ts";
import { seededDataDir } from "../e2e/support/seeded-data-dir.ts";
import { startRedis } from "../support/redis-server.ts";

// Redis is stopped (SIGSTOP) for five seconds under load. Two gateways of the same code, each in a process of its own, are asked by as many
// clients at the same time: one with its cache on, one with it off. Their source: the demo's database, or one that takes so many ms.
//
//     npx tsx test/measures/redis-stopped-process.ts
//     npx tsx test/measures/redis-stopped-process.ts --source-ms 20 --pages 50

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "16" },
    "source-ms": { type: "string" },
    pages: { type: "string", default: "50" },
    seconds: { type: "string", default: "5" },
  },
});
const seconds = Number(values.seconds);
const clients = Number(values.clients);
const sourceMs = values["source-ms"];

function ofDemo(): Question {
  const first = 1 + Math.floor(Math.random() * 20);
  return {
    query: `{ features(first: ${first}) { nodes { id name noteCount rating { average count } groups { id name } } } }`,
    shows: '"nodes"',
  };
}
const next = sourceMs === undefined ? ofDemo : () => anyPage(Number(values.pages));

async function gateway(environment: Readonly<Record<string, string>>) {
  const data = sourceMs === undefined ? await seededDataDir(60) : undefined;
  const child = fork(new URL("./counted-gateway-process.ts", import.meta.url), [sourceMs ?? data!.dataDir], {
    execArgv: ["--import", "tsx"],
    env: {
      ...process.env,
      NODE_ENV: "production",
      LOG_LEVEL: "error",
      CACHE_SECRET: "a secret of thirty-two bytes or more",
      ...environment,
    },
  });
  const [url] = (await once(child, "message")) as [string];
  return {
    url,
    async processorMs(): Promise<number> {
      child.send("processor");
      const [ms] = (await once(child, "message")) as [number];
      return ms;
    },
    async close() {
      child.disconnect();
      await once(child, "exit");
      await data?.remove();
    },
  };
}

const redis = await startRedis();
const gateways = [await gateway({ REDIS_URL: redis.url }), await gateway({ CACHE_DISABLED: "1" })] as const;
const loads = gateways.map(({ url }) => new Load(url, clients, next));
await sleep(4000);

const stoppedAt = performance.now();
redis.pause();
await sleep(1000);
const before = await Promise.all(gateways.map(({ processorMs }) => processorMs()));
await sleep((seconds - 1) * 1000);
const after = await Promise.all(gateways.map(({ processorMs }) => processorMs()));
const resumedAt = performance.now();
redis.resume();
await sleep(3000);
await Promise.all(loads.map((load) => load.stop()));

const between = ({ answers }: Load, from: number, to: number) =>
  answers.filter(({ startedAt, ms }) => startedAt + ms >= from && startedAt + ms < to);
const worst = (answers: readonly { readonly ms: number }[]) =>
  Math.max(...answers.map(({ ms }) => ms)).toFixed(0);
console.log(
  "| second | on | off | ratio | slowest on, ms | slowest off, ms | hits |\n|---|---|---|---|---|---|---|",
);
for (let second = -2; second < seconds + 3; second++) {
  const from = stoppedAt + second * 1000;
  const [on, off] = loads.map((load) => between(load, from, from + 1000)) as [
    Load["answers"],
    Load["answers"],
  ];
  const hits = on.filter(({ cache }) => cache === "HIT").length;
  const ratio = (on.length / off.length).toFixed(2);
  console.log(
    `| ${second} | ${on.length} | ${off.length} | ${ratio} | ${worst(on)} | ${worst(off)} | ${hits} |`,
  );
}
const outage = loads.map((load) => between(load, stoppedAt + 1000, resumedAt).length);
const perRequest = outage.map((count, at) => ((after[at]! - before[at]!) / count).toFixed(2));
const firstHit = loads[0]!.answers.flatMap(({ startedAt, ms, cache }) =>
  startedAt > resumedAt && cache === "HIT" ? [startedAt + ms - resumedAt] : [],
);
const failed = loads.flatMap(({ answers }) => answers.filter(({ problem }) => problem !== undefined));
console.log(
  `processor ms a request while Redis was stopped: ${perRequest.join(" on, ")} off; first hit ${Math.min(...firstHit).toFixed(0)} ms after SIGCONT; ${failed.length} errors${failed.length > 0 ? `: ${failed[0]?.problem}` : ""}`,
);
await Promise.all(gateways.map(({ close }) => close()));
await redis.stop();
