import { backoffMs } from "../../../base/backoff.ts";
import { hashSlot, SLOTS } from "../../../keys/hash-slot.ts";
import type { Server, Servers } from "../../spread/servers.ts";
import type { StoreFailure, StoreState } from "../../store.ts";
import { openRedis } from "../connect.ts";
import type { Kind, RedisCommand, RedisConnection } from "../connection.ts";
import { OneRedis } from "../redis-store.ts";
import type { Address, RedisPlace } from "../redis-target.ts";
import { connect, type RedisTools } from "../redis-tools.ts";
import { redirectionFrom, type SlotRange, slotRangesFrom } from "./slot-map.ts";

export type ClusterPlace = Extract<RedisPlace, { readonly kind: "cluster" }>;

/** Slot ranges that stamps are copied to: more than most clusters have masters, and the same whoever serves them. */
const BUCKETS = 12;

/** How often the slots are asked for while nothing hints that they changed: 45 to 90 s. */
const LOOK_MS = { firstMs: 90_000, maxMs: 90_000 };
/** How soon after a hint, and ever more rarely while a master is missing. */
const HINT_MS = { firstMs: 100, maxMs: 2000 };
/** A server that others have led to is kept so long, whatever the slots say. */
const KEPT_MS = 10_000;

/** A way to one server. */
export interface Door extends Server {
  readonly address: Address;
  readonly send: (kind: Kind, commands: readonly RedisCommand[]) => Promise<readonly unknown[]>;
}

export interface Node extends Door {
  readonly connection: RedisConnection;
  /** For what another server says to be on its way here. */
  readonly asking: Door;
  /** Others have led here, on the monotonic clock: a master that is given its first slots is in no answer yet. */
  ledToAt: number;
}

/**
 * The masters of a cluster, and which slots lie on which of them.
 *
 * A slot is believed to be where CLUSTER SLOTS said, until a server says otherwise (MOVED): then that slot is where it said,
 * and all of them are asked for again; likewise when a master is lost, and now and then.
 */
export class RedisCluster implements Servers {
  readonly buckets = BUCKETS;
  readonly #place: ClusterPlace;
  readonly #tools: RedisTools;
  readonly #nodes = new Map<string, Node>();
  readonly #slots: (Node | undefined)[] = new Array(SLOTS);
  readonly #onChange: (() => void)[] = [];
  readonly #opened: Promise<void>;
  #looking: Promise<void> | undefined;
  #cancelLook = (): void => {};
  /** When the next look is due, on the monotonic clock. */
  #dueAt = Number.POSITIVE_INFINITY;
  /** Looks in a row that did not find every slot on a master that answers. */
  #attempt = 0;
  #detail = "not connected yet";
  #closed = false;

  constructor(place: ClusterPlace, tools: RedisTools) {
    this.#place = place;
    this.#tools = tools;
    this.#opened = this.#look();
  }

