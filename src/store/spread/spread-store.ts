import { hashTagOf } from "../../keys/grammar.ts";
import type { BehindStore } from "../behind-store.ts";
import type {
  BeginReply,
  BeginRequest,
  LogPosition,
  LogRequest,
  LogSince,
  PrimeRequest,
  PutRequest,
  ReadReply,
  ReadRequest,
  ReleaseRequest,
  RenewRequest,
  StampRequest,
  Store,
  StoreFailure,
  StoreState,
} from "../store.ts";
import { type Ask, askEach, NOBODY } from "./ask-each.ts";
import { failureAt } from "./failure-at.ts";
import type { LogKeeping } from "./log-keeping.ts";
import type { Server, Servers } from "./servers.ts";

/** Who enrols does so at one place, so that all are counted together. */
const FLEET = "{__fleet}";

/**
 * Several servers as one store: each item goes to the server that its hash tag lies on, one batch per server and wave.
 *
 * A server that is lost costs what lies on it, and nothing else: its items fail, each by itself, and name it.
 */
export class SpreadStore implements Store {
  readonly kind = "redis";
  readonly #servers: Servers;
  readonly #log: LogKeeping;

  readonly behind: BehindStore;

  constructor(servers: Servers, log: LogKeeping, behind: BehindStore) {
    this.behind = behind;
    this.#servers = servers;
    this.#log = log;
  }

  get buckets(): number {
    return this.#servers.buckets;
  }

  bucketOf(hashTag: string): number {
    return this.#servers.bucketOf(hashTag);
  }

  nodeOf(hashTag: string): string {
    return this.#servers.serverOf(hashTag)?.name ?? NOBODY.message;
  }

  ready(): Promise<void> {
    return this.#servers.ready();
  }

  away(): readonly string[] {
    return this.#servers
      .all()
      .filter(({ store }) => Array.from(store.away?.() ?? []).length > 0)
      .map(({ name }) => name);
  }

  async read({ pendingKeys = [], entryKeys, stampKeys, log }: ReadRequest): Promise<ReadReply> {
    const wanted = [
      ...pendingKeys.map((key): WantedKey => ({ key, kind: "pending" })),
      ...entryKeys.map((key): WantedKey => ({ key, kind: "entry" })),
      ...stampKeys.map((key): WantedKey => ({ key, kind: "stamp" })),
    ];
    // Asked for in the same tick: on a server that is asked for keys too, it leaves with them. No wave waits for the log of
    // a server that it wants nothing else of: that one may be silent.
    const [values, position] = await Promise.all([
      this.#each(wanted, keyOfWanted, readFrom),
      log ? this.#log.sample(this.#serversOf(wanted)) : undefined,
    ]);
    const pending = values.splice(0, pendingKeys.length);
    return {
      ...(pending.length > 0 ? { pending } : {}),
      entries: values.slice(0, entryKeys.length),
      stamps: values.slice(entryKeys.length),
      ...(position === undefined ? {} : { log: position }),
    };
  }

  begin(requests: readonly BeginRequest[]): Promise<readonly (BeginReply | StoreFailure)[]> {
    return this.#before(requests, byEntry, (store, items) => store.begin(items));
  }

  stamps(requests: readonly StampRequest[]): Promise<readonly (string | StoreFailure)[]> {
    return this.#before(requests, byStamp, (store, items) => store.stamps(items));
  }

  logSince(request: LogRequest): Promise<LogSince | StoreFailure> {
    return this.#log.since(request);
  }

  put(requests: readonly PutRequest[]): Promise<readonly (boolean | StoreFailure)[]> {
    return this.#each(requests, byEntry, (store, items) => store.put(items));
  }

  prime(requests: readonly PrimeRequest[]): Promise<readonly (boolean | StoreFailure)[]> {
    return this.#each(requests, byEntry, (store, items) => store.prime(items));
  }

  release(requests: readonly ReleaseRequest[]): Promise<readonly (boolean | StoreFailure)[]> {
    return this.#each(requests, byLock, (store, items) => store.release(items));
  }

  renew(requests: readonly RenewRequest[]): Promise<readonly (boolean | StoreFailure)[]> {
    return this.#each(requests, byLock, (store, items) => store.renew(items));
  }

  announce(token: string, names: readonly string[]): Promise<StoreFailure | undefined> {
    return this.#log.announce(token, names);
  }

