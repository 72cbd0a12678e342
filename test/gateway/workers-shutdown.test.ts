import net from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { type Group, newClient, startGroup } from "./workers-group.ts";

const patient = { timeout: 20_000, interval: 20 };
let redis: RedisServer;
let group: Group | undefined;

beforeAll(async () => {
  redis = await startRedis();
});
afterEach(() => group?.end());
afterAll(() => redis.stop());

const start = async (shutdownMs?: number): Promise<Group> => {
  group = await startGroup({
    workers: 2,
    redisUrl: redis.url,
    ...(shutdownMs === undefined ? {} : { shutdownMs }),
  });
  return group;
};

/** A request for `slow` in each of both workers, under way. */
async function slowInBoth(from: Group): Promise<Map<number, Promise<unknown>>> {
  const running = new Map<number, Promise<unknown>>();
  while (running.size < 2) {
    const client = newClient();
    const { pid } = (await from.ask("{ pid }", client)) as { pid: number };
    if (running.has(pid)) continue;
    running.set(
      pid,
      from.ask("{ slow }", client).catch((error: unknown) => error),
    );
    // Sent on the same connection before this one: answered later than the slow one's beginning.
    await vi.waitFor(async () => expect(await from.ask("{ pid }")).toEqual({ pid }), patient);
  }
  return running;
}

const refused = (url: string) =>
  vi.waitFor(
    () =>
      new Promise<void>((resolve, reject) => {
        const { hostname, port } = new URL(url);
        const socket = net.connect(Number(port), hostname);
        socket.on("connect", () => {
          socket.destroy();
          reject(new Error("still accepted"));
        });
        socket.on("error", () => resolve());
      }),
    patient,
  );

const isGone = (pid: number) =>
  vi.waitFor(() => {
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  }, patient);

describe("SIGTERM to the primary", () => {
  it("stops accepting, finishes the requests of every worker, and ends with 0", async () => {
    const workers = await start();
    const slow = await slowInBoth(workers);
    workers.process.kill("SIGTERM");
    await refused(workers.url);
    workers.release();
    for (const [pid, answer] of slow) expect(await answer).toEqual({ slow: pid });
    expect(await workers.exited).toEqual([0, null]);
    expect(workers.logLines.at(-1)).toMatchObject({ msg: "everything is finished", left: [] });
  });

  it("ends within shutdownMs all the same, with 1, and says what which worker had to leave", async () => {
    const workers = await start(500);
    const slow = await slowInBoth(workers);
    workers.process.kill("SIGTERM");
    expect(await workers.exited).toEqual([1, null]);
    expect(workers.logLines.at(-1)).toMatchObject({
      msg: "something is left",
      left: ["worker 1: requests: 1 cut off", "worker 2: requests: 1 cut off"],
    });
    for (const answer of slow.values()) expect(await answer).toBeInstanceOf(Error);
  });

  it("does not wait for a worker that has stopped: it is killed, which is said", async () => {
    const workers = await start(500);
    const { pid } = (await workers.ask("{ pid }")) as { pid: number };
    process.kill(pid, "SIGSTOP");
    workers.process.kill("SIGTERM");
    expect(await workers.exited).toEqual([1, null]);
    const { left } = workers.logLines.at(-1) as { left: string[] };
    expect(left).toEqual([expect.stringMatching(/^worker [12]: killed, as it was not done within 1500 ms$/)]);
    await isGone(pid);
  });

  it("twice ends everything at once", async () => {
    const workers = await start();
    const slow = await slowInBoth(workers);
    workers.process.kill("SIGTERM");
    await vi.waitFor(
      () => expect(workers.logLines).toContainEqual(expect.objectContaining({ msg: "shutting down" })),
      patient,
    );
    workers.process.kill("SIGTERM");
    expect(await workers.exited).toEqual([1, null]);
    for (const [pid, answer] of slow) {
      expect(await answer).toBeInstanceOf(Error);
      await isGone(pid);
    }
  });
});

describe("a primary that is killed", () => {
  it("leaves no worker behind, and what is under way is finished", async () => {
    const workers = await start();
    const slow = await slowInBoth(workers);
    workers.process.kill("SIGKILL");
    await refused(workers.url);
    workers.release();
    for (const [pid, answer] of slow) {
      expect(await answer).toEqual({ slow: pid });
      await isGone(pid);
    }
  });
});
