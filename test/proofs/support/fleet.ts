import { EventEmitter, once } from "node:events";
import type { CacheStats } from "../../../src/index.ts";
import { type Child, startChild } from "./child.ts";
import type { Asked, PageOptions, SourceCall } from "./page-process.ts";

/** A load that has reached the source. */
export interface Load extends SourceCall {
  readonly gateway: number;
}

/** Gateways in processes of their own, and the source behind all of them, in this one. */
export interface Fleet {
  readonly gateways: readonly Child[];
  /** Every load so far. */
  readonly loads: readonly Load[];
  /** Resolves when so many loads wait for their answer. */
  held(count: number): Promise<readonly Load[]>;
  /** Answers a load, with what the source holds unless told otherwise. */
  give(load: Load, value?: unknown): void;
  /** From now on loads are answered at once; those that wait, now. */
  open(): void;
  /** From now on loads wait. */
  hold(): void;
  /** Begins that many requests in each of these gateways (all of them): once this resolves, they have begun. */
  ask(source: string, requests: number, gateways?: readonly number[]): Promise<Answers>;
  /** How often each key of each source was loaded. */
  counts(): Readonly<Record<string, number>>;
  /** Forgets the loads and outcomes so far. */
  forget(): Promise<void>;
  /** What came of the fills and reads of these gateways (all of them): `fill stored`, `read wait lock-timeout`. */
  outcomes(gateways?: readonly number[]): Promise<Readonly<Record<string, number>>>;
  /** Resolves when no fill is under way in these gateways (all of them). */
  idle(gateways?: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

export interface Answers {
  /** Distinct answers of all, and how many requests were answered. */
  readonly all: () => Promise<Asked>;
}

export const IDS: readonly string[] = Array.from({ length: 5 }, (_, id) => String(id));

export async function startFleet(count: number, options: PageOptions): Promise<Fleet> {
  const changes = new EventEmitter();
  const loads: Load[] = [];
  const waiting = new Set<Load>();
  let isOpen = false;
  let asks = 0;

  const gateways = Array.from({ length: count }, (_, gateway) =>
    startChild("./page-process.ts", [JSON.stringify(options)], (call: SourceCall) => {
      const load = { ...call, gateway };
      loads.push(load);
      waiting.add(load);
      if (isOpen) give(load);
      changes.emit("load");
    }),
  );
  await Promise.all(gateways.map((gateway) => gateway.call("ready")));

  function give(load: Load, value = contentOf(load)): void {
    waiting.delete(load);
    gateways[load.gateway]!.tell("loaded", load.id, value);
  }

  const all = gateways.map((_, gateway) => gateway);
  return {
    gateways,
    loads,
    async held(wanted) {
      while (waiting.size < wanted) await once(changes, "load");
      return [...waiting];
    },
    give,
    open() {
      isOpen = true;
      for (const load of waiting) give(load);
    },
    hold() {
      isOpen = false;
    },
    async ask(source, requests, of = all) {
      const id = ++asks;
      await Promise.all(of.map((gateway) => gateways[gateway]!.call("ask", id, source, requests)));
      return {
        async all() {
          const asked = await Promise.all(of.map((gateway) => gateways[gateway]!.call<Asked>("answers", id)));
          return {
            answers: [...new Set(asked.flatMap(({ answers }) => answers))],
            requests: asked.reduce((sum, one) => sum + one.requests, 0),
          };
        },
      };
    },
    counts() {
      const counts: Record<string, number> = {};
      for (const { of, keys } of loads) {
        for (const name of keys.length === 0 ? [of] : keys.map((key) => `${of}:${key}`)) {
          counts[name] = (counts[name] ?? 0) + 1;
        }
      }
      return counts;
    },
    async forget() {
      loads.length = 0;
      await Promise.all(gateways.map((gateway) => gateway.call("forget")));
    },
    async outcomes(of = all) {
      const counts: Record<string, number> = {};
      for (const gateway of of) {
        const own = await gateways[gateway]!.call<Record<string, number>>("outcomes");
        for (const [name, count] of Object.entries(own)) counts[name] = (counts[name] ?? 0) + count;
      }
      return counts;
    },
    async idle(of = all) {
      for (const gateway of of) {
        for (;;) {
          const { running } = await gateways[gateway]!.call<CacheStats>("stats");
          if (running.fills + running.refreshes + running.sharedLoads === 0) break;
        }
      }
    },
    async close() {
      await Promise.all(gateways.map((gateway) => gateway.end()));
    },
  };
}

function contentOf({ of, keys }: SourceCall): unknown {
  switch (of) {
    case "Query.products":
      return IDS;
    case "Product":
      return keys.map((id) => ({ id, name: `product ${id}` }));
    case "Stock":
      return keys.map((id) => ({ id, left: Number(id) }));
    default:
      return `${of} of the source`;
  }
}
