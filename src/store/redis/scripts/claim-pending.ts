import { script } from "../script.ts";

/**
 * Write-behind: takes what is due, the longest due first; it is due again when its lease ends.
 *
 *     KEYS     due, marked
 *     ARGV     most, early ms, lease ms
 *     returns  name, mark; and so on
 */
export const claimPendingScript = script(
  "claim-pending",
  `
local now = nowUs() / 1000
local names = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now + tonumber(ARGV[2]), 'LIMIT', 0, tonumber(ARGV[1]))
local claims = {}
for _, name in ipairs(names) do
  redis.call('ZADD', KEYS[1], 'XX', now + tonumber(ARGV[3]), name)
  claims[#claims + 1] = name
  claims[#claims + 1] = redis.call('HGET', KEYS[2], name) or ''
end
return claims`,
);
