import { randomBytes } from "node:crypto";

/** Where chance comes from. Injected, so that a test can repeat it. */
export interface Random {
  /** At least 0, less than 1. */
  next(): number;
  /** That many characters of `[A-Za-z0-9_-]`, six random bits each. */
  token(chars: number): string;
}

export const systemRandom: Random = {
  next: Math.random,
  token: (chars) =>
    randomBytes(Math.ceil((chars * 3) / 4))
      .toString("base64url")
      .slice(0, chars),
};

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The same sequence for the same seed (mulberry32). For tests and demo data; guessable, so never for tokens of a shared store. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    token: (chars) => Array.from({ length: chars }, () => ALPHABET[Math.floor(next() * 64)]).join(""),
  };
}
