import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chown, mkdtemp, readdir, rm } from "node:fs/promises";
import type net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "./redis-server.ts";

const run = promisify(execFile);
const PARENT = "/usr/lib/postgresql";

export interface PostgresServer {
  readonly url: string;
  /** Ends the server and removes its files. */
  stop(): Promise<void>;
}

/**
 * A real PostgreSQL on a free loopback port, its files in a directory of its own. It dies with this process, however
 * that ends: a shell waits for the end of a pipe that only we hold.
 */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = await findPostgres();
  const dir = await mkdtemp(path.join(tmpdir(), "fieldgate-postgres-"));
  const owner = await notRoot();
  if (owner !== undefined) await chown(dir, owner.uid, owner.gid);
  const data = path.join(dir, "data");
  const options = { ...owner, cwd: dir };
  await run(`${bin}/initdb`, ["-D", data, "-U", "demo", "-A", "trust", "-E", "UTF8", "--no-sync"], options);
  const port = await freePort();
  const shell = spawn(
    "/bin/sh",
    [
      "-c",
      '"$@" >"$0/server.log" 2>&1 & read _; kill -QUIT $! 2>/dev/null; wait',
      dir,
      `${bin}/postgres`,
      "-D",
      data,
      ...settings({
        port: `${port}`,
        listen_addresses: "127.0.0.1",
        unix_socket_directories: dir,
        fsync: "off",
      }),
    ],
    { ...options, stdio: ["pipe", "ignore", "inherit"] },
  );
  shell.unref();
  (shell.stdin as net.Socket).unref();
  await answers(`${bin}/pg_isready`, port);
  return {
    url: `postgres://demo@127.0.0.1:${port}/postgres`,
    async stop() {
      const exited = once(shell, "exit");
      shell.stdin.end();
      await exited;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function settings(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

async function answers(isReady: string, port: number): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const ready = await run(isReady, ["-h", "127.0.0.1", "-p", `${port}`]).then(
      () => true,
      () => false,
    );
    if (ready) return;
    await sleep(20);
  }
  throw new Error(`PostgreSQL did not answer on port ${port} within ten seconds.`);
}

/** PostgreSQL refuses to run as root: the package's own user does it then. */
async function notRoot(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const user = await run("id", ["-u", "postgres"]).then(
    () => "postgres",
    () => "nobody",
  );
  const [uid, gid] = await Promise.all([run("id", ["-u", user]), run("id", ["-g", user])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** The folder with the server's programs: the newest that is installed, else the distribution's package. */
async function findPostgres(): Promise<string> {
  const installed = await newest();
  if (installed !== undefined) return installed;
  try {
    await run("apt-get", ["install", "-y", "--no-install-recommends", "postgresql"], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  } catch (cause) {
    throw new Error(ADVICE, { cause });
  }
  const fresh = await newest();
  if (fresh === undefined) throw new Error(ADVICE);
  return fresh;
}

const ADVICE =
  "The demo's tests need the programs of a PostgreSQL server and found none: install them with `apt-get install postgresql` (or brew install postgresql).";

async function newest(): Promise<string | undefined> {
  const versions = existsSync(PARENT) ? (await readdir(PARENT)).filter((name) => /^\d+$/.test(name)) : [];
  const folders = versions.sort((a, b) => Number(b) - Number(a)).map((version) => `${PARENT}/${version}/bin`);
  const onPath = await run("sh", ["-c", "command -v postgres initdb"]).then(
    ({ stdout }) => [path.dirname(stdout.split("\n")[0]!)],
    () => [],
  );
  return [...folders, ...onPath].find(
    (folder) => existsSync(`${folder}/initdb`) && existsSync(`${folder}/postgres`),
  );
}
