import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenDatabase, openDatabase } from "../../src/demo/database/open-database.ts";
import { digests } from "./contents.ts";
import { emptyDataDir, freshDataDir } from "./empty-data-dir.ts";

const logger = { info() {}, warn() {} };
const PROCESS = path.resolve(import.meta.dirname, "seed-process.ts");

function start(dataDir: string, ...args: string[]) {
  return spawn(process.execPath, ["--import", "tsx", PROCESS, dataDir, ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** Runs the seeding process to its end; the signal that ended it, or null. */
async function seedIn(dataDir: string, ...args: string[]): Promise<string | null> {
  const [, signal] = await once(start(dataDir, ...args), "exit");
  return signal as string | null;
}

async function opened<T>(dataDir: string, look: (database: OpenDatabase) => Promise<T>): Promise<T> {
  const database = await openDatabase({ dataDir, logger });
  try {
    return await look(database);
  } finally {
    await database.close();
  }
}

describe("a seeding killed by SIGKILL", () => {
  // Each process reads 26 MB of JSON first.
  const timeout = 180_000;
  let whole: Record<string, string | null>;

  beforeAll(async () => {
    const { dataDir, remove } = await emptyDataDir();
    expect(await seedIn(dataDir)).toBe(null);
    whole = await opened(dataDir, ({ db }) => digests(db));
    await remove();
  }, timeout);

  it(
    "goes on where it was killed, again and again, and ends with the same rows",
    async () => {
      const { dataDir, remove } = await emptyDataDir();
      for (const [statement, allowed] of [
        ["create table browsers", "0"],
        ['insert into "compat_support"', "3"],
        ['insert into "ratings"', "0"],
        ["delete from features", "0"],
      ] as const) {
        expect(await seedIn(dataDir, statement, allowed), statement).toBe("SIGKILL");
      }
      expect(await seedIn(dataDir)).toBe(null);
      expect(await opened(dataDir, ({ db }) => digests(db))).toEqual(whole);
      await remove();
    },
    timeout,
  );

  it(
    "starts over when the database's own files were being created",
    async () => {
      const { dataDir, remove } = await freshDataDir();
      const child = start(dataDir);
      const exited = once(child, "exit");
      while (!existsSync(path.join(dataDir, "base"))) await sleep(5);
      child.kill("SIGKILL");
      await exited;
      expect(existsSync(`${dataDir}.creating`)).toBe(true);
      expect(await seedIn(dataDir)).toBe(null);
      expect(existsSync(`${dataDir}.creating`)).toBe(false);
      expect(await opened(dataDir, ({ db }) => digests(db))).toEqual(whole);
      await remove();
    },
    timeout,
  );
});

describe("the embedded database's directory", () => {
  let dataDir: string;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    ({ dataDir, remove } = await emptyDataDir());
  });
  afterAll(() => remove());

  it("is refused while it is open, with the process and the way out", async () => {
    await opened(dataDir, async () => {
      await expect(openDatabase({ dataDir, logger })).rejects.toThrow(
        `The embedded database in ${dataDir} is in use by process ${process.pid}. Stop that process, or set DATABASE_URL`,
      );
    });
    // Closed: free again.
    await opened(dataDir, async () => {});
  });

  it("is taken over from a process that is gone", async () => {
    const child = spawn("true");
    await once(child, "exit");
    await writeFile(`${dataDir}.lock`, String(child.pid));
    await opened(dataDir, async () => {});
    await writeFile(`${dataDir}.lock`, String(process.pid));
    await opened(dataDir, async () => {});
  });

  it("is freed when opening fails", async () => {
    const broken = `${dataDir}-broken`;
    await mkdir(broken, { recursive: true });
    await writeFile(path.join(broken, "PG_VERSION"), "18");
    await expect(openDatabase({ dataDir: broken, logger })).rejects.toThrow("The embedded database stopped");
    expect(existsSync(`${broken}.lock`)).toBe(false);
  });

  it("rejects statements after close", async () => {
    const database = await openDatabase({ dataDir, logger });
    const { db } = database;
    // Whoever else closes it waits for the same end.
    await Promise.all([database.close(), database.close()]);
    await expect(db.selectFrom("features").selectAll().execute()).rejects.toThrow();
  });
});
