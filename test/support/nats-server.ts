import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "./redis-server.ts";

const run = promisify(execFile);

export interface NatsServer {
  readonly port: number;
  /** `127.0.0.1:4222` */
  readonly address: string;
  /** Ends the server and removes its files. */
  stop(): Promise<void>;
}

/** A real NATS server with JetStream on a free loopback port. It dies with this process: a shell waits for the end of a pipe that only we hold. */
export async function startNats(): Promise<NatsServer> {
  const binary = await findNats();
  const dir = await mkdtemp(path.join(tmpdir(), "fieldgate-nats-"));
  const port = await freePort();
  const args = ["-a", "127.0.0.1", "-p", `${port}`, "-js", "-sd", dir];
  const shell = spawn(
    "/bin/sh",
    ["-c", '"$@" >"$0/server.log" 2>&1 & read _; kill -9 $! 2>/dev/null; wait', dir, binary, ...args],
    { stdio: ["pipe", "ignore", "inherit"] },
  );
  shell.unref();
  (shell.stdin as net.Socket).unref();
  await answers(port);
  return {
    port,
    address: `127.0.0.1:${port}`,
    async stop() {
      const exited = once(shell, "exit");
      shell.stdin.end();
      await exited;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const greeted = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, "127.0.0.1");
      socket.once("data", () => resolve(true)).once("error", () => resolve(false));
      socket.once("close", () => resolve(false)).once("data", () => socket.destroy());
    });
    if (greeted) return;
    await sleep(20);
  }
  throw new Error(`nats-server did not answer on port ${port} within ten seconds.`);
}

const PACKAGES = path.resolve(import.meta.dirname, "../../.cache/nats");

/** The installed server, else that of the distribution's package, without root. */
async function findNats(): Promise<string> {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", path.join(PACKAGES, "usr/sbin")];
  const installed = folders
    .map((folder) => path.join(folder, "nats-server"))
    .find((file) => existsSync(file));
  if (installed !== undefined) return installed;
  try {
    await mkdir(path.dirname(PACKAGES), { recursive: true });
    const work = await mkdtemp(`${PACKAGES}-`);
    await run("apt-get", ["download", "nats-server"], { cwd: work });
    for (const file of await readdir(work)) await run("dpkg", ["-x", file, "."], { cwd: work });
    // Another test process may have been quicker.
    await rename(work, PACKAGES).catch(() => rm(work, { recursive: true, force: true }));
    return path.join(PACKAGES, "usr/sbin/nats-server");
  } catch (cause) {
    throw new Error(
      "The tests of NATS need nats-server and found none: install it with `apt-get install nats-server` (or brew install nats-server).",
      { cause },
    );
  }
}
