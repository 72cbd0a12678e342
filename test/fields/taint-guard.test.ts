import { AsyncLocalStorage } from "node:async_hooks";
import { execute, type GraphQLResolveInfo, parse } from "graphql";
import { afterEach, describe, expect, it, vi } from "vitest";
import { deferred } from "../../src/base/deferred.ts";
import { setCachePolicy } from "../../src/fields/hints.ts";
import { createTaintGuard } from "../../src/fields/taint-guard.ts";
import { shop } from "./support.ts";

// biome-ignore lint/suspicious/noExplicitAny: a context as applications write it
type Any = any;

/** A PUBLIC field whose resolver is the test's. */
async function publicShop(
  resolve: (context: Any, info: GraphQLResolveInfo) => unknown,
  principal: (context: Any) => unknown = (context) => context.user?.id,
) {
  const made = await shop({
    typeDefs: /* GraphQL */ `
      type Query { price: String @cacheTTL(seconds: 60) open: String @cacheTTL(seconds: 60, selection: true) }
    `,
    resolvers: {
      Query: {
        price: (_p: unknown, _a: unknown, context: Any, info: GraphQLResolveInfo) => resolve(context, info),
        open: (_p: unknown, _a: unknown, context: Any, info: GraphQLResolveInfo) => resolve(context, info),
      },
    },
    principal,
  });
  /** Whether a fill with this context is stored. */
  const isStored = async (context: unknown, field = "price") => {
    const { errors } = await made.ask(`{ ${field} }`, context);
    expect(errors).toEqual([]);
    return (await made.entries()).length > 0;
  };
  return { ...made, isStored };
}

afterEach(() => {
  vi.restoreAllMocks();
});

const ann = () => ({ user: { id: "ann", tier: "gold" }, locale: "de" });
const tick = () => new Promise((resolve) => setImmediate(resolve));

describe("a PUBLIC fill that looks at who asks is not stored", () => {
  it.each<[string, (context: Any) => unknown]>([
    ["directly", (context) => context.user.tier],
    ["by destructuring", ({ user }) => user.tier],
    ["by a spread", (context) => ({ ...context }).locale],
    ["by JSON", (context) => JSON.stringify(context)],
    [
      "by a call that it awaits",
      async (context) => {
        await tick();
        return (await (async () => context.user)()).tier;
      },
    ],
    ["in a timer", (context) => new Promise((resolve) => setTimeout(() => resolve(context.user.tier)))],
    ["through an object made of it", (context) => Object.create(context).user.tier],
    ["only to find that nobody does", (context) => String(context.nobody ?? context.user === undefined)],
  ])("%s", async (_, resolve) => {
    const { isStored, warnings } = await publicShop(resolve);
    expect(await isStored(ann())).toBe(false);
    expect(warnings()).toContain("tainted Query.price");
  });

  it("where the context has no such property at all", async () => {
    const { isStored } = await publicShop((context) => (context.user ? "member" : "guest"));
    const context = { locale: "de" };
    expect(await isStored(context)).toBe(false);
    expect("user" in context).toBe(false);
  });

  it("through a getter of a class, private members and all", async () => {
    class Context {
      #token = "ann";
      locale = "de";
      get user() {
        return { id: this.#token };
      }
      #secret() {
        return this.#token;
      }
      who() {
        return this.#secret();
      }
    }
    const byGetter = await publicShop((context) => context.user.id);
    expect(await byGetter.isStored(new Context())).toBe(false);
    const byMethod = await publicShop(
      (context) => context.who(),
      (context) => context.who(),
    );
    expect(await byMethod.isStored(new Context())).toBe(false);
    const neither = await publicShop((context) => context.locale);
    expect(await neither.isStored(new Context())).toBe(true);
  });

  it("through another cached field, which is PRIVATE", async () => {
    const { ask, entries, schema } = await shop({
      typeDefs: `type Query { open: String @cacheTTL(seconds: 60), mine: String @cacheTTL(seconds: 60, scope: PRIVATE) }`,
      resolvers: {
        Query: {
          open: async (_p: unknown, _a: unknown, contextValue: Any): Promise<unknown> => {
            const { data } = await execute({ schema, document: parse(`{ mine }`), contextValue });
            return data?.["mine"];
          },
          mine: (_p: unknown, _a: unknown, context: Any) => context.user.id,
        },
      },
      principal: (context: Any) => context.user?.id,
    });
    // Twice: what taints is the value, from its load or from its entry.
    for (const _ of [1, 2]) await ask(`{ open }`, ann());
    expect(await entries()).toEqual([expect.stringContaining("{Query.mine~~")]);
  });

  it("and joined readers run their own", async () => {
    const gate = deferred<void>();
    let loads = 0;
    const { schema } = await publicShop(async (context) => {
      loads += 1;
      await gate.promise;
      return context.user.id;
    });
    const asking = ["ann", "bob", "eve"].map((id) =>
      execute({ schema, document: parse(`{ price }`), contextValue: { user: { id } } }),
    );
    await tick();
    gate.resolve();
    const answers = await Promise.all(asking);
    expect(answers.map(({ data }) => data?.["price"])).toEqual(["ann", "bob", "eve"]);
    expect(loads).toBe(3);
  });
});

