import type { Keys } from "../../keys/grammar.ts";
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
} from "../behind-store.ts";
import { StoreFailure } from "../store.ts";
import type { RedisCommand, RedisConnection } from "./connection.ts";
import { durabilityFrom } from "./durability.ts";
import { claimPendingScript } from "./scripts/claim-pending.ts";
import { enqueueScript } from "./scripts/enqueue.ts";
import { queueStateScript } from "./scripts/queue-state.ts";
import { settlePendingScript } from "./scripts/settle-pending.ts";
import { swapPendingScript } from "./scripts/swap-pending.ts";

/** The way to the server that a key lies on. */
export type Sender = Pick<RedisConnection, "send" | "failureFrom">;

/** Write-behind in Redis: keys without expiry, one slot a command. */
export class RedisBehind implements BehindStore {
  readonly #keys: Keys;
  readonly #connectionOf: (key: string) => Sender;

  /** `connectionOf` leads to the server that a key lies on. */
  constructor(keys: Keys, connectionOf: (key: string) => Sender) {
    this.#keys = keys;
    this.#connectionOf = connectionOf;
  }

  async swap(requests: readonly SwapRequest[]): Promise<readonly (SwapReply | StoreFailure)[]> {
    // One script each: their keys lie on many slots. What is sent in one tick leaves in one write.
    return Promise.all(
      requests.map(async ({ key, seen, text, notAfter }) => {
        const reply = await this.#one(key, {
          script: swapPendingScript,
          keys: [key],
          args: [seen, notAfter, text],
        });
        return reply instanceof StoreFailure ? reply : this.#swapReply(key, reply);
      }),
    );
  }

  async enqueue(typeName: string, names: readonly string[], delayMs: number): Promise<number | StoreFailure> {
    const { due, marked, since } = this.#keys.queue(typeName);
    const reply = await this.#one(due, {
      script: enqueueScript,
      keys: [due, marked, since],
      args: [delayMs, ...names],
    });
    return typeof reply === "number" ? reply : failureIn(reply);
  }

  async claim(
    typeName: string,
    { limit, earlyMs, leaseMs }: ClaimRequest,
  ): Promise<readonly Claim[] | StoreFailure> {
    const { due, marked } = this.#keys.queue(typeName);
    const reply = await this.#one(due, {
      script: claimPendingScript,
      keys: [due, marked],
      args: [limit, earlyMs, leaseMs],
    });
    return Array.isArray(reply)
      ? pairs(reply as string[]).map(([name, mark]) => ({ name, mark }))
      : failureIn(reply);
  }

  async settle(typeName: string, settlements: readonly Settlement[]): Promise<StoreFailure | undefined> {
    if (settlements.length === 0) return undefined;
    const { due, marked, since } = this.#keys.queue(typeName);
    const reply = await this.#one(due, {
      script: settlePendingScript,
      keys: [due, marked, since],
      args: [
        LINGER_MS,
        ...settlements.flatMap((one) =>
          one.kind === "again" ? [one.name, one.kind, one.afterMs] : [one.name, one.kind, one.mark],
        ),
      ],
    });
    return reply === 1 ? undefined : failureIn(reply);
  }

  async queue(typeName: string): Promise<QueueState | StoreFailure> {
    const { since } = this.#keys.queue(typeName);
    const reply = await this.#one(since, { script: queueStateScript, keys: [since], args: [] });
    if (!Array.isArray(reply)) return failureIn(reply);
    const [pending = 0, oldestMs = 0] = reply as number[];
    return { pending, oldestMs };
  }

  async bury({ id, text }: DeadLetter): Promise<StoreFailure | undefined> {
    const reply = await this.#one(this.#keys.deadLetters, ["hset", this.#keys.deadLetters, id, text]);
    return reply instanceof StoreFailure ? reply : undefined;
  }

  async deadLetters(): Promise<readonly DeadLetter[] | StoreFailure> {
    const letters = new Map<string, string>();
    let cursor = "0";
    do {
      const key = this.#keys.deadLetters;
      const reply = await this.#one(key, ["hscan", key, cursor, "count", 100]);
      if (!Array.isArray(reply)) return failureIn(reply);
      const [next, found] = reply as [string, string[]];
      for (const [id, text] of pairs(found)) letters.set(id, text);
      cursor = next;
    } while (cursor !== "0");
    return Array.from(letters, ([id, text]) => ({ id, text }));
  }

  async dropLetters(ids: readonly string[]): Promise<number | StoreFailure> {
    if (ids.length === 0) return 0;
    const reply = await this.#one(this.#keys.deadLetters, ["hdel", this.#keys.deadLetters, ...ids]);
    return typeof reply === "number" ? reply : failureIn(reply);
  }

  async durability(): Promise<Durability | StoreFailure> {
    const connection = this.#connectionOf(this.#keys.deadLetters);
    const replies = await connection.send("write", [
      ["info", "persistence"],
      ["info", "memory"],
    ]);
    const failure = replies.find((reply) => reply instanceof StoreFailure);
    return failure ?? durabilityFrom(replies.map(String).join("\r\n"));
  }

  async #one(key: string, command: RedisCommand): Promise<unknown> {
    const [reply] = await this.#connectionOf(key).send("write", [command]);
    return reply;
  }

  #swapReply(key: string, reply: unknown): SwapReply | StoreFailure {
    const [kind, text] = (reply as [[SwapReply["kind"] | "!", string | null]])[0];
    if (kind === "!") return this.#connectionOf(key).failureFrom(String(text));
    switch (kind) {
      case "swapped":
        return { kind, at: text! };
      case "other":
        return { kind, text };
      default:
        return { kind };
    }
  }
}

function pairs(flat: readonly string[]): readonly (readonly [string, string])[] {
  return Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at]!, flat[2 * at + 1]!] as const);
}

function failureIn(reply: unknown): StoreFailure {
  return reply instanceof StoreFailure ? reply : new StoreFailure("error", `odd reply: ${typeof reply}`);
}
