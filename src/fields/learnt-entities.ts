import { LRUCache } from "lru-cache";
import type { EntityRegistry } from "./entity-registry.ts";
import type { ValueShape } from "./field-policy.ts";
import type { Identities, Identity } from "./identity.ts";
import type { References } from "./references.ts";

export interface LearntEntitiesOptions {
  readonly identities: Identities;
  readonly registry: EntityRegistry;
  readonly references: Pick<References, "typeOf">;
  /** Of one entry, at most; of a longer list nothing is learnt. */
  readonly mostOfAnEntry: number;
}

/** Entities remembered at a time, of all entries together, at most. */
const MOST = 50_000;

interface Learnt {
  readonly entryId: string;
  readonly entities: readonly Identity[];
}

/**
 * Which entities an entry showed when it was last read, in this process: a hint of what its next reader will look up.
 * A wrong one is harmless.
 */
export class LearntEntities {
  readonly #options: LearntEntitiesOptions;
  readonly #byKey = new LRUCache<string, Learnt>({
    maxSize: MOST,
    sizeCalculation: ({ entities }) => 1 + entities.length,
  });

  constructor(options: LearntEntitiesOptions) {
    this.#options = options;
  }

  of(key: string): readonly Identity[] {
    return this.#byKey.get(key)?.entities ?? [];
  }

  /** `value`: what the entry holds, with its entities in their places. */
  learn(key: string, entryId: string, shape: ValueShape, value: unknown): void {
    if (this.#byKey.get(key)?.entryId === entryId) return;
    const entities = new Map<string, Identity>();
    const isAll = this.#collect(shape, value, entities, new Set());
    this.#byKey.set(key, { entryId, entities: isAll ? [...entities.values()] : [] });
  }

  /** false: there are too many. */
  #collect(shape: ValueShape, value: unknown, into: Map<string, Identity>, seen: Set<object>): boolean {
    if (typeof value !== "object" || value === null || value instanceof Error) return true;
    switch (shape.kind) {
      case "leaf":
        return true;
      case "list":
        return !Array.isArray(value) || value.every((item) => this.#collect(shape.of, item, into, seen));
      case "abstract": {
        const typeName = this.#options.references.typeOf(value);
        const member = typeName === undefined ? undefined : shape.members.get(typeName);
        return member === undefined || this.#collect(member, value, into, seen);
      }
      case "entity": {
        const { identities, registry, mostOfAnEntry } = this.#options;
        const identity = identities.of(shape.typeName, value);
        if (identity !== undefined) into.set(identity.home, identity);
        if (into.size > mostOfAnEntry) return false;
        // What its row shows is another entry's.
        return registry.get(shape.typeName) !== undefined || this.#collect(shape.inner, value, into, seen);
      }
      case "object": {
        if (seen.has(value)) return true;
        seen.add(value);
        for (const [name, field] of shape.fields) {
          if (!this.#collect(field, (value as Record<string, unknown>)[name], into, seen)) return false;
        }
        return true;
      }
    }
  }
}
