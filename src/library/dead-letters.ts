import { systemClock } from "../base/clock.ts";
import { FieldgateError } from "../base/errors.ts";
import { systemRandom } from "../base/random.ts";
import type { Letter } from "../engine/behind/flusher.ts";
import { createCache } from "../engine/cache.ts";
import { decodeValue } from "../engine/value-codec.ts";
import { createKeys, stampNames } from "../keys/grammar.ts";
import { createRedisStore } from "../store/redis/create-redis-store.ts";
import { StoreFailure } from "../store/store.ts";

/** A change that was written behind and that its source refused for good. */
export interface DeadLetter {
  readonly id: string;
  readonly entity: string;
  readonly kind: "write" | "remove";
  /** The row, or the key that was to be removed. */
  readonly value: unknown;
  readonly failures: number;
  /** Message of the last failure. */
  readonly error: string;
  /** When it was set aside, ISO 8601. */
  readonly at: string;
}

/** The dead letters of a namespace, for tools. Every method rejects with a `FieldgateError` when the store does not answer. */
export interface DeadLetters {
  list(): Promise<readonly DeadLetter[]>;
  /** Puts them behind what is pending of their entities, each with a new token; answers how many there were. */
  replay(ids: readonly string[]): Promise<number>;
  drop(ids: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

const PATIENT_MS = 5_000;

export async function openDeadLetters({
  redis,
  namespace,
}: {
  readonly redis: string;
  readonly namespace: string;
}): Promise<DeadLetters> {
  const keys = createKeys(namespace);
  const timeouts = { readMs: PATIENT_MS, writeMs: PATIENT_MS, invalidateMs: PATIENT_MS };
  const store = createRedisStore({ redis, keys, timeouts });
  const engine = createCache({ store, keys, emit: () => {}, clock: systemClock, random: systemRandom });
  await engine.ready();

  async function letters(): Promise<ReadonlyMap<string, Letter>> {
    const found = answered(await store.behind.deadLetters());
    return new Map(found.map(({ id, text }) => [id, JSON.parse(text) as Letter]));
  }

  return {
    async list() {
      return Array.from(await letters(), ([id, { entity, change, failures, error, at }]) => ({
        id,
        entity,
        kind: change.kind,
        value: decodeValue(change.data),
        failures,
        error,
        at,
      })).sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    async replay(ids) {
      const all = await letters();
      let replayed = 0;
      for (const id of ids) {
        const letter = all.get(id);
        if (letter === undefined) continue;
        const { entity, home, change } = letter;
        const apart = { ...change, apart: true } as const;
        const most = Number.POSITIVE_INFINITY;
        const added = await engine.pending.add({ typeName: entity, home, change: apart, delayMs: 0, most });
        if (added.kind === "failed" || added.kind === "unknown") answered(added.failure);
        await engine.invalidate([home, stampNames.any(entity)]);
        answered(await store.behind.dropLetters([id]));
        replayed += 1;
      }
      return replayed;
    },
    drop: async (ids) => answered(await store.behind.dropLetters(ids)),
    close: () => store.close(),
  };
}

function answered<T>(reply: T | StoreFailure): T {
  if (!(reply instanceof StoreFailure)) return reply;
  throw new FieldgateError(
    "STORE_FAILED",
    `The store did not do it: ${reply.message} (${reply.reason}).`,
    "Look at the address and the rights, and repeat it.",
  );
}
