import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Redis } from "ioredis";

const run = promisify(execFile);

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  /** A connection for the test's own eyes; closed by `stop`. */
  client(): Redis;
  /** SIGKILL: as in a crash. The port is free afterwards. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay, nothing answers. */
  pause(): void;
  resume(): void;
  /** Ends the server and removes its files. */
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** Default: any free one. */
  readonly port?: number;
  /** More arguments: `["--maxmemory", "2mb"]`. */
  readonly args?: readonly string[];
  /** Lines of a configuration file, which the server may rewrite: with one it can be a sentinel. */
  readonly config?: readonly string[];
  /** Keeps the server's files, for one that is started again on them. Default: a directory of its own. */
  readonly dir?: string;
}

/**
 * A real Redis on a free loopback port, without persistence. It dies with this process, however that ends: a shell
 * waits for the end of a pipe that only we hold.
 */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const binary = await findRedis();
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const server = await launch(binary, port, options);
    if (server !== undefined) return server;
    if (attempt === 5) throw new Error(`redis-server did not start on port ${port} in five tries.`);
  }
}

async function launch(
  binary: Binary,
  port: number,
  options: RedisServerOptions,
): Promise<RedisServer | undefined> {
  const dir = options.dir ?? (await mkdtemp(path.join(tmpdir(), "fieldgate-redis-")));
  const file = path.join(dir, "server.conf");
  if (options.config !== undefined) await writeFile(file, `${options.config.join("\n")}\n`);
  const from = options.config === undefined ? [] : [file];
  const args = [
    ...from,
    "--port",
    `${port}`,
    "--bind",
    "127.0.0.1",
    "--dir",
    dir,
    "--save",
    "",
    "--appendonly",
    "no",
  ];
  const shell = spawn(
    "/bin/sh",
    [
      "-c",
      '"$@" >"$0/server.log" 2>&1 & echo $!; read _; kill -9 $! 2>/dev/null; wait',
      dir,
      binary.file,
    ].concat(args, options.args ?? []),
    { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...binary.env } },
  );
  const [line] = (await once(shell.stdout!, "data")) as [Buffer];
  const pid = Number.parseInt(line.toString(), 10);
  // Neither the shell nor its pipes keep the test process alive.
  unrefAll(shell);
  if (!(await answers(port, pid))) {
    await end(shell);
    if (options.dir === undefined) await rm(dir, { recursive: true, force: true });
    return undefined;
  }
  const clients: Redis[] = [];
  return {
    port,
    pid,
    url: `redis://127.0.0.1:${port}`,
    client() {
      const client = new Redis({ port, host: "127.0.0.1" });
      client.on("error", () => {});
      clients.push(client);
      return client;
    },
    kill: () => end(shell),
    pause: () => process.kill(pid, "SIGSTOP"),
    resume: () => process.kill(pid, "SIGCONT"),
    async stop() {
      for (const client of clients) client.disconnect();
      await end(shell);
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true });
    },
  };
}

async function end(shell: ChildProcess): Promise<void> {
  if (shell.exitCode !== null || shell.signalCode !== null) return;
  const exited = once(shell, "exit");
  shell.stdin!.end();
  await exited;
}

function unrefAll(shell: ChildProcess): void {
  shell.unref();
  for (const pipe of [shell.stdin, shell.stdout]) (pipe as net.Socket | null)?.unref();
}

/** True once the server says PONG; false when it ended, or something else holds the port. */
async function answers(port: number, pid: number): Promise<boolean> {
  for (let i = 0; i < 500; i++) {
    if (!isAlive(pid)) return false;
    const reply = (await ask(port, "INFO server\r\n")) ?? "";
    if (reply.includes(`process_id:${pid}\r`) || reply.startsWith("-NOAUTH")) return true;
    await sleep(10);
  }
  return false;
}

function ask(port: number, command: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1", () => socket.write(command));
    let text = "";
    socket.setTimeout(1000, () => socket.destroy());
    socket.on("data", (data) => {
      text += data.toString();
      if (/process_id:\d+\r/.test(text) || !text.startsWith("$")) socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(text || undefined));
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

interface Binary {
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

let found: Promise<Binary> | undefined;

function findRedis(): Promise<Binary> {
  found ??= look();
  return found;
}

const CACHE = path.resolve(import.meta.dirname, "../../.cache/redis");
const PACKAGES = "redis-server redis-tools libjemalloc2 liblzf1 liblua5.1-0 lua-bitop lua-cjson";

async function look(): Promise<Binary> {
  for (const name of ["redis-server", "valkey-server"]) {
    const works = await run(name, ["--version"]).then(
      () => true,
      () => false,
    );
    if (works) return { file: name, env: {} };
  }
  try {
    if (!existsSync(CACHE)) await unpack();
    const libraries = path.join(CACHE, "usr/lib");
    const folders = (await readdir(libraries)).map((name) => path.join(libraries, name));
    const binary: Binary = {
      file: path.join(CACHE, "usr/bin/redis-server"),
      env: { LD_LIBRARY_PATH: folders.join(":") },
    };
    await run(binary.file, ["--version"], { env: { ...process.env, ...binary.env } });
    return binary;
  } catch (cause) {
    throw new Error(
      "The tests need a Redis server and found none: install it with `apt-get install redis-server` (or brew install redis).",
      { cause },
    );
  }
}

/** The distribution's package, without root: next to the tree, moved into place when complete. */
async function unpack(): Promise<void> {
  await mkdir(path.dirname(CACHE), { recursive: true });
  const work = await mkdtemp(`${CACHE}-`);
  await run("apt-get", ["download", ...PACKAGES.split(" ")], { cwd: work });
  for (const file of await readdir(work)) {
    if (file.endsWith(".deb")) await run("dpkg", ["-x", file, "."], { cwd: work });
  }
  // Another test process may have been quicker.
  await rename(work, CACHE).catch(() => rm(work, { recursive: true, force: true }));
}
