import { afterEach, describe, expect, it, vi } from "vitest";
import { freePort, type RedisServer, startRedis } from "../support/redis-server.ts";
import { type DemoServer, startDemo } from "./support/demo-server.ts";

/** Of the cache's read time-out, ms: its default. */
const READ_MS = 50;

const LIST = `{
  features(first: 10) { nodes { id name noteCount rating { average count } groups { id name } } }
}`;
/** Never asked before, so that a store which answers is asked for a lock, too. */
const never = (at: number) =>
  `{ search(text: "a", first: ${at % 50}, origin: "x") { __typename } feature(id: "n${at}") { id } }`;

interface Request {
  readonly startedAt: number;
  readonly ms: number;
  readonly isList: boolean;
  readonly cache: string | null;
  /** Undefined: answered as it should be. */
  readonly problem: string | undefined;
}

let demo: DemoServer | undefined;
let redis: RedisServer | undefined;
afterEach(async () => {
  redis?.resume();
  await demo?.close();
  await redis?.stop();
  demo = undefined;
  redis = undefined;
});

describe("a client that loops", () => {
  it("meets no failed request and no slow one while Redis stops, goes on, dies and is started again, and hits each time it is back", {
    timeout: 60_000,
  }, async () => {
    const port = await freePort();
    redis = await startRedis({ port });
    demo = await startDemo({ redisUrl: redis.url });
    const client = new LoopingClient(demo);
    await client.start();
    await client.hits();

    // Stopped: the connection stands, nothing answers.
    redis.pause();
    const stopped = await client.away(16);
    redis.resume();
    await client.hits();

    await redis.kill();
    const dead = await client.away(8);
    await redis.stop();
    redis = await startRedis({ port });
    await client.hits();

    redis.pause();
    const stoppedAgain = await client.away(8);
    redis.resume();
    await client.hits();
    const all = await client.stop();

    expect(all.flatMap(({ problem }) => problem ?? [])).toEqual([]);
    for (const [outage, requests] of Object.entries({ stopped, dead, stoppedAgain })) {
      // One at most was under way when it began.
      const begun = requests.slice(1);
      expect([outage, new Set(begun.map(({ cache }) => cache))]).toEqual([outage, new Set(["BYPASS"])]);
      // The bound is one read time-out and the work of the same requests without the cache, asked in turns with them, so that a
      // busy machine slows both. Medians: one in a hundred waits for others, whatever Redis does; and three times the work for
      // noise. The time-out is paid once, then nobody asks until a probe is answered.
      expect(median(begun), outage).toBeLessThanOrEqual(READ_MS + 3 * median(client.own));
    }
    // And no single one waited for anything else: locks (2 s), reconnects (2 s), a client's own queue (10 s).
    const slowest = Math.max(...all.map(({ ms }) => ms));
    expect(slowest).toBeLessThan(READ_MS + 5 * Math.max(...client.own.map(({ ms }) => ms)) + 750);
    console.log(
      `redis stops: ${all.length} requests; own work ${median(client.own).toFixed(1)} ms; medians: stopped ${median(stopped).toFixed(1)}, dead ${median(dead).toFixed(1)}; slowest ${slowest.toFixed(0)} ms`,
    );
  });
});

describe("a gateway that starts without Redis", () => {
  it("answers from the source, and from the cache once Redis is there", { timeout: 60_000 }, async () => {
    const port = await freePort();
    demo = await startDemo({ redisUrl: `redis://127.0.0.1:${port}` });
    demo.statements.length = 0;
    const without = [await demo.ask(LIST), await demo.ask(LIST)];
    // Twice the page with its count, the rows, and one for each of the three fields: the database must not pay for the outage.
    expect(demo.statements).toHaveLength(2 * (2 + 1 + 3));
    expect(without.map(({ headers }) => headers.get("x-cache"))).toEqual(["BYPASS", "BYPASS"]);
    const health = await (await fetch(`${demo.gateway.url}/health/ready`)).json();
    expect(health).toEqual({ status: "degraded", source: "up", store: "down" });
    redis = await startRedis({ port });
    const { ask } = demo;
    const found = await vi.waitFor(
      async () => {
        const answer = await ask(LIST);
        expect(answer.headers.get("x-cache")).toBe("HIT");
        return answer;
      },
      { timeout: 20_000, interval: 20 },
    );
    expect([found.text, found.text]).toEqual(without.map(({ text }) => text));
  });
});

