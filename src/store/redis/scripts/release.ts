import { script } from "../script.ts";

/**
 * Gives a lock back without storing, leaving a mark.
 *
 *     KEYS     lock, mark; and so on for each item
 *     ARGV     for each item: token, stamp, for ms, kind ("" for no mark), failures, text
 *     returns  for each item 1 (was ours) | 0 | {"!", message}
 */
export const releaseScript = script(
  "release",
  `
return each(#KEYS / 2, function(i)
  local lockKey, markKey = unpack(KEYS, 2 * i - 1, 2 * i)
  local token, stamp, forMs, kind, failures, reason = unpack(ARGV, 6 * i - 5, 6 * i)
  if not holds(lockKey, token) then return 0 end
  redis.call('DEL', lockKey)
  if kind ~= '' then
    local till = string.format('%.0f', nowUs() / 1000 + forMs)
    redis.call('SET', markKey, table.concat({ stamp, kind, failures, till, reason }, ' '), 'PX', 2 * forMs)
  end
  return 1
end)`,
);
