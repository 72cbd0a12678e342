import type { Redis } from "ioredis";
import type { Clock } from "../../base/clock.ts";
import { type Deferred, deferred } from "../../base/deferred.ts";
import type { Keys } from "../../keys/grammar.ts";
import type { NearBus, NearListener, Revocation, Sessions } from "../near/near-bus.ts";
import { StoreFailure } from "../store.ts";
import type { Kind, RedisCommand } from "./connection.ts";
import type { Script } from "./script.ts";
import {
  nearExpelScript,
  nearJoinScript,
  nearRenewScript,
  nearSessionsScript,
} from "./scripts/near-sessions.ts";

/** What the bus needs of the connections by which the store's commands go. */
export interface CommandLink {
  /** Of the server that keeps the sessions; undefined while it may not be used. */
  readonly epoch: string | undefined;
  send(kind: Kind, commands: readonly RedisCommand[]): Promise<readonly unknown[]>;
  /** Calls back when any connection was lost, or another server answers. */
  onChange(call: () => void): void;
  /** Commands are executed in the order in which they were sent. Not so where keys lie on several servers. */
  readonly keepsOrder: boolean;
}

export interface RedisNearBusOptions {
  readonly commands: CommandLink;
  /** Not connecting yet; of RESP 2, and without resubscription of its own. Closed with the bus. */
  readonly subscriber: Redis;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly processId: string;
  /** For a connection to be made and to subscribe. */
  readonly connectMs: number;
}

/** Life of the list of sessions, ms. Whoever looks at it renews it. */
const LIST_MS = 25 * 3600 * 1000;
const RETRY_MS = 1000;

/** Near copies' bus: a sorted set of sessions, and messages by Pub/Sub. */
export class RedisNearBus implements NearBus {
  readonly processId: string;
  readonly #options: RedisNearBusOptions;
  readonly #client: Redis;
  #listener: NearListener | undefined;
  #link: symbol | undefined;
  #isListening = false;
  #isSubscribed = false;
  /** Settles when it is subscribed for the first time. */
  readonly #opened: Deferred<void> = deferred();
  /** Changes with each connection, so that the end of an earlier subscription is not heard. */
  #round = 0;
  #closed = false;
  #cancelGuard = (): void => {};
  #cancelRetry = (): void => {};

