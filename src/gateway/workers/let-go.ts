import type { Worker } from "node:cluster";

/**
 * Lets go of the connection that a worker was being handed when it was killed.
 *
 * 1. Node's primary accepts a connection and sends it to the worker · 2. the worker is killed before it says that it has it ·
 * 3. Node goes on waiting for that word, with the connection open: its client would wait for ever, and is now told at once.
 *
 * Node hands a worker one connection at a time. One that arrived has been closed on this side, and closing it again does nothing; a worker
 * that ends by itself has said of each whether it took it.
 */
export function letGoWhenKilled(worker: Worker): void {
  let handed: { close?(): void } | undefined;
  const { process: child } = worker;
  const send = child.send.bind(child) as (...args: unknown[]) => boolean;
  child.send = (message: unknown, handle?: unknown, ...rest: unknown[]) => {
    if (typeof handle === "object" && handle !== null) handed = handle;
    return send(message, handle, ...rest);
  };
  worker.on("exit", (_code, signal) => {
    if (signal !== null) handed?.close?.();
  });
}
