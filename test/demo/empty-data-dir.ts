import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openDatabase } from "../../src/demo/database/open-database.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const PGLITE = JSON.parse(
  readFileSync(path.join(ROOT, "node_modules/@electric-sql/pglite/package.json"), "utf8"),
);
// Another version may write its files otherwise.
const TEMPLATE = path.join(ROOT, `.cache/pglite-${PGLITE.version}-empty`);

/** The path of a data directory that is not there yet; `remove` deletes what came to be around it. */
export async function freshDataDir(): Promise<{ dataDir: string; remove(): Promise<void> }> {
  const parent = await mkdtemp(path.join(tmpdir(), "fieldgate-demo-"));
  return { dataDir: path.join(parent, "pg"), remove: () => rm(parent, { recursive: true, force: true }) };
}

/** A data directory with an empty database, copied: creating one takes seconds. */
export async function emptyDataDir(): Promise<{ dataDir: string; remove(): Promise<void> }> {
  if (!existsSync(TEMPLATE)) await makeTemplate();
  const fresh = await freshDataDir();
  await cp(TEMPLATE, fresh.dataDir, { recursive: true });
  return fresh;
}

async function makeTemplate(): Promise<void> {
  const work = await freshDataDir();
  const database = await openDatabase({ dataDir: work.dataDir, logger: { info() {}, warn() {} } });
  await database.close();
  await mkdir(path.dirname(TEMPLATE), { recursive: true });
  const beside = await mkdtemp(`${TEMPLATE}-`);
  await cp(work.dataDir, beside, { recursive: true });
  await work.remove();
  // Another test process may have been quicker.
  await rename(beside, TEMPLATE).catch(() => rm(beside, { recursive: true, force: true }));
}
