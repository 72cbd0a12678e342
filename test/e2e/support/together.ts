import { vi } from "vitest";
import type { RedisServer } from "../../support/redis-server.ts";
import type { DemoServer } from "./demo-server.ts";

/**
 * Begins all requests and lets Redis answer only when each has asked it: their look-ups are answered in one turn of the
 * event loop, and what they miss, they miss together. Needs read time-outs longer than that takes.
 */
export async function together<T>(
  redis: RedisServer,
  demo: DemoServer,
  requests: readonly (() => Promise<T>)[],
): Promise<T[]> {
  redis.pause();
  try {
    const begun = demo.requests();
    const answers = requests.map((request) => request());
    await vi.waitFor(
      () => {
        if (demo.requests() - begun < requests.length) throw new Error("Not all requests have come.");
      },
      { timeout: 10_000, interval: 5 },
    );
    // From its arrival to its first look-up a request waits for nobody.
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    redis.resume();
    return await Promise.all(answers);
  } finally {
    redis.resume();
  }
}
