import { script } from "../script.ts";

/**
 * Write-behind: replaces what is pending of an entity, if it is still what was seen, and not too late.
 *
 *     KEYS     pending; and so on for each item
 *     ARGV     for each item: version seen ("" for nothing), not after µs, text ("" takes it away)
 *     returns  for each item {"swapped", µs} | {"other", text or false} | {"late"} | {"!", message}
 */
export const swapPendingScript = script(
  "swap-pending",
  `
local now = nowUs()
return each(#KEYS, function(i)
  local seen, notAfter, fresh = unpack(ARGV, 3 * i - 2, 3 * i)
  if now > tonumber(notAfter) then return { 'late' } end
  local present = text(KEYS[i])
  if string.sub(present or '', 1, 16) ~= seen then return { 'other', present } end
  local at = string.format('%016.0f', now)
  if fresh == '' then
    redis.call('DEL', KEYS[i])
  else
    redis.call('SET', KEYS[i], string.sub(fresh, 1, 16) .. at .. string.sub(fresh, 17))
  end
  return { 'swapped', at }
end)`,
);
