import { type Deferred, deferred } from "../../../src/base/deferred.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { type Cache, createCache } from "../../../src/engine/cache.ts";
import { createMemoryStore, type MemoryStore } from "../../../src/store/memory/memory-store.ts";
import type { NearBus, NearListener, Revocation, Sessions } from "../../../src/store/near/near-bus.ts";
import { createNearStore } from "../../../src/store/near/near-store.ts";
import { type Store, StoreFailure } from "../../../src/store/store.ts";
import { createSteppedClock } from "../../../src/testing/manual-clock.ts";
import { type GatedStore, gate } from "../../engine/gated-store.ts";
import { keys, turns } from "../../engine/support.ts";

/** A gateway with near copies, and what a test does to it. */
export interface NearGateway {
  readonly cache: Cache;
  /** What its cache is built on. */
  readonly near: Store;
  /** Its way to the server that all share. */
  readonly store: GatedStore;
  readonly bus: GatedBus;
  /** SIGSTOP: none of its timers runs, no message arrives. */
  stop(): void;
  /** Its clock shows how late it is, and nothing of what it missed has had its turn. */
  wake(): void;
}

export interface NearFleet {
  readonly server: MemoryStore;
  readonly sessions: SessionServer;
  gateway(options?: { readonly holds?: boolean; readonly lifeMs?: number }): Promise<NearGateway>;
  /** Time goes by for the server, and for every gateway that is not stopped. */
  passes(ms: number): Promise<void>;
}

const STEP_MS = 25;

/** Gateways on one store in memory, on clocks that the test moves. The list of sessions has been kept for days. */
export function nearFleet(): NearFleet {
  const server = createMemoryStore({ keys });
  const sessions = new SessionServer();
  const moves: ((ms: number) => void)[] = [];
  let seed = 0;
  return {
    server,
    sessions,
    async gateway({ holds = true, lifeMs = 60_000 } = {}) {
      const stepped = createSteppedClock(0);
      let stopped = false;
      let missed = 0;
      const clock = { ...stepped, monotonic: () => stepped.monotonic() + missed };
      moves.push((ms) => {
        if (stopped) missed += ms;
        else stepped.step(ms);
      });
      const store = gate(server);
      const bus = new GatedBus(sessions, `process-${++seed}`, () => stopped);
      const near = createNearStore(store, bus, {
        clock,
        random: seededRandom(seed),
        ...(holds ? { copies: { lifeMs, maxBytes: 1_000_000 } } : {}),
      });
      const cache = createCache({ store: near, keys, emit: () => {}, random: seededRandom(seed) });
      await cache.ready();
      await turns();
      return {
        cache,
        near,
        store,
        bus,
        stop() {
          stopped = true;
        },
        wake() {
          stopped = false;
        },
      };
    },
    async passes(ms) {
      for (let left = ms; left > 0; left -= STEP_MS) {
        const step = Math.min(STEP_MS, left);
        sessions.now += step;
        for (const move of moves) move(step);
        await turns(2);
      }
    },
  };
}

/** The list of sessions, and the channels. */
export class SessionServer {
  now = 1_000_000_000;
  since = 0;
  readonly ends = new Map<string, number>();
  readonly buses = new Set<GatedBus>();

  /** The list is gone, and has to be begun anew. */
  evict(): void {
    this.ends.clear();
    this.since = Number.NaN;
  }

  forget(session: string): void {
    this.ends.delete(session);
    this.ends.delete(`${session}!`);
  }

  look(): Sessions {
    if (Number.isNaN(this.since)) this.since = this.now;
    for (const [session, end] of this.ends) if (end <= this.now) this.ends.delete(session);
    return { ageMs: this.now - this.since, live: [...this.ends.keys()] };
  }
}

type Command = "join" | "renew" | "sessions" | "expel" | "revoke";

