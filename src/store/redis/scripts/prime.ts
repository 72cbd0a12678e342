import { script } from "../script.ts";

/**
 * W4: stores what was written to the source, if its stamp is still the one seen before the save.
 *
 *     KEYS     entry, stamp; and so on for each item
 *     ARGV     for each item: stamp seen, life ms, text
 *     returns  for each item 1 (stored) | 0 (refused) | {"!", message}
 */
export const primeScript = script(
  "prime",
  `
return each(#KEYS / 2, function(i)
  local entryKey, stampKey = unpack(KEYS, 2 * i - 1, 2 * i)
  local stamp, lifeMs, entry = unpack(ARGV, 3 * i - 2, 3 * i)
  if text(stampKey) ~= stamp then return 0 end
  redis.call('SET', entryKey, entry, 'PX', lifeMs)
  return 1
end)`,
);
