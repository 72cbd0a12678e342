import { makeExecutableSchema } from "@graphql-tools/schema";
import type { GraphQLResolveInfo, GraphQLSchema } from "graphql";
import { type FieldCache, setCachePolicy, typeDefs } from "../../../src/index.ts";
import { inherited, type Reading } from "./reading.ts";
import type { Source } from "./source.ts";

/** Every kind of place that a value can be read from; `seen` tells when. */
const shopTypes = /* GraphQL */ `
  scalar Seen

  type Query {
    "Through the loader."
    product(id: ID!): Product
    "Past the loader, and not cached: a parent that was read early."
    raw(id: ID!): Product
    shelf(id: ID!): Shelf @cacheTTL(seconds: 60, staleSeconds: 60, tags: ["shelf:{args.id}"])
    "References and nothing else."
    products(ids: [ID!]!): [Product] @cacheTTL(seconds: 60)
    "By value, with tags that only the value knows."
    reviews(ids: [ID!]!): [Review] @cacheTTL(seconds: 60, staleSeconds: 60, tags: ["author:{value[].author}"])
    bundle(id: ID!): Bundle @cacheTTL(seconds: 60)
    hits(ids: [ID!]!): [Hit] @cacheTTL(seconds: 60, staleSeconds: 60)
    "Public by mistake: now and then its resolver looks at who asks."
    peek(id: ID!): Seen @cacheTTL(seconds: 60)
    me: Me @cacheTTL(seconds: 60, staleSeconds: 60, scope: PRIVATE)
    junk(id: ID!): String @cacheTTL(seconds: 60)
  }

  type Product @cacheTTL(seconds: 1, staleSeconds: 60, tags: ["maker:{value.maker}"]) {
    id: ID!
    maker: String
    seen: Seen
    price: Seen @cacheTTL(seconds: 60, staleSeconds: 60)
    stock: Seen @cacheTTL(seconds: 60, staleIfErrorSeconds: 60)
    blurb: Blurb @cacheTTL(seconds: 60, tags: ["author:{value.author}"])
    mine: Seen @cacheTTL(seconds: 60, staleSeconds: 60, scope: PRIVATE)
  }

  type Review {
    id: ID!
    author: String
    seen: Seen
    score: Seen @cacheTTL(seconds: 60)
  }

  union Hit = Product | Review

  type Bundle { id: ID!  seen: Seen  star: Product  reviews: [Review] }
  type Shelf { seen: Seen  items: [Product] }
  type Blurb { author: String  seen: Seen }
  type Me { seen: Seen }
`;

/** What the next deploy changes: entries of these types have another shape, those of the others have not. */
const nextTypes = /* GraphQL */ `
  extend type Product { weight: Float }
  extend type Shelf { label: String }
`;

/** Everything that can be is hot from the first read on. */
export const HOT_POLICIES = Object.fromEntries(
  [
    ...["shelf", "products", "reviews", "bundle", "hits", "peek"].map((field) => `Query.${field}`),
    ...["Product", "Product.price", "Product.stock", "Product.blurb", "Review.score"],
  ].map((place) => [place, { hot: true }]),
);

export const AUTHORS = ["ann", "bob"];
export const MAKERS = ["lathe", "mill"];
export const USERS = ["alice", "bea"];

export interface ShopContext {
  readonly user?: string;
}

/** Refreshes ask as those do for whom they are. */
export function contextOf({
  principal,
}: {
  readonly principal: string | number | bigint | undefined;
}): ShopContext {
  return principal === undefined ? {} : { user: String(principal) };
}

interface Product {
  readonly id: string;
  readonly seen: readonly Reading[];
}

interface Args {
  readonly id: string;
  readonly ids: readonly string[];
}

