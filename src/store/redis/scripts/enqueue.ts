import { script } from "../script.ts";

/**
 * Write-behind: marks entities as having something pending. One that is due earlier stays so.
 *
 *     KEYS     due, marked, since
 *     ARGV     delay ms; names
 *     returns  how many entities have something pending
 */
export const enqueueScript = script(
  "enqueue",
  `
local now = nowUs()
for i = 2, #ARGV do
  redis.call('HSET', KEYS[2], ARGV[i], string.format('%.0f', now))
  redis.call('ZADD', KEYS[3], 'NX', now / 1000, ARGV[i])
  redis.call('ZADD', KEYS[1], 'LT', now / 1000 + tonumber(ARGV[1]), ARGV[i])
end
return redis.call('ZCARD', KEYS[3])`,
);
