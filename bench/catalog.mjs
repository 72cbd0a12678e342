// The workload "catalog": schema, what is asked, and how often. Shared by every contestant, so that they differ in their cache alone.
export const SIZES = { products: 10_000, users: 1_000, reviews: 50_000, lists: 500 };
export const SECONDS = { product: 60, price: 5, inventory: 2, reviews: 30, user: 300, list: 60 };

export const typeDefs = /* GraphQL */ `
  type Query {
    product(id: ID!): Product
    products(ids: [ID!]!): [Product!]!
    listing(slug: String!): [Product!]!
    user(id: ID!): User
  }
  type Product {
    id: ID!
    name: String!
    description: String!
    brand: String!
    price: Price!
    inventory: Int!
    reviews(first: Int = 5): [Review!]!
    related: [Product!]!
  }
  type Price { amount: Int! currency: String! }
  type Review { id: ID! stars: Int! text: String! author: User! }
  type User { id: ID! name: String! avatar: String! }
`;

const documents = {
  page: "query Page($id: ID!) { product(id: $id) { id name description brand price { amount currency } inventory reviews { id stars text author { id name } } related { id name } } }",
  listing:
    "query Listing($slug: String!) { listing(slug: $slug) { id name brand price { amount currency } inventory } }",
  prices: "query Prices($ids: [ID!]!) { products(ids: $ids) { id price { amount currency } } }",
  user: "query User($id: ID!) { user(id: $id) { id name avatar } }",
};

export const page = (id) => ({ query: documents.page, variables: { id } });

/** A seeded generator, so that every contestant is asked the same questions in the same order. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Zipf(1.0) over 1..n by inversion of the cumulated weights. */
export function zipf(n, next) {
  const sums = new Float64Array(n);
  let sum = 0;
  for (let i = 0; i < n; i++) sums[i] = sum += 1 / (i + 1);
  return () => {
    const wanted = next() * sum;
    let low = 0;
    let high = n - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

/** 40 % product pages, 25 % listings of 20, 20 % price refreshes of 20 ids drawn anew, 15 % user profiles. */
export function mix(seed) {
  const next = random(seed);
  const product = zipf(SIZES.products, next);
  const list = zipf(SIZES.lists, next);
  const user = zipf(SIZES.users, next);
  return () => {
    const kind = next();
    if (kind < 0.4) return page(String(product()));
    if (kind < 0.65) return { query: documents.listing, variables: { slug: `list-${list()}` } };
    if (kind < 0.85) {
      const ids = new Set();
      while (ids.size < 20) ids.add(String(product()));
      return { query: documents.prices, variables: { ids: [...ids] } };
    }
    return { query: documents.user, variables: { id: String(user()) } };
  };
}

/** The resolvers every contestant has: they ask `context.loaders`, which the contestant makes (see loaders.mjs). */
export const resolvers = {
  Query: {
    product: (_, { id }, { loaders }) => loaders.product.load(id),
    products: (_, { ids }, { loaders }) => loaders.product.loadMany(ids),
    listing: async (_, { slug }, { loaders }) => loaders.product.loadMany(await loaders.list.load(slug)),
    user: (_, { id }, { loaders }) => loaders.user.load(id),
  },
  Product: {
    price: (product, _, { loaders }) => loaders.price.load(product.id),
    inventory: (product, _, { loaders }) => loaders.inventory.load(product.id),
    reviews: async (product, { first }, { loaders }) =>
      (await loaders.reviews.load(product.id)).slice(0, first),
    related: (product, _, { loaders }) => loaders.product.loadMany(product.relatedIds),
  },
  Review: { author: (review, _, { loaders }) => loaders.user.load(review.authorId) },
};
