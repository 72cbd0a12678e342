import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { ForwardingStore } from "../forwarding-store.ts";
import type {
  BeginReply,
  BeginRequest,
  NearState,
  PrimeRequest,
  PutRequest,
  ReadReply,
  ReadRequest,
  StampRequest,
  Store,
  StoreState,
} from "../store.ts";
import { StoreFailure } from "../store.ts";
import { ACKNOWLEDGE_MS, DRIFT, LEASE_MS } from "./lease.ts";
import type { NearBus } from "./near-bus.ts";
import type { NearCopies } from "./near-copies.ts";
import { NearSession } from "./near-session.ts";
import { Revoker } from "./revoker.ts";

export interface NearStoreOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** What this process holds itself. Without it, it holds nothing, and waits for those that do. */
  readonly copies?: { readonly lifeMs: number; readonly maxBytes: number };
}

/**
 * A small tier in this process in front of a store that processes share: see docs/protocol.md, "Near copies".
 *
 * An entry is judged by its stamps, so what must not outlive an invalidation are copies of stamps. `dropStamps` resolves
 * when no process of the fleet holds one of them any more; all other steps go to the store as they are.
 */
export function createNearStore(inner: Store, bus: NearBus, options: NearStoreOptions): Store {
  return new NearStore(inner, bus, options);
}

class NearStore extends ForwardingStore {
  readonly settleMs = (ACKNOWLEDGE_MS + LEASE_MS) * DRIFT;
  readonly #bus: NearBus;
  readonly #clock: Clock;
  readonly #revoker: Revoker;
  readonly #session: NearSession | undefined;
  #hits = 0;
  #revocations = 0;

  constructor(inner: Store, bus: NearBus, { clock, random, copies }: NearStoreOptions) {
    super(inner);
    this.#bus = bus;
    this.#clock = clock;
    this.#revoker = new Revoker({ bus, clock, random });
    this.#session = copies && new NearSession({ bus, clock, ...copies });
    bus.attend({
      onLink: () => this.#session?.upkeep(),
      onRevocation: (revocation) => {
        this.#revocations += 1;
        this.#session?.forget(revocation.stampKeys);
        bus.acknowledge(revocation);
      },
      onAcknowledgement: (revocationId, from) => this.#revoker.acknowledged(revocationId, from),
    });
    if (this.#session !== undefined) {
      bus.listen();
      this.#session.upkeep();
    }
  }

  override async ready(): Promise<void> {
    await super.ready();
    // The list of sessions is begun long before it is needed: one that is young says nothing of who joined before.
    void this.#bus.sessions(Promise.resolve());
  }

  peek(request: ReadRequest): ReadReply | undefined {
    const copies = this.#session?.copies;
    // The log's newest position is nowhere but in the store.
    if (copies === undefined || request.log || request.pendingKeys !== undefined) return undefined;
    const found = this.#find(copies, request);
    if (!isWhole(found)) return undefined;
    this.#hits += found.entries.length;
    return found;
  }

  override async read(request: ReadRequest): Promise<ReadReply> {
    const copies = this.#session?.copies;
    // 1. a copy of a row is found · 2. what is pending of it is sent and taken away · 3. nothing is found pending: the row of
    // before. So whoever asks for both is shown neither from a copy.
    if (copies === undefined || request.pendingKeys !== undefined) return this.inner.read(request);
    const found = this.#find(copies, request);
    this.#hits += found.entries.filter((text) => text !== undefined).length;
    if (isWhole(found) && !request.log) return found;
    const entryKeys = request.entryKeys.filter((_, at) => found.entries[at] === undefined);
    const stampKeys = request.stampKeys.filter((_, at) => found.stamps[at] === undefined);
    const read = copies.beginRead();
    const reply = await this.inner.read({ entryKeys, stampKeys, log: request.log });
    copies.endRead(read, [...entryKeys, ...stampKeys], [...reply.entries, ...reply.stamps]);
    // What was found here is worth as much as when it was found: all of this read's callers had asked by then.
    return {
      ...reply,
      entries: merge(found.entries, reply.entries),
      stamps: merge(found.stamps, reply.stamps),
    };
  }

