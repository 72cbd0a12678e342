import type { Clock } from "../../base/clock.ts";
import {
  type BehindStore,
  type Claim,
  type ClaimRequest,
  type DeadLetter,
  type Durability,
  LINGER_MS,
  type QueueState,
  type Settlement,
  type SwapReply,
  type SwapRequest,
  TIME_CHARS,
  VERSION_CHARS,
} from "../behind-store.ts";

interface Queued {
  dueAt: number;
  /** Of the latest mark; `markedAt` alone may be the same twice. */
  mark: string;
  markedAt: number;
  /** Since when something is pending; undefined: nothing is, as far as is known. */
  since: number | undefined;
}

/** Write-behind within one process. Nothing is evicted, and all of it is lost with the process. */
export class MemoryBehind implements BehindStore {
  readonly #clock: Clock;
  readonly #texts = new Map<string, string>();
  readonly #queues = new Map<string, Map<string, Queued>>();
  readonly #letters = new Map<string, DeadLetter>();
  #marks = 0;
  /** A clock of the test stands still; times of swaps do not. */
  #swappedAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  text(key: string): string | null {
    return this.#texts.get(key) ?? null;
  }

  async swap(requests: readonly SwapRequest[]): Promise<readonly SwapReply[]> {
    return requests.map(({ key, seen, text, notAfter }) => {
      const now = this.#clock.now() * 1000;
      if (now > notAfter) return { kind: "late" };
      const present = this.text(key);
      if ((present ?? "").slice(0, VERSION_CHARS) !== seen) return { kind: "other", text: present };
      this.#swappedAt = Math.max(this.#swappedAt + 1, Math.floor(now));
      const at = String(this.#swappedAt).padStart(TIME_CHARS, "0");
      if (text === "") this.#texts.delete(key);
      else this.#texts.set(key, text.slice(0, VERSION_CHARS) + at + text.slice(VERSION_CHARS));
      return { kind: "swapped", at };
    });
  }

  async enqueue(typeName: string, names: readonly string[], delayMs: number): Promise<number> {
    const now = this.#clock.now();
    const queue = this.#queueOf(typeName);
    for (const name of names) {
      const queued = queue.get(name);
      const dueAt = Math.min(queued?.dueAt ?? Number.POSITIVE_INFINITY, now + delayMs);
      queue.set(name, { dueAt, mark: `${++this.#marks}`, markedAt: now, since: queued?.since ?? now });
    }
    return this.#pendingOf(queue).length;
  }

  async claim(typeName: string, { limit, earlyMs, leaseMs }: ClaimRequest): Promise<readonly Claim[]> {
    const now = this.#clock.now();
    const due = [...this.#queueOf(typeName)]
      .filter(([, { dueAt }]) => dueAt <= now + earlyMs)
      .sort(([, a], [, b]) => a.dueAt - b.dueAt)
      .slice(0, limit);
    return due.map(([name, queued]) => {
      queued.dueAt = now + leaseMs;
      return { name, mark: queued.mark };
    });
  }

  async settle(typeName: string, settlements: readonly Settlement[]): Promise<undefined> {
    const now = this.#clock.now();
    const queue = this.#queueOf(typeName);
    for (const settlement of settlements) {
      const queued = queue.get(settlement.name);
      if (queued === undefined) continue;
      if (settlement.kind === "again") queued.dueAt = now + settlement.afterMs;
      else if (queued.mark !== settlement.mark) queued.dueAt = now;
      else if (now - queued.markedAt > LINGER_MS) queue.delete(settlement.name);
      else {
        queued.since = undefined;
        queued.dueAt = queued.markedAt + LINGER_MS + 1;
      }
    }
  }

  async queue(typeName: string): Promise<QueueState> {
    const since = this.#pendingOf(this.#queueOf(typeName));
    return {
      pending: since.length,
      oldestMs: since.length === 0 ? 0 : this.#clock.now() - Math.min(...since),
    };
  }

  async bury(letter: DeadLetter): Promise<undefined> {
    this.#letters.set(letter.id, letter);
  }

  async deadLetters(): Promise<readonly DeadLetter[]> {
    return [...this.#letters.values()];
  }

  async dropLetters(ids: readonly string[]): Promise<number> {
    return ids.filter((id) => this.#letters.delete(id)).length;
  }

  async durability(): Promise<Durability> {
    return { warnings: ["Writes behind are kept in this process, and lost with it: give the option redis."] };
  }

  clear(): void {
    this.#texts.clear();
    this.#queues.clear();
    this.#letters.clear();
  }

  #queueOf(typeName: string): Map<string, Queued> {
    let queue = this.#queues.get(typeName);
    if (queue === undefined) {
      queue = new Map();
      this.#queues.set(typeName, queue);
    }
    return queue;
  }

  #pendingOf(queue: ReadonlyMap<string, Queued>): readonly number[] {
    return [...queue.values()].flatMap(({ since }) => (since === undefined ? [] : [since]));
  }
}
