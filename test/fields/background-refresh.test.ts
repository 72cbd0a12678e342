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
