import type { Redis } from "ioredis";

/** Deletes these keys, as Redis does when its memory is full; the log of invalidations stays. Default: all. */
export async function evict(eyes: Redis, isGone: (key: string) => boolean = () => true): Promise<void> {
  const keys = (await eyes.keys("e2e:*")).filter((key) => !key.includes("{__log}") && isGone(key));
  if (keys.length > 0) await eyes.del(keys);
}