/** One process' way to the others, as a test wants it. */
export class GatedBus implements NearBus {
  readonly processId: string;
  link: symbol | undefined;
  /** Messages do not arrive, and it does not know. */
  deaf = false;
  /** Commands fail. */
  mute = false;
  relinks = 0;
  readonly calls: Command[] = [];
  readonly #server: SessionServer;
  readonly #isStopped: () => boolean;
  readonly #held = new Map<Command, { readonly arrived: Deferred<void>; readonly go: Deferred<void> }>();
  #listener: NearListener | undefined;

  constructor(server: SessionServer, processId: string, isStopped: () => boolean) {
    this.#server = server;
    this.#isStopped = isStopped;
    this.processId = processId;
  }

  /** The server executes the next command of this kind; its answer comes when the test lets it go. */
  stopAfter(command: Command): { readonly arrived: Promise<void>; readonly go: () => void } {
    const held = { arrived: deferred<void>(), go: deferred<void>() };
    this.#held.set(command, held);
    return { arrived: held.arrived.promise, go: () => held.go.resolve() };
  }

  /** The connection is lost. */
  cut(): void {
    this.#server.buses.delete(this);
    this.link = undefined;
    this.#listener?.onLink();
  }

  attend(listener: NearListener): void {
    this.#listener = listener;
  }

  listen(): void {
    if (this.link !== undefined) return;
    this.#server.buses.add(this);
    this.link = Symbol();
    this.#listener?.onLink();
  }

  relink(): void {
    this.relinks += 1;
    this.cut();
    this.listen();
  }

  async join(session: string, leaseMs: number, previous: string | undefined) {
    return this.#run("join", () => {
      this.#server.look();
      if (previous !== undefined) this.#server.forget(previous);
      this.#server.ends.set(session, this.#server.now + leaseMs);
      return undefined;
    });
  }

  async renew(session: string, leaseMs: number): Promise<boolean | StoreFailure> {
    return this.#run("renew", () => {
      this.#server.look();
      if (!this.#server.ends.has(session)) return false;
      this.#server.ends.set(session, this.#server.now + leaseMs);
      return true;
    });
  }

  async leave(session: string): Promise<void> {
    this.#server.forget(session);
  }

  async sessions(dropped: Promise<unknown>): Promise<Sessions | StoreFailure> {
    await dropped;
    return this.#run("sessions", () => this.#server.look());
  }

  async expel(sessions: readonly string[]): Promise<number | StoreFailure> {
    return this.#run("expel", () => {
      let last = 0;
      for (const session of sessions) {
        const bare = session.replace(/!$/, "");
        const end = this.#server.ends.get(bare) ?? this.#server.ends.get(`${bare}!`) ?? this.#server.now;
        last = Math.max(last, end - this.#server.now);
        this.#server.ends.delete(bare);
        this.#server.ends.set(`${bare}!`, end);
      }
      return last;
    });
  }

  async revoke(revocation: Revocation): Promise<StoreFailure | undefined> {
    this.listen();
    return this.#run("revoke", () => {
      for (const bus of this.#server.buses) bus.deliver((listener) => listener.onRevocation(revocation));
      return undefined;
    });
  }

  acknowledge({ id, from }: Revocation): void {
    for (const bus of this.#server.buses)
      if (bus.processId === from) bus.deliver((listener) => listener.onAcknowledgement(id, this.processId));
  }

  async close(): Promise<void> {
    this.#server.buses.delete(this);
  }

  deliver(message: (listener: NearListener) => void): void {
    if (this.deaf || this.#isStopped()) return;
    setImmediate(() => message(this.#listener!));
  }

  async #run<T>(command: Command, execute: () => T): Promise<T | StoreFailure> {
    this.calls.push(command);
    if (this.mute) return new StoreFailure("timeout", `${command} did not answer`);
    const reply = execute();
    const held = this.#held.get(command);
    if (held === undefined) return reply;
    this.#held.delete(command);
    held.arrived.resolve();
    await held.go.promise;
    return reply;
  }
}
