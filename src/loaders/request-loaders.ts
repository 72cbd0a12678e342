import type { RequestState } from "../fields/request-state.ts";
import { EntityDataLoader } from "./entity-data-loader.ts";

/** The request's DataLoader of an entity: made at the first call, the same one from then on. */
export function requestLoader(
  state: RequestState,
  name: string,
  make: () => EntityDataLoader,
): EntityDataLoader {
  const known = state.loaders.get(name);
  if (known instanceof EntityDataLoader) return known;
  const made = make();
  state.loaders.set(name, made);
  return made;
}

/** Takes all rows from the request's memo. */
export function forgetRows(state: RequestState): void {
  for (const loader of state.loaders.values()) {
    if (loader instanceof EntityDataLoader) loader.clearAll();
  }
}
