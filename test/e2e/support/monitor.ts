import { randomUUID } from "node:crypto";
import type { RedisServer } from "../../support/redis-server.ts";

/** A command as Redis took it from its socket. */
export interface SeenCommand {
  /** In lower case; of a script its own name. */
  readonly name: string;
  /** Of MGET and of scripts. */
  readonly keys: readonly string[];
}

export interface Monitor {
  /** In the order in which Redis ran them, without what scripts ran inside, and without the gateway's questions after the server's health. */
  readonly commands: SeenCommand[];
  /** Resolves when everything that Redis has run so far is in `commands`. */
  settle(): Promise<void>;
}

const HEALTH = new Set(["info", "time", "hello", "client", "ping"]);

/** What Redis itself says it was sent: `MONITOR`. `scripts`: names by SHA. */
export async function monitor(redis: RedisServer, scripts: ReadonlyMap<string, string>): Promise<Monitor> {
  const commands: SeenCommand[] = [];
  const own = redis.client();
  const feed = await redis.client().monitor();
  let awaited: { readonly mark: string; readonly resolve: () => void } | undefined;
  feed.on("monitor", (_time: string, [name = "", ...args]: string[], source: string) => {
    const command = name.toLowerCase();
    if (command === "echo" && args[0] === awaited?.mark) return void awaited?.resolve();
    if (source === "lua" || HEALTH.has(command) || command === "flushall") return;
    if (command !== "evalsha" && command !== "eval") return void commands.push({ name: command, keys: args });
    const [script = "", count = "0", ...rest] = args;
    commands.push({ name: scripts.get(script) ?? command, keys: rest.slice(0, Number(count)) });
  });
  return {
    commands,
    async settle() {
      const mark = randomUUID();
      const seen = new Promise<void>((resolve) => {
        awaited = { mark, resolve };
      });
      await own.echo(mark);
      await seen;
    },
  };
}
