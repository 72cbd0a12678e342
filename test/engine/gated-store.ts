import { type Deferred, deferred } from "../../src/base/deferred.ts";
import { NewestPosition } from "../../src/store/newest-position.ts";
import type { LogSince, ReadReply, ReadRequest, Store } from "../../src/store/store.ts";
import { StoreFailure } from "../../src/store/store.ts";

/** Steps of the protocol at which a store can be stopped. */
export const STEPS = [
  "read",
  "begin",
  "stamps",
  "logSince",
  "put",
  "prime",
  "release",
  "renew",
  "announce",
  "dropStamps",
  "appendLog",
] as const;

export type Step = (typeof STEPS)[number];

/** One stopped call. */
export interface Stop {
  /** The call has come to the gate. */
  readonly arrived: Promise<void>;
  /** Lets it go on. */
  go(): void;
}

/** A command that its caller believes to have timed out. */
export interface LateCommand {
  readonly arrived: Promise<void>;
  /** The server executes it now. */
  run(): Promise<unknown>;
}

export interface GatedStore extends Store {
  /** How often each step was called, stopped ones included. */
  readonly calls: Readonly<Record<Step, number>>;
  /** Every read, as it was asked for. */
  readonly reads: readonly ReadRequest[];
  /** Stops the next call of a step, `skip` more let through first, before the server sees it. */
  stopBefore(step: Step, skip?: number): Stop;
  /** The same after the server has executed it, before its caller is told. */
  stopAfter(step: Step, skip?: number): Stop;
  /** The next call of a step times out, and is executed when the test says so, or never. */
  timeOut(step: Step): LateCommand;
  /** Every call of every step fails until the returned function is called. */
  breakDown(): () => void;
}

/** Another gateway's way to the same server: a store that a test stops at named steps. One per gateway. */
export function gate(server: Store): GatedStore {
  const calls = Object.fromEntries(STEPS.map((step) => [step, 0])) as Record<Step, number>;
  const reads: ReadRequest[] = [];
  const plans = new Map<Step, ((execute: () => Promise<unknown>) => Promise<unknown>)[]>();
  // What this gateway has been told, however much the server knows.
  const newest = new NewestPosition();
  let broken = false;

  const next = (step: Step, plan: (execute: () => Promise<unknown>) => Promise<unknown>, skip = 0): void => {
    const letThrough = Array.from({ length: skip }, () => (execute: () => Promise<unknown>) => execute());
    plans.set(step, [...(plans.get(step) ?? []), ...letThrough, plan]);
  };

  const through =
    (step: Step) =>
    (...args: never[]): Promise<unknown> => {
      calls[step] += 1;
      if (step === "read") reads.push(args[0]!);
      const items = args[0] as unknown;
      const execute = () => (server[step] as (...given: never[]) => Promise<unknown>)(...args);
      if (broken) return Promise.resolve(failureOf(step, items, "down"));
      const plan = plans.get(step)?.shift() ?? ((executed) => executed());
      return plan(execute).then((reply) => {
        if (reply === TIMED_OUT) return failureOf(step, items, "timeout");
        const told = positionIn(step, reply);
        if (told !== undefined) newest.receive(told);
        return reply;
      });
    };

  const steps = Object.fromEntries(STEPS.map((step) => [step, through(step)])) as unknown as Pick<
    Store,
    Step
  >;
  return {
    ...steps,
    kind: server.kind,
    behind: server.behind,
    buckets: server.buckets,
    bucketOf: (hashTag) => server.bucketOf(hashTag),
    nodeOf: (hashTag) => server.nodeOf(hashTag),
    position: () => newest.get(),
    calls,
    reads,
    ready: () => server.ready(),
    scan: (visit) => server.scan(visit),
    now: (home) => server.now(home),
    state: () => server.state(),
    close: () => Promise.resolve(),
    stopBefore(step, skip) {
      const arrived = deferred<void>();
      const go = deferred<void>();
      next(
        step,
        async (execute) => {
          arrived.resolve();
          await go.promise;
          return execute();
        },
        skip,
      );
      return { arrived: arrived.promise, go: () => go.resolve() };
    },
    stopAfter(step, skip) {
      const arrived = deferred<void>();
      const go = deferred<void>();
      next(
        step,
        async (execute) => {
          const reply = await execute();
          arrived.resolve();
          await go.promise;
          return reply;
        },
        skip,
      );
      return { arrived: arrived.promise, go: () => go.resolve() };
    },
    timeOut(step) {
      const arrived: Deferred<() => Promise<unknown>> = deferred();
      next(step, (execute) => {
        arrived.resolve(execute);
        return Promise.resolve(TIMED_OUT);
      });
      return {
        arrived: arrived.promise.then(() => undefined),
        run: async () => (await arrived.promise)(),
      };
    },
    breakDown() {
      broken = true;
      return () => {
        broken = false;
      };
    },
  };
}

function positionIn(step: Step, reply: unknown): string | undefined {
  if (reply instanceof StoreFailure) return undefined;
  const told =
    step === "read"
      ? (reply as ReadReply).log
      : step === "logSince"
        ? (reply as LogSince).position
        : undefined;
  return typeof told === "string" ? told : undefined;
}

const TIMED_OUT = Symbol("timed out");

function failureOf(step: Step, items: unknown, reason: "timeout" | "down"): unknown {
  const failure = new StoreFailure(reason, `${step} did not answer`);
  if (step === "read") {
    const { pendingKeys = [], entryKeys, stampKeys, log } = items as ReadRequest;
    const part = () => failure;
    return {
      pending: pendingKeys.map(part),
      entries: entryKeys.map(part),
      stamps: stampKeys.map(part),
      ...(log ? { log: failure } : {}),
    };
  }
  if (step === "logSince" || step === "announce" || step === "dropStamps" || step === "appendLog")
    return failure;
  return (items as unknown[]).map(() => failure);
}
