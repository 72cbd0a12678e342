import { script } from "../script.ts";

/**
 * F5: stores an entry, if its lock is still ours and its stamp still the one seen before the load.
 *
 *     KEYS     entry, stamp, lock, mark; and so on for each item
 *     ARGV     for each item: token, stamp seen, life ms, text
 *     returns  for each item 1 (stored) | 0 (refused) | {"!", message}
 */
export const putScript = script(
  "put",
  `
return each(#KEYS / 4, function(i)
  local entryKey, stampKey, lockKey, markKey = unpack(KEYS, 4 * i - 3, 4 * i)
  local token, stamp, lifeMs, entry = unpack(ARGV, 4 * i - 3, 4 * i)
  if not holds(lockKey, token) then return 0 end
  redis.call('DEL', lockKey)
  if text(stampKey) ~= stamp then return 0 end
  redis.call('SET', entryKey, entry, 'PX', lifeMs)
  redis.call('DEL', markKey)
  return 1
end)`,
);
