import type { Clock } from "../base/clock.ts";
import { FieldgateError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import type { SchemaPolicies } from "../directives/read-policies.ts";
import { Flusher, type FlushLimits } from "../engine/behind/flusher.ts";
import type { Cache } from "../engine/cache.ts";
import type { Emit } from "../engine/events.ts";
import type { Entity, EntityBehind } from "../loaders/entity.ts";
import { PendingRows } from "../loaders/pending-rows.ts";
import { type Store, StoreFailure } from "../store/store.ts";
import type { Logger } from "./logger.ts";

export interface WriteBehindOptions {
  readonly store: Store;
  readonly engine: Pick<Cache, "pending" | "invalidate">;
  /** Resolves once the store has answered, or is known not to. */
  readonly opened: () => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  readonly logger: Logger;
  readonly limits: Required<FlushLimits>;
  /** How long a read or a write waits for what is on its way. */
  readonly waitMs: number;
  readonly onUnreached: (entity: string, error: unknown, names: readonly string[]) => void;
}

/** Entities that are written behind, and what they need of the store. */
export class WriteBehind {
  readonly #options: WriteBehindOptions;
  #entities: readonly Entity[] = [];
  #names: ReadonlySet<string> = new Set();
  #refusal: FieldgateError | undefined;
  #opening: Promise<void> | undefined;

  constructor(options: WriteBehindOptions) {
    this.#options = options;
  }

  /** Which entities are written behind: those that say so, and those that a mutation writes so. Throws for one that cannot be. */
  choose(entities: ReadonlyMap<string, Entity>, policies: SchemaPolicies): void {
    const byMutations = [...policies.writes.values()].flatMap(({ mode, entity }) =>
      mode === "BEHIND" ? [entity] : [],
    );
    this.#entities = [...entities.values()].filter(
      ({ isBehind, typeName }) => isBehind || byMutations.includes(typeName),
    );
    this.#names = new Set(this.#entities.map(({ typeName }) => typeName));
    for (const { typeName, isWritable } of this.#entities) assertFit(typeName, isWritable, policies);
  }

  /** Names that an invalidation of one of these entities has besides. */
  has(typeName: string): boolean {
    return this.#names.has(typeName);
  }

  /** Begins to send what is pending, whoever has queued it. */
  start(): void {
    this.#opening = this.#options.opened().finally(() => {
      this.#opening = undefined;
    });
    for (const entity of this.#entities) entity.startBehind();
  }

  /** Rejects where the store may evict what is pending; warns of what else can lose it. */
  async check(): Promise<void> {
    if (this.#entities.length === 0) return;
    const { store, logger } = this.#options;
    const durability = await store.behind.durability();
    // Of a store that does not answer nothing is known, and nothing is written behind.
    if (durability instanceof StoreFailure) return;
    for (const warning of durability.warnings) logger.warn({ entities: [...this.#names] }, warning);
    if (durability.evicts === undefined) return;
    this.#refusal = new FieldgateError(
      "PENDING_EVICTED",
      `${[...this.#names].join(", ")} cannot be written behind: the store's maxmemory-policy is ${durability.evicts}, which evicts what has no expiry, too, and so what is pending.`,
      "Set maxmemory-policy to a volatile-* one or noeviction, or write THROUGH.",
    );
    throw this.#refusal;
  }

  rowsOf(own: EntityBehind): PendingRows | undefined {
    if (!this.has(own.name)) return undefined;
    const { store, engine, clock, random, emit, limits, waitMs, onUnreached } = this.#options;
    return new PendingRows({
      ...own,
      pending: engine.pending,
      opening: () => this.#opening,
      assertSafe: () => {
        if (this.#refusal !== undefined) throw this.#refusal;
      },
      flusherOf: (source) =>
        new Flusher({ source, store: store.behind, pending: engine.pending, clock, random, emit, limits }),
      invalidate: (names) => engine.invalidate(names),
      onUnreached: (error, names) => onUnreached(own.name, error, names),
      waitMs,
      delayMs: limits.flushDelayMs,
      most: limits.maxPendingWrites,
      pause: (ms) => new Promise((resolve) => clock.setTimer(resolve, ms)),
      monotonic: () => clock.monotonic(),
      emit,
    });
  }

  /** Sends what it can within `ms`; resolves to what is left, a line for each type. */
  async close(ms: number): Promise<readonly string[]> {
    const { store } = this.#options;
    const left = await Promise.all(
      this.#entities.map(async (entity) => ({ entity, count: await entity.closeBehind(ms) })),
    );
    const fate =
      store.kind === "embedded" ? "lost with this process" : "kept in the store for other gateways";
    return left.flatMap(({ entity, count }) =>
      count === 0 ? [] : [`writes of ${count} ${entity.typeName} (${fate})`],
    );
  }
}

function assertFit(typeName: string, isWritable: boolean, { keys, rows }: SchemaPolicies): void {
  const policy = rows.get(typeName);
  const refuse = (problem: string, mend: string) => {
    throw new FieldgateError("NOT_BEHIND", `${typeName} cannot be written behind: ${problem}.`, mend);
  };
  if (!isWritable) refuse("its entity has no write", `cache.entity("${typeName}", { load, write }).`);
  if ((keys.get(typeName)?.length ?? 0) !== 1) {
    refuse(
      "what is pending is found by one key, and it has several or none",
      "Give the type one @key, or write THROUGH.",
    );
  }
  if (policy?.scope === "PRIVATE" || (policy?.vary.length ?? 0) > 0) {
    refuse(
      "its rows are not the same for everybody, and what is pending would be shown to all",
      "Write THROUGH.",
    );
  }
}
