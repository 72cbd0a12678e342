import { makeExecutableSchema } from "@graphql-tools/schema";
import { type ExecutionResult, execute, parse } from "graphql";
import { afterEach, describe, expect, it } from "vitest";
import { type Deferred, deferred } from "../../src/base/deferred.ts";
import { systemRandom } from "../../src/base/random.ts";
import {
  type CacheEvent,
  createFieldCache,
  typeDefs as directives,
  type FieldCache,
  type SourceLimits,
} from "../../src/index.ts";
import { wireFieldCache } from "../../src/library/create-field-cache.ts";
import { createManualClock } from "../../src/testing/manual-clock.ts";

const typeDefs = /* GraphQL */ `
  type Product @cacheTTL(seconds: 60) {
    id: ID!
    name: String!
    price: Int @cacheTTL(seconds: 60)
  }
  type Query {
    product(id: ID!): Product @cacheTTL(seconds: 60)
    twin(id: ID!): String @cacheTTL(seconds: 60)
    slow(n: Int!): String @cacheTTL(seconds: 60)
    shared(n: Int!): String @cacheTTL(seconds: 60)
    kept: String @cacheTTL(seconds: 1, staleIfErrorSeconds: 60)
  }
`;

/** A source that answers when the test says so, and knows how many asked it at a time. */
class Source {
  readonly asked: string[] = [];
  most = 0;
  #running = 0;
  #gates: Deferred<void>[] = [];
  isOpen = true;

