import type { PrepareOptions } from "../../src/demo/database/prepare-database.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { emptyDataDir } from "./empty-data-dir.ts";

/** Somewhere to put the demo's tables: what the options of `openDatabase` need, and how to clean up. */
export interface Backend {
  readonly options: Pick<PrepareOptions, "url" | "dataDir" | "logger">;
  remove(): Promise<void>;
}

const logger = { info() {}, warn() {} };

/** Every suite of the demo runs on each of these. */
export const BACKENDS: readonly { readonly name: "embedded" | "postgres"; start(): Promise<Backend> }[] = [
  {
    name: "embedded",
    async start() {
      const { dataDir, remove } = await emptyDataDir();
      return { options: { dataDir, logger }, remove };
    },
  },
  {
    name: "postgres",
    async start() {
      const server = await startPostgres();
      return { options: { url: server.url, logger }, remove: () => server.stop() };
    },
  },
];
