import type { RequestState } from "../fields/request-state.ts";

const graphs = new WeakMap<RequestState, RowGraph>();

/** Which rows of a request refer to which. */
export function rowGraphOf(state: RequestState): RowGraph {
  let graph = graphs.get(state);
  if (graph === undefined) {
    graph = new RowGraph();
    graphs.set(state, graph);
  }
  return graph;
}

/**
 * Rows are put in the places of the references to them, so one row waits for others, and two may wait for each other.
 * The one that would close a circle takes the other's object as it is and waits no more:
 *
 * 1. A is read, refers to B, waits for it · 2. B is read, refers to A, which waits for B: it gets the object of A
 * 3. B is there · 4. A is there
 *
 * At 3 the object of A may still lack other rows, so B is given to nobody outside the circle before 4: see `closed`.
 */
export class RowGraph {
  /** Rows whose references are being replaced, or have been. */
  readonly #open = new Map<string, unknown>();
  readonly #waiting = new Map<string, Set<string>>();
  readonly #references = new Map<string, Set<string>>();
  readonly #reads = new Map<string, Promise<unknown>>();
  readonly #ofPrincipal = new Set<string>();
  #hasCircles = false;

  /** A row is being read; `read` settles when its references are in their places. */
  reads(home: string, read: Promise<unknown>): void {
    this.#reads.set(home, read);
  }

  /** The row is known; its references are about to be replaced, within this very object. */
  open(home: string, row: unknown): void {
    this.#open.set(home, row);
  }

  markOfPrincipal(home: string): void {
    this.#ofPrincipal.add(home);
  }

  /** The row, or something in it, is not for everybody. */
  isOfPrincipal(home: string): boolean {
    if (this.#ofPrincipal.size === 0) return false;
    if (!this.#hasCircles) return this.#ofPrincipal.has(home);
    return this.#reachable(home).some((one) => this.#ofPrincipal.has(one));
  }

  /** The row that a reference of another one leads to: `read`, unless that waits for the other. */
  async follow(from: string, to: string, read: () => Promise<unknown>): Promise<unknown> {
    add(this.#references, from, to);
    if (from === to || this.#waitsFor(to, from)) {
      this.#hasCircles = true;
      return this.#open.get(to);
    }
    add(this.#waiting, from, to);
    try {
      return await read();
    } finally {
      this.#waiting.get(from)?.delete(to);
    }
  }

  /** Resolves when every row that this one leads to is there. */
  async closed(home: string): Promise<void> {
    if (!this.#hasCircles) return;
    const seen = new Set([home]);
    for (const one of seen) {
      await this.#reads.get(one)?.catch(() => {});
      for (const next of this.#references.get(one) ?? []) seen.add(next);
    }
  }

  #waitsFor(from: string, to: string): boolean {
    const seen = new Set([from]);
    for (const one of seen) {
      if (one === to) return true;
      for (const next of this.#waiting.get(one) ?? []) seen.add(next);
    }
    return false;
  }

  #reachable(home: string): readonly string[] {
    const seen = new Set([home]);
    for (const one of seen) for (const next of this.#references.get(one) ?? []) seen.add(next);
    return [...seen];
  }
}

function add(edges: Map<string, Set<string>>, from: string, to: string): void {
  const known = edges.get(from);
  if (known === undefined) edges.set(from, new Set([to]));
  else known.add(to);
}
