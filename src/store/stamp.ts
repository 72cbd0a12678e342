import type { Random } from "../base/random.ts";

/** Characters of a stamp, and of an epoch of the log, that name the store's epoch. */
export const EPOCH_CHARS = 4;
const RANDOM_CHARS = 12;

/** 16 characters, 72 random bits: never the same twice, so a stamp that is deleted cannot come back. */
export function newStamp(epoch: string, random: Random): string {
  return epoch + random.token(RANDOM_CHARS);
}

export function isOfEpoch(text: string, epoch: string): boolean {
  return text.startsWith(epoch);
}
