import { execute, parse } from "graphql";
import { describe, expect, it } from "vitest";
import { deferred } from "../../src/base/deferred.ts";
import { shop } from "./support.ts";

interface Context {
  readonly user?: { readonly id: unknown };
  readonly locale?: unknown;
}

const typeDefs = /* GraphQL */ `
  type Query {
    viewer: String @cacheTTL(seconds: 60, scope: PRIVATE)
    product: Product
    greeting: String @cacheTTL(seconds: 60, vary: ["locale"])
    cart: String @cacheTTL(seconds: 60, scope: PRIVATE, vary: ["locale"])
  }
  type Product @key(fields: "id") {
    id: ID!
    discount: String @cacheTTL(seconds: 60, scope: PRIVATE)
  }
`;

async function privateShop(more: { readonly held?: Promise<unknown> } = {}) {
  const loads: string[] = [];
  const load = async (what: string, context: Context) => {
    await more.held;
    const text = `${what} of ${String(context.user?.id)}${"locale" in context ? ` in ${String(context.locale)}` : ""}`;
    loads.push(text);
    return text;
  };
  const made = await shop({
    typeDefs,
    resolvers: {
      Query: {
        viewer: (_: unknown, __: unknown, context: Context) => load("viewer", context),
        greeting: (_: unknown, __: unknown, { locale }: Context) =>
          `in ${String(locale)}, ${loads.push("greeting")}`,
        cart: (_: unknown, __: unknown, context: Context) => load("cart", context),
        product: () => ({ id: 1 }),
      },
      Product: { discount: (_: unknown, __: unknown, context: Context) => load("discount", context) },
    },
    principal: (context: Context) => {
      if (context.user?.id === "broken") throw new Error("no session store");
      return context.user?.id ?? null;
    },
    vary: {
      locale: (context: Context) => {
        if (context.locale === "broken") throw new Error("no locale");
        return context.locale;
      },
    },
  });
  return { ...made, loads };
}

const as = (id: unknown): Context => ({ user: { id } });

describe("a PRIVATE field", () => {
  it("has one entry per principal, whatever its alias", async () => {
    const { ask, loads, entries } = await privateShop();
    for (const id of ["ann", "bob", "ann", "bob"]) {
      const { data } = await ask(`{ viewer secret: viewer product { discount d: discount } }`, as(id));
      expect(data).toEqual({
        viewer: `viewer of ${id}`,
        secret: `viewer of ${id}`,
        product: { discount: `discount of ${id}`, d: `discount of ${id}` },
      });
    }
    expect(loads).toHaveLength(4);
    expect((await entries()).join()).not.toMatch(/ann|bob/);
    expect(await entries()).toHaveLength(4);
  });

  it("shares a flight with the same principal, and with no other", async () => {
    const gate = deferred<void>();
    const { schema, loads } = await privateShop({ held: gate.promise });
    const document = parse(`{ viewer secret: viewer product { discount } }`);
    const asking = Array.from({ length: 30 }, (_, at) =>
      execute({ schema, document, contextValue: as(["ann", "bob", "eve"][at % 3]) }),
    );
    gate.resolve();
    const answers = await Promise.all(asking);
    answers.forEach(({ data }, at) => {
      expect(data?.["secret"]).toBe(`viewer of ${["ann", "bob", "eve"][at % 3]}`);
      expect(data?.["product"]).toEqual({ discount: `discount of ${["ann", "bob", "eve"][at % 3]}` });
    });
    expect(loads).toHaveLength(6);
  });

  it.each([
    ["nobody", {}, "no-principal"],
    ["an empty id", as(""), "no-principal"],
    ["a principal that is no id", as({ id: 1 }), "principal-failed"],
    ["a principal function that throws", as("broken"), "principal-failed"],
  ])("is neither read, stored nor shared for %s", async (_, context, reason) => {
    const { schema, ask, loads, entries } = await privateShop();
    const document = parse(`{ viewer }`);
    await Promise.all([1, 2].map(() => execute({ schema, document, contextValue: { ...context } })));
    const { reads } = await ask(`{ viewer }`, { ...context });
    expect(reads).toEqual([`Query.viewer bypass ${reason}`]);
    expect(loads).toHaveLength(3);
    expect(await entries()).toEqual([]);
  });

  it("is bypassed where who asks is only promised, and a promise that rejects harms nobody", async () => {
    const { ask } = await shop({
      typeDefs: `type Query { me: Int @cacheTTL(seconds: 60, scope: PRIVATE), all: Int @cacheTTL(seconds: 60) }`,
      resolvers: { Query: { me: () => 1, all: () => 2 } },
      principal: () => Promise.reject(new Error("no session store")),
    });
    const { data, reads } = await ask(`{ me all }`, {});
    expect(data).toEqual({ me: 1, all: 2 });
    expect(reads).toContain("Query.me bypass principal-failed");
  });

  it("is forgotten with its principal, and nobody else's is", async () => {
    const { ask, cache, loads } = await privateShop();
    const { state } = await ask(`{ viewer }`, as("ann"));
    await ask(`{ viewer }`, as("bob"));
    await cache.invalidate([`__principal:${state.principals.get("ann")}`]);
    await ask(`{ viewer }`, as("bob"));
    await ask(`{ viewer }`, as("ann"));
    expect(loads).toEqual(["viewer of ann", "viewer of bob", "viewer of ann"]);
  });

  it("takes 42 and the text 42 for one principal", async () => {
    const { ask, loads } = await privateShop();
    await ask(`{ viewer }`, as(42));
    await ask(`{ viewer }`, as("42"));
    await ask(`{ viewer }`, as(42n));
    expect(loads).toHaveLength(1);
  });

  it("is not stored when its resolver changes who asks", async () => {
    const made = await shop({
      typeDefs: `type Query { me: String @cacheTTL(seconds: 60, scope: PRIVATE) }`,
      resolvers: {
        Query: {
          me: (_: unknown, __: unknown, context: { user: { id: string } }) => {
            context.user = { id: "bob" };
            return "what bob may see";
          },
        },
      },
      principal: (context: Context) => context.user?.id,
    });
    await made.ask(`{ me }`, as("ann"));
    expect(await made.entries()).toEqual([]);
  });
});