describe("an error of a PUBLIC fill that looked at who asks", () => {
  /** Refuses whom it does not know. */
  const members = () =>
    publicShop((context) => {
      if (context.user === undefined) throw new Error("Forbidden");
      return "member's";
    });

  it("is nobody else's: neither who joined nor who comes next is refused with it", async () => {
    const { ask, warnings } = await members();
    const [stranger, joined] = await Promise.all([ask("{ price }", {}), ask("{ price }", ann())]);
    expect([stranger.errors, joined.errors]).toEqual([["Forbidden"], []]);
    expect((await ask("{ price }", {})).errors).toEqual(["Forbidden"]);
    expect((await ask("{ price }", ann())).data).toEqual({ price: "member's" });
    expect(warnings()).toContain("tainted Query.price");
  });

  it("is everybody's where it did not look: a failing source is left alone", async () => {
    let loads = 0;
    const { ask } = await publicShop(() => {
      loads += 1;
      throw new Error("The source is down.");
    });
    await Promise.all([ask("{ price }", {}), ask("{ price }", ann())]);
    expect((await ask("{ price }", ann())).errors).toEqual(["The source is down."]);
    expect(loads).toBe(1);
  });

  it("said by setCachePolicy to be PRIVATE is nobody else's either", async () => {
    const { ask } = await publicShop((context, info) => {
      setCachePolicy(info, { scope: "PRIVATE" });
      if (context.locale === "de") throw new Error("Not there.");
      return "here";
    });
    expect((await ask("{ price }", { locale: "de" })).errors).toEqual(["Not there."]);
    expect((await ask("{ price }", { locale: "en" })).data).toEqual({ price: "here" });
  });
});

