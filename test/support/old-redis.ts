import { once } from "node:events";
import net from "node:net";

export interface OldRedis {
  readonly url: string;
  close(): Promise<void>;
}

/** A server that answers as a Redis of this version does what it is asked before the first command. */
export async function startOldRedis(version: string): Promise<OldRedis> {
  const info = [
    "# Server",
    `redis_version:${version}`,
    `run_id:${"0".repeat(40)}`,
    "role:master",
    `master_replid:${"1".repeat(40)}`,
    "loading:0",
  ].join("\r\n");
  const answers: Readonly<Record<string, string>> = {
    hello: "-NOPROTO unsupported protocol version\r\n",
    client: "-ERR Unknown subcommand or wrong number of arguments\r\n",
    select: "+OK\r\n",
    info: `$${Buffer.byteLength(info)}\r\n${info}\r\n`,
    time: "*2\r\n$10\r\n1700000000\r\n$1\r\n0\r\n",
  };
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    let text = "";
    socket.on("error", () => {});
    socket.on("data", (piece) => {
      text += piece.toString("latin1");
      for (let command = firstCommand(text); command !== undefined; command = firstCommand(text)) {
        text = text.slice(command.length);
        socket.write(answers[command.name] ?? "-ERR unknown command\r\n");
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `redis://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** A whole command, as clients send them: an array of bulk strings. */
function firstCommand(text: string): { readonly name: string; readonly length: number } | undefined {
  const count = /^\*(\d+)\r\n/.exec(text);
  if (count === null) return undefined;
  let at = count[0].length;
  let name = "";
  for (let i = 0; i < Number(count[1]); i++) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at));
    if (size === null) return undefined;
    const from = at + size[0].length;
    at = from + Number(size[1]) + 2;
    if (at > text.length) return undefined;
    if (i === 0) name = text.slice(from, at - 2).toLowerCase();
  }
  return { name, length: at };
}
