import type { FastifyBaseLogger } from "fastify";
import pino from "pino";
import { beforeEach, describe, expect, it } from "vitest";
import type { FromWorker, ProcessReport, ToWorker, WholeReport } from "../../src/gateway/workers/messages.ts";
import { Supervisor, type WorkerProcess } from "../../src/gateway/workers/supervisor.ts";
import type { CacheStats } from "../../src/index.ts";

/** A worker that does what the test says. */
class FakeWorker implements WorkerProcess {
  readonly told: ToWorker[] = [];
  #message: (message: FromWorker) => void = () => {};
  #exit: (how: string) => void = () => {};
  send(message: ToWorker): void {
    this.told.push(message);
  }
  kill(): void {
    this.#exit("SIGKILL");
  }
  listen(listeners: { onMessage(message: FromWorker): void; onExit(how: string): void }): void {
    this.#message = listeners.onMessage;
    this.#exit = listeners.onExit;
  }
  says(message: FromWorker): void {
    this.#message(message);
  }
  isUp(): void {
    this.says({ type: "fieldgate:up", url: "http://here", shutdownMs: 1000 });
  }
  ends(how: string): void {
    this.#exit(how);
  }
}

let forked: FakeWorker[];
let timers: { run: () => void; ms: number }[];
let nowMs: number;
let supervisor: Supervisor;

beforeEach(() => {
  forked = [];
  timers = [];
  nowMs = 0;
});

