import type { Server, Servers } from "./servers.ts";

/**
 * Independent servers, each with a like share of the keys: rendezvous hashing (D. Thaler, C. Ravishankar, "A Name-Based
 * Mapping Scheme for Rendezvous", 1996). A hash tag lies on the server whose name hashes highest with it, so that
 * a server that joins or leaves the list moves its own share alone.
 *
 * Trap: gateways must name the same servers in the same words. Who places keys elsewhere, drops stamps elsewhere.
 */
export class Ring implements Servers {
  readonly buckets: number;
  readonly #servers: readonly Server[];
  readonly #seeds: readonly number[];

  constructor(servers: readonly Server[]) {
    // In one order, whatever order they were named in.
    this.#servers = servers.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    this.#seeds = this.#servers.map(({ name }) => fnv1a(name, FNV_OFFSET));
    this.buckets = servers.length;
  }

  all(): readonly Server[] {
    return this.#servers;
  }

  bucketOf(hashTag: string): number {
    let best = 0;
    let highest = -1;
    for (let at = 0; at < this.#seeds.length; at++) {
      const weight = mixed(fnv1a(hashTag, this.#seeds[at]!));
      if (weight > highest) {
        highest = weight;
        best = at;
      }
    }
    return best;
  }

  serverOf(hashTag: string): Server {
    return this.#servers[this.bucketOf(hashTag)]!;
  }

  async ready(): Promise<void> {
    await Promise.all(this.#servers.map(({ store }) => store.ready()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map(({ store }) => store.close()));
  }
}

const FNV_OFFSET = 0x811c9dc5;

/** FNV-1a, 32 bits. */
function fnv1a(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

/** The finalizer of MurmurHash3: FNV alone leaves names that differ in one character too much alike. */
function mixed(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
