import { hashTagOf } from "../../keys/grammar.ts";
import { NewestPosition } from "../newest-position.ts";
import type { LogPosition, LogRequest, LogSince } from "../store.ts";
import { type Store, StoreFailure } from "../store.ts";
import { askEach } from "./ask-each.ts";
import type { LogKeeping } from "./log-keeping.ts";
import type { Server, Servers } from "./servers.ts";

/**
 * One log, on the server that its slot lies on: for a cluster, whose slots move between servers.
 *
 * Commands to two servers are not executed in the order in which they were sent, so a fill asks the log only when what it
 * asked for in its own bucket before (`begin`, `stamps`) has been answered: docs/protocol.md, "Why it holds", 9.
 */
export class LogOnOne implements LogKeeping {
  readonly #servers: Servers;
  readonly #key: string;
  readonly #newest = new NewestPosition();
  readonly #underWay = new Map<number, Set<Promise<unknown>>>();

  /** `key` is one of the log's. */
  constructor(servers: Servers, key: string) {
    this.#servers = servers;
    this.#key = key;
  }

  precede(hashTags: Iterable<string>, answered: Promise<unknown>): void {
    for (const bucket of new Set(Array.from(hashTags, (hashTag) => this.#servers.bucketOf(hashTag)))) {
      const underWay = this.#underWay.get(bucket) ?? new Set();
      this.#underWay.set(bucket, underWay.add(answered));
      void answered.then(() => underWay.delete(answered));
    }
  }

  async sample(among: ReadonlySet<Server>): Promise<LogPosition | StoreFailure> {
    const sampled = this.#ask(async (store) => {
      const { log } = await store.read({ entryKeys: [], stampKeys: [], log: true });
      if (typeof log === "string") this.#newest.receive(log);
      return log ?? new StoreFailure("error", "no position");
    });
    const isAmong = [...among].some((server) => server === this.#server);
    return isAmong ? sampled : (this.position() ?? new StoreFailure("down", "no position is known yet"));
  }

  position(): LogPosition | undefined {
    return this.#newest.get();
  }

  async since(request: LogRequest): Promise<LogSince | StoreFailure> {
    await Promise.all(this.#underWay.get(this.#servers.bucketOf(request.home)) ?? []);
    const since = await this.#ask((store) => store.logSince(request));
    if (!(since instanceof StoreFailure)) this.#newest.receive(since.position);
    return since;
  }

  announce(token: string, names: readonly string[]): Promise<StoreFailure | undefined> {
    return this.#ask((store) => store.announce(token, names));
  }

  append(token: string, names: readonly string[]): Promise<boolean | StoreFailure> {
    return this.#ask((store) => store.appendLog(token, names));
  }

  get #server(): Server | undefined {
    return this.#servers.serverOf(hashTagOf(this.#key));
  }

  async #ask<Reply>(ask: (store: Store) => Promise<Reply>): Promise<Reply | StoreFailure> {
    const [reply] = await askEach(this.#servers, [this.#key], String, async (store) => [await ask(store)]);
    return reply!;
  }
}
