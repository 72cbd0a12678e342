import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { EVENTS_APPLICATION } from "../../src/demo/database/event-clients.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";

/** What docs/events.md states: `boundMs`, and 5 s. */
const BOUND_MS = 5000 + 5000;
const CUT_MS = 7000;

const script = fileURLToPath(new URL("../gateway/demo-process.ts", import.meta.url));

let postgres: PostgresServer;
let redis: RedisServer;
let database: pg.Client;
const gateways: { readonly process: ChildProcess; readonly url: string }[] = [];

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  gateways.push(...(await Promise.all([startGateway(), startGateway(), startGateway()])));
  database = new pg.Client(postgres.url);
  await database.connect();
});
afterAll(async () => {
  for (const { process } of gateways) process.kill("SIGKILL");
  await database?.end();
  await Promise.all([postgres?.stop(), redis?.stop()]);
});

async function startGateway(): Promise<{ readonly process: ChildProcess; readonly url: string }> {
  const child = spawn(process.execPath, ["--import", "tsx", script], {
    env: {
      ...process.env,
      PORT: "0",
      HOST: "127.0.0.1",
      LOG_LEVEL: "silent",
      NODE_ENV: "test",
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      CACHE_SECRET: "a secret of the tests, long enough to be one",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { process: child, url: line.toString().trim() };
}

/** The name is the number of the change that made it. */
async function seenThrough(url: string): Promise<number> {
  const answer = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: `{ feature(id: "abbr") { name } }` }),
  });
  const { data } = (await answer.json()) as { data: { feature: { name: string } } };
  return Number(data.feature.name);
}

const changes: { readonly nth: number; readonly committed: number }[] = [];
async function change(): Promise<number> {
  const nth = changes.length + 1;
  await database.query("update features set name = $1 where id = 'abbr'", [String(nth)]);
  changes.push({ nth, committed: performance.now() });
  return nth;
}

async function freshEverywhere(among = gateways): Promise<void> {
  const nth = await change();
  const all = () => Promise.all(among.map(({ url }) => seenThrough(url)));
  await vi.waitFor(async () => expect(await all()).toEqual(among.map(() => nth)), {
    timeout: BOUND_MS,
    interval: 10,
  });
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

it("a row changed with plain SQL is fresh through every gateway, and one of them reads for all", async () => {
  for (let n = 0; n < 5; n++) await freshEverywhere();
  const leading = await Promise.all(gateways.map(({ url }) => metric(url, "fieldgate_events_leading")));
  expect(leading.toSorted()).toEqual([0, 0, 1]);
});

it("no answer is older than the bound while the listener's connection is cut again and again; then all is fresh", async () => {
  const killed = killListeners();
  const until = performance.now() + CUT_MS;
  const late: number[] = [];
  async function reader(url: string): Promise<void> {
    while (performance.now() < until) {
      const began = performance.now();
      const seen = await seenThrough(url);
      // Of the changes that it does not show, the first is the oldest.
      const missed = changes.find(({ nth, committed }) => nth > seen && committed < began);
      if (missed !== undefined) late.push(began - missed.committed);
      await sleep(20);
    }
  }
  async function writer(): Promise<void> {
    while (performance.now() < until) {
      await change();
      await sleep(250);
    }
  }
  await Promise.all([writer(), ...gateways.map(({ url }) => reader(url))]);
  expect(Math.max(0, ...late)).toBeLessThan(BOUND_MS);
  expect(await killed).toBeGreaterThan(3);
  await freshEverywhere();
});

it("a leader that is killed is replaced; what was changed meanwhile is fresh within the bound", async () => {
  const leading = await Promise.all(gateways.map(({ url }) => metric(url, "fieldgate_events_leading")));
  const [leader] = gateways.splice(leading.indexOf(1), 1);
  await freshEverywhere();
  leader!.process.kill("SIGKILL");
  await once(leader!.process, "exit");
  await freshEverywhere();
});

/** Kills every connection that listens, a few ms after it was made. */
async function killListeners(): Promise<number> {
  const killer = new pg.Client(postgres.url);
  await killer.connect();
  await killer.query("create table kills (n integer)");
  await killer.query(`do $$
    declare killed integer; total integer := 0;
    begin
      while clock_timestamp() < statement_timestamp() + interval '${CUT_MS} milliseconds' loop
        perform pg_stat_clear_snapshot();
        select count(pg_terminate_backend(pid)) into killed from pg_stat_activity where application_name = '${EVENTS_APPLICATION}';
        total := total + killed;
        perform pg_sleep(0.002);
      end loop;
      insert into kills values (total);
    end $$`);
  const { rows } = await killer.query<{ n: number }>("select n from kills");
  await killer.end();
  return rows[0]!.n;
}
