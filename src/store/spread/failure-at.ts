import { StoreFailure } from "../store.ts";
import type { Server } from "./servers.ts";

/** The failure of one of several servers, which says which. */
export function failureAt({ name }: Server, { reason, message, node }: StoreFailure): StoreFailure {
  return node === undefined
    ? new StoreFailure(reason, `${name}: ${message}`, name)
    : new StoreFailure(reason, message, node);
}
