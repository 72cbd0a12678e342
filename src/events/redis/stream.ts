import type { RedisTarget } from "../../store/redis/redis-target.ts";
import type { EventSource } from "../event-source.ts";
import { connectUntil, type RedisClient } from "./connection.ts";

/** Options of {@link redisStreamEvents}. */
export interface RedisStreamOptions {
  /** Where the stream lies: as the option `redis` of `createFieldCache`. */
  readonly redis: RedisTarget;
  /** Its key. */
  readonly stream: string;
  /** Field of an entry that holds the message. Default `"message"`. */
  readonly field?: string;
  /** Default: the stream's key. */
  readonly name?: string;
}

/** Entries read at a time. */
const COUNT = 500;

/**
 * Messages added to a Redis stream: `XADD changes MAXLEN ~ 10000 * message '{"targets":[…]}'`. After a lost connection or a restart
 * it is read on from where the fleet had come to; if entries were trimmed meanwhile, everything that it covers is dropped.
 *
 * @example
 * await cache.listen(redisStreamEvents({ redis: "redis://localhost:6379", stream: "changes" }));
 *
 * Trap: a stream that is trimmed to less than what comes in a minute cannot be caught up with.
 */
export function redisStreamEvents(options: RedisStreamOptions): EventSource {
  const { redis, stream, field = "message", name = stream } = options;
  return {
    name,
    async *read({ from, everyMs, signal }) {
      const client = await connectUntil(redis, signal);
      try {
        const opened = await openStream(client, stream, from);
        let { position } = opened;
        if (opened.gap !== undefined) yield { messages: [], current: false, ...opened };
        // Whoever listens waits for the first batch: it does not wait for news.
        for (let waitMs = 1; ; waitMs = everyMs) {
          const before = position;
          const entries = await readAfter(client, stream, before, waitMs);
          position = entries.at(-1)?.id ?? before;
          const ends = await endsOf(client, stream);
          if (isLater(position, ends.last)) throw new Error("The stream has begun anew.");
          const gap = entries.length > 0 && isTrimmed(before, ends) ? { gap: TRIMMED } : {};
          const messages = entries.map(({ fields }) => textOf(fields, field));
          yield { messages, position, current: entries.length < COUNT, ...gap };
        }
      } finally {
        client.disconnect();
      }
    },
  };
}

interface Entry {
  readonly id: string;
  /** Names and values in turn. */
  readonly fields: readonly string[];
}

async function readAfter(
  client: RedisClient,
  stream: string,
  id: string,
  blockMs: number,
): Promise<readonly Entry[]> {
  const wait = Math.max(1, Math.round(blockMs));
  const reply = await client.xread("COUNT", COUNT, "BLOCK", wait, "STREAMS", stream, id);
  const [, entries = []] = reply?.[0] ?? [];
  return entries.map(([entryId, fields]) => ({ id: entryId, fields: fields ?? [] }));
}

/** An entry without the field is a message that says nothing: it is set aside with the others that cannot be understood. */
function textOf(fields: readonly string[], field: string): string {
  const at = fields.findIndex((name, nth) => nth % 2 === 0 && name === field);
  return at < 0 ? "" : (fields[at + 1] ?? "");
}

/** Before the first entry. */
const NOTHING = "0-0";
const TRIMMED = "entries were trimmed before they were read";

/** Where to begin, and whether something between it and `from` may be gone. */
async function openStream(
  client: RedisClient,
  stream: string,
  from: string | undefined,
): Promise<{ readonly position: string; readonly gap?: string }> {
  const ends = await endsOf(client, stream);
  const { last } = ends;
  if (from === undefined) return { position: last, gap: "it is not known how far the stream was read" };
  // Where there was no stream there may have been one meanwhile.
  if (from === NOTHING || isLater(from, last)) return { position: last, gap: "the stream has begun anew" };
  if (from !== last && isTrimmed(from, ends)) return { position: last, gap: TRIMMED };
  return { position: from };
}

interface Ends {
  /** Of what is there; undefined: nothing is. */
  readonly first: string | undefined;
  /** Of what was ever added. */
  readonly last: string;
  /** Nothing was ever removed, as far as the server can tell (Redis 7). */
  readonly isWhole: boolean;
}

async function endsOf(client: RedisClient, stream: string): Promise<Ends> {
  if ((await client.exists(stream)) === 0) return { first: undefined, last: NOTHING, isWhole: false };
  const info = (await client.xinfo("STREAM", stream)) as unknown[];
  const told = new Map<unknown, unknown>();
  for (let at = 0; at < info.length; at += 2) told.set(info[at], info[at + 1]);
  return {
    first: (told.get("first-entry") as [string] | null)?.[0],
    last: String(told.get("last-generated-id")),
    isWhole: told.get("entries-added") === told.get("length"),
  };
}

/** Streams are trimmed from their beginning: what follows an entry that is still there is there too. Else nobody knows. */
function isTrimmed(from: string, { first, isWhole }: Ends): boolean {
  if (from === NOTHING) return !isWhole;
  return first === undefined || isLater(first, from);
}

function isLater(id: string, than: string): boolean {
  const [ms = "0", nth = "0"] = id.split("-");
  const [thanMs = "0", thanNth = "0"] = than.split("-");
  return BigInt(ms) === BigInt(thanMs) ? BigInt(nth) > BigInt(thanNth) : BigInt(ms) > BigInt(thanMs);
}
