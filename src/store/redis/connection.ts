import type { Redis } from "ioredis";
import type { Clock } from "../../base/clock.ts";
import { type Deferred, deferred } from "../../base/deferred.ts";
import type { Random } from "../../base/random.ts";
import { Breaker } from "../breaker.ts";
import { StoreFailure, type StoreState } from "../store.ts";
import { type Identity, identify } from "./identity.ts";
import type { CommandLink } from "./redis-near-bus.ts";
import { type Script, tellRight } from "./script.ts";
import { ServerClock } from "./server-clock.ts";

/**
 * What a batch is for: decides how long it may take, and whether the breaker keeps it back. A request waits for `lock` as
 * it does for `read`, and no longer.
 */
export type Kind = "read" | "lock" | "write" | "invalidate";

const TIMEOUT_OF = { read: "readMs", lock: "readMs", write: "writeMs", invalidate: "invalidateMs" } as const;

export interface Timeouts {
  /** Default 50. */
  readonly readMs: number;
  /** Default 250. */
  readonly writeMs: number;
  /** Default 1000. */
  readonly invalidateMs: number;
  /** For a connection to be made and to answer. Default 2000. */
  readonly connectMs: number;
}

export type RedisCommand =
  | readonly [name: string, ...args: (string | number)[]]
  | {
      readonly script: Script;
      readonly keys: readonly string[];
      readonly args: readonly (string | number)[];
    };

/** How a batch is sent: `asking` for what another server of the cluster has said is here already, while its slot moves. */
export interface SendOptions {
  readonly asking?: boolean;
}

export interface ConnectionOptions {
  readonly client: Redis;
  readonly timeouts: Timeouts;
  readonly clock: Clock;
  readonly random: Random;
  readonly onState: (status: StoreState["status"], detail: string) => void;
  /** Told of each batch that was given up, and of each error that the server answered a command with. */
  readonly onFailure: (failure: StoreFailure) => void;
}

/** A timer that is later than this was held up by its own process. */
const LATE_TIMER_MS = 5;
/** How often the server is asked who it is: the longest time for which a demoted master is believed. */
const BEAT_MS = 1000;
/** The same while it said that it cannot be used yet. */
const IMPATIENT_BEAT_MS = 200;
const RETRY_MS = 1000;

/**
 * One connection to one server, made to fail fast. Nothing rejects; nothing is queued while the server is away.
 *
 * What a tick sends leaves in one write per kind, so that a slow write holds up no read. Before the first command of
 * each connection, and every second, the server is asked who it is: see {@link identify}.
 */
