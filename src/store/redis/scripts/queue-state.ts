import { script } from "../script.ts";

/**
 * Write-behind: how much is pending of a type, and for how long.
 *
 *     KEYS     since
 *     returns  how many, ms since the first of them (whole)
 */
export const queueStateScript = script(
  "queue-state",
  `
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local oldest = first[2] and math.max(0, nowUs() / 1000 - tonumber(first[2])) or 0
return { redis.call('ZCARD', KEYS[1]), math.floor(oldest) }`,
  { readsOnly: true },
);
