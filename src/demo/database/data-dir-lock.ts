import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** Locks held by this process: a process number alone cannot tell "mine" from "a dead one's that was reused". */
const heldHere = new Set<string>();

/**
 * Takes `<dataDir>.lock` for this process and returns what frees it: two processes in one embedded database would
 * destroy it. A lock whose process is gone (killed) is taken over.
 */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  const file = `${resolve(dataDir)}.lock`;
  await mkdir(dirname(file), { recursive: true });
  while (!(await createWhole(file))) {
    const owner = Number(await readFile(file, "utf8").catch(() => ""));
    if (isRunning(owner, file)) {
      throw new Error(
        `The embedded database in ${dataDir} is in use by process ${owner}. Stop that process, or set DATABASE_URL ` +
          `to a PostgreSQL server that several can share. If process ${owner} is something else, delete ${file}.`,
      );
    }
    await rm(file, { force: true });
  }
  heldHere.add(file);
  return async () => {
    heldHere.delete(file);
    await rm(file, { force: true });
  };
}

/** Creates the lock with its content in one step (a link), so that nobody reads it empty. */
async function createWhole(file: string): Promise<boolean> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, String(process.pid));
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function isRunning(pid: number, file: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  // In a restarted container the dead owner often had this process's own number.
  if (pid === process.pid) return heldHere.has(file);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
