import type { LogPosition, LogRequest, LogSince, StoreFailure } from "../store.ts";
import type { Server } from "./servers.ts";

/** How a spread store keeps its log of invalidations: the port's part of it. */
export interface LogKeeping {
  /** Told of steps (`begin`, `stamps`) that the log is to be asked behind. Absent where their order is kept anyway. */
  precede?(hashTags: Iterable<string>, answered: Promise<unknown>): void;
  /** Asks everywhere for the newest position, and waits for these servers to tell it. */
  sample(among: ReadonlySet<Server>): Promise<LogPosition | StoreFailure>;
  position(): LogPosition | undefined;
  since(request: LogRequest): Promise<LogSince | StoreFailure>;
  announce(token: string, names: readonly string[]): Promise<StoreFailure | undefined>;
  append(token: string, names: readonly string[]): Promise<boolean | StoreFailure>;
}
