import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chown, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import type net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "./redis-server.ts";

const run = promisify(execFile);

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
  const { bin, env } = await findPostgres();
  const dir = await mkdtemp(path.join(tmpdir(), "fieldgate-postgres-"));
  const owner = await notRoot();
  if (owner !== undefined) await chown(dir, owner.uid, owner.gid);
  const data = path.join(dir, "data");
  const options = { ...owner, cwd: dir, env: { ...process.env, ...env } };
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
  await answers(`${bin}/pg_isready`, port, options.env);
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

async function answers(isReady: string, port: number, env: NodeJS.ProcessEnv): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const ready = await run(isReady, ["-h", "127.0.0.1", "-p", `${port}`], { env }).then(
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

interface Programs {
  readonly bin: string;
  readonly env: Readonly<Record<string, string>>;
}

const PACKAGES = path.resolve(import.meta.dirname, "../../.cache/postgres");

/** The server's programs: the newest that are installed, else those of the distribution's packages. */
async function findPostgres(): Promise<Programs> {
  const installed = await newestIn("/");
  if (installed !== undefined) return { bin: installed, env: {} };
  try {
    if (process.getuid?.() === 0) {
      await run("apt-get", ["install", "-y", "--no-install-recommends", "postgresql"], {
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      });
      return { bin: (await newestIn("/"))!, env: {} };
    }
    if (!existsSync(PACKAGES)) await unpack();
    const folders = (
      await Promise.all(["lib", "usr/lib"].map((name) => foldersIn(path.join(PACKAGES, name))))
    ).flat();
    return { bin: (await newestIn(PACKAGES))!, env: { LD_LIBRARY_PATH: folders.join(":") } };
  } catch (cause) {
    throw new Error(
      "The demo's tests need the programs of a PostgreSQL server and found none: install them with `apt-get install postgresql` (or brew install postgresql).",
      { cause },
    );
  }
}

async function newestIn(root: string): Promise<string | undefined> {
  const parent = path.join(root, "usr/lib/postgresql");
  const versions = (await foldersIn(parent)).sort(
    (a, b) => Number(path.basename(b)) - Number(path.basename(a)),
  );
  const candidates = versions.map((folder) => path.join(folder, "bin"));
  if (root === "/") candidates.push(...(process.env["PATH"] ?? "").split(":"));
  return candidates.find((folder) => existsSync(`${folder}/initdb`) && existsSync(`${folder}/postgres`));
}

async function foldersIn(parent: string): Promise<string[]> {
  const names = existsSync(parent) ? await readdir(parent) : [];
  return names.map((name) => path.join(parent, name));
}

/** The distribution's packages, without root: next to the tree, moved into place when complete. */
async function unpack(): Promise<void> {
  await mkdir(path.dirname(PACKAGES), { recursive: true });
  const work = await mkdtemp(`${PACKAGES}-`);
  await run("apt-get", ["download", ...(await packageNames())], { cwd: work });
  for (const file of await readdir(work)) {
    if (!file.endsWith(".deb")) continue;
    await run("dpkg", ["-x", file, "."], { cwd: work });
    await rm(path.join(work, file));
  }
  // Another test process may have been quicker.
  await rename(work, PACKAGES).catch(() => rm(work, { recursive: true, force: true }));
}

/** The server and the libraries that it links; the C library and the compiler of queries are left out. */
async function packageNames(): Promise<string[]> {
  const kinds = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"];
  const { stdout } = await run("apt-cache", [
    "depends",
    "--recurse",
    ...kinds.map((kind) => `--no-${kind}`),
    "postgresql",
  ]);
  const names = stdout
    .split("\n")
    .filter((line) => /^(postgresql-(client-)?\d|lib(?!c6|llvm|perl))[\w.+-]*$/.test(line));
  return [...new Set(names)];
}
