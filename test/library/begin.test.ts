import { describe, expect, it } from "vitest";
import { createTestCache } from "../../src/testing/index.ts";

interface Context {
  readonly user?: { readonly id: number; readonly name: string };
}

/** Users in a database, and a field that returns what the context function has read of them. */
function users() {
  const names = new Map([[7, "old"]]);
  const test = createTestCache({
    typeDefs: "type Query { me: String @cacheTTL(seconds: 60, scope: PRIVATE) }",
    resolvers: { Query: { me: (_: unknown, _args: unknown, { user }: Context) => user?.name } },
    principal: ({ user }: Context) => user?.id,
  });
  const load = (id: number) => ({ id, name: names.get(id)! });
  return {
    ...test,
    load,
    async rename(id: number, name: string) {
      names.set(id, name);
      await test.cache.invalidate({ principal: id });
    },
    async me(context: object) {
      const { data } = await test.run("{ me }", { context });
      await test.settle();
      return data.me as string;
    },
  };
}

describe("cache.begin", () => {
  it("makes the request begin before what the context function reads: an invalidation meanwhile keeps it from being stored", async () => {
    const { cache, load, rename, me } = users();
    await cache.ready();
    const context = cache.begin({});
    const user = load(7);
    await rename(7, "new");
    expect(await me({ ...context, user })).toBe("old");
    expect(await me({ user: load(7) })).toBe("new");
  });

  it("holds for every operation that runs with a copy of the context", async () => {
    const { cache, load, rename, me } = users();
    await cache.ready();
    const context = { ...cache.begin({}), user: load(7) };
    await rename(7, "new");
    await me({ ...context });
    await me({ ...context });
    expect(await me({ user: load(7) })).toBe("new");
  });

  it("begins once: later calls change nothing", async () => {
    const { cache, load, rename, me } = users();
    await cache.ready();
    const context = Object.assign(cache.begin({}), { user: load(7) });
    await rename(7, "new");
    expect(cache.begin(context)).toBe(context);
    await me(context);
    expect(await me({ user: load(7) })).toBe("new");
  });

  it("does not keep from storing what nothing made old", async () => {
    const { cache, load, me, recorder } = users();
    await cache.ready();
    const context = { ...cache.begin({}), user: load(7) };
    await me(context);
    expect(await me({ user: { id: 7, name: "from the entry, not from here" } })).toBe("old");
    expect(recorder.count("hit", "Query.me")).toBe(1);
  });

  it("refuses what is no object", () => {
    expect(() => users().cache.begin(null as never)).toThrow(
      "cache.begin(context) takes the context, an object, but got: null.",
    );
  });
});
