import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { hashTagOf, type Keys } from "../../keys/grammar.ts";
import { hashSlot } from "../../keys/hash-slot.ts";
import { NewestPosition, positionParts } from "../newest-position.ts";
import { isOfEpoch, newStamp } from "../stamp.ts";
import {
  ANNOUNCED_MS,
  type BeginReply,
  type BeginRequest,
  LOG_NAMES,
  type LogPosition,
  type LogRequest,
  type LogSince,
  type Mark,
  ONE_SERVER,
  type PrimeRequest,
  type PutRequest,
  type ReadReply,
  type ReadRequest,
  type ReleaseRequest,
  type RenewRequest,
  type StampRequest,
  type Store,
  StoreFailure,
  type StoreState,
} from "../store.ts";
import type { Kind, RedisCommand, RedisConnection, SendOptions } from "./connection.ts";
import { inPlace, partsOf } from "./parts.ts";
import { RedisBehind } from "./redis-behind.ts";
import type { Script } from "./script.ts";
import { announceScript } from "./scripts/announce.ts";
import { appendLogScript } from "./scripts/append-log.ts";
import { beginScript } from "./scripts/begin.ts";
import { enrolScript } from "./scripts/enrol.ts";
import { logSinceScript } from "./scripts/log-since.ts";
import { openLogScript } from "./scripts/open-log.ts";
import { primeScript } from "./scripts/prime.ts";
import { putScript } from "./scripts/put.ts";
import { releaseScript } from "./scripts/release.ts";
import { renewScript } from "./scripts/renew.ts";
import { stampsScript } from "./scripts/stamps.ts";

/** Life of the log, ms: longer than any entry, and it may have been renewed up to `RENEW_LOG_MS` before. */
const LOG_MS = 25 * 3600 * 1000;
const RENEW_LOG_MS = 10 * 60 * 1000;

/** Bounds of one command, so that no batch stalls the server. */
const KEYS_A_COMMAND = 1000;
const ITEMS_A_SCRIPT = 100;
const CHARACTERS_A_SCRIPT = 1024 * 1024;

export interface OneRedisOptions {
  readonly connection: RedisConnection;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly random: Random;
  /** One server of a cluster: keys of different slots share no command. Default false. */
  readonly inCluster?: boolean;
}

/** What lies on one server: Redis or Valkey, 6.2 or newer. */
export class OneRedis implements Store {
  readonly kind = "redis";
  readonly buckets = 1;
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #newest = new NewestPosition();
  readonly behind: RedisBehind;
  /** When this process last made sure that the log is there and lives on, and under which epoch of the store. */
  #logOpened: { readonly epoch: string; readonly atMs: number } | undefined;

  /** What tells keys apart that must not share a command. */
  readonly #apart: ((key: string) => number) | undefined;
  readonly #sending: SendOptions;

  constructor(options: OneRedisOptions, sending: SendOptions = {}) {
    this.#connection = options.connection;
    this.#keys = options.keys;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#apart = options.inCluster ? (key) => hashSlot(hashTagOf(key)) : undefined;
    this.#sending = sending;
    this.behind = new RedisBehind(options.keys, () => options.connection);
  }

  bucketOf(): number {
    return 0;
  }

  nodeOf(): string {
    return ONE_SERVER;
  }

  ready(): Promise<void> {
    return this.#connection.ready();
  }

  away(): readonly string[] {
    return this.#connection.isAway ? [ONE_SERVER] : [];
  }