function supervise(workers: number): Supervisor {
  supervisor = new Supervisor({
    workers,
    fork() {
      const worker = new FakeWorker();
      forked.push(worker);
      return worker;
    },
    log: pino({ level: "silent" }) as FastifyBaseLogger,
    now: () => nowMs,
    later(run, ms) {
      const timer = { run, ms };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
  });
  return supervisor;
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

async function running(workers: number): Promise<void> {
  const started = supervise(workers).start();
  forked[0]!.isUp();
  await settle();
  for (const worker of forked.slice(1)) worker.isUp();
  await started;
}

/** Runs the one timer that is set; answers with how long it was. */
function elapse(): number {
  expect(timers).toHaveLength(1);
  const [{ run, ms }] = timers.splice(0) as [{ run: () => void; ms: number }];
  nowMs += ms;
  run();
  return ms;
}

describe("at the start", () => {
  it("one worker goes first, then the others at once", async () => {
    const started = supervise(3).start();
    expect(forked).toHaveLength(1);
    forked[0]!.isUp();
    await settle();
    expect(forked).toHaveLength(3);
    forked[1]!.isUp();
    forked[2]!.isUp();
    expect(await started).toBe("http://here");
  });

  it("a worker that cannot start ends them all, with its reason; nobody is started again", async () => {
    const started = supervise(3).start();
    forked[0]!.isUp();
    await settle();
    forked[1]!.says({ type: "fieldgate:failed", message: "no such table" });
    forked[1]!.ends("exit code 1");
    await settle();
    for (const worker of [forked[0]!, forked[2]!]) {
      expect(worker.told).toContainEqual({ type: "fieldgate:shutdown" });
      worker.ends("exit code 0");
    }
    await expect(started).rejects.toThrow("no such table");
    expect(forked).toHaveLength(3);
    expect(timers).toEqual([]);
  });

  it("one that ends without a word is told by how it ended", async () => {
    const started = supervise(1).start();
    forked[0]!.ends("SIGSEGV");
    await expect(started).rejects.toThrow("A worker ended before it answered: SIGSEGV.");
  });

  it("one that ends while the others start is replaced", async () => {
    const started = supervise(2).start();
    forked[0]!.isUp();
    await settle();
    forked[0]!.ends("SIGKILL");
    forked[1]!.isUp();
    await started;
    elapse();
    expect(forked).toHaveLength(3);
  });
});

describe("a worker that ends", () => {
  it("is replaced at once after a steady life", async () => {
    await running(2);
    nowMs += 30_000;
    forked[1]!.ends("SIGKILL");
    expect(elapse()).toBe(0);
    expect(forked).toHaveLength(3);
  });

  it("again and again is replaced ever later, up to 30 s, and at once again after a steady life", async () => {
    await running(1);
    const delays: number[] = [];
    for (let life = 0; life < 9; life++) {
      // Half of them do not even come up.
      if (life % 2 === 0) forked.at(-1)!.isUp();
      forked.at(-1)!.ends("exit code 1");
      delays.push(elapse());
      await settle();
    }
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(forked).toHaveLength(10);
    forked.at(-1)!.isUp();
    nowMs += 30_000;
    forked.at(-1)!.ends("SIGKILL");
    expect(elapse()).toBe(0);
  });

  it("while shutting down is not replaced, and one that waits for its turn never comes", async () => {
    await running(2);
    forked[0]!.ends("SIGKILL");
    expect(timers).toHaveLength(1);
    const stopped = supervisor.stop();
    forked[1]!.says({ type: "fieldgate:closed", left: ["cache: 1 fill"] });
    forked[1]!.ends("exit code 1");
    expect(await stopped).toEqual(["worker 2: cache: 1 fill"]);
    expect(timers).toEqual([]);
    expect(forked).toHaveLength(2);
  });

  it("during a shutdown without having said that it was done is named", async () => {
    await running(1);
    const stopped = supervisor.stop();
    forked[0]!.ends("SIGSEGV");
    expect(await stopped).toEqual(["worker 1: ended before it was done: SIGSEGV"]);
  });

  it("not in its time is killed", async () => {
    await running(1);
    const stopped = supervisor.stop();
    expect(elapse()).toBe(2000);
    expect(await stopped).toEqual(["worker 1: killed, as it was not done within 2000 ms"]);
  });
});

describe("what they count", () => {
  const statsOf = (hit: number, store: Partial<CacheStats["store"]> = {}): CacheStats => {
    const reads = { hit, stale: 0, miss: 0, wait: 0, bypass: 0 };
    return {
      reads,
      fields: { [`Product.${hit}`]: reads },
      store: { kind: "redis", status: "up", commands: hit, roundTrips: 1, ...store },
      running: { fills: hit },
      sources: {},
      events: {},
    } as unknown as CacheStats;
  };
  const reportOf = (hit: number, store?: Partial<CacheStats["store"]>): ProcessReport => ({
    stats: statsOf(hit, store),
    metrics: [
      counter("reads_total", hit),
      { ...counter("fills", hit), type: "gauge" },
    ] as unknown as ProcessReport["metrics"],
  });
  const counter = (name: string, value: number) => ({
    name,
    help: name,
    type: "counter",
    aggregator: "sum",
    values: [{ value, labels: {} }],
  });

  /** What the first worker is told when it asks; each worker counts as given, or does not answer. */
  async function whole(counts: (number | undefined)[]): Promise<WholeReport> {
    const [asker] = forked.slice(-counts.length);
    asker!.says({ type: "fieldgate:ask", id: 7 });
    forked.slice(-counts.length).forEach((worker, at) => {
      const asked = worker.told.findLast(({ type }) => type === "fieldgate:count");
      const count = counts[at];
      if (count === undefined || asked?.type !== "fieldgate:count") return;
      worker.says({ type: "fieldgate:report", id: asked.id, report: reportOf(count) });
    });
    for (;;) {
      const told = asker!.told.findLast(({ type }) => type === "fieldgate:whole");
      if (told?.type === "fieldgate:whole") {
        asker!.told.length = 0;
        return told.whole;
      }
      await settle();
    }
  }
  const sum = ({ reports }: WholeReport, name: string) =>
    reports
      .flatMap(({ metrics }) => metrics as unknown as ReturnType<typeof counter>[])
      .filter((metric) => metric.name === name)
      .reduce((all, { values }) => all + values[0]!.value, 0);

  it("is collected anew at each question", async () => {
    await running(2);
    expect(sum(await whole([1, 2]), "reads_total")).toBe(3);
    expect(sum(await whole([5, 2]), "reads_total")).toBe(7);
  });

  it("stays in the sums when they end, without what was going on in them", async () => {
    await running(2);
    await whole([10, 20]);
    forked[1]!.ends("SIGKILL");
    elapse();
    forked[2]!.isUp();
    forked.splice(1, 1);
    const now = await whole([10, 1]);
    expect(sum(now, "reads_total")).toBe(31);
    expect(sum(now, "fills")).toBe(11);
    expect(now.replaced).toBe(1);
  });

  it("is what one said last where it does not answer in time", async () => {
    await running(2);
    await whole([1, 2]);
    expect(sum(await whole([5, undefined]), "reads_total")).toBe(7);
  });
});
