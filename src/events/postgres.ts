import { systemClock } from "../base/clock.ts";
import type { EventBatch, EventSource } from "./event-source.ts";
import { Inbox } from "./inbox.ts";

/** The part of a `Client` of the package `pg` that is used. Not from a pool: a pooled connection changes hands. */
export interface PostgresClient {
  connect(): Promise<unknown>;
  query(
    sql: string,
    parameters?: readonly unknown[],
  ): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
  on(event: "notification", listener: (message: { readonly payload?: string | undefined }) => void): unknown;
  on(event: "error" | "end", listener: (error?: Error) => void): unknown;
  end(): Promise<unknown>;
}

/** Options of {@link postgresEvents}. */
export interface PostgresEventsOptions {
  /** Makes a client that is not connected: `() => new pg.Client(url)`. Called at each opening. */
  readonly client: () => PostgresClient;
  readonly channel: string;
  /**
   * The changelog: a table that triggers write messages to, whose insertion is notified on the channel (docs/events.md has the
   * SQL). Lost time is caught up from it. Without it messages are the payloads themselves.
   */
  readonly changelog?: string;
  /** How long the changelog is kept, in seconds; what is older is deleted by who reads. 0: deleting it is left to others. Default 86400 (a day). */
  readonly keepSeconds?: number;
  /** Default: the channel's. */
  readonly name?: string;
}

/**
 * What a PostgreSQL database, or its triggers, tells by `NOTIFY`: PostgreSQL 13 or newer. A notification is sent when its transaction
 * commits, so whoever loads because of it finds the change.
 *
 * @example
 * const client = () => new pg.Client(process.env.DATABASE_URL);
 * await cache.listen(postgresEvents({ client, channel: "cache_events", changelog: "cache_events" }));
 *
 * Trap: without a changelog nothing is remembered, and everything that it covers is dropped whenever this source is opened; a payload has
 * less than 8000 bytes.
 */
export function postgresEvents(options: PostgresEventsOptions): EventSource {
  const { channel, name = channel, changelog } = options;
  return {
    name,
    async *read({ from, everyMs, signal }) {
      const client = options.client();
      const inbox = new Inbox<string>(systemClock);
      client.on("error", (error) => inbox.fail(error ?? new Error("The connection has failed.")));
      client.on("end", () => inbox.fail(new Error("The connection to the database is closed.")));
      client.on("notification", ({ payload = "" }) => inbox.push(payload));
      const stop = () => {
        inbox.fail(new Error("It was told to stop."));
        void client.end().catch(() => {});
      };
      signal.addEventListener("abort", stop, { once: true });
      try {
        await client.connect();
        await client.query(`listen ${quoted(channel)}`);
        const told =
          changelog === undefined
            ? notified(inbox, client, everyMs)
            : logged({ ...options, changelog }, client, inbox, { from, everyMs });
        yield* told;
      } finally {
        await client.end().catch(() => {});
      }
    },
  };
}

/** The payloads are the messages. */
async function* notified(
  inbox: Inbox<string>,
  client: PostgresClient,
  everyMs: number,
): AsyncGenerator<EventBatch> {
  yield { messages: [], current: true, gap: "notifications are not kept for who listens later" };
  for (;;) {
    const { items, overflowed } = await inbox.take(everyMs);
    if (items.length === 0) await client.query("select 1");
    const gap = overflowed ? { gap: "more was notified than could be dealt with" } : {};
    yield { messages: items, current: true, ...gap };
  }
}

/** Rows of the changelog read at a time. */
const PAGE = 500;
/** The changelog is cleared of what is too old so often. */
const CLEAR_MS = 10 * 60 * 1000;

/**
 * A position is a snapshot of the database, and when it was taken: what is told next are the rows that were not visible in it.
 *
 * Numbers would not do: 1. transaction A takes number 10 · 2. B takes 11 and commits · 3. who has read up to 11 goes on behind it
 * 4. A commits, and nobody ever reads 10.
 */
async function* logged(
  { changelog, keepSeconds = 86_400 }: PostgresEventsOptions & { readonly changelog: string },
  client: PostgresClient,
  inbox: Inbox<string>,
  { from, everyMs }: { readonly from: string | undefined; readonly everyMs: number },
): AsyncGenerator<EventBatch> {
  const table = changelog.split(".").map(quoted).join(".");
  const now = await snapshotOf(client);
  const gap = await whyGap(client, from, now, keepSeconds);
  let seen = gap === undefined && from !== undefined ? snapshotIn(from) : now.snapshot;
  if (gap !== undefined) yield { messages: [], current: false, position: now.position, gap };
  let clearedAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const next = await snapshotOf(client);
    for (let last = "0"; ; ) {
      const { rows } = await client.query(
        `select log.id::text as last, log.message::text as message from ${table} as log
         where tx >= pg_snapshot_xmin($1::text::pg_snapshot) and log.id > $3::text::bigint
           and not pg_visible_in_snapshot(tx, $1::text::pg_snapshot) and pg_visible_in_snapshot(tx, $2::text::pg_snapshot)
         order by log.id limit ${PAGE}`,
        [seen, next.snapshot, last],
      );
      const messages = rows.map(({ message }) => String(message));
      const whole = rows.length < PAGE;
      // The position of what was read before holds until all of it is dealt with: pages are in the order of their numbers, not of time.
      yield { messages, current: whole, position: whole ? next.position : positionOf(seen, next.seconds) };
      if (whole) break;
      last = String(rows.at(-1)!["last"]);
    }
    seen = next.snapshot;
    if (keepSeconds > 0 && systemClock.monotonic() - clearedAt >= CLEAR_MS) {
      clearedAt = systemClock.monotonic();
      await client.query(`delete from ${table} where at < now() - make_interval(secs => $1::float8)`, [
        keepSeconds,
      ]);
    }
    await inbox.take(everyMs);
  }
}

interface Snapshot {
  readonly snapshot: string;
  readonly seconds: number;
  readonly position: string;
}

async function snapshotOf(client: PostgresClient): Promise<Snapshot> {
  const { rows } = await client.query(
    "select pg_current_snapshot()::text as snapshot, extract(epoch from clock_timestamp())::bigint::text as seconds",
  );
  const { snapshot, seconds } = rows[0] as { readonly snapshot: string; readonly seconds: string };
  return { snapshot, seconds: Number(seconds), position: positionOf(snapshot, Number(seconds)) };
}

function positionOf(snapshot: string, seconds: number): string {
  return `${seconds} ${snapshot}`;
}

function snapshotIn(position: string): string {
  return position.slice(position.indexOf(" ") + 1);
}

async function whyGap(
  client: PostgresClient,
  from: string | undefined,
  now: Snapshot,
  keepSeconds: number,
): Promise<string | undefined> {
  if (from === undefined) return "it is not known how far the changelog was read";
  if (keepSeconds > 0 && now.seconds - Number.parseInt(from, 10) >= keepSeconds) {
    return "the changelog was last read longer ago than it is kept";
  }
  const { rows } = await client.query(
    "select pg_snapshot_xmax($1::text::pg_snapshot) > pg_snapshot_xmax($2::text::pg_snapshot) as ahead",
    [snapshotIn(from), now.snapshot],
  );
  // Restored, or failed over to a server that had not received everything: its transactions begin again at an older number.
  return rows[0]?.["ahead"] === true ? "the database is an older one than was read" : undefined;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