export class RedisConnection implements CommandLink {
  /** One socket. */
  readonly keepsOrder = true;
  readonly #options: ConnectionOptions;
  readonly #client: Redis;
  readonly #clock: Clock;
  readonly #serverClock = new ServerClock();
  readonly #breaker: Breaker;
  readonly #firstWord = deferred<void>();
  readonly #underWay = new Set<Promise<unknown>>();
  #outbox: Batch[] = [];
  #epoch: string | undefined;
  #detail = "not connected yet";
  #announced: StoreState["status"] = "down";
  #lastError: string | undefined;
  /** Connected, and nothing has been heard yet. */
  #isSilent = false;
  #closed = false;
  #commands = 0;
  #roundTrips = 0;
  readonly #onChange: (() => void)[] = [];
  /** Changes whenever a connection begins or ends, so that an answer from another one is not heard. */
  #round = 0;
  #asking: Promise<boolean> | undefined;
  #cancelGuard: (() => void) | undefined;
  #cancelBeat: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#clock = options.clock;
    this.#breaker = new Breaker({
      clock: options.clock,
      random: options.random,
      probe: () => this.#ask(options.timeouts.writeMs),
      onChange: (_open, detail) => this.#announce(detail),
      // In a black hole the client goes on believing in its socket.
      onDead: () => this.#client.disconnect(true),
    });
    this.#listen();
    this.#client.connect().catch(() => {});
  }

  /** Of the server that answers now; undefined while none may be used. */
  get epoch(): string | undefined {
    return this.#epoch;
  }

  /** Calls back when the connection was lost, or another server answers: when `epoch` has changed. */
  onChange(call: () => void): void {
    this.#onChange.push(call);
  }

  /** Reads are refused at once. */
  get isAway(): boolean {
    return this.#refusal("read") !== undefined;
  }

  /** Resolves after the first answer, or the first sign that there is none. */
  ready(): Promise<void> {
    return this.#firstWord.promise;
  }

  /** One reply or failure for each command, in order. Never rejects. */
  send(
    kind: Kind,
    commands: readonly RedisCommand[],
    { asking = false }: SendOptions = {},
  ): Promise<readonly unknown[]> {
    if (commands.length === 0) return Promise.resolve([]);
    const refused = this.#refusal(kind);
    if (refused !== undefined) return Promise.resolve(commands.map(() => refused));
    const ms = this.#options.timeouts[TIMEOUT_OF[kind]];
    const reply = deferred<readonly unknown[]>();
    const batch: Batch = {
      kind,
      commands,
      asking,
      reply,
      cancel: this.#deadline(ms, () => this.#expire(batch, ms)),
      over: false,
    };
    if (this.#outbox.push(batch) === 1) process.nextTick(() => this.#flush());
    this.#underWay.add(reply.promise);
    return reply.promise.finally(() => this.#underWay.delete(reply.promise));
  }

  /**
   * Calls back after `ms` in which this process could have seen an answer. An event loop that was busy runs its late timers
   * before it looks at its sockets, and that it was busy says nothing of the server: the time it lost is given once more.
   */
  #deadline(ms: number, onEnd: () => void): () => void {
    const end = this.#clock.monotonic() + ms;
    let cancel = this.#clock.setTimer(() => {
      const lateMs = Math.min(this.#clock.monotonic() - end, ms);
      if (lateMs < LATE_TIMER_MS) setImmediate(onEnd);
      else cancel = this.#clock.setTimer(() => setImmediate(onEnd), lateMs);
    }, ms);
    return () => cancel();
  }

  /** The failure that an error reply means. Some say that the server is not what it was: then it is asked again. */
  failureFrom(reply: string, script?: Script): StoreFailure {
    const message = script === undefined ? reply : tellRight(reply, script);
    if (/\b(LOADING|BUSY|READONLY|MASTERDOWN|NOAUTH|NOPERM)\b/.test(message)) {
      void this.#ask(this.#options.timeouts.writeMs);
    }
    const failure = new StoreFailure("error", message);
    // That a key lies elsewhere is no fault: whoever asked goes there.
    if (!isRedirection(message)) this.#options.onFailure(failure);
    return failure;
  }

  /** Estimated time of the server's clock in µs; our own before the first answer. */
  nowUs(): number {
    return this.#serverClock.nowUs(this.#clock.monotonic()) ?? Math.floor(this.#clock.now() * 1000);
  }

  state(): StoreState {
    return {
      status: this.#status(),
      detail: this.#detail,
      commands: this.#commands,
      roundTrips: this.#roundTrips,
    };
  }

  /** Waits for what is under way, which its time-outs bound. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#underWay);
    this.#cancelBeat?.();
    this.#cancelGuard?.();
    this.#cancelRetry?.();
    this.#breaker.reset();
    const ended = deferred<void>();
    this.#client.once("end", ended.resolve);
    // A client between two tries to connect ends without a word.
    const cancel = this.#clock.setTimer(ended.resolve, 300);
    this.#client.disconnect();
    await ended.promise;
    cancel();
  }

  #listen(): void {
    const { connectMs } = this.#options.timeouts;
    // A connection that stands is lost when it closes, and that event does not say why: the error before it does.
    this.#client.on("error", (error: Error) => {
      this.#lastError = error.message || error.name;
      if (this.#client.status !== "ready" && !this.#isSilent) this.#lost(this.#lastError);
    });
    this.#client.on("connect", () => {
      this.#isSilent = true;
      this.#lastError = undefined;
      // A server that is stopped still accepts connections: its kernel does.
      this.#cancelGuard?.();
      const giveUp = () => {
        this.#lastError = `no answer within ${connectMs} ms of connecting`;
        this.#client.disconnect(true);
      };
      this.#cancelGuard = this.#clock.setTimer(giveUp, connectMs, { background: true });
    });
    this.#client.on("ready", () => void this.#begin());
    this.#client.on("close", () => this.#lost(this.#whyClosed()));
    this.#client.on("end", () => {
      // ioredis gives up where a connection could not even be tried.
      if (this.#closed) return;
      this.#cancelRetry = this.#clock.setTimer(() => void this.#client.connect().catch(() => {}), RETRY_MS);
    });
  }

  /** A server that has no connection left says so and closes at once; what it said is mostly lost with the connection. */
  #whyClosed(): string {
    const error = this.#lastError;
    if (!this.#isSilent || !/^$|EPIPE|ECONNRESET/.test(error ?? "")) return error ?? "the connection closed";
    return "the server closes new connections before it answers: it may be out of them (maxclients)";
  }

  /** A new connection: nobody knows yet who answers. */
  async #begin(): Promise<void> {
    this.#round += 1;
    this.#lastError = undefined;
    this.#asking = undefined;
    this.#serverClock.reset();
    const round = this.#round;
    const alive = await this.#ask(this.#options.timeouts.connectMs);
    if (round !== this.#round) return;
    this.#cancelGuard?.();
    if (alive) this.#scheduleBeat();
    else this.#client.disconnect(true);
  }

  #lost(detail: string): void {
    this.#isSilent = false;
    this.#round += 1;
    this.#asking = undefined;
    this.#cancelBeat?.();
    this.#cancelGuard?.();
    this.#breaker.reset();
    this.#setEpoch(undefined, detail);
  }

  /** Asks the server who it is, one question at a time; true if it answered at all. */
  #ask(ms: number): Promise<boolean> {
    if (this.#asking !== undefined) return this.#asking;
    const asking = this.#identify(ms).finally(() => {
      if (this.#asking === asking) this.#asking = undefined;
    });
    this.#asking = asking;
    return asking;
  }

  async #identify(ms: number): Promise<boolean> {
    const round = this.#round;
    const sent = this.#clock.monotonic();
    const identity = await this.#within(ms, identify(this.#client));
    if (round !== this.#round || identity === undefined) return false;
    this.#isSilent = false;
    if (identity.usable) {
      this.#serverClock.sample(sent, this.#clock.monotonic(), identity.timeUs);
      this.#setEpoch(identity.epoch, "connected");
    } else {
      this.#setEpoch(undefined, identity.why);
    }
    return true;
  }

  #within(ms: number, answer: Promise<Identity>): Promise<Identity | undefined> {
    return new Promise((resolve) => {
      const cancel = this.#clock.setTimer(() => setImmediate(resolve, undefined), ms, { background: true });
      const settle = (identity: Identity | undefined) => {
        cancel();
        resolve(identity);
      };
      answer.then(settle, () => settle(undefined));
    });
  }

  #scheduleBeat(): void {
    const ms = this.#epoch === undefined ? IMPATIENT_BEAT_MS : BEAT_MS;
    this.#cancelBeat?.();
    this.#cancelBeat = this.#clock.setTimer(() => void this.#beat(), ms, { background: true });
  }

  async #beat(): Promise<void> {
    const round = this.#round;
    // While the breaker is open its probes ask the same question.
    const alive = this.#breaker.isOpen || (await this.#ask(this.#options.timeouts.writeMs));
    if (round !== this.#round || this.#closed) return;
    if (!alive) this.#breaker.fail(`no answer within ${this.#options.timeouts.writeMs} ms`);
    this.#scheduleBeat();
  }

  #setEpoch(epoch: string | undefined, detail: string): void {
    const changed = epoch !== this.#epoch;
    this.#epoch = epoch;
    this.#announce(detail);
    if (changed) for (const call of this.#onChange) call();
    this.#firstWord.resolve();
  }

  #status(): StoreState["status"] {
    if (this.#epoch === undefined) return "down";
    return this.#breaker.isOpen ? "open" : "up";
  }

  #announce(detail: string): void {
    const status = this.#status();
    // While it is open, what opened it stays the reason; while it is down, the latest is, and is news.
    const isNews = status !== this.#announced || (status === "down" && detail !== this.#detail);
    if (!isNews) return;
    this.#detail = detail;
    if (this.#closed) return;
    this.#announced = status;
    this.#options.onState(status, detail);
  }

  #refusal(kind: Kind): StoreFailure | undefined {
    if (this.#closed) return new StoreFailure("down", "the store is closed");
    if (this.#epoch === undefined) return new StoreFailure("down", this.#detail);
    // Invalidations are few, must not be lost and have time: they try.
    if (this.#breaker.isOpen && kind !== "invalidate") return new StoreFailure("open", this.#detail);
    return undefined;
  }

  #flush(): void {
    const outbox = this.#outbox;
    this.#outbox = [];
    for (const kind of ["read", "lock", "write", "invalidate"] as const) {
      const batches = outbox.filter((batch) => batch.kind === kind);
      if (batches.length > 0) void this.#exchange(batches);
    }
  }

  async #exchange(batches: readonly Batch[]): Promise<void> {
    const replies = await this.#pipeline(
      batches.flatMap(({ commands, asking }) => commands.map((command) => ({ command, asking }))),
    );
    let at = 0;
    for (const batch of batches) {
      const end = at + batch.commands.length;
      this.#settle(batch, replies.slice(at, end));
      at = end;
    }
  }

  async #pipeline(commands: readonly Sent[]): Promise<unknown[]> {
    const replies = await this.#trip(commands, "evalsha");
    const first = replies.findIndex(isNoScript);
    if (first >= 0) {
      // The server forgot its scripts, or never knew them: their text goes along this once. What only reads and stood
      // behind one of them is asked again, so that it is still answered from after it.
      const unknown = commands.flatMap((sent, i) =>
        isNoScript(replies[i]) || (i > first && readsOnly(sent.command)) ? [{ ...sent, i }] : [],
      );
      const again = await this.#trip(unknown, "eval");
      unknown.forEach(({ i }, nth) => {
        replies[i] = again[nth];
      });
    }
    return replies.map((reply, i) => {
      if (!(reply instanceof Error)) return reply;
      const { command } = commands[i]!;
      return reply.name === "ReplyError"
        ? this.failureFrom(reply.message, "script" in command ? command.script : undefined)
        : new StoreFailure("down", reply.message);
    });
  }

  async #trip(sent: readonly Sent[], call: "evalsha" | "eval"): Promise<unknown[]> {
    const commands = sent.flatMap(({ command, asking }) => [
      ...(asking ? [["asking"]] : []),
      words(command, call),
    ]);
    this.#roundTrips += 1;
    this.#commands += commands.length;
    try {
      const replies = await this.#client.pipeline(commands).exec();
      let at = -1;
      return sent.map(({ asking }) => {
        at += asking ? 2 : 1;
        const [error, reply] = replies?.[at] ?? [new Error("no reply")];
        return error ?? reply;
      });
    } catch (error) {
      return sent.map(() => error);
    }
  }

  #settle(batch: Batch, replies: readonly unknown[]): void {
    const answered = !replies.some((reply) => reply instanceof StoreFailure && reply.reason === "down");
    // What made it through an open breaker is a sign of life like a probe's.
    if (answered) this.#breaker.succeed({ late: batch.over });
    if (batch.over) return;
    batch.over = true;
    batch.cancel();
    batch.reply.resolve(replies);
  }

  #expire(batch: Batch, ms: number): void {
    if (batch.over) return;
    batch.over = true;
    const failure = new StoreFailure("timeout", `no answer within ${ms} ms`);
    this.#options.onFailure(failure);
    if (this.#epoch !== undefined) this.#breaker.fail(failure.message);
    batch.reply.resolve(batch.commands.map(() => failure));
  }
}

interface Sent {
  readonly command: RedisCommand;
  readonly asking: boolean;
}

interface Batch {
  readonly kind: Kind;
  readonly commands: readonly RedisCommand[];
  readonly asking: boolean;
  readonly reply: Deferred<readonly unknown[]>;
  readonly cancel: () => void;
  /** Answered, or given up: a later reply is not heard. */
  over: boolean;
}

function words(command: RedisCommand, call: "evalsha" | "eval"): (string | number)[] {
  if (!("script" in command)) return [...command];
  const { script, keys, args } = command;
  return [call, call === "eval" ? script.text : script.sha, keys.length, ...keys, ...args];
}

/** A server of a cluster that a key does not lie on says where it does: `MOVED <slot> <host>:<port>`, or `ASK …` while its slot moves. */
export function isRedirection(message: string): boolean {
  return /^(MOVED|ASK) /.test(message);
}

function readsOnly(command: RedisCommand): boolean {
  return "script" in command && command.script.readsOnly;
}

function isNoScript(reply: unknown): boolean {
  return reply instanceof Error && reply.message.startsWith("NOSCRIPT");
}
