import { existsSync } from "node:fs";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import path from "node:path";
import { prepareDatabase } from "../../../src/demo/database/prepare-database.ts";
import { emptyDataDir, freshDataDir } from "../../demo/empty-data-dir.ts";

const CACHE = path.resolve(import.meta.dirname, "../../../.cache");

/**
 * A data directory with the demo's first `features` features, copied: filling one takes seconds. One that was filled
 * with other data than today's is brought up to date when it is opened.
 */
export async function seededDataDir(features: number): Promise<{ dataDir: string; remove(): Promise<void> }> {
  const template = path.join(CACHE, `pglite-demo-${features}`);
  if (!existsSync(template)) await makeTemplate(template, features);
  const fresh = await freshDataDir();
  await cp(template, fresh.dataDir, { recursive: true });
  return fresh;
}

async function makeTemplate(template: string, features: number): Promise<void> {
  const work = await emptyDataDir();
  const database = await prepareDatabase({
    dataDir: work.dataDir,
    seed: { limit: features },
    logger: { info() {}, warn() {} },
  });
  await database.close();
  const beside = await mkdtemp(`${template}-`);
  await cp(work.dataDir, beside, { recursive: true });
  await work.remove();
  // Another test process may have been quicker.
  await rename(beside, template).catch(() => rm(beside, { recursive: true, force: true }));
}
