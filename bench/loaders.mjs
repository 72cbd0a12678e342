// One DataLoader per kind of row and request, in front of the source.
import DataLoader from "dataloader";
import { Agent, request } from "undici";

const agent = new Agent({ connections: 64, pipelining: 1 });
export const KINDS = ["product", "price", "inventory", "reviews", "user", "list"];

export function createSource(url) {
  return async (kind, keys) => {
    const { body } = await request(`${url}/${kind}`, {
      method: "POST",
      body: JSON.stringify(keys),
      dispatcher: agent,
    });
    return body.json();
  };
}

/** `batch(kind, keys)` answers rows in key order. */
export function createLoaders(batch) {
  return Object.fromEntries(KINDS.map((kind) => [kind, new DataLoader((keys) => batch(kind, keys))]));
}