describe("vary", () => {
  it("makes entries of undefined, null, the empty text and the text undefined", async () => {
    const { ask, loads } = await privateShop();
    const locales = [
      {},
      { locale: null },
      { locale: "" },
      { locale: "undefined" },
      { locale: "null" },
      { locale: "de" },
    ];
    for (const context of [...locales, ...locales]) await ask(`{ greeting }`, { ...context });
    expect(loads).toHaveLength(locales.length);
  });

  it("parts the entries of one principal", async () => {
    const { ask, loads } = await privateShop();
    const contexts = [
      { ...as("ann"), locale: "de" },
      { ...as("ann"), locale: "en" },
      { ...as("bob"), locale: "de" },
    ];
    for (const context of [...contexts, ...contexts]) await ask(`{ cart }`, { ...context });
    expect(loads).toEqual(["cart of ann in de", "cart of ann in en", "cart of bob in de"]);
  });

  it("bypasses the cache where its function fails, and says so once", async () => {
    const { ask, loads, warnings, entries } = await privateShop();
    const first = await ask(`{ greeting }`, { locale: "broken" });
    await ask(`{ greeting }`, { locale: "broken" });
    expect(first.reads).toEqual(["Query.greeting bypass vary-failed"]);
    expect(warnings()).toEqual(["vary-failed Query.greeting"]);
    expect(loads).toHaveLength(2);
    expect(await entries()).toEqual([]);
  });
});

describe("authorize", () => {
  const guarded = (refuse: (value: unknown) => unknown) =>
    shop({
      typeDefs: `type Query { total: Int @cacheTTL(seconds: 60) }`,
      resolvers: { Query: { total: () => 7 } },
      authorize: {
        "Query.total": (
          _p: unknown,
          _a: unknown,
          context: { role?: string },
          _i: unknown,
          value: unknown,
        ) => {
          return context.role === "admin" || refuse(value);
        },
      },
    });

  it("refuses on a hit what it refuses on a miss", async () => {
    const { ask } = await guarded((value) => {
      throw new Error(`not for you: ${value}`);
    });
    const miss = await ask(`{ total }`, { role: "guest" });
    const admin = await ask(`{ total }`, { role: "admin" });
    const hit = await ask(`{ total }`, { role: "guest" });
    expect([miss.errors, admin.data.total, hit.errors]).toEqual([["not for you: 7"], 7, ["not for you: 7"]]);
    expect(hit.reads).toEqual(["Query.total hit"]);
  });

  it("is waited for", async () => {
    const { ask } = await guarded(() => Promise.reject(new Error("later")));
    expect((await ask(`{ total }`)).errors).toEqual(["later"]);
  });

  it("refuses also where it returns false by mistake", async () => {
    const { ask } = await guarded(() => false);
    const { data, errors } = await ask(`{ total }`);
    expect(data.total).toBe(null);
    expect(errors).toEqual([
      'authorize["Query.total"] must throw to refuse a value, but it returned false. The value was refused.',
    ]);
  });

  it("refuses as well where nothing is cached: a field without policy, one inside another's entry, a mutation's", async () => {
    const refuse = () => {
      throw new Error("not for you");
    };
    const { ask } = await shop({
      typeDefs: /* GraphQL */ `
        type Query { plain: Int, off: Int @cacheTTL(seconds: 60), holder: Holder @cacheTTL(seconds: 60) }
        type Holder { inside: Int, open: Int }
        type Mutation { set: Int }
      `,
      resolvers: {
        Query: { plain: () => 1, off: () => 2, holder: () => ({ inside: 3, open: 4 }) },
        Mutation: { set: () => 5 },
      },
      isOn: (coordinate) => coordinate !== "Query.off",
      authorize: {
        "Query.plain": refuse,
        "Query.off": refuse,
        "Holder.inside": refuse,
        "Mutation.set": refuse,
      },
    });
    for (const outcome of ["miss", "hit"]) {
      const { data, errors, reads } = await ask(`{ plain off holder { inside open } }`, {});
      expect(data).toEqual({ plain: null, off: null, holder: { inside: null, open: 4 } });
      expect(errors).toHaveLength(3);
      expect(reads).toContain(`Query.holder ${outcome}`);
    }
    expect((await ask(`mutation { set }`, {})).data).toEqual({ set: null });
  });
});
