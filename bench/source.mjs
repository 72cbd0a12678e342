// What stands behind the gateway: answers batches over HTTP after 20 ms, and counts calls and rows.
import { createServer } from "node:http";
import { random, SIZES } from "./catalog.mjs";

const DELAY_MS = 20;
let counts = { calls: 0, rows: 0, byKind: {} };
/** Versions by row, raised by /bump: the race scenario tells old from new by them. */
const versions = new Map();

const pick = (id, salt, n) => 1 + Math.floor(random(Number(id) * 31 + salt)() * n);
const rows = {
  product: (id) =>
    Number(id) > SIZES.products
      ? null
      : {
          id,
          name: `Product ${id}`,
          description: `What there is to say of product ${id}. `.repeat(4),
          brand: `Brand ${pick(id, 1, 100)}`,
          relatedIds: [2, 3, 4, 5].map((salt) => String(pick(id, salt, SIZES.products))),
        },
  price: (id) => ({ amount: 100 + pick(id, 6, 9900) + 1_000_000 * (versions.get(id) ?? 0), currency: "EUR" }),
  inventory: (id) => pick(id, 7, 500),
  reviews: (id) =>
    [0, 1, 2, 3, 4].map((n) => ({
      id: `${id}-${n}`,
      stars: pick(id, 10 + n, 5),
      text: `Review ${n} of product ${id}, written with some care and at some length.`,
      authorId: String(pick(id, 20 + n, SIZES.users)),
    })),
  user: (id) => ({ id, name: `User ${id}`, avatar: `https://img.example/u/${id}.png` }),
  list: (slug) => Array.from({ length: 20 }, (_, n) => String(pick(slug.slice(5), 40 + n, SIZES.products))),
};

createServer((request, response) => {
  const url = new URL(request.url, "http://source");
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    const answer = (value) => response.end(JSON.stringify(value));
    if (url.pathname === "/counts") return answer(counts);
    if (url.pathname === "/reset") {
      counts = { calls: 0, rows: 0, byKind: {} };
      return answer({});
    }
    if (url.pathname === "/bump") {
      const { id } = JSON.parse(body);
      versions.set(id, (versions.get(id) ?? 0) + 1);
      return answer({ version: versions.get(id) });
    }
    const kind = url.pathname.slice(1);
    const keys = JSON.parse(body);
    counts.calls += 1;
    counts.rows += keys.length;
    counts.byKind[kind] = (counts.byKind[kind] ?? 0) + 1;
    const values = keys.map(rows[kind]);
    setTimeout(answer, DELAY_MS, values);
  });
})
  .listen(Number(process.argv[2] ?? 0), "127.0.0.1", function () {
    process.send?.({ port: this.address().port });
  })
  .on("error", (error) => {
    throw error;
  });
process.on("disconnect", () => process.exit(0));
