import type { EntityKey } from "./identity.ts";
import type { RequestState } from "./request-state.ts";

/** What `fields/` needs of an entity that has a loader; implemented by `loaders/entity.ts`. */
export interface EntitySource {
  readonly typeName: string;
  /**
   * One row through the request's own loader, hence from its entry where it has one. All calls of one tick are one
   * batch. `null`: the source says that there is no such entity. `key` is one that {@link Identities.keyOf} gave.
   */
  load(state: RequestState, context: unknown, key: EntityKey): Promise<unknown>;
}

/** The entities that have a loader. A type registered after `apply` counts from its next read on. */
export interface EntityRegistry {
  get(typeName: string): EntitySource | undefined;
}