describe("a mutation while Redis is stopped", () => {
  it("is answered, and no reader is shown what was before it once Redis has been told", {
    timeout: 60_000,
  }, async () => {
    redis = await startRedis();
    demo = await startDemo({ redisUrl: redis.url });
    const { ask } = demo;
    // A minute of life: what ends earlier, somebody has ended.
    const query = `{ feature(id: "abbr") { watched } }`;
    const mutation = (what: "watch" | "unwatch") =>
      `mutation { ${what}Feature(featureId: "abbr") { viewer { id } } }`;
    const user = "1";
    await ask(mutation("unwatch"), { user });
    await vi.waitFor(async () => expect((await ask(query, { user })).headers.get("x-cache")).toBe("HIT"), {
      timeout: 10_000,
    });
    redis.pause();
    expect((await ask(mutation("watch"), { user })).data).toEqual({ watchFeature: { viewer: { id: "1" } } });
    expect((await ask(query, { user })).data).toEqual({ feature: { watched: true } });
    redis.resume();
    const { cache } = demo.gateway;
    await vi.waitFor(() => expect(cache.stats().running.pendingInvalidations).toBe(0), { timeout: 20_000 });
    expect((await ask(query, { user })).data).toEqual({ feature: { watched: true } });
    // The announcements that ran late would keep it from being stored for 15 s.
    await vi.waitFor(async () => expect((await ask(query, { user })).headers.get("x-cache")).toBe("HIT"), {
      timeout: 8000,
    });
  });
});

/** Asks for a warm list, one request after the other; while Redis is away also for what was never asked. */
class LoopingClient {
  readonly #demo: DemoServer;
  readonly #requests: Request[] = [];
  /** The requests of the outages, each once more with the cache switched off. */
  readonly own: Request[] = [];
  #isAway = false;
  #running = true;
  #loop: Promise<void> | undefined;
  #text = "";

  constructor(demo: DemoServer) {
    this.#demo = demo;
  }

  async start(): Promise<void> {
    this.#text = (await this.#demo.ask(LIST)).text;
    this.#loop = this.#run();
  }

  async #run(): Promise<void> {
    const { cache } = this.#demo.gateway;
    for (let at = 0; this.#running; at++) {
      const isAway = this.#isAway;
      const isList = !isAway || at % 2 === 0;
      this.#requests.push(await this.#ask(at, isList));
      if (!isAway) continue;
      cache.disable();
      this.own.push(await this.#ask(at, isList));
      cache.enable();
    }
  }

  async stop(): Promise<readonly Request[]> {
    this.#running = false;
    await this.#loop;
    return this.#requests;
  }

  /** This many requests that began while Redis was away, and the one that it went away from. */
  async away(count: number): Promise<readonly Request[]> {
    const from = performance.now();
    const met = () => this.#requests.filter(({ startedAt, ms }) => startedAt + ms > from);
    this.#isAway = true;
    await vi.waitFor(() => expect(met().length).toBeGreaterThan(count), { timeout: 30_000, interval: 5 });
    this.#isAway = false;
    return met();
  }

  /** Resolves once a request that begins from now on is a hit. */
  async hits(): Promise<void> {
    const from = performance.now();
    await vi.waitFor(
      () =>
        expect(this.#requests.some(({ startedAt, cache }) => startedAt > from && cache === "HIT")).toBe(true),
      { timeout: 20_000, interval: 10 },
    );
  }

  async #ask(at: number, isList: boolean): Promise<Request> {
    const startedAt = performance.now();
    try {
      const answer = await this.#demo.ask(isList ? LIST : never(at));
      const ms = performance.now() - startedAt;
      const isRight =
        answer.status === 200 && answer.errors === undefined && (!isList || answer.text === this.#text);
      const problem = isRight ? undefined : `${answer.status} ${answer.text}`;
      return { startedAt, ms, isList, cache: answer.headers.get("x-cache"), problem };
    } catch (error) {
      return { startedAt, ms: performance.now() - startedAt, isList, cache: null, problem: String(error) };
    }
  }
}

function median(requests: readonly Request[]): number {
  const times = requests.map(({ ms }) => ms).sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? 0;
}