  async ask<T>(what: string, answer: T): Promise<T> {
    this.asked.push(what);
    this.#running += 1;
    this.most = Math.max(this.most, this.#running);
    if (!this.isOpen) {
      const gate = deferred<void>();
      this.#gates.push(gate);
      await gate.promise;
    } else await turn();
    this.#running -= 1;
    return answer;
  }

  /** Answers what has been asked so far. */
  answer(): void {
    for (const gate of this.#gates.splice(0)) gate.resolve();
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const turns = async (count = 10) => {
  for (let i = 0; i < count; i++) await turn();
};

let cache: FieldCache | undefined;
afterEach(() => cache?.close());

function shop(sources: Readonly<Record<string, SourceLimits>>) {
  const source = new Source();
  const events: CacheEvent[] = [];
  const clock = createManualClock();
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const onEvent = (event: CacheEvent) => void events.push(event);
  const made = wireFieldCache({ sources, onEvent, logger }, { clock, random: systemRandom });
  cache = made;
  const row = (id: string) => ({ id, name: `Product ${id}` });
  const products = made.entity("Product", {
    load: (ids: readonly string[]) => source.ask(`products ${ids.join()}`, ids.map(row)),
  });
  const resolvers = {
    Product: { price: ({ id }: { id: string }) => source.ask(`price ${id}`, Number(id)) },
    Query: {
      product: (_: unknown, { id }: { id: string }, context: object) => products.loader(context).load(id),
      // Asks the source itself, then for a row, then the source again.
      twin: async (_: unknown, { id }: { id: string }, context: object) => {
        await source.ask(`twin of ${id}`, null);
        const { name } = await products.loader(context).load(id);
        return source.ask(`twin ${name}`, name);
      },
      slow: (_: unknown, { n }: { n: number }) => source.ask(`slow ${n}`, `slow ${n}`),
      // A memo of the application's own, which the first to ask fills.
      shared: (_: unknown, __: unknown, context: { name?: Promise<string> }) => {
        context.name ??= products
          .loader(context)
          .load("1")
          .then(({ name }) => name);
        return context.name;
      },
      kept: () => source.ask("kept", "kept"),
    },
  };
  const schema = made.apply(makeExecutableSchema({ typeDefs: [directives, typeDefs], resolvers }));
  const ask = async (query: string, context: object = {}) =>
    execute({ schema, document: parse(query), contextValue: context }) as Promise<ExecutionResult>;
  return { cache: made, clock, source, events, ask, products };
}

const ids = Array.from({ length: 12 }, (_, i) => String(i + 1));

describe("a source with a limit", () => {
  it("is not stuck where a load that lent its permit is waited for by the one that has it", async () => {
    const { clock, ask, cache } = shop({ api: { concurrency: 1, queueMs: 1000, of: ["Query.*"] } });
    const answer = ask("{ a: shared(n: 1) b: shared(n: 2) }", {});
    await turns();
    await clock.advance(1000);
    expect(await answer).toEqual({ data: { a: "Product 1", b: "Product 1" } });
    expect(cache.stats().sources["api"]).toEqual({ running: 0, waiting: 0, limit: 1 });
  });

  it("is asked by no more loads at a time, of fields and of entities together", async () => {
    const { source, ask, cache } = shop({ database: { concurrency: 3 } });
    const answers = await Promise.all(
      ids.flatMap((id) => [
        ask(`{ product(id: ${id}) { name price } }`),
        ask(`{ slow(n: ${id}) twin(id: ${id}) }`),
      ]),
    );
    expect(answers.flatMap(({ errors }) => errors ?? [])).toEqual([]);
    expect(source.most).toBe(3);
    expect(cache.stats().sources).toEqual({ database: { running: 0, waiting: 0, limit: 3 } });
  });

  it("limits nothing that another source names, or none", async () => {
    const { source, ask } = shop({
      one: { concurrency: 1, of: ["Product"] },
      two: { concurrency: 2, of: ["Query.slow"] },
    });
    source.isOpen = false;
    const all = Promise.all(ids.flatMap((id) => [ask(`{ slow(n: ${id}) twin(id: ${id}) }`)]));
    await turns();
    expect(source.asked.filter((what) => what.startsWith("slow"))).toHaveLength(2);
    expect(source.asked.filter((what) => what.startsWith("twin"))).toHaveLength(ids.length);
    source.isOpen = true;
    source.answer();
    await all;
  });

  it("is asked for the rows that gathered meanwhile in one call", async () => {
    const { source, products } = shop({ database: { concurrency: 1 } });
    source.isOpen = false;
    const first = products.get("1");
    await turns();
    const later = [];
    for (const id of ["2", "3", "4"]) {
      later.push(products.get(id));
      await turns();
    }
    expect(source.asked).toEqual(["products 1"]);
    source.isOpen = true;
    source.answer();
    await Promise.all([first, ...later]);
    expect(source.asked).toEqual(["products 1", "products 2,3,4"]);
  });

  it("lets its only load ask for another, that goes on when it has its row", async () => {
    const { source, ask } = shop({ database: { concurrency: 1 } });
    const { data, errors } = await ask(`{ twin(id: 1) other: twin(id: 2) product(id: 3) { name } }`);
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ twin: "Product 1", other: "Product 2" });
    expect(source.most).toBe(1);
  });

  // 1. twin runs, on the only permit · 2. another request wants row 1: its load waits for a permit · 3. twin wants row 1, too
  it("lets a load wait for a row whose own load waits for its turn", async () => {
    const { source, ask, products } = shop({ database: { concurrency: 1 } });
    source.isOpen = false;
    const twin = ask(`{ twin(id: 1) }`);
    await turns();
    const row = products.get("1");
    await turns();
    expect(source.asked).toEqual(["twin of 1"]);
    source.isOpen = true;
    source.answer();
    expect((await twin).data).toEqual({ twin: "Product 1" });
    expect(await row).toMatchObject({ id: "1" });
    expect(source.asked).toEqual(["twin of 1", "products 1", "twin Product 1"]);
    expect(source.most).toBe(1);
  });

  it("refuses whom its queue has no room for, and no one else; the next one is not kept waiting by it", async () => {
    const { source, ask, events } = shop({ database: { concurrency: 1, queue: 1 } });
    source.isOpen = false;
    const served = [ask(`{ slow(n: 1) }`), ask(`{ slow(n: 2) }`)];
    await turns();
    const refused = await ask(`{ slow(n: 3) }`);
    expect(refused.errors?.map(({ message }) => message)).toEqual([
      'The source "database" is busy: 1 loads of it run and 1 wait. Its limits are those of the option sources: { "database": … }.',
    ]);
    expect(events).toContainEqual(
      expect.objectContaining({ type: "source-wait", source: "database", error: expect.any(String) }),
    );
    source.isOpen = true;
    source.answer();
    expect((await Promise.all(served)).map(({ data }) => data)).toEqual([
      { slow: "slow 1" },
      { slow: "slow 2" },
    ]);
    // A source that failed would be spared for a while; this one has not been asked.
    expect((await ask(`{ slow(n: 3) }`)).data).toEqual({ slow: "slow 3" });
  });
});

describe("a load that is refused", () => {
  it("is answered with what its policy allows when the source fails", async () => {
    const { source, ask, clock } = shop({ database: { concurrency: 1, queue: 0 } });
    expect((await ask(`{ kept }`)).data).toEqual({ kept: "kept" });
    await clock.advance(2000);
    source.isOpen = false;
    const running = ask(`{ slow(n: 1) }`);
    await turns();
    expect(await ask(`{ kept }`)).toEqual({ data: { kept: "kept" } });
    expect(source.asked).toEqual(["kept", "slow 1"]);
    source.isOpen = true;
    source.answer();
    await running;
  });

  it("has waited as long as it may", async () => {
    const { source, ask, clock } = shop({ database: { concurrency: 1, queueMs: 700 } });
    source.isOpen = false;
    const running = ask(`{ slow(n: 1) }`);
    const late = ask(`{ slow(n: 2) }`);
    await turns();
    await clock.advance(700);
    expect((await late).errors?.[0]?.message).toContain(
      "a load of it did not get its turn in time; 1 run and 0 wait",
    );
    source.isOpen = true;
    source.answer();
    expect((await running).data).toEqual({ slow: "slow 1" });
  });
});

describe("the option sources", () => {
  it.each([
    [{ database: {} }, 'must say how many loads of "database" may run: concurrency'],
    [
      { database: { concurrency: 0 } },
      'has a wrong "concurrency" for "database": it must be a whole number of loads, at least 1',
    ],
    [{ database: { concurrency: 1, que: 3 } }, 'has no limit "que" for "database". Did you mean "queue"?'],
    [{ a: { concurrency: 1 }, b: { concurrency: 1 } }, 'has two sources for "*": "a" and "b"'],
  ])("refuses %j", (sources, problem) => {
    expect(() => createFieldCache({ sources: sources as never })).toThrow(`"sources" ${problem}`);
  });

  it("refuses a place that there is not, once the schema tells", () => {
    expect(() => shop({ database: { concurrency: 1, of: ["Query.slow", "Produkt"] } })).toThrow(
      '"database": "Produkt". Did you mean "Product" or "Product.*"?',
    );
  });
});