  async read({ pendingKeys = [], entryKeys, stampKeys, log }: ReadRequest): Promise<ReadReply> {
    const epoch = this.#epoch;
    const openLog = log && !this.#isLogOpen(epoch);
    // What is pending comes first: who sees it gone sees that the stamps were dropped before, however the batch is cut. Those
    // of one entity are never apart.
    const wanted = [
      ...pendingKeys,
      ...entryKeys,
      ...stampKeys,
      ...(log && !openLog ? [this.#keys.logHead] : []),
    ];
    const parts = partsOf(wanted, { most: KEYS_A_COMMAND, apart: this.#apart });
    const replies = await this.#send("read", [
      ...parts.map(({ items }): RedisCommand => ["mget", ...items]),
      ...(openLog ? [this.#openLogCommand(epoch)] : []),
    ]);
    // The server became another one while it answered: nothing that it said is known to hold.
    const changed = this.#epoch === epoch ? undefined : new StoreFailure("down", "the server has changed");
    const values = inPlace(parts, ({ items }, nth) => {
      const reply = changed ?? replies[nth];
      return items.map((_, i) => (Array.isArray(reply) ? (reply[i] as string | null) : failureIn(reply)));
    });
    const pending = values.splice(0, pendingKeys.length);
    const entries = values.slice(0, entryKeys.length);
    const stamps = values.slice(entryKeys.length, entryKeys.length + stampKeys.length);
    return {
      ...(pending.length > 0 ? { pending } : {}),
      entries,
      stamps: stamps.map((stamp) => (typeof stamp === "string" && !isOfEpoch(stamp, epoch) ? null : stamp)),
      ...(log ? { log: await this.#logPosition(epoch, openLog ? replies.at(-1) : values.at(-1)) } : {}),
    };
  }

  begin(requests: readonly BeginRequest[]): Promise<readonly (BeginReply | StoreFailure)[]> {
    const epoch = this.#epoch;
    return this.#each("lock", beginScript, requests, {
      shared: [epoch],
      keys: ({ entryKey, stampKey, lockKey, passKey }) => [entryKey, stampKey, lockKey, passKey],
      args: ({ seenId, token, lockMs, stampMs }) => [
        seenId,
        token,
        newStamp(epoch, this.#random),
        wholeMs(lockMs),
        wholeMs(stampMs),
      ],
      reply: beginReplyFrom,
    });
  }

  stamps(requests: readonly StampRequest[]): Promise<readonly (string | StoreFailure)[]> {
    const epoch = this.#epoch;
    return this.#each("lock", stampsScript, requests, {
      shared: [epoch],
      keys: ({ stampKey }) => [stampKey],
      args: ({ lifeMs }) => [newStamp(epoch, this.#random), wholeMs(lifeMs)],
      reply: String,
    });
  }

  async logSince({ position, own }: LogRequest): Promise<LogSince | StoreFailure> {
    const epoch = this.#epoch;
    const { log, sequence } = positionParts(position) ?? { log: "", sequence: 0 };
    const [reply] = await this.#send("lock", [
      {
        script: logSinceScript,
        keys: [this.#keys.logHead, this.#keys.logNames, this.#keys.logAnnounced],
        args: [epoch, log, sequence],
      },
    ]);
    if (!Array.isArray(reply)) return failureIn(reply);
    const [head, told, logged = [], announced = []] = reply as [string, number, string[]?, string[]?];
    const newest = await this.#logPosition(epoch, head === "" ? null : head);
    if (newest instanceof StoreFailure) return newest;
    const others = announced
      .map((announcement) => announcement.split(" "))
      .filter(([token]) => !isPartOf(token!, own));
    const names = [...logged, ...others.flatMap(([, ...announcedNames]) => announcedNames)];
    return { names: told === 1 ? new Set(names) : "gap", position: newest };
  }

  put(requests: readonly PutRequest[]): Promise<readonly (boolean | StoreFailure)[]> {
    return this.#each("write", putScript, requests, {
      keys: ({ entryKey, stampKey, lockKey, passKey }) => [entryKey, stampKey, lockKey, passKey],
      args: ({ token, stamp, lifeMs, text }) => [token, stamp, wholeMs(lifeMs), text],
      weight: ({ text }) => text.length,
      reply: isOne,
    });
  }

  prime(requests: readonly PrimeRequest[]): Promise<readonly (boolean | StoreFailure)[]> {
    return this.#each("write", primeScript, requests, {
      keys: ({ entryKey, stampKey }) => [entryKey, stampKey],
      args: ({ stamp, lifeMs, text }) => [stamp, wholeMs(lifeMs), text],
      weight: ({ text }) => text.length,
      reply: isOne,
    });
  }

