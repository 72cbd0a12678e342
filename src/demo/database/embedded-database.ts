import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import { lockDataDir } from "./data-dir-lock.ts";
import type {
  EmbeddedFailure,
  EmbeddedMessage,
  EmbeddedRequest,
  EmbeddedResult,
} from "./embedded-protocol.ts";

// Omit over a union would keep only the common fields.
type Unnumbered<T> = T extends unknown ? Omit<T, "id"> : never;

interface Pending {
  resolve(result: EmbeddedResult): void;
  reject(error: Error): void;
}

/** The embedded database as seen from the gateway's thread: every call is one message and one answer. */
export class EmbeddedDatabase {
  readonly #worker: Worker;
  readonly #unlock: () => Promise<void>;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<string, ((payload: string) => void)[]>();
  #nextId = 1;
  #stopped: Error | undefined;
  #closing: Promise<void> | undefined;

  private constructor(worker: Worker, unlock: () => Promise<void>) {
    this.#worker = worker;
    this.#unlock = unlock;
    worker.on("message", (message: EmbeddedMessage) => this.#receive(message));
    worker.on("error", (error) => this.#stop(new Error(`The embedded database stopped: ${error.message}`)));
    worker.on("exit", () => this.#stop(new Error("The embedded database is closed")));
  }

  /**
   * Opens the database kept in `dataDir`, creating it when it is not there; without a directory it lives in memory.
   * Throws when another process has the directory open.
   */
  static async open(dataDir: string | undefined): Promise<EmbeddedDatabase> {
    const unlock = dataDir === undefined ? async () => {} : await lockDataDir(dataDir);
    try {
      const complete = dataDir === undefined ? async () => {} : await discardHalfCreated(dataDir);
      const database = new EmbeddedDatabase(startWorker(dataDir), unlock);
      await database.#started();
      await complete();
      return database;
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  query(sql: string, parameters: readonly unknown[]): Promise<EmbeddedResult> {
    return this.#send({ kind: "query", sql, parameters });
  }

  async listen(channel: string, onMessage: (payload: string) => void): Promise<void> {
    const listeners = this.#listeners.get(channel);
    if (listeners !== undefined) {
      listeners.push(onMessage);
      return;
    }
    this.#listeners.set(channel, [onMessage]);
    await this.#send({ kind: "listen", channel });
  }

  /** Resolves when everything asked before has been answered and the files are closed. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#stopped === undefined) {
      const exited = new Promise((resolve) => this.#worker.once("exit", resolve));
      await this.#send({ kind: "close" });
      await exited;
    }
    await this.#unlock();
  }

  /** Resolves with the worker's first message, which carries number 0. */
  #started(): Promise<EmbeddedResult> {
    return new Promise((resolve, reject) => this.#pending.set(0, { resolve, reject }));
  }

  #send(request: Unnumbered<EmbeddedRequest>): Promise<EmbeddedResult> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      try {
        this.#worker.postMessage({ ...request, id });
      } catch (error) {
        // A parameter that cannot be cloned (a function, a proxy) must not leave its caller waiting.
        this.#pending.delete(id);
        reject(error);
      }
    });
  }

  #receive(message: EmbeddedMessage): void {
    if (message.kind === "notification") {
      for (const listener of this.#listeners.get(message.channel) ?? []) listener(message.payload);
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === "answer") pending?.resolve(message.result);
    else pending?.reject(errorFrom(message.error));
  }

  #stop(reason: Error): void {
    this.#stopped ??= reason;
    for (const pending of this.#pending.values()) pending.reject(this.#stopped);
    this.#pending.clear();
  }
}

function errorFrom(failure: EmbeddedFailure): Error {
  return Object.assign(new Error(failure.message), failure.fields);
}

function startWorker(dataDir: string | undefined): Worker {
  const fromSource = import.meta.url.endsWith(".ts");
  const file = fromSource ? "./embedded-worker-from-source.mjs" : "./embedded-worker.js";
  return new Worker(new URL(file, import.meta.url), { workerData: dataDir === undefined ? {} : { dataDir } });
}

/**
 * A process killed while PGlite creates its files leaves a directory that never opens again. A mark stands beside the
 * directory while that happens; who finds the mark starts over. Only what carries the mark is ever removed.
 */
async function discardHalfCreated(dataDir: string): Promise<() => Promise<void>> {
  const mark = `${dataDir}.creating`;
  if (existsSync(mark)) await rm(dataDir, { recursive: true, force: true });
  if (existsSync(dataDir)) return async () => {};
  await mkdir(dirname(dataDir), { recursive: true });
  await writeFile(mark, "");
  return () => rm(mark, { force: true });
}
