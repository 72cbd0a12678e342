import type { EntityKey } from "./identity.ts";
import type { PlanAhead } from "./plan-read.ts";
import type { RequestState } from "./request-state.ts";

/** What `fields/` needs of an entity that has a loader; implemented by `loaders/entity.ts`. */
export interface EntitySource {
  readonly typeName: string;
  /**
   * One row through the request's own loader, hence from its entry where it has one. All calls of one tick are one
   * batch. `null`: the source says that there is no such entity. `key` is one that {@link Identities.keyOf} gave;
   * `from` the stamp name of the row that refers to it, absent where a field's value does.
   */
  load(state: RequestState, context: unknown, key: EntityKey, from?: string): Promise<unknown>;
  /** The same without waiting; undefined where the row is not there at once. */
  loadNow(state: RequestState, context: unknown, key: EntityKey): { readonly row: unknown } | undefined;
  /** What the reads of rows are going to want of the cache in this request; undefined where rows are not kept, or not for it. */
  ahead(state: RequestState, context: unknown): PlanAhead | undefined;
}

/** The entities that have a loader: all of them are registered before `apply`. */
export interface EntityRegistry {
  get(typeName: string): EntitySource | undefined;
}
