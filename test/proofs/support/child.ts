import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type Deferred, deferred } from "../../../src/base/deferred.ts";

/** A process that answers calls: what a worker does with `answerCalls`, seen from outside. */
export interface Child {
  readonly pid: number;
  /** Rejects with the worker's error, or when it ends. */
  call<T>(method: string, ...args: readonly unknown[]): Promise<T>;
  /** Without an answer. */
  tell(method: string, ...args: readonly unknown[]): void;
  signal(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  /** Ends it, and resolves when it has ended. */
  end(): Promise<void>;
}

interface Call {
  readonly id?: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** What a worker tells without being asked: see `tellParent`. */
interface Notice {
  readonly notice: unknown;
}

/** Starts a script beside this file, in a process that ends with this one. */
export function startChild(
  script: string,
  args: readonly string[],
  onNotice: (notice: never) => void = () => {},
): Child {
  const child: ChildProcess = fork(new URL(script, import.meta.url), args, {
    execArgv: ["--import", "tsx"],
    serialization: "advanced",
  });
  const waiting = new Map<number, Deferred<unknown>>();
  let calls = 0;
  let ended = false;
  child.on("message", (message: Reply | Notice) => {
    if ("notice" in message) return onNotice(message.notice as never);
    const { id, value, error } = message;
    const reply = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) reply?.resolve(value);
    else reply?.reject(new Error(error));
  });
  child.on("exit", (code, signal) => {
    ended = true;
    for (const { reject } of waiting.values()) reject(new Error(`The process ended (${code ?? signal}).`));
  });
  const send = (call: Call) => void child.send(call, () => {});
  return {
    pid: child.pid!,
    call(method, ...args) {
      if (ended) return Promise.reject(new Error("The process has ended."));
      const reply = deferred<unknown>();
      waiting.set(++calls, reply);
      send({ id: calls, method, args });
      return reply.promise as Promise<never>;
    },
    tell: (method, ...args) => {
      if (!ended) send({ method, args });
    },
    signal: (signal) => void child.kill(signal),
    async end() {
      if (ended) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** The other side: each call is one of these methods. */
export function answerCalls(methods: Readonly<Record<string, (...args: never[]) => unknown>>): void {
  process.on("message", async ({ id, method, args }: Call) => {
    const reply: { value?: unknown; error?: string } = {};
    try {
      reply.value = await methods[method]!(...(args as never[]));
    } catch (error) {
      reply.error = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    if (id !== undefined) process.send!({ id, ...reply });
  });
  // Without its parent nobody would end it.
  process.on("disconnect", () => process.exit());
}

export function tellParent(notice: unknown): void {
  process.send!({ notice });
}

/** Milliseconds on a clock that all processes of a machine share, and that never steps. */
export function machineTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
