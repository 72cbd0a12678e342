import { systemClock } from "../base/clock.ts";
import type { EventSource } from "./event-source.ts";
import { Inbox } from "./inbox.ts";

/** The part of `jetstream(connection)` of the package `@nats-io/jetstream` 3 that is used. */
export interface JetStreamClient {
  jetstreamManager(): Promise<{
    readonly streams: {
      info(
        stream: string,
      ): Promise<{ readonly state: { readonly first_seq: number; readonly last_seq: number } }>;
    };
  }>;
  readonly consumers: {
    get(stream: string, options: object): Promise<JetStreamConsumer>;
  };
}

interface JetStreamConsumer {
  info(): Promise<{ readonly num_pending: number; readonly delivered: { readonly stream_seq: number } }>;
  consume(options: object): Promise<JetStreamMessages>;
}

interface JetStreamMessages extends AsyncIterable<JetStreamMessage> {
  close(): Promise<unknown>;
}

interface JetStreamMessage {
  readonly seq: number;
  readonly info: { readonly pending: number };
  string(): string;
}

/** Options of {@link jetStreamEvents}. */
export interface JetStreamEventsOptions {
  /** `jetstream(connection)`: the connection is yours, to open and to close. */
  readonly client: JetStreamClient;
  readonly stream: string;
  /** Only these: one subject, with wildcards. Default: every subject of the stream. */
  readonly subject?: string;
  /** Default: the stream's. */
  readonly name?: string;
}

/**
 * Messages of a NATS JetStream stream; needs the packages `@nats-io/jetstream` and `@nats-io/transport-node`. Read on from where the fleet
 * had come to; if the stream's limits have removed messages meanwhile, everything that it covers is dropped.
 *
 * @example
 * const connection = await connect({ servers: "localhost:4222" });
 * await cache.listen(jetStreamEvents({ client: jetstream(connection), stream: "CHANGES" }));
 *
 * Trap: a stream that keeps only so many messages of a subject forgets from its middle, unnoticed: limit it by age or as a whole. Close the
 * connection after the cache, not before.
 */
export function jetStreamEvents(options: JetStreamEventsOptions): EventSource {
  const { client, stream, subject, name = stream } = options;
  return {
    name,
    async *read({ from, everyMs, signal }) {
      const manager = await client.jetstreamManager();
      const { state } = await manager.streams.info(stream);
      const opened = openAt(from, state);
      let { sequence } = opened;
      const position = () => String(sequence);
      if (opened.gap !== undefined) {
        yield { messages: [], current: false, position: position(), gap: opened.gap };
      }
      const consumer = await client.consumers.get(stream, {
        deliver_policy: "by_start_sequence",
        opt_start_seq: sequence + 1,
        ...(subject === undefined ? {} : { filter_subjects: subject }),
      });
      const messages = await consumer.consume({ max_messages: 500 });
      const stop = () => void messages.close();
      signal.addEventListener("abort", stop, { once: true });
      const inbox = new Inbox<JetStreamMessage>(systemClock);
      const pump = async () => {
        for await (const message of messages) inbox.push(message);
        inbox.fail(new Error("The consumer is closed."));
      };
      pump().catch((error: Error) => inbox.fail(error));
      try {
        // Whoever listens waits for the first batch: it does not wait for news.
        for (let waitMs = 1; ; waitMs = everyMs) {
          const { items, overflowed } = await inbox.take(waitMs);
          const last = items.at(-1);
          if (last !== undefined) {
            sequence = last.seq;
            const gap = overflowed ? { gap: "more was sent than could be dealt with" } : {};
            yield {
              messages: items.map((item) => item.string()),
              current: last.info.pending === 0,
              position: position(),
              ...gap,
            };
            continue;
          }
          const now = await manager.streams.info(stream);
          if (now.state.last_seq < sequence) throw new Error("The stream has begun anew.");
          const { num_pending: pending, delivered } = await consumer.info();
          yield {
            messages: [],
            current: pending === 0 && delivered.stream_seq <= sequence,
            position: position(),
          };
        }
      } finally {
        signal.removeEventListener("abort", stop);
        await messages.close();
      }
    },
  };
}

/** Sequences have no holes but those that limits and deletions tear. */
function openAt(
  from: string | undefined,
  { first_seq: first, last_seq: last }: { readonly first_seq: number; readonly last_seq: number },
): { readonly sequence: number; readonly gap?: string } {
  const sequence = Number(from);
  if (from === undefined) return { sequence: last, gap: "it is not known how far the stream was read" };
  if (sequence > last) return { sequence: last, gap: "the stream has begun anew" };
  if (first > sequence + 1) return { sequence, gap: "messages were removed before they were read" };
  return { sequence };
}
