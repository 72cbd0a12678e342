import type { Clock } from "../../base/clock.ts";
import { systemClock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { systemRandom } from "../../base/random.ts";
import type { Keys } from "../../keys/grammar.ts";
import { hashSlot, SLOTS } from "../../keys/hash-slot.ts";
import { entryId } from "../entry-id.ts";
import { positionParts } from "../newest-position.ts";
import { EPOCH_CHARS, newStamp } from "../stamp.ts";
import type {
  BeginReply,
  BeginRequest,
  LogPosition,
  LogRequest,
  LogSince,
  Mark,
  PrimeRequest,
  PutRequest,
  ReadReply,
  ReadRequest,
  ReleaseRequest,
  RenewRequest,
  StampRequest,
  Store,
} from "../store.ts";
import { ANNOUNCED_MS, LOG_NAMES, ONE_SERVER } from "../store.ts";
import { ExpiringMap } from "./expiring-map.ts";
import { MemoryBehind } from "./memory-behind.ts";

export interface MemoryStoreOptions {
  readonly keys: Keys;
  /** Everything counted, keys and overhead too. Default 256 MiB. When full, the longest unread go first. */
  readonly maxBytes?: number;
  /** Parts that it says it is divided into; more than one shows to a test what a store of many servers does. Default 1. */
  readonly buckets?: number;
  /** Lifetimes are judged on its `now()`. Default: the system's clock. */
  readonly clock?: Clock;
  readonly random?: Random;
}

/** The store of one process: nothing to install, nothing shared, empty at each start. */
export interface MemoryStore extends Store {
  readonly kind: "embedded";
  peek(request: ReadRequest): ReadReply;
  /** Forgets everything, as FLUSHALL does in Redis. */
  clear(): void;
}

export function createMemoryStore(options: MemoryStoreOptions): MemoryStore {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const { buckets = 1 } = options;
  const map = new ExpiringMap(clock, options.maxBytes ?? 256 * 1024 * 1024);
  const epoch = random.token(EPOCH_CHARS);
  const nowUs = () => Math.floor(clock.now() * 1000);
  let log = { epoch: newStamp(epoch, random), sequence: 0, names: [] as string[] };
  const announced = new Map<string, { readonly names: readonly string[]; readonly until: number }>();
  const behind = new MemoryBehind(clock);
  let commands = 0;

  const position = (): LogPosition => `${log.epoch}.${log.sequence}`;

  /** One command of the port: what it touches is touched in one step, as nothing here waits. */
  function step<T>(run: () => T): Promise<T> {
    commands += 1;
    return Promise.resolve(run());
  }

  function stampOf(key: string, lifeMs: number): string {
    const present = map.get(key);
    if (present !== undefined) {
      map.extend(key, lifeMs);
      return present;
    }
    const stamp = newStamp(epoch, random);
    map.set(key, stamp, lifeMs);
    return stamp;
  }

  function markOf(passKey: string): HeldMark | undefined {
    const text = map.get(passKey);
    return text === undefined ? undefined : (JSON.parse(text) as HeldMark);
  }

  function lockOf(lockKey: string): HeldLock | undefined {
    const text = map.get(lockKey);
    return text === undefined ? undefined : (JSON.parse(text) as HeldLock);
  }

  function peek({ pendingKeys, entryKeys, stampKeys, log: withLog }: ReadRequest): ReadReply {
    commands += 1;
    return {
      ...(pendingKeys === undefined ? {} : { pending: pendingKeys.map((key) => behind.text(key)) }),
      entries: entryKeys.map((key) => map.get(key) ?? null),
      stamps: stampKeys.map((key) => map.get(key) ?? null),
      ...(withLog ? { log: position() } : {}),
    };
  }

  function begin(request: BeginRequest): BeginReply {
    const { entryKey, stampKey, lockKey, passKey, seenId, token, lockMs, stampMs } = request;
    const text = map.get(entryKey);
    const before = map.get(stampKey);
    const id = text === undefined ? undefined : entryId(text);
    // An entry without stamp is dead: not worth a look, and about to be replaced.
    if (id !== undefined && id !== seenId && before !== undefined) {
      return { kind: "entry", text: text!, stamp: before };
    }
    const stamp = stampOf(stampKey, stampMs);
    const held = markOf(passKey);
    const remainingMs = held === undefined ? 0 : held.until - clock.now();
    if (held !== undefined && held.stamp === stamp && remainingMs > 0) {
      return { kind: "mark", mark: held.mark, stamp, remainingMs };
    }
    // The lock of a dead stamp belongs to a fill that may no longer store: taken over, not waited for.
    if (lockOf(lockKey)?.stamp === stamp) return { kind: "wait", remainingMs: map.remainingMs(lockKey) };
    map.set(lockKey, JSON.stringify({ stamp, token } satisfies HeldLock), lockMs);
    return { kind: "own", stamp, born: nowUs(), failures: held?.mark.failures ?? 0 };
  }

  function put(request: PutRequest): boolean {
    const { entryKey, stampKey, lockKey, passKey, token, stamp, text, lifeMs } = request;
    if (lockOf(lockKey)?.token !== token) return false;
    map.delete(lockKey);
    if (map.get(stampKey) !== stamp) return false;
    map.delete(passKey);
    map.set(entryKey, text, lifeMs);
    return true;
  }

  function prime({ entryKey, stampKey, stamp, text, lifeMs }: PrimeRequest): boolean {
    if (map.get(stampKey) !== stamp) return false;
    map.set(entryKey, text, lifeMs);
    return true;
  }

  function release({ lockKey, passKey, token, stamp, mark, forMs = 0 }: ReleaseRequest): boolean {
    if (lockOf(lockKey)?.token !== token) return false;
    map.delete(lockKey);
    if (mark !== undefined) {
      const held: HeldMark = { mark, stamp, until: clock.now() + forMs };
      map.set(passKey, JSON.stringify(held), forMs * 2);
    }
    return true;
  }

  function renew({ lockKey, token, lockMs }: RenewRequest): boolean {
    if (lockOf(lockKey)?.token !== token) return false;
    map.extend(lockKey, lockMs);
    return true;
  }

  function logSince({ position: since, own }: LogRequest): LogSince {
    const parts = positionParts(since);
    const missed = parts?.log === log.epoch ? log.sequence - parts.sequence : -1;
    const told = missed >= 0 && missed <= log.names.length;
    if (!told) return { names: "gap", position: position() };
    const names = new Set(log.names.slice(log.names.length - missed));
    for (const [token, announcement] of announced) {
      if (announcement.until <= clock.now()) announced.delete(token);
      else if (token !== own) for (const name of announcement.names) names.add(name);
    }
    return { names, position: position() };
  }

  function appendLog(token: string, names: readonly string[]): boolean {
    const announcement = announced.get(token);
    announced.delete(token);
    if (announcement === undefined || announcement.until <= clock.now()) return false;
    log.sequence += names.length;
    log.names = [...log.names, ...names].slice(-LOG_NAMES);
    return true;
  }

  return {
    kind: "embedded",
    buckets,
    bucketOf: (hashTag) => (buckets === 1 ? 0 : Math.floor((hashSlot(hashTag) * buckets) / SLOTS)),
    nodeOf: () => ONE_SERVER,
    ready: () => Promise.resolve(),
    peek,
    read: (request) => Promise.resolve(peek(request)),
    begin: (requests) => step(() => requests.map(begin)),
    stamps: (requests: readonly StampRequest[]) =>
      step(() => requests.map(({ stampKey, lifeMs }) => stampOf(stampKey, lifeMs))),
    logSince: (request) => step(() => logSince(request)),
    position,
    put: (requests) => step(() => requests.map(put)),
    prime: (requests) => step(() => requests.map(prime)),
    release: (requests) => step(() => requests.map(release)),
    renew: (requests) => step(() => requests.map(renew)),
    dropStamps: (stampKeys) =>
      step(() => {
        for (const key of stampKeys) map.delete(key);
        return undefined;
      }),
    announce: (token, names) =>
      step(() => {
        announced.set(token, { names, until: clock.now() + ANNOUNCED_MS });
        return undefined;
      }),
    appendLog: (token, names) => step(() => appendLog(token, names)),
    scan: (visit) =>
      step(() => {
        for (const key of map.keys()) if (options.keys.parseEntry(key) !== undefined) visit(key);
        return undefined;
      }),
    now: nowUs,
    state: () => ({ status: "up", commands, roundTrips: 0, bytes: map.bytes, entries: map.size }),
    behind,
    close: () => Promise.resolve(),
    clear() {
      map.clear();
      behind.clear();
      announced.clear();
      log = { epoch: newStamp(epoch, random), sequence: 0, names: [] };
    },
  };
}

interface HeldLock {
  readonly stamp: string;
  readonly token: string;
}

interface HeldMark {
  readonly mark: Mark;
  readonly stamp: string;
  /** Until when it is obeyed, ms of the clock; its failures are remembered longer. */
  readonly until: number;
}
