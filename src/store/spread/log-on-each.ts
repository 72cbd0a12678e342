import type { LogPosition, LogRequest, LogSince, ReadReply } from "../store.ts";
import { StoreFailure } from "../store.ts";
import { failureAt } from "./failure-at.ts";
import type { LogKeeping } from "./log-keeping.ts";
import type { Server, Servers } from "./servers.ts";

/** What stands for a server that has told nothing yet: a position that its log has never had. */
const NOWHERE = "-";

/**
 * A log on each server: for servers that know nothing of each other. Invalidations are announced and logged on all; a fill
 * asks the one that its entry will lie on, by the connection that has just made its stamps: no later than they are answered.
 *
 * Why one of them is enough: each is announced on before any stamp is dropped, and logged on after all of them are. So what
 * docs/protocol.md says of the log ("Why it holds") is true of each alone.
 */
export class LogOnEach implements LogKeeping {
  readonly #servers: Servers;

  constructor(servers: Servers) {
    this.#servers = servers;
  }

  /** Fails only where none of these servers answers: who lost one of them goes on with those it has. */
  async sample(among: ReadonlySet<Server>): Promise<LogPosition | StoreFailure> {
    const request = { entryKeys: [], stampKeys: [], log: true };
    const waited: Promise<ReadReply>[] = [];
    for (const server of this.#servers.all()) {
      const reply = server.store.read(request);
      if (among.has(server)) waited.push(reply);
    }
    const told = (await Promise.all(waited)).map(({ log }) => log);
    const isSilent = told.every((position) => position instanceof StoreFailure);
    return (isSilent ? told[0] : this.position()) ?? new StoreFailure("down", "no server was asked");
  }

  position(): LogPosition | undefined {
    const positions = this.#servers.all().map(({ store }) => store.position());
    if (positions.every((position) => position === undefined)) return undefined;
    return positions.map((position) => position ?? NOWHERE).join(" ");
  }

  async since({ position, home, own }: LogRequest): Promise<LogSince | StoreFailure> {
    const server = this.#servers.serverOf(home)!;
    const at = this.#servers.all().indexOf(server);
    const since = await server.store.logSince({ position: position.split(" ")[at] ?? NOWHERE, home, own });
    if (since instanceof StoreFailure) return failureAt(server, since);
    return { names: since.names, position: this.position()! };
  }

  announce(token: string, names: readonly string[]): Promise<StoreFailure | undefined> {
    return this.#everywhere(({ store }) => store.announce(token, names));
  }

  async append(token: string, names: readonly string[]): Promise<boolean | StoreFailure> {
    let isLogged = true;
    const failure = await this.#everywhere(async ({ store }) => {
      const logged = await store.appendLog(token, names);
      if (logged === false) isLogged = false;
      return logged instanceof StoreFailure ? logged : undefined;
    });
    return failure ?? isLogged;
  }

  async #everywhere(
    step: (server: Server) => Promise<StoreFailure | undefined>,
  ): Promise<StoreFailure | undefined> {
    const failures = await Promise.all(
      this.#servers.all().map(async (server) => {
        const failure = await step(server);
        return failure && failureAt(server, failure);
      }),
    );
    return failures.find((failure) => failure !== undefined);
  }
}
