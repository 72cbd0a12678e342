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

/** The row that the request has just written, for those who ask it again. */
export function learnRow(state: RequestState, name: string, names: readonly string[], row: unknown): void {
  const loader = state.loaders.get(name);
  if (loader instanceof EntityDataLoader) loader.learn(names, row);
}

/** Takes one row from the request's memo. */
export function forgetRow(state: RequestState, name: string, home: string): void {
  const loader = state.loaders.get(name);
  if (loader instanceof EntityDataLoader) loader.forget(home);
}

/** Takes all rows of an entity from the request's memo. */
export function forgetRows(state: RequestState, name: string): void {
  const loader = state.loaders.get(name);
  if (loader instanceof EntityDataLoader) loader.clearAll();
}

export function forgetAllRows(state: RequestState): void {
  for (const name of state.loaders.keys()) forgetRows(state, name);
}