/** The schema of the proofs over a cache that has not been applied yet; `isNext`: that of the next deploy. */
export function shopOver(cache: FieldCache<ShopContext>, source: Source, isNext = false): GraphQLSchema {
  const products = cache.entity<string, Product | null>("Product", {
    async load(ids) {
      const makers = ids.map(() => source.choose(MAKERS));
      const names = ids.map((id, at) => [...productNames(id), `tag:maker:${makers[at]}`]);
      const readings = await source.readAll(names);
      return ids.map((id, at) => ({ __typename: "Product", id, maker: makers[at], seen: [readings[at]!] }));
    },
  });

  async function read(info: GraphQLResolveInfo, names: readonly string[]): Promise<Reading> {
    const seconds = source.lifeSeconds();
    const reading = await source.read([...names, `field:${info.parentType.name}.${info.fieldName}`]);
    if (seconds !== undefined) setCachePolicy(info, { seconds });
    return reading;
  }

  /** A value made of its parent is as old as that. */
  function readChild(typeName: "Product" | "Review") {
    return async ({ id, seen }: Product, _args: unknown, _context: unknown, info: GraphQLResolveInfo) => {
      const home = [`${typeName}:${id}`, `type:${typeName}`];
      return [await read(info, home), ...inherited(seen, [...home, "all"])];
    };
  }

  const resolvers = {
    Query: {
      product: (_: unknown, { id }: Args, context: ShopContext) => products.loader(context).load(id),
      raw: async (_: unknown, { id }: Args) => ({ id, seen: [await source.read(productNames(id))] }),
      shelf: async (_: unknown, { id }: Args, _context: ShopContext, info: GraphQLResolveInfo) => ({
        seen: [await read(info, [`tag:shelf:${id}`])],
        items: [row("Product", id, []), row("Product", "0", [])],
      }),
      products: async (_: unknown, { ids }: Args, _context: ShopContext, info: GraphQLResolveInfo) => {
        await read(info, []);
        return ids.map((id) => row("Product", id, []));
      },
      reviews: async (_: unknown, { ids }: Args, _context: ShopContext, info: GraphQLResolveInfo) => {
        const authors = ids.map(() => source.choose(AUTHORS));
        const reading = await read(info, [
          ...ids.flatMap(reviewNames),
          ...authors.map((name) => `tag:author:${name}`),
        ]);
        return ids.map((id, at) => ({ ...row("Review", id, reading), author: authors[at] }));
      },
      bundle: async (_: unknown, { id }: Args, _context: ShopContext, info: GraphQLResolveInfo) => {
        const reviews = [id, "0"];
        const reading = await read(info, [`Bundle:${id}`, "type:Bundle", ...reviews.flatMap(reviewNames)]);
        return {
          id,
          seen: [reading],
          star: row("Product", id, []),
          reviews: reviews.map((review) => row("Review", review, reading)),
        };
      },
      hits: async (_: unknown, { ids }: Args, _context: ShopContext, info: GraphQLResolveInfo) => {
        const reading = await read(info, ids.flatMap(reviewNames));
        return ids.flatMap((id) => [row("Review", id, reading), row("Product", id, [])]);
      },
      peek: async (_: unknown, _args: Args, context: ShopContext, info: GraphQLResolveInfo) => {
        if (source.choose([true, false])) return [await read(info, [])];
        return [{ ...(await read(info, [])), user: context.user }];
      },
      me: async (_: unknown, _args: Args, { user }: ShopContext, info: GraphQLResolveInfo) => ({
        seen: [{ ...(await read(info, [`principal:${user}`])), user }],
      }),
      junk: (_: unknown, { id }: Args) => id.repeat(500),
    },
    Product: {
      price: readChild("Product"),
      stock: readChild("Product"),
      blurb: async ({ id }: Product, _args: unknown, _context: unknown, info: GraphQLResolveInfo) => {
        const author = source.choose(AUTHORS);
        return { author, seen: [await read(info, [...productNames(id), `tag:author:${author}`])] };
      },
      mine: async ({ id }: Product, _args: unknown, { user }: ShopContext, info: GraphQLResolveInfo) => [
        { ...(await read(info, [...productNames(id), `principal:${user}`])), user },
      ],
    },
    Review: { score: readChild("Review") },
  };
  return cache.apply(
    makeExecutableSchema({ typeDefs: [typeDefs, shopTypes, ...(isNext ? [nextTypes] : [])], resolvers }),
  );
}

function productNames(id: string): readonly string[] {
  return [`Product:${id}`, "type:Product"];
}

function reviewNames(id: string): readonly string[] {
  return [`Review:${id}`, "type:Review"];
}

/** A Product goes into entries as a reference, a Review by value: what is seen of it is what its list has read. */
function row(typeName: "Product" | "Review", id: string, seen: Reading | readonly Reading[]) {
  return { __typename: typeName, id, seen: [seen].flat() };
}
