import type { Address } from "../redis-target.ts";

/** A range of slots, and the master that serves it. */
export interface SlotRange {
  readonly first: number;
  readonly last: number;
  readonly master: Address;
}

/**
 * What CLUSTER SLOTS answered; undefined for what is no such answer. Replicas are left out: nothing is ever read from one.
 * A server that does not know its own address leaves it empty: it is the one that was asked.
 */
export function slotRangesFrom(reply: unknown, asked: Address): readonly SlotRange[] | undefined {
  if (!Array.isArray(reply)) return undefined;
  const ranges: SlotRange[] = [];
  for (const range of reply as unknown[]) {
    const [first, last, master] = Array.isArray(range) ? (range as unknown[]) : [];
    const [host, port] = Array.isArray(master) ? (master as unknown[]) : [];
    if (typeof first !== "number" || typeof last !== "number" || typeof port !== "number") return undefined;
    const isKnown = typeof host === "string" && host !== "" && host !== "?";
    ranges.push({ first, last, master: { host: isKnown ? host : asked.host, port } });
  }
  return ranges;
}

export interface Redirection {
  /** "ask": this once, as the slot is on its way. "moved": from now on. */
  readonly kind: "ask" | "moved";
  readonly slot: number;
  readonly to: Address;
}

/** `MOVED <slot> <host>:<port>`, `ASK …`; undefined for every other error. */
export function redirectionFrom(message: string, asked: Address): Redirection | undefined {
  const [, kind, slot, host, port] = /^(MOVED|ASK) (\d+) (.*):(\d+)$/.exec(message) ?? [];
  if (kind === undefined) return undefined;
  const to = { host: host === "" || host === "?" ? asked.host : host!, port: Number(port) };
  return { kind: kind === "ASK" ? "ask" : "moved", slot: Number(slot), to };
}