  constructor(options: RedisNearBusOptions) {
    this.#options = options;
    this.processId = options.processId;
    this.#client = options.subscriber;
    options.commands.onChange(() => this.#relinked());
  }

  get link(): symbol | undefined {
    return this.#link;
  }

  attend(listener: NearListener): void {
    this.#listener = listener;
  }

  listen(): void {
    if (this.#isListening || this.#closed) return;
    this.#isListening = true;
    const client = this.#client;
    client.on("error", () => {});
    client.on("connect", () => this.#guard());
    client.on("ready", () => void this.#subscribe());
    client.on("close", () => this.#lost());
    // ioredis gives up where a connection could not even be tried.
    client.on("end", () => {
      if (this.#closed) return;
      this.#cancelRetry = this.#options.clock.setTimer(() => this.#connect(), RETRY_MS, { background: true });
    });
    client.on("message", (channel: string, text: string) => this.#heard(channel, text));
    this.#connect();
  }

  relink(): void {
    this.#client.disconnect(true);
  }

  async join(
    session: string,
    leaseMs: number,
    previous: string | undefined,
  ): Promise<StoreFailure | undefined> {
    const reply = await this.#run(nearJoinScript, [...this.#list(), session, leaseMs, previous ?? ""]);
    return reply === 1 ? undefined : failureIn(reply);
  }

  async renew(session: string, leaseMs: number): Promise<boolean | StoreFailure> {
    const reply = await this.#run(nearRenewScript, [...this.#list(), session, leaseMs]);
    return reply === 1 || reply === 0 ? reply === 1 : failureIn(reply);
  }

  async leave(session: string): Promise<void> {
    await this.#options.commands.send("invalidate", [
      ["zrem", this.#options.keys.nearSessions, session, `${session}!`],
    ]);
  }

  async sessions(dropped: Promise<unknown>): Promise<Sessions | StoreFailure> {
    // 1. I asks who holds copies · 2. G joins and reads the stamp · 3. I's deletion arrives. On one connection it has arrived.
    if (!this.#options.commands.keepsOrder) await dropped;
    const reply = await this.#run(nearSessionsScript, this.#list());
    if (!Array.isArray(reply)) return failureIn(reply);
    const [ageMs, ...live] = reply as [number, ...string[]];
    return { ageMs, live };
  }

  async expel(sessions: readonly string[]): Promise<number | StoreFailure> {
    const reply = await this.#run(nearExpelScript, sessions);
    return typeof reply === "number" ? reply : failureIn(reply);
  }

  async revoke({ id, from, stampKeys }: Revocation): Promise<StoreFailure | undefined> {
    this.listen();
    // Acknowledgements that come before they can be heard are lost.
    await this.#within(this.#options.connectMs, this.#opened.promise);
    return this.#publish(this.#options.keys.nearRevocations, [id, from, ...stampKeys]);
  }

  acknowledge({ id, from }: Revocation): void {
    void this.#publish(this.#options.keys.nearAcknowledgements(from), [id, this.processId]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelGuard();
    this.#cancelRetry();
    this.#client.disconnect();
  }

  /** What every script on the list begins with. */
  #list(): readonly (string | number)[] {
    return [this.#options.commands.epoch ?? "", LIST_MS];
  }

  async #run(script: Script, args: readonly (string | number)[]): Promise<unknown> {
    const { commands, keys } = this.#options;
    const [reply] = await commands.send("invalidate", [{ script, keys: [keys.nearSessions], args }]);
    return reply;
  }

  /** Neither names nor keys hold a blank. */
  async #publish(channel: string, words: readonly string[]): Promise<StoreFailure | undefined> {
    const [reply] = await this.#options.commands.send("invalidate", [["publish", channel, words.join(" ")]]);
    return reply instanceof StoreFailure ? reply : undefined;
  }

  #connect(): void {
    this.#client.connect().catch(() => {});
  }

  /** A server that is stopped still accepts connections: its kernel does. */
  #guard(): void {
    this.#cancelGuard();
    this.#cancelGuard = this.#options.clock.setTimer(
      () => this.#client.disconnect(true),
      this.#options.connectMs,
      { background: true },
    );
  }

  async #subscribe(): Promise<void> {
    const { keys } = this.#options;
    const round = ++this.#round;
    try {
      await this.#client.subscribe(keys.nearRevocations, keys.nearAcknowledgements(this.processId));
    } catch {
      // Lost again, or not allowed: the guard makes another connection.
      return;
    }
    if (round !== this.#round) return;
    this.#cancelGuard();
    this.#isSubscribed = true;
    this.#opened.resolve();
    this.#relinked();
  }

  #lost(): void {
    this.#round += 1;
    this.#cancelGuard();
    if (!this.#isSubscribed) return;
    this.#isSubscribed = false;
    this.#relinked();
  }

  #relinked(): void {
    this.#link = this.#isSubscribed && this.#options.commands.epoch !== undefined ? Symbol() : undefined;
    this.#listener?.onLink();
  }

  #heard(channel: string, text: string): void {
    const [id = "", from = "", ...stampKeys] = text.split(" ");
    if (channel === this.#options.keys.nearRevocations) this.#listener?.onRevocation({ id, from, stampKeys });
    else this.#listener?.onAcknowledgement(id, from);
  }

  async #within(ms: number, event: Promise<void>): Promise<void> {
    let cancel = (): void => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.#options.clock.setTimer(resolve, ms);
    });
    await Promise.race([event, late]);
    cancel();
  }
}

function failureIn(reply: unknown): StoreFailure {
  return reply instanceof StoreFailure ? reply : new StoreFailure("error", `odd reply: ${typeof reply}`);
}
