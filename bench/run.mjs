// npm run bench [-- --rounds 5 --requests 2000 --only "fieldgate,mercurius-cache" --scenarios mix,hits,stampede,race,outage,expiry]
// Servers on core 0; load, Redis and source on core 1. Rounds are interleaved; the figures are medians of ratios to the
// floor ("no cache") of the same round. Counts are exact, times are ratios. Results go to results/.
import { fork, spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { Pool, request } from "undici";
import { mix, page } from "./catalog.mjs";
import { ceilings, contestants } from "./contestants.mjs";

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    requests: { type: "string", default: "2000" },
    only: { type: "string" },
    scenarios: { type: "string", default: "mix,hits,stampede,race,outage,expiry" },
    help: { type: "boolean", default: false },
  },
});
if (flags.help) {
  console.log(
    "npm run bench -- [--rounds 5] [--requests 2000] [--only name,name] [--scenarios mix,hits,stampede,race,outage,expiry]",
  );
  process.exit(0);
}
const ROUNDS = Number(flags.rounds);
const REQUESTS = Number(flags.requests);
const CONNECTIONS = 32;
const FLOOR = "no cache";
const names = flags.only ? [...new Set([FLOOR, ...flags.only.split(",")])] : Object.keys(contestants);
const scenarios = new Set(flags.scenarios.split(","));
const here = new URL(".", import.meta.url).pathname;

pin(process.pid, 1);
const children = new Set();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

function pin(pid, core) {
  if (cpus().length > core) spawnSync("taskset", ["-pc", String(core), String(pid)]);
}

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

function child(file, args, core) {
  const started = fork(here + file, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  children.add(started);
  pin(started.pid, core);
  return new Promise((resolve, reject) => {
    started.once("message", (message) => resolve({ process: started, ...message }));
    started.once("exit", (code) =>
      reject(new Error(`${file} ${args[0] ?? ""} ended with ${code} before it was ready`)),
    );
  });
}

const redisPort = await freePort();
const redisServer = spawn(
  "redis-server",
  ["--port", redisPort, "--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--databases", "32"],
  { stdio: "ignore" },
);
redisServer.once("error", () => {
  console.error("redis-server was not found: install it with `apt-get install redis-server`.");
  process.exit(1);
});
children.add(redisServer);
pin(redisServer.pid, 1);
const redis = new Redis(`redis://127.0.0.1:${redisPort}`);
redis.on("error", () => {});
await redis.ping();

const source = await child("source.mjs", ["0"], 1);
const sourceUrl = `http://127.0.0.1:${source.port}`;
const ask = async (path, body) =>
  (await request(sourceUrl + path, { method: "POST", body: body && JSON.stringify(body) })).body.json();

const servers = {};
async function start(name, database, suffix = "") {
  const port = await freePort();
  const started = await child(
    "server.mjs",
    [name, String(port), sourceUrl, `redis://127.0.0.1:${redisPort}/${database}`],
    0,
  );
  servers[name + suffix] = {
    ...started,
    port,
    database,
    pool: new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS, pipelining: 1 }),
  };
}
for (const [at, name] of names.entries()) await start(name, at + 1);
console.log(
  `${names.length} contestants are up; ${ROUNDS} rounds of ${REQUESTS} requests, ${CONNECTIONS} connections`,
);

async function send(server, body) {
  const { statusCode, body: answer } = await server.pool.request({
    path: "/graphql",
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    headersTimeout: 30_000,
  });
  const text = await answer.text();
  return { ok: statusCode === 200 && !text.includes('"errors"'), text };
}

