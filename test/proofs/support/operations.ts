import { type DocumentNode, parse } from "graphql";
import type { InvalidationTarget } from "../../../src/index.ts";

/** What a request may ask for. Every operation takes `$id` and `$ids`, used or not. */
const selections = [
  "product(id: $id) { seen price }",
  "product(id: $id) { stock blurb { seen } }",
  "product(id: $id) { seen mine }",
  "raw(id: $id) { price stock }",
  "raw(id: $id) { blurb { seen } mine }",
  "slow: raw(id: $id) { seen } product(id: $id) { seen price stock }",
  "shelf(id: $id) { seen items { seen price } }",
  "products(ids: $ids) { seen stock }",
  "reviews(ids: $ids) { seen score }",
  "reviews(ids: $ids) { seen }",
  "bundle(id: $id) { seen star { seen price } reviews { seen score } }",
  "hits(ids: $ids) { ... on Product { seen price } ... on Review { seen score } }",
  "me { seen } product(id: $id) { mine }",
  "peek(id: $id)",
  "a: me { seen } ...Rest } fragment Rest on Query { b: me { seen } product(id: $id) { mine again: mine }",
];

export const operations: readonly DocumentNode[] = selections.map((selection) =>
  parse(`query Read($id: ID! = "0", $ids: [ID!]! = ["0"]) { ${selection} }`),
);

export const junk: DocumentNode = parse("query Junk($id: ID!) { junk(id: $id) }");

/** The names of `Reading` that an invalidation is about. */
export function namesOf(target: InvalidationTarget): readonly string[] {
  if ("id" in target) return [`${target.entity}:${String(target.id)}`];
  if ("entity" in target) return [`type:${target.entity}`];
  if ("field" in target) return [`field:${target.field}`];
  if ("tags" in target) return target.tags.map((tag) => `tag:${tag}`);
  if ("all" in target) return ["all"];
  return [`principal:${String(target.principal)}`];
}
