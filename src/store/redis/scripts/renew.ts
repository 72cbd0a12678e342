import { script } from "../script.ts";

/**
 * Extends a lock that is still ours.
 *
 *     KEYS     lock; and so on for each item
 *     ARGV     for each item: token, lock ms
 *     returns  for each item 1 (was ours) | 0 | {"!", message}
 */
export const renewScript = script(
  "renew",
  `
return each(#KEYS, function(i)
  if not holds(KEYS[i], ARGV[2 * i - 1]) then return 0 end
  raise(KEYS[i], tonumber(ARGV[2 * i]))
  return 1
end)`,
);
