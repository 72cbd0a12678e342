import type { Buckets } from "../../keys/stamp-copies.ts";
import type { Store, StoreFailure } from "../store.ts";

/** One of the servers that keys are spread over. */
export interface Server {
  readonly name: string;
  readonly store: Store;
}

/** The servers of a spread store, and what lies on which of them. */
export interface Servers extends Buckets {
  all(): readonly Server[];
  /** The one that this hash tag lies on; undefined while nobody knows of one. */
  serverOf(hashTag: string): Server | undefined;
  /** The one to ask instead, once, where a server has answered that an item is not there. Default: none. */
  redirect?(failure: StoreFailure, by: Server): Server | undefined;
  ready(): Promise<void>;
  close(): Promise<void>;
}