describe("what the guard leaves alone", () => {
  it("stores a fill that reads the rest of the context", async () => {
    const { isStored } = await publicShop((context) => context.locale);
    expect(await isStored(ann())).toBe(true);
  });

  it("does not mind who else reads while a fill runs", async () => {
    const gate = deferred<void>();
    const context = ann();
    const { schema, entries, cache } = await publicShop(() => gate.promise.then(() => "1"));
    const asking = execute({ schema, document: parse(`{ price }`), contextValue: context });
    await tick();
    await tick();
    expect(context.user.tier).toBe("gold");
    gate.resolve();
    await asking;
    await cache.drain(1000);
    expect(await entries()).toHaveLength(1);
  });

  it("changes neither identity nor properties of the context, during a fill or after", async () => {
    const before = ann();
    const user = before.user;
    let seen: Any;
    const { ask } = await publicShop((context) => {
      seen = {
        same: context === before,
        keys: Object.keys(context),
        enumerable: Object.getOwnPropertyDescriptor(context, "user")?.enumerable,
        prototype: Object.getPrototypeOf(context) === Object.prototype,
      };
      return "1";
    });
    await ask(`{ price }`, before);
    expect(seen).toEqual({ same: true, keys: ["user", "locale"], enumerable: true, prototype: true });
    expect(Object.getOwnPropertyDescriptor(before, "user")).toEqual({
      value: user,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  });

  it("lets a resolver set, redefine and delete what is watched", async () => {
    const { ask } = await publicShop(
      (context) => {
        context.user = { id: "bob" };
        delete context.other;
        return "1";
      },
      (context) => context.user ?? context.other ?? context.third,
    );
    const context: Any = { ...ann(), other: 1 };
    await ask(`{ price }`, context);
    expect(Object.getOwnPropertyDescriptor(context, "user")).toHaveProperty("value", { id: "bob" });
    expect(Object.keys(context)).toEqual(["user", "locale"]);
  });

  it("keeps a property that a resolver adds to a context without it", async () => {
    const { ask } = await publicShop((context) => {
      context.user = { id: "bob" };
      return "1";
    });
    const context: Any = { locale: "de" };
    await ask(`{ price }`, context);
    expect(Object.getOwnPropertyDescriptor(context, "user")).toMatchObject({
      value: { id: "bob" },
      enumerable: true,
      writable: true,
    });
  });

  it("calls an inherited setter with the context, and gives an object made of it a property of its own", async () => {
    class Context {
      #user: unknown = { id: "ann" };
      get user() {
        return this.#user;
      }
      set user(value: unknown) {
        this.#user = value;
      }
    }
    let derived: Any;
    const { ask } = await publicShop((context) => {
      derived = Object.create(context);
      Object.defineProperty(derived, "user", { value: "own", writable: true });
      context.user = { id: "bob" };
      return "1";
    });
    const context = new Context();
    await ask(`{ price }`, context);
    expect(context.user).toEqual({ id: "bob" });
    expect(Object.hasOwn(context, "user")).toBe(false);
    expect(derived.user).toBe("own");
  });

  it("serves a frozen context, which it cannot watch, and says so", async () => {
    const { isStored, warnings } = await publicShop((context) => context.user.tier);
    expect(await isStored(Object.freeze(ann()))).toBe(true);
    expect(warnings()).toContain("blind user");
  });
});

describe("a fill that looks at the selection", () => {
  it.each<[string, (info: GraphQLResolveInfo) => unknown]>([
    ["info.fieldNodes", (info) => info.fieldNodes.length],
    ["info.operation", (info) => info.operation.name?.value],
    ["a copy of info", (info) => Object.keys({ ...info }).length],
  ])("is not stored: %s", async (_, look) => {
    const { isStored } = await publicShop((_context, info) => String(look(info)));
    expect(await isStored(ann())).toBe(false);
  });

  it("is stored with selection: true", async () => {
    const { isStored } = await publicShop((_context, info) => String(info.fieldNodes.length));
    expect(await isStored(ann(), "open")).toBe(true);
  });

  it("is stored where it reads the rest of info, which is the one that graphql-js made", async () => {
    const { isStored } = await publicShop((_context, info) => `${info.fieldName} ${info.path.key}`);
    expect(await isStored(ann())).toBe(true);
  });
});

describe("the guard by itself", () => {
  it("tells fills of one context apart", async () => {
    const guard = createTaintGuard({ principal: (context: Any) => context.user });
    const context = ann();
    const options = { context, principal: true, selection: false, vary: [] };
    const gate = deferred<void>();
    const taints: unknown[] = [];
    await Promise.all([
      guard.watch(options, async (fill) => {
        gate.resolve();
        await tick();
        taints.push(fill.taint);
      }),
      guard.watch(options, async (fill) => {
        await gate.promise;
        void context.user;
        taints.push(fill.taint);
      }),
    ]);
    expect(taints.sort()).toEqual(["principal", undefined]);
  });

  it("lets go of the context when a fill throws", async () => {
    const guard = createTaintGuard({ principal: (context: Any) => context.user });
    const context = ann();
    const options = { context, principal: true, selection: false, vary: [] };
    const failing = guard.watch(options, () => {
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(Object.getOwnPropertyDescriptor(context, "user")).toHaveProperty("value");
  });

  it("taints the fill that is given what is not for everybody", async () => {
    const guard = createTaintGuard({});
    const options = { context: {}, principal: true, selection: false, vary: [] };
    const taint = await guard.watch(options, (fill) => {
      guard.taint("private");
      return fill.taint;
    });
    expect(taint).toBe("private");
    guard.taint("private");
  });

  it("does not taint by what the cache does itself", async () => {
    const guard = createTaintGuard({ principal: (context: Any) => context.user });
    const context = ann();
    const taint = await guard.watch(
      { context, principal: true, selection: false, vary: [] },
      async (fill) => {
        guard.outside(() => context.user);
        return fill.taint;
      },
    );
    expect(taint).toBe(undefined);
  });
});

describe("where requests are not told apart, the hooks of an AsyncLocalStorage wait for the first taint", () => {
  const watched = { context: {}, principal: true, selection: true, vary: [] };
  const infoOf = () => ({ fieldNodes: [], operation: {} }) as unknown as GraphQLResolveInfo;

  it("a fill that looks at nothing runs without", async () => {
    const run = vi.spyOn(AsyncLocalStorage.prototype, "run");
    const guard = createTaintGuard({});
    await guard.watch({ ...watched, info: infoOf() }, tick);
    expect(run).not.toHaveBeenCalled();
  });

  it("the first taint is of all that run; from then on each has its own", async () => {
    const guard = createTaintGuard({});
    const gate = deferred<void>();
    const taints = async (work: () => unknown) =>
      guard.watch({ ...watched, info: infoOf() }, async (fill) => {
        await work();
        await gate.promise;
        return fill.taint;
      });
    const first = [taints(() => {}), taints(() => guard.taint("private"))];
    const later = [taints(() => {}), taints(() => tick().then(() => guard.taint("private")))];
    await tick().then(tick);
    gate.resolve();
    expect(await Promise.all(first)).toEqual(["private", "private"]);
    expect(await Promise.all(later)).toEqual([undefined, "private"]);
  });

  it("a selection that is looked at is that of one field, the first time too", async () => {
    const guard = createTaintGuard({});
    const info = infoOf();
    const other = guard.watch({ ...watched, info: infoOf() }, async (fill) => tick().then(() => fill.taint));
    const refresh = guard.watch({ ...watched, info }, async (fill) => tick().then(() => fill.taint));
    const looking = guard.watch({ ...watched, info }, (fill) => {
      void info.fieldNodes;
      return fill.taint;
    });
    expect(await Promise.all([other, refresh, looking])).toEqual([undefined, "selection", "selection"]);
  });

  it("a fill that began before the first taint is still found out after it", async () => {
    const guard = createTaintGuard({});
    const info = infoOf();
    const early = guard.watch({ ...watched, info }, async (fill) => {
      await tick();
      void info.operation;
      return fill.taint;
    });
    const other = infoOf();
    await guard.watch({ ...watched, info: other }, () => other.fieldNodes);
    expect(await early).toBe("selection");
  });

  it("the hooks are let go of when no fill runs", async () => {
    const disable = vi.spyOn(AsyncLocalStorage.prototype, "disable");
    const guard = createTaintGuard({ principal: (context: Any) => context.user });
    const gate = deferred<void>();
    const fills = [guard.watch(watched, () => gate.promise), guard.watch(watched, () => {})];
    await fills[1];
    expect(disable).not.toHaveBeenCalled();
    gate.resolve();
    await fills[0];
    expect(disable).toHaveBeenCalledTimes(1);
  });
});
