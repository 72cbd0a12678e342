import { makeExecutableSchema } from "@graphql-tools/schema";
import { graphql } from "graphql";
import { vi } from "vitest";
import {
  type CacheEvent,
  createFieldCache,
  type EventBatch,
  type EventSource,
  type FieldCache,
  type FieldCacheOptions,
  typeDefs,
} from "../../src/index.ts";

/** What all gateways of a test load from. */
export interface Shop {
  /** Prices by id; what is not there is null. */
  readonly prices: Map<string, number>;
  /** Ids loaded, in order. */
  readonly loads: string[];
}

export function createShop(): Shop {
  return {
    prices: new Map([
      ["1", 10],
      ["2", 20],
      ["3", 30],
    ]),
    loads: [],
  };
}

export interface ShopGateway {
  readonly cache: FieldCache;
  readonly events: CacheEvent[];
  price(id: string): Promise<number | null>;
  teas(): Promise<unknown>;
  /** Names invalidated by this gateway so far. */
  invalidated(): string[];
}

const shopTypes = `
  type Query {
    product(id: ID!): Product
    teas: [ID!]! @cacheTTL(seconds: 3600)
  }
  type Product @cacheTTL(seconds: 3600) { id: ID!  price: Int! }
  interface Named { id: ID! }
`;

/** A gateway of the shop; several in one process are as many caches. */
export function openGateway(shop: Shop, options: FieldCacheOptions = {}): ShopGateway {
  const events: CacheEvent[] = [];
  const cache = createFieldCache({
    ...PATIENT,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    ...options,
    onEvent: (event) => events.push(event),
  });
  const products = cache.entity("Product", {
    load: (ids: readonly string[]) => {
      shop.loads.push(...ids);
      return ids.map((id) => {
        const price = shop.prices.get(id);
        return price === undefined ? null : { id, price };
      });
    },
  });
  const schema = cache.apply(
    makeExecutableSchema({
      typeDefs: [typeDefs, shopTypes],
      resolvers: {
        Query: {
          product: (_: unknown, { id }: { id: string }, context: object) => products.loader(context).load(id),
          teas: () => {
            shop.loads.push("teas");
            return [...shop.prices.keys()];
          },
        },
      },
    }),
  );
  const ask = async (source: string) => {
    const { data, errors } = await graphql({ schema, source, contextValue: {} });
    if (errors !== undefined) throw errors[0];
    // What was loaded is stored behind the answer.
    await vi.waitFor(() => {
      if (cache.stats().running.fills > 0) throw new Error("fills are under way");
    });
    // biome-ignore lint/suspicious/noExplicitAny: an answer has the shape of its operation
    return data as any;
  };
  return {
    cache,
    events,
    price: async (id) => (await ask(`{ product(id: "${id}") { price } }`)).product?.price ?? null,
    teas: async () => (await ask("{ teas }")).teas,
    invalidated: () => events.flatMap((event) => (event.type === "invalidate" ? event.names : [])),
  };
}

/** Time is not the claim: a busy machine must not turn a look-up into a bypass. */
export const PATIENT = { readTimeoutMs: 5000, writeTimeoutMs: 5000, invalidateTimeoutMs: 5000 } as const;

/** A source that tells what the test tells it, and shows how it is read. */
export interface ToldSource extends EventSource {
  /** Positions that it was read from, one for each reading. */
  readonly readings: (string | undefined)[];
  /** Resolves once the batch is dealt with; rejects when its reading ends before. */
  tell(batch: Partial<EventBatch>): Promise<void>;
  /** Says "nothing new" as often as it is asked to. Default true. */
  breathes: boolean;
  /** Every reading from now on fails with this. */
  failure: Error | undefined;
  /** Ends the present reading with an error. */
  cut(): void;
}

interface Told {
  readonly batch: EventBatch;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

export function toldSource(name = "news"): ToldSource {
  let queue: Told[] = [];
  let wake = (): void => {};
  let cutNow = false;
  const source: ToldSource = {
    name,
    readings: [],
    breathes: true,
    failure: undefined,
    cut() {
      cutNow = true;
      wake();
    },
    tell: (batch) =>
      new Promise((resolve, reject) => {
        queue.push({
          batch: { messages: [], current: true, ...batch },
          done: resolve,
          failed: reject,
        });
        wake();
      }),
    async *read({ from, everyMs, signal }) {
      source.readings.push(from);
      if (source.failure !== undefined) throw source.failure;
      cutNow = false;
      let position = from;
      let open: Told | undefined;
      signal.addEventListener("abort", () => wake());
      try {
        if (from === undefined) yield { messages: [], current: true, gap: "nothing is known", position: "0" };
        for (;;) {
          const told = queue.shift();
          open = told;
          if (told !== undefined) {
            position = told.batch.position ?? position;
            yield { ...told.batch, ...(position === undefined ? {} : { position }) };
            told.done();
            open = undefined;
            continue;
          }
          if (source.breathes) yield { messages: [], current: true, ...(position ? { position } : {}) };
          await new Promise<void>((resolve) => {
            wake = resolve;
            setTimeout(resolve, Math.min(everyMs, 50));
          });
          if (cutNow) throw new Error("cut");
          if (signal.aborted) return;
        }
      } finally {
        // What was not dealt with is told to the next reader, as a real source would.
        if (open !== undefined) queue = [open, ...queue];
      }
    },
  };
  return source;
}

export function message(...targets: readonly object[]): string {
  return JSON.stringify({ targets });
}

export function product(id: string): { readonly entity: string; readonly id: string } {
  return { entity: "Product", id };
}
