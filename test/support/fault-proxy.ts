import { once } from "node:events";
import net from "node:net";

export interface FaultProxy {
  readonly port: number;
  readonly url: string;
  /** Connections made so far. */
  readonly connections: number;
  /** Every piece takes that much longer, each way. */
  delay(ms: number): void;
  /** A black hole: nothing arrives, nothing fails. Requests and replies are kept for `heal`, as TCP would send them again. */
  hold(which?: "both" | "requests" | "replies"): void;
  /** The same from the next request on that contains this text; that one is held with the requests, or is the last to arrive. */
  holdFrom(text: string, which?: "both" | "requests" | "replies"): void;
  /** RST to every connection. */
  reset(): void;
  /** RST to every connection, and new ones are refused. */
  refuse(): Promise<void>;
  /** Ends all faults; what was held arrives now. */
  heal(): Promise<void>;
  close(): Promise<void>;
}

/** A TCP proxy on a free loopback port that can misbehave. */
export async function startFaultProxy(target: number): Promise<FaultProxy> {
  const links = new Set<Link>();
  const held = { requests: false, replies: false };
  let trap: { readonly text: string; readonly which: "both" | "requests" | "replies" } | undefined;
  let delayMs = 0;
  let connections = 0;
  let listening = true;

  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    connections += 1;
    const upstream = net.connect({ port: target, host: "127.0.0.1", allowHalfOpen: true });
    const link: Link = { client, upstream, waiting: { requests: [], replies: [] } };
    links.add(link);
    const carry = (which: "requests" | "replies", from: net.Socket, to: net.Socket) => {
      const pass = (piece: Piece) => {
        if (trap !== undefined && which === "requests" && piece.includes(trap.text)) hold(trap.which);
        if (held[which]) link.waiting[which].push(piece);
        else deliver(to, piece);
      };
      const later = (piece: Piece) => (delayMs > 0 ? setTimeout(pass, delayMs, piece) : pass(piece));
      from.on("data", later);
      from.on("end", () => later("end"));
      from.on("error", () => {});
      // Even where the client gave up meanwhile, what it had sent is still on its way.
      from.on("close", () => {
        later("end");
        if (client.destroyed && upstream.destroyed) links.delete(link);
      });
    };
    carry("requests", client, upstream);
    carry("replies", upstream, client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;

  const hold = (which: "both" | "requests" | "replies") => {
    trap = undefined;
    held.requests = which !== "replies";
    held.replies = which !== "requests";
  };

  const resetAll = () => {
    for (const { client, upstream } of links) {
      client.resetAndDestroy();
      upstream.destroy();
    }
  };

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    get connections() {
      return connections;
    },
    delay(ms) {
      delayMs = ms;
    },
    hold: (which = "both") => hold(which),
    holdFrom(text, which = "both") {
      trap = { text, which };
    },
    reset: resetAll,
    async refuse() {
      resetAll();
      if (!listening) return;
      listening = false;
      server.close();
      await once(server, "close");
    },
    async heal() {
      trap = undefined;
      delayMs = 0;
      held.requests = false;
      held.replies = false;
      for (const { client, upstream, waiting } of links) {
        for (const piece of waiting.requests.splice(0)) deliver(upstream, piece);
        for (const piece of waiting.replies.splice(0)) deliver(client, piece);
      }
      if (listening) return;
      listening = true;
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
    },
    async close() {
      for (const { client, upstream } of links) {
        client.destroy();
        upstream.destroy();
      }
      if (!listening) return;
      server.close();
      await once(server, "close");
    },
  };
}

type Piece = Buffer | "end";

interface Link {
  readonly client: net.Socket;
  readonly upstream: net.Socket;
  readonly waiting: { readonly requests: Piece[]; readonly replies: Piece[] };
}

function deliver(to: net.Socket, piece: Piece): void {
  if (to.destroyed || to.writableEnded) return;
  if (piece === "end") to.end();
  else to.write(piece);
}