  all(): readonly Node[] {
    return [...this.#nodes.values()];
  }

  bucketOf(hashTag: string): number {
    return Math.floor((hashSlot(hashTag) * BUCKETS) / SLOTS);
  }

  serverOf(hashTag: string): Node | undefined {
    return this.#slots[hashSlot(hashTag)];
  }

  /** An address that answers, if any is known: for what any server of the cluster can do. */
  anyAddress(): Address | undefined {
    const up = this.all().filter(({ connection }) => connection.epoch !== undefined);
    return up[Math.floor(this.#tools.random.next() * up.length)]?.address;
  }

  redirect(failure: StoreFailure, by: Server): Door | undefined {
    if (failure.reason !== "error") return undefined;
    const redirection = redirectionFrom(failure.message, (by as Door).address);
    if (redirection === undefined) {
      if (/^(CLUSTERDOWN|READONLY)/.test(failure.message)) this.#hint();
      return undefined;
    }
    const node = this.#nodeAt(this.#place.reach(redirection.to));
    node.ledToAt = this.#tools.clock.monotonic();
    if (redirection.kind === "ask") return node.asking;
    this.#slots[redirection.slot] = node;
    this.#hint();
    return node;
  }

  /** Calls back when any connection was lost or made, or a slot moved to another server. */
  onChange(call: () => void): void {
    this.#onChange.push(call);
  }

  async ready(): Promise<void> {
    await this.#opened;
    await Promise.all(this.all().map(({ store }) => store.ready()));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelLook();
    await this.#looking;
    await Promise.all(this.all().map(({ store }) => store.close()));
  }

  get detail(): string {
    return this.#detail;
  }

  /** Something is not as it was believed to be: looks soon. */
  #hint(): void {
    const { random } = this.#tools;
    this.#schedule(backoffMs(HINT_MS, Math.max(1, this.#attempt), random.next()));
  }

  #schedule(ms: number): void {
    const { clock } = this.#tools;
    const dueAt = clock.monotonic() + ms;
    if (this.#closed || this.#looking !== undefined || dueAt >= this.#dueAt) return;
    this.#cancelLook();
    this.#dueAt = dueAt;
    this.#cancelLook = clock.setTimer(() => void this.#look(), ms, { background: true });
  }

  #look(): Promise<void> {
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined;
      this.#dueAt = Number.POSITIVE_INFINITY;
      const isWhole = this.#isWhole();
      if (isWhole) this.#attempt = 0;
      else this.#attempt += 1;
      const { random } = this.#tools;
      this.#schedule(backoffMs(isWhole ? LOOK_MS : HINT_MS, Math.max(1, this.#attempt), random.next()));
    });
    return this.#looking;
  }

  /** Every slot has a master that answers. */
  #isWhole(): boolean {
    return Array.from(new Set(this.#slots)).every(isUp);
  }

  async #lookNow(): Promise<void> {
    const known = this.all().filter(isUp);
    for (const node of shuffled(known, this.#tools.random.next())) {
      const [reply] = await node.connection.send("write", [["cluster", "slots"]]);
      const ranges = slotRangesFrom(reply, node.address);
      if (ranges !== undefined && ranges.length > 0) return this.#adopt(ranges);
    }
    for (const seed of shuffled(this.#place.seeds, this.#tools.random.next())) {
      if (this.#closed) return;
      const ranges = await this.#askSeed(seed);
      if (ranges !== undefined && ranges.length > 0) return this.#adopt(ranges);
    }
    this.#tell(`${this.#detail}; none of its servers tells of the cluster's slots`);
  }

  /** Seeds may be replicas, or gone: each is asked by a connection for this question alone. */
  async #askSeed(seed: Address): Promise<readonly SlotRange[] | undefined> {
    const { timeouts, random, clock } = this.#tools;
    const client = openRedis({ ...this.#place.settings, ...seed }, { connectMs: timeouts.connectMs, random });
    let told = "";
    client.on("error", (error) => {
      told = error.message;
    });
    const cancel = clock.setTimer(() => client.disconnect(), timeouts.connectMs, { background: true });
    try {
      await client.connect();
      return slotRangesFrom(await client.cluster("SLOTS"), seed);
    } catch (error) {
      this.#detail = `${nameOf(seed)}: ${told || (error instanceof Error ? error.message : String(error))}`;
      return undefined;
    } finally {
      cancel();
      client.disconnect();
    }
  }

  #adopt(ranges: readonly SlotRange[]): void {
    if (this.#closed) return;
    const before = this.#slots.slice();
    const masters = new Set<Node>();
    this.#slots.fill(undefined);
    for (const { first, last, master } of ranges) {
      const node = this.#nodeAt(this.#place.reach(master));
      masters.add(node);
      this.#slots.fill(node, first, last + 1);
    }
    for (const node of this.#nodes.values()) {
      const isLedTo = this.#tools.clock.monotonic() - node.ledToAt < KEPT_MS;
      if (masters.has(node) || isLedTo) continue;
      this.#nodes.delete(node.name);
      void node.store.close();
    }
    if (this.#slots.some((node, slot) => node !== before[slot])) this.#changed();
  }

  #nodeAt(address: Address): Node {
    const name = nameOf(address);
    let node = this.#nodes.get(name);
    if (node === undefined) {
      node = this.#open(name, address);
      this.#nodes.set(name, node);
    }
    return node;
  }

  #open(name: string, address: Address): Node {
    const tools = this.#tools;
    const connection = connect(
      { ...this.#place.settings, ...address },
      { ...tools, onState: (status, detail) => this.#heard(name, status, detail) },
    );
    connection.onChange(() => this.#changed());
    const parts = { ...tools, connection, inCluster: true };
    return {
      name,
      address,
      connection,
      store: new OneRedis(parts),
      send: (kind, commands) => connection.send(kind, commands),
      asking: {
        name,
        address,
        store: new OneRedis(parts, { asking: true }),
        send: (kind, commands) => connection.send(kind, commands, { asking: true }),
      },
      ledToAt: Number.NEGATIVE_INFINITY,
    };
  }

  #heard(name: string, status: StoreState["status"], detail: string): void {
    if (!this.#nodes.has(name)) return;
    if (status !== "up") this.#hint();
    this.#tell(`${name}: ${detail}`);
  }

  #tell(detail: string): void {
    this.#detail = detail;
    const isUpAll = this.all().length > 0 && this.all().every(isUp);
    this.#tools.onState(isUpAll ? "up" : "down", detail);
  }

  #changed(): void {
    for (const call of this.#onChange) call();
  }
}

function isUp(node: Node | undefined): boolean {
  return node?.connection.state().status === "up";
}

function nameOf({ host, port }: Address): string {
  return `${host}:${port}`;
}

/** Begins at another one each time. */
function shuffled<T>(items: readonly T[], random: number): readonly T[] {
  const first = Math.floor(random * items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}
