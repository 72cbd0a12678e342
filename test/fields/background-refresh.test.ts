import { describe, expect, it } from "vitest";
import { shop } from "./support.ts";

// biome-ignore lint/suspicious/noExplicitAny: a context as applications write it
type Any = any;

async function stale(backgroundContext?: (asker: never) => unknown) {
  const seen: unknown[] = [];
  const made = await shop({
    typeDefs: /* GraphQL */ `
      type Query {
        price: Int @cacheTTL(seconds: 60, staleSeconds: 600)
        mine: Int @cacheTTL(seconds: 60, staleSeconds: 600, scope: PRIVATE)
        local: Int @cacheTTL(seconds: 60, staleSeconds: 600, vary: ["locale"])
      }
    `,
    resolvers: {
      Query: Object.fromEntries(
        ["price", "mine", "local"].map((name) => [
          name,
          (_p: unknown, _a: unknown, context: Any) => seen.push(context.name),
        ]),
      ),
    },
    principal: (context: Any) => context.user,
    vary: { locale: (context: Any) => context.locale },
    ...(backgroundContext === undefined ? {} : { backgroundContext }),
  });
  /** Loads, lets the fresh time pass, reads twice. */
  const outcomes = async (field: string, context: Any = {}) => {
    const one = await made.ask(`{ ${field} }`, { name: "request", ...context });
    made.clock.step(60_001);
    const two = await made.ask(`{ ${field} }`, { name: "request", ...context });
    const three = await made.ask(`{ ${field} }`, { name: "request", ...context });
    return [one, two, three].map(({ reads, data }) => `${reads[0]?.split(" ")[1]} ${data[field]}`);
  };
  return { ...made, seen, outcomes };
}

describe("a stale entry", () => {
  it("is served while one refresh runs with a context of its own", async () => {
    const { outcomes, seen } = await stale(() => ({ name: "background" }));
    expect(await outcomes("price")).toEqual(["miss 1", "stale 1", "hit 2"]);
    expect(seen).toEqual(["request", "background"]);
  });

  it("is refreshed with an empty context where nobody says how to make one", async () => {
    const { outcomes, seen } = await stale();
    expect(await outcomes("price")).toEqual(["miss 1", "stale 1", "hit 2"]);
    expect(seen).toEqual(["request", undefined]);
  });

  it("is refreshed with a context that is only promised", async () => {
    const { outcomes, seen } = await stale(async () => ({ name: "background" }));
    expect(await outcomes("price")).toEqual(["miss 1", "stale 1", "hit 2"]);
    expect(seen).toEqual(["request", "background"]);
  });

  it("stays while its context cannot be made, which is told once and held against nobody", async () => {
    const { outcomes, ask, clock, warnings } = await stale(async () => {
      throw new Error("no pool");
    });
    expect(await outcomes("price")).toEqual(["miss 1", "stale 1", "stale 1"]);
    clock.step(600_000);
    expect((await ask("{ price }", { name: "request" })).data).toEqual({ price: 2 });
    expect((await ask("{ price }", { name: "request" })).reads).toEqual(["Query.price hit"]);
    expect(warnings()).toEqual(["background-context Query.price"]);
  });

  it("of a principal is refreshed with a promised context that asks as the principal does, and with no other", async () => {
    const own = await stale(async (asker: Any) => ({ name: "background", user: asker.principal }));
    expect(await own.outcomes("mine", { user: "ann" })).toEqual(["miss 1", "stale 1", "hit 2"]);
    const other = await stale(async () => ({ name: "background", user: "bob" }));
    expect(await other.outcomes("mine", { user: "ann" })).toEqual(["miss 1", "stale 1", "stale 1"]);
    expect(other.seen).toEqual(["request"]);
    expect(other.warnings()).toEqual(["background-context Query.mine"]);
  });

  it("is loaded in the foreground once its resolver has failed with an empty context, which is told once", async () => {
    const made = await shop({
      typeDefs: `type Query { price: Int @cacheTTL(seconds: 60, staleSeconds: 600) }`,
      resolvers: { Query: { price: (_p: unknown, _a: unknown, context: Any) => context.db.price++ } },
    });
    const db = { price: 1 };
    const ask = async () => {
      const { data, errors, reads } = await made.ask(`{ price }`, { db });
      return { price: data.price, errors, reads };
    };
    const answer = (price: number, outcome: string) => ({
      price,
      errors: [],
      reads: [`Query.price ${outcome}`],
    });
    expect(await ask()).toEqual(answer(1, "miss"));
    made.clock.step(60_001);
    expect(await ask()).toEqual(answer(1, "stale"));
    expect(await ask()).toEqual(answer(2, "miss"));
    made.clock.step(60_001);
    expect([await ask(), await ask()]).toEqual([answer(3, "miss"), answer(3, "hit")]);
    expect(made.warnings()).toEqual(["background-context Query.price"]);
    expect(made.events.filter(({ type }) => type === "fill-error")).toEqual([]);
    expect(JSON.stringify(made.events)).toContain("Give the option backgroundContext");
  });

  it("of a principal is refreshed only for a context that asks as the principal does", async () => {
    const own = await stale((asker: Any) => ({ name: "background", user: asker.principal }));
    expect(await own.outcomes("mine", { user: "ann" })).toEqual(["miss 1", "stale 1", "hit 2"]);
    const nobody = await stale(() => ({ name: "background" }));
    expect(await nobody.outcomes("mine", { user: "ann" })).toEqual(["miss 1", "miss 2", "hit 2"]);
    const other = await stale(() => ({ name: "background", user: "bob" }));
    expect(await other.outcomes("mine", { user: "ann" })).toEqual(["miss 1", "miss 2", "hit 2"]);
    expect(other.seen).toEqual(["request", "request"]);
  });

  it("under vary is refreshed only for a context with the same values", async () => {
    const same = await stale((asker: Any) => ({ name: "background", ...asker.vary }));
    expect(await same.outcomes("local", { locale: "de" })).toEqual(["miss 1", "stale 1", "hit 2"]);
    const other = await stale(() => ({ name: "background", locale: "en" }));
    expect(await other.outcomes("local", { locale: "de" })).toEqual(["miss 1", "miss 2", "hit 2"]);
  });

  it("is loaded in the foreground where the background context cannot be made, which is told once", async () => {
    const { outcomes, warnings } = await stale(() => {
      throw new Error("no pool");
    });
    expect(await outcomes("mine", { user: "ann" })).toEqual(["miss 1", "miss 2", "hit 2"]);
    expect(warnings()).toEqual(["background-context Query.mine"]);
  });
});