  override async begin(requests: readonly BeginRequest[]): Promise<readonly (BeginReply | StoreFailure)[]> {
    const replies = await super.begin(requests);
    const copies = this.#session?.copies;
    if (copies === undefined) return replies;
    for (const [at, { entryKey, stampKey }] of requests.entries()) {
      const reply = replies[at]!;
      if (reply instanceof StoreFailure || reply.kind === "wait") continue;
      copies.supersede(stampKey, reply.stamp);
      // 1. a reader judges a copy that ends · 2. begin shows what another gateway has stored meanwhile · 3. the reader looks
      // again: it would see the copy, begin again, and so on.
      if (reply.kind === "entry") copies.supersede(entryKey, reply.text);
    }
    return replies;
  }

  /** A stamp that was evicted and made anew is another one, and nobody was told. */
  override async stamps(requests: readonly StampRequest[]): Promise<readonly (string | StoreFailure)[]> {
    const replies = await super.stamps(requests);
    const copies = this.#session?.copies;
    for (const [at, { stampKey }] of requests.entries()) {
      const reply = replies[at];
      if (typeof reply === "string") copies?.supersede(stampKey, reply);
    }
    return replies;
  }

  override put(requests: readonly PutRequest[]): Promise<readonly (boolean | StoreFailure)[]> {
    return this.#store(requests, super.put(requests));
  }

  override prime(requests: readonly PrimeRequest[]): Promise<readonly (boolean | StoreFailure)[]> {
    return this.#store(requests, super.prime(requests));
  }

  override dropStamps(stampKeys: readonly string[]): Promise<StoreFailure | undefined> {
    const dropped = super.dropStamps(stampKeys).then((failure) => {
      // Of ours as well, those only that were read before: whatever is asked for from now on finds no such stamp.
      this.#session?.forget(stampKeys);
      return failure;
    });
    return this.#revoker.revoke(stampKeys, dropped);
  }

  override state(): StoreState {
    const session = this.#session;
    if (session === undefined) return super.state();
    const copies = session.copies;
    const near: NearState = {
      open: copies !== undefined,
      hits: this.#hits,
      copies: copies?.size ?? 0,
      bytes: copies?.bytes ?? 0,
      revocations: this.#revocations,
      losses: session.losses,
    };
    return { ...super.state(), near };
  }

  override async close(): Promise<void> {
    await this.#session?.close();
    await this.#bus.close();
    await super.close();
  }

  #find(copies: NearCopies, { entryKeys, stampKeys }: ReadRequest): Found {
    const now = this.#clock.monotonic();
    const find = (key: string) => copies.get(key, now);
    return { entries: entryKeys.map(find), stamps: stampKeys.map(find) };
  }

  /**
   * What was stored is newer than any copy, and than any answer to what was asked for before: 1. a read leaves · 2. the
   * entry is stored, and served · 3. the answer of 1 is kept, and this gateway goes back in time.
   */
  async #store<Reply>(
    requests: readonly { readonly entryKey: string }[],
    stored: Promise<Reply>,
  ): Promise<Reply> {
    const replies = await stored;
    this.#session?.forget(requests.map(({ entryKey }) => entryKey));
    return replies;
  }
}

interface Found {
  readonly entries: readonly (string | undefined)[];
  readonly stamps: readonly (string | undefined)[];
}

function isWhole(
  found: Found,
): found is { readonly entries: readonly string[]; readonly stamps: readonly string[] } {
  return !found.entries.includes(undefined) && !found.stamps.includes(undefined);
}

/** What was found, and in the gaps what was asked for, in its order. */
function merge<Asked>(found: readonly (string | undefined)[], asked: readonly Asked[]): (string | Asked)[] {
  let next = 0;
  return found.map((text) => text ?? asked[next++]!);
}