  async dropStamps(stampKeys: readonly string[]): Promise<StoreFailure | undefined> {
    // Each by itself, in one batch all the same: one of them may have moved, and the others not.
    const dropped = await this.#each(stampKeys, String, (store, items) =>
      Promise.all(items.map((stampKey) => store.dropStamps([stampKey]))),
    );
    return dropped.find((failure) => failure !== undefined);
  }

  appendLog(token: string, names: readonly string[]): Promise<boolean | StoreFailure> {
    return this.#log.append(token, names);
  }

  position(): LogPosition | undefined {
    return this.#log.position();
  }

  async enrol(gateway: string, leaseMs: number): Promise<number | StoreFailure> {
    const [counted] = await this.#each([FLEET], String, async (store) => [
      await store.enrol!(gateway, leaseMs),
    ]);
    return counted!;
  }

  async scan(visit: (key: string) => void): Promise<StoreFailure | undefined> {
    for (const server of this.#servers.all()) {
      const failure = await server.store.scan(visit);
      if (failure !== undefined) return failureAt(server, failure);
    }
    return undefined;
  }

  now(home: string): number {
    return (this.#servers.serverOf(home) ?? this.#servers.all()[0])?.store.now(home) ?? Date.now() * 1000;
  }

  /** As bad as the worst of them: a server that is lost is worth a look, though what lies on the others is served. */
  state(): StoreState {
    return stateOf(this.#servers.all());
  }

  close(): Promise<void> {
    return this.#servers.close();
  }

  /** All of them where nothing is wanted but the log. */
  #serversOf(wanted: readonly WantedKey[]): ReadonlySet<Server> {
    if (wanted.length === 0) return new Set(this.#servers.all());
    const servers = wanted.map(({ key }) => this.#servers.serverOf(hashTagOf(key)));
    return new Set(servers.filter((server) => server !== undefined));
  }

  #each<Item, Reply>(
    items: readonly Item[],
    keyOf: (item: Item) => string,
    ask: Ask<Item, Reply>,
  ): Promise<(Reply | StoreFailure)[]> {
    return askEach(this.#servers, items, keyOf, ask);
  }

  /** The same for a step that the log is asked behind. */
  #before<Item, Reply>(
    items: readonly Item[],
    keyOf: (item: Item) => string,
    ask: Ask<Item, Reply>,
  ): Promise<(Reply | StoreFailure)[]> {
    const answered = this.#each(items, keyOf, ask);
    this.#log.precede?.(
      items.map((item) => hashTagOf(keyOf(item))),
      answered,
    );
    return answered;
  }
}

interface WantedKey {
  readonly key: string;
  readonly kind: "pending" | "entry" | "stamp";
}

const keyOfWanted = ({ key }: WantedKey) => key;
const byEntry = ({ entryKey }: { readonly entryKey: string }) => entryKey;
const byStamp = ({ stampKey }: { readonly stampKey: string }) => stampKey;
const byLock = ({ lockKey }: { readonly lockKey: string }) => lockKey;

async function readFrom(
  store: Store,
  wanted: readonly WantedKey[],
): Promise<readonly (string | null | StoreFailure)[]> {
  const keysOf = (wantedKind: WantedKey["kind"]) =>
    wanted.flatMap(({ key, kind }) => (kind === wantedKind ? [key] : []));
  const pendingKeys = keysOf("pending");
  const { pending, entries, stamps } = await store.read({
    ...(pendingKeys.length > 0 ? { pendingKeys } : {}),
    entryKeys: keysOf("entry"),
    stampKeys: keysOf("stamp"),
    log: false,
  });
  // In the order in which they were asked for.
  return [...(pending ?? []), ...entries, ...stamps];
}

const BADNESS = { up: 0, open: 1, down: 2 } as const;

function stateOf(servers: readonly Server[]): StoreState {
  const states = servers.map(({ name, store }) => ({ name, ...store.state() }));
  const worst = states.reduce<(typeof states)[number] | undefined>(
    (worse, state) => (worse !== undefined && BADNESS[worse.status] >= BADNESS[state.status] ? worse : state),
    undefined,
  );
  const sum = (count: (state: StoreState) => number) =>
    states.reduce((total, state) => total + count(state), 0);
  return {
    status: worst?.status ?? "down",
    detail: states.map(({ name, detail }) => `${name}: ${detail}`).join("; ") || NOBODY.message,
    commands: sum(({ commands }) => commands),
    roundTrips: sum(({ roundTrips }) => roundTrips),
  };
}