  release(requests: readonly ReleaseRequest[]): Promise<readonly (boolean | StoreFailure)[]> {
    return this.#each("write", releaseScript, requests, {
      keys: ({ lockKey, passKey }) => [lockKey, passKey],
      args: ({ token, stamp, mark, forMs = 0 }) => [
        token,
        stamp,
        wholeMs(forMs),
        mark?.kind ?? "",
        mark?.failures ?? 0,
        mark?.text ?? "",
      ],
      weight: ({ mark }) => mark?.text.length ?? 0,
      reply: isOne,
    });
  }

  renew(requests: readonly RenewRequest[]): Promise<readonly (boolean | StoreFailure)[]> {
    return this.#each("write", renewScript, requests, {
      keys: ({ lockKey }) => [lockKey],
      args: ({ token, lockMs }) => [token, wholeMs(lockMs)],
      reply: isOne,
    });
  }

  async dropStamps(stampKeys: readonly string[]): Promise<StoreFailure | undefined> {
    const parts = partsOf(stampKeys, { most: KEYS_A_COMMAND, apart: this.#apart });
    const commands = parts.map(({ items }): RedisCommand => ["del", ...items]);
    return firstFailure(await this.#send("invalidate", commands));
  }

  async announce(token: string, names: readonly string[]): Promise<StoreFailure | undefined> {
    const commands = announcements(token, names).map(
      ({ text }): RedisCommand => ({
        script: announceScript,
        keys: [this.#keys.logAnnounced],
        args: [ANNOUNCED_MS, text],
      }),
    );
    return firstFailure(await this.#send("invalidate", commands));
  }

  async appendLog(token: string, names: readonly string[]): Promise<boolean | StoreFailure> {
    const epoch = this.#epoch;
    const commands = announcements(token, names).map(
      ({ text, part }): RedisCommand => ({
        script: appendLogScript,
        keys: [this.#keys.logHead, this.#keys.logNames, this.#keys.logAnnounced],
        args: [epoch, newStamp(epoch, this.#random), LOG_MS, LOG_NAMES, text, ...part],
      }),
    );
    const replies = await this.#send("invalidate", commands);
    return firstFailure(replies) ?? replies.every(isOne);
  }

  position(): LogPosition | undefined {
    return this.#newest.get();
  }

  async enrol(gateway: string, leaseMs: number): Promise<number | StoreFailure> {
    const [counted] = await this.#send("write", [
      { script: enrolScript, keys: [this.#keys.gateways], args: [gateway, leaseMs] },
    ]);
    return typeof counted === "number" ? counted : failureIn(counted);
  }

  async scan(visit: (key: string) => void): Promise<StoreFailure | undefined> {
    let cursor = "0";
    do {
      const [reply] = await this.#send("invalidate", [
        ["scan", cursor, "match", this.#keys.pattern, "count", 1000],
      ]);
      if (!Array.isArray(reply)) return failureIn(reply);
      const [next, found] = reply as [string, string[]];
      for (const key of found) if (this.#keys.parseEntry(key) !== undefined) visit(key);
      cursor = next;
    } while (cursor !== "0");
    return undefined;
  }

  now(): number {
    return this.#connection.nowUs();
  }

  state(): StoreState {
    return this.#connection.state();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** "" while there is no server: then nothing is sent, whatever it would say. */
  get #epoch(): string {
    return this.#connection.epoch ?? "";
  }

  async #each<Item, Reply>(
    kind: Kind,
    script: Script,
    items: readonly Item[],
    form: ItemForm<Item, Reply>,
  ): Promise<readonly (Reply | StoreFailure)[]> {
    const apart = this.#apart;
    const parts = partsOf(items, {
      most: ITEMS_A_SCRIPT,
      weight: form.weight,
      heaviest: CHARACTERS_A_SCRIPT,
      apart: apart && ((item) => apart(form.keys(item)[0]!)),
    });
    const commands = parts.map(({ items: part }) => ({
      script,
      keys: part.flatMap(form.keys),
      args: [...(form.shared ?? []), ...part.flatMap(form.args)],
    }));
    const replies = await this.#send(kind, commands);
    return inPlace(parts, ({ items: part }, nth): readonly (Reply | StoreFailure)[] => {
      const reply = replies[nth];
      if (!Array.isArray(reply)) return part.map(() => failureIn(reply));
      return part.map((_, i) => {
        const item: unknown = reply[i];
        const failed = Array.isArray(item) && item[0] === "!";
        return failed ? this.#connection.failureFrom(String(item[1]), script) : form.reply(item);
      });
    });
  }

  #send(kind: Kind, commands: readonly RedisCommand[]): Promise<readonly unknown[]> {
    return this.#connection.send(kind, commands, this.#sending);
  }

  #isLogOpen(epoch: string): boolean {
    const opened = this.#logOpened;
    return opened?.epoch === epoch && this.#clock.monotonic() - opened.atMs < RENEW_LOG_MS;
  }

  #openLogCommand(epoch: string): RedisCommand {
    return {
      script: openLogScript,
      keys: [this.#keys.logHead, this.#keys.logNames],
      args: [epoch, newStamp(epoch, this.#random), LOG_MS],
    };
  }

  /** Position that a head tells; where the log is absent or of another epoch of the store, a new one is begun. */
  async #logPosition(epoch: string, head: unknown): Promise<LogPosition | StoreFailure> {
    if (head instanceof StoreFailure) return head;
    const present = positionFrom(head, epoch);
    if (present !== undefined) {
      this.#newest.receive(present);
      if (!this.#isLogOpen(epoch)) this.#logOpened = { epoch, atMs: this.#clock.monotonic() };
      return present;
    }
    const [opened] = await this.#send("write", [this.#openLogCommand(epoch)]);
    const begun = positionFrom(opened, epoch);
    if (begun === undefined) return failureIn(opened);
    this.#newest.receive(begun);
    return begun;
  }
}

/** How the items of a batch become KEYS and ARGV of a script, and its replies answers. */
interface ItemForm<Item, Reply> {
  readonly shared?: readonly string[];
  readonly keys: (item: Item) => readonly string[];
  readonly args: (item: Item) => readonly (string | number)[];
  /** Characters, where items can be large. */
  readonly weight?: (item: Item) => number;
  readonly reply: (reply: unknown) => Reply;
}

function beginReplyFrom(reply: unknown): BeginReply {
  const [kind, ...rest] = reply as [BeginReply["kind"], ...unknown[]];
  switch (kind) {
    case "own": {
      const [stamp, born, failures] = rest as [string, number, number];
      return { kind, stamp, born, failures };
    }
    case "wait":
      return { kind, remainingMs: Math.max(0, Number(rest[0])) };
    case "entry": {
      const [text, stamp] = rest as [string, string];
      return { kind, text, stamp };
    }
    case "mark": {
      const [stamp, remainingMs, text] = rest as [string, number, string];
      return { kind, stamp, remainingMs, mark: markFrom(text) };
    }
  }
}

/** `<stamp> <kind> <failures> <until ms> <text>`, as the script `release` wrote it. */
function markFrom(text: string): Mark {
  const [, kind, failures, reason] = /^\S+ (\S+) (\d+) \d+ ([\s\S]*)$/.exec(text) ?? [];
  return { kind: kind === "error" ? "error" : "pass", failures: Number(failures ?? 0), text: reason ?? "" };
}

function positionFrom(head: unknown, epoch: string): LogPosition | undefined {
  if (typeof head !== "string" || positionParts(head) === undefined) return undefined;
  return isOfEpoch(head, epoch) ? head : undefined;
}

function failureIn(reply: unknown): StoreFailure {
  return reply instanceof StoreFailure ? reply : new StoreFailure("error", `odd reply: ${typeof reply}`);
}

function firstFailure(replies: readonly unknown[]): StoreFailure | undefined {
  return replies.find((reply) => reply instanceof StoreFailure);
}

/** What one script announces, or logs in its place. Names hold no blank. */
function announcements(
  token: string,
  names: readonly string[],
): readonly { readonly text: string; readonly part: readonly string[] }[] {
  return chunk(names, LOG_NAMES).map((part, nth) => ({ part, text: [`${token}.${nth}`, ...part].join(" ") }));
}

/** `token` of an announcement, as `announcements` made it of `own`. */
function isPartOf(token: string, own: string | undefined): boolean {
  return own !== undefined && token.slice(0, token.lastIndexOf(".")) === own;
}

function isOne(reply: unknown): boolean {
  return reply === 1;
}

/** Redis takes whole milliseconds, and none that are not positive. */
function wholeMs(ms: number): number {
  return Math.max(1, Math.round(ms));
}

/** Parts of at most `most` items. */
function chunk<T>(items: readonly T[], most: number): readonly (readonly T[])[] {
  return partsOf(items, { most }).map((part) => part.items);
}