/** `count` requests, as fast as `CONNECTIONS` allow. */
async function load(server, next, count, untilMs = Infinity) {
  const before = await ask("/counts");
  const latencies = [];
  let sent = 0;
  let failed = 0;
  const began = performance.now();
  const one = async () => {
    while (sent < count && performance.now() - began < untilMs) {
      sent += 1;
      const at = performance.now();
      try {
        if (!(await send(server, next())).ok) failed += 1;
      } catch {
        failed += 1;
      }
      latencies.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  const seconds = (performance.now() - began) / 1000;
  const after = await ask("/counts");
  latencies.sort((a, b) => a - b);
  return {
    perSecond: latencies.length / seconds,
    p50: latencies[Math.floor(latencies.length * 0.5)],
    p99: latencies[Math.floor(latencies.length * 0.99)],
    failed,
    calls: after.calls - before.calls,
    callsPer1000: ((after.calls - before.calls) * 1000) / latencies.length,
  };
}

const median = (values) => {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted.length === 0 ? Number.NaN : sorted[Math.floor(sorted.length / 2)];
};
const results = Object.fromEntries(names.map((name) => [name, {}]));
const flush = (name) => new Redis(`redis://127.0.0.1:${redisPort}/${servers[name].database}`).flushdb();

/** Every round asks every contestant; ratios are taken within the round. */
async function interleaved(title, prepare, nextOf, count) {
  const rounds = [];
  for (const name of names) await prepare(servers[name]);
  for (let round = 0; round < ROUNDS; round++) {
    const measured = {};
    for (const name of names) measured[name] = await load(servers[name], nextOf(round), count);
    rounds.push(measured);
    console.log(`  ${title}: round ${round + 1} of ${ROUNDS}`);
  }
  for (const name of names) {
    results[name][title] = {
      ratio: median(rounds.map((round) => round[name].perSecond / round[FLOOR].perSecond)),
      perSecond: median(rounds.map((round) => round[name].perSecond)),
      p50: median(rounds.map((round) => round[name].p50)),
      p99: median(rounds.map((round) => round[name].p99)),
      callsPer1000: median(rounds.map((round) => round[name].callsPer1000)),
      failed: rounds.reduce((sum, round) => sum + round[name].failed, 0),
    };
  }
}

if (scenarios.has("mix")) {
  await interleaved(
    "mix",
    (server) => load(server, mix(1), REQUESTS),
    (round) => mix(100 + round),
    REQUESTS,
  );
}
if (scenarios.has("hits")) {
  // Twenty pages, asked over and over within their lifetimes.
  const pages = () => {
    let n = 0;
    return () => page(String(1 + (n++ % 20)));
  };
  await interleaved(
    "hits",
    (server) => load(server, pages(), 200),
    () => pages(),
    Math.max(500, REQUESTS / 2),
  );
}
const cached = names.filter((name) => !(name in ceilings));
if (scenarios.has("stampede")) {
  for (const name of cached) {
    await start(name, servers[name].database, " 2");
    await flush(name);
    const both = [servers[name], servers[`${name} 2`]];
    const before = await ask("/counts");
    await Promise.all(Array.from({ length: 200 }, (_, n) => send(both[n % 2], page("77"))));
    results[name].stampede = { calls: (await ask("/counts")).calls - before.calls };
    servers[`${name} 2`].process.kill("SIGKILL");
  }
  console.log("  stampede: done");
}
if (scenarios.has("race")) {
  for (const name of cached) {
    let stale = 0;
    let possible = true;
    const server = servers[name];
    for (let n = 0; n < 40 && possible; n++) {
      const id = String(5000 + n);
      const reading = send(server, page(id));
      // The load takes 20 ms and more: the change and the invalidation meet it.
      await new Promise((resolve) => setTimeout(resolve, 5 + (n % 4) * 10));
      const { version } = await ask("/bump", { id });
      server.process.send({ invalidate: { entity: "Product", id } });
      const { invalidated } = await new Promise((resolve) => server.process.once("message", resolve));
      possible = invalidated;
      await reading;
      const { text } = await send(server, page(id));
      const amount = Number(/"amount":(\d+)/.exec(text)?.[1]);
      if (Math.floor(amount / 1_000_000) < version) stale += 1;
    }
    results[name].race = possible ? { stale } : { stale: null };
  }
  console.log("  race: done");
}
if (scenarios.has("expiry")) {
  for (const name of cached) {
    await load(servers[name], () => page("88"), 50);
    const run = await load(servers[name], () => page("88"), 1_000_000, 4000);
    results[name].expiry = { callsPerSecond: run.calls / 4, p99: run.p99 };
  }
  console.log("  expiry: done");
}
if (scenarios.has("outage")) {
  for (const name of cached) {
    const floor = await load(servers[FLOOR], mix(7), 1_000_000, 2000);
    await load(servers[name], mix(7), 300);
    process.kill(redisServer.pid, "SIGSTOP");
    const stopped = load(servers[name], mix(8), 1_000_000, 5000);
    const run = await stopped;
    process.kill(redisServer.pid, "SIGCONT");
    await redis.ping();
    results[name].outage = { ofFloor: run.perSecond / floor.perSecond, failed: run.failed, p99: run.p99 };
    await load(servers[name], mix(9), 200);
  }
  console.log("  outage: done");
}

const shown = (value, digits = 1) =>
  value === undefined || value === null || Number.isNaN(value) ? "-" : value.toFixed(digits);
const table = [
  "| contestant | warm mix | source calls per 1,000 | hits only | hits p50 ms | stampede calls | stale in race | outage, of floor |",
  "|---|---|---|---|---|---|---|---|",
  ...names.map((name) => {
    const { mix: warm, hits, stampede, race, outage } = results[name];
    return `| ${name} | ${shown(warm?.ratio, 2)} | ${shown(warm?.callsPer1000, 0)} | ${shown(hits?.ratio, 2)} | ${shown(hits?.p50, 2)} | ${stampede?.calls ?? "-"} | ${race?.stale ?? "-"}${race?.stale == null ? "" : " of 40"} | ${outage ? `${Math.round(outage.ofFloor * 100)} %` : "-"} |`;
  }),
].join("\n");
const machine = {
  node: process.version,
  cores: cpus().length,
  cpu: cpus()[0].model,
  redis: /redis_version:(\S+)/.exec(await redis.info("server"))?.[1],
  date: new Date().toISOString(),
  rounds: ROUNDS,
  requests: REQUESTS,
};
mkdirSync(`${here}results`, { recursive: true });
writeFileSync(`${here}results/latest.json`, `${JSON.stringify({ machine, results }, null, 2)}\n`);
writeFileSync(
  `${here}results/latest.md`,
  `${table}\n\n${Object.entries(machine)
    .map(([key, value]) => `${key}: ${value}`)
    .join(", ")}\n`,
);
writeFileSync(`${here}results/latest.svg`, chart());
console.log(`\n${table}\n`);
process.exit(0);

function chart() {
  const rows = names.filter((name) => results[name].mix ?? results[name].hits);
  const most = Math.max(
    ...rows.flatMap((name) => [results[name].mix?.ratio ?? 0, results[name].hits?.ratio ?? 0]),
  );
  const bar = (y, value, colour) =>
    `<rect x="220" y="${y}" width="${((value ?? 0) / most) * 480}" height="12" fill="${colour}"/><text x="${226 + ((value ?? 0) / most) * 480}" y="${y + 11}">${shown(value, 1)}</text>`;
  const body = rows.map(
    (name, n) =>
      `<text x="212" y="${n * 40 + 58}" text-anchor="end">${name}</text>${bar(n * 40 + 40, results[name].mix?.ratio, "#2b6cb0")}${bar(n * 40 + 54, results[name].hits?.ratio, "#dd8a2b")}`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="780" height="${rows.length * 40 + 60}" font-family="sans-serif" font-size="12"><title>Requests per second as a multiple of no cache</title><text x="220" y="22">Requests per second as a multiple of no cache: warm mix (blue), hits only (orange)</text>${body.join("")}</svg>\n`;
}
