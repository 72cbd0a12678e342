import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { type Group, newClient, startGroup } from "./workers-group.ts";

const patient = { timeout: 20_000, interval: 20 };
let redis: RedisServer;
let group: Group;

beforeAll(async () => {
  redis = await startRedis();
  group = await startGroup({ workers: 2, redisUrl: redis.url });
});
afterAll(async () => {
  await group.end();
  await redis.stop();
});

const pidOf = async () => ((await group.ask("{ pid }")) as { pid: number }).pid;

/** Each worker's process, told by those who are answered. */
async function pids(): Promise<number[]> {
  const seen = new Set<number>();
  await vi.waitFor(async () => {
    seen.add(await pidOf());
    expect(seen.size).toBe(2);
  }, patient);
  return [...seen];
}

/** The sum of all series of a metric, or of the one with these labels. */
async function metric(name: string, labels = ""): Promise<number> {
  const { text } = await group.get("/metrics");
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

const requests = () => metric("fieldgate_http_request_seconds_count");
const replaced = () => metric("fieldgate_workers_replaced_total");
const health = async () => JSON.parse((await group.get("/health/ready")).text) as object;

describe("several workers on one port", () => {
  it("answer in turn", async () => {
    expect(await pids()).toHaveLength(2);
    expect(await pids()).not.toContain(group.process.pid);
  });

  it("have metrics that add up to the requests sent, whoever is asked", async () => {
    const before = await requests();
    const reads = await metric("fieldgate_reads_total");
    const answeredBy = new Set<unknown>();
    for (let i = 0; i < 50; i++) {
      const { pid } = (await group.ask(`{ pid price(id: ${i % 10}) }`)) as { pid: number };
      answeredBy.add(pid);
    }
    expect(answeredBy.size).toBe(2);
    for (let i = 0; i < 4; i++) {
      expect(await requests()).toBe(before + 50);
      expect(await metric("fieldgate_reads_total")).toBe(reads + 50);
      expect(await metric("fieldgate_reads_total", 'outcome="miss"')).toBe(10);
      expect(await metric("fieldgate_store_up")).toBe(1);
      expect(await metric("fieldgate_workers", 'state="up"')).toBe(2);
    }
    const { text } = await group.get("/metrics");
    const plusInf = text.match(
      /fieldgate_http_request_seconds_bucket\{le="\+Inf",[^}]*cache="(HIT|MISS)"\} \d+/g,
    );
    expect(plusInf?.reduce((sum, line) => sum + Number(line.split(" ")[1]), 0)).toBe(50);
    expect(text.match(/^# TYPE fieldgate_reads_total /gm)).toHaveLength(1);
    expect(text).not.toMatch(/ (null|undefined|\[object)/);
  });

  it("show one dashboard of all reads", async () => {
    const { text } = await group.get("/cache");
    const [, reads] = /<dt>Reads<\/dt><dd>(\d+)/.exec(text)!;
    expect(Number(reads)).toBe(await metric("fieldgate_reads_total"));
    expect(text).toContain("<dt>Workers</dt><dd>2 of 2</dd>");
    expect(text).toContain("By field, in all workers since this gateway started");
  });

  it("are ready together", async () => {
    expect(await health()).toEqual({
      status: "ready",
      source: "up",
      store: "up",
      workers: { up: 2, of: 2 },
    });
  });

  it("invalidate once what is posted once", async () => {
    const done = await metric("fieldgate_invalidations_total");
    await group.ask("{ price(id: 3) }");
    const answer = await group.post("/cache/invalidate", [{ field: "Query.price" }]);
    expect(answer).toEqual({ status: 200, text: '{"invalidated":1}' });
    expect(await metric("fieldgate_invalidations_total")).toBe(done + 1);
    expect(group.logLines.filter(({ msg }) => msg === "Invalidated.")).toHaveLength(1);
  });
});

describe("a worker that is killed under load", () => {
  it("costs no request of the others, leaves its counts in the sums, and is replaced", async () => {
    const [victim, survivor] = (await pids()) as [number, number];
    const before = await requests();
    let sent = 0;
    let isOver = false;
    const failed = new Map<number, number>();
    const answered = new Map<number, number>();

    /** A client that keeps its connection, and connects again when it is lost. */
    async function loop(): Promise<void> {
      while (!isOver) {
        const client = newClient();
        let worker = 0;
        try {
          while (!isOver) {
            const { pid } = (await group.ask("{ pid price(id: 1) }", client)) as { pid: number };
            sent += 1;
            worker = pid;
            answered.set(pid, (answered.get(pid) ?? 0) + 1);
          }
        } catch {
          failed.set(worker, (failed.get(worker) ?? 0) + 1);
        } finally {
          client.destroy();
        }
      }
    }
    const clients = Promise.all(Array.from({ length: 8 }, loop));
    let scraped: number;
    try {
      await vi.waitFor(() => expect(answered.get(victim)).toBeGreaterThan(20), patient);
      await vi.waitFor(() => expect(answered.get(survivor)).toBeGreaterThan(20), patient);
      scraped = await requests();
      process.kill(victim, "SIGKILL");
      await vi.waitFor(async () => expect(await replaced()).toBe(1), patient);
      await vi.waitFor(async () => expect(await health()).toMatchObject({ status: "ready" }), patient);
    } finally {
      isOver = true;
      await clients;
    }

    expect(failed.get(survivor)).toBeUndefined();
    expect(failed.get(victim)).toBeGreaterThan(0);
    // Answered by nobody yet: the one connection that the victim was being handed.
    expect(failed.get(0) ?? 0).toBeLessThanOrEqual(1);
    expect([...failed.keys()].filter((pid) => pid !== victim && pid !== 0)).toEqual([]);
    const now = await requests();
    expect(now).toBeGreaterThanOrEqual(scraped);
    // What the victim answered after the last scrape is not known to anybody.
    const unknown = before + sent - now;
    expect(unknown).toBeGreaterThanOrEqual(0);
    expect(unknown).toBeLessThanOrEqual(answered.get(victim)!);
    expect(group.logLines).toContainEqual(
      expect.objectContaining({ msg: "a worker ended; another takes its place", how: "SIGKILL" }),
    );
  });

  it("keeps nobody waiting to whom it had not answered; health is degraded until another is there", async () => {
    const [victim] = (await pids()) as [number, number];
    process.kill(victim, "SIGSTOP");
    // One of the two is handed to the stopped worker.
    const outcomes: string[] = [];
    const requests = ["one", "two"].map(() =>
      pidOf().then(
        () => outcomes.push("answered"),
        () => outcomes.push("refused"),
      ),
    );
    await vi.waitFor(() => expect(outcomes).toEqual(["answered"]), patient);
    process.kill(victim, "SIGKILL");
    await Promise.all(requests);
    expect(outcomes).toEqual(["answered", "refused"]);
    await vi.waitFor(
      async () => expect(await health()).toMatchObject({ status: "degraded", workers: { up: 1, of: 2 } }),
      patient,
    );
    await vi.waitFor(async () => expect(await health()).toMatchObject({ status: "ready" }), patient);
  });

  it("on purpose, with SIGTERM, finishes its request first", async () => {
    const client = newClient();
    const { pid } = (await group.ask("{ pid }", client)) as { pid: number };
    const slow = group.ask("{ slow }", client);
    slow.catch(() => {});
    // Answered by the same worker, after `slow` has begun there.
    await vi.waitFor(async () => expect(await pidOf()).toBe(pid), patient);
    process.kill(pid, "SIGTERM");
    await vi.waitFor(async () => expect(await health()).toMatchObject({ status: "degraded" }), patient);
    const before = await requests();
    group.release();
    expect(await slow).toEqual({ slow: pid });
    await vi.waitFor(async () => expect(await health()).toMatchObject({ status: "ready" }), patient);
    // Counted, though nobody asked the worker after it.
    expect(await requests()).toBe(before + 1);
    expect(await pids()).not.toContain(pid);
    client.destroy();
  });
});
