import { script } from "../script.ts";

/**
 * F1: looks again, makes the stamp of the slot, takes the lock.
 *
 *     KEYS     entry, stamp, lock, mark; and so on for each item
 *     ARGV     epoch; then for each item: id of the entry seen, token, new stamp, lock ms, stamp ms
 *     returns  for each item {"entry", text, stamp} | {"mark", stamp, remaining ms, mark}
 *              | {"wait", remaining ms} | {"own", stamp, born µs, failures} | {"!", message}
 *
 * A lock is `<stamp><token>`, the stamp 16 characters. A mark is `<stamp> <kind> <failures> <until ms> <text>`.
 */
export const beginScript = script(
  "begin",
  `
local now = nowUs()
return each(#KEYS / 4, function(i)
  local entryKey, stampKey, lockKey, markKey = unpack(KEYS, 4 * i - 3, 4 * i)
  local seen, token, fresh, lockMs, stampMs = unpack(ARGV, 5 * i - 3, 5 * i + 1)
  lockMs, stampMs = tonumber(lockMs), tonumber(stampMs)
  local epoch = ARGV[1]

  local entry, before = text(entryKey), text(stampKey)
  -- An entry without a stamp of this epoch is dead. One that does not begin like ours is nobody's.
  local alive = before and string.sub(before, 1, #epoch) == epoch
  if entry and alive and #entry >= 17 and not string.find(string.sub(entry, 1, 17), '[^%w_-]') then
    if string.sub(entry, 2, 17) ~= seen then return { 'entry', entry, before } end
  end

  local stamp = stampOf(stampKey, epoch, fresh, stampMs)

  local mark, failures = text(markKey), 0
  if mark then
    local under, _, count, till = string.match(mark, '^(%S+) (%S+) (%d+) (%d+) ')
    failures = tonumber(count or 0)
    local remaining = tonumber(till or 0) - now / 1000
    if under == stamp and remaining > 0 then return { 'mark', stamp, math.max(1, math.floor(remaining)), mark } end
  end

  -- The lock of a dead stamp belongs to a fill that may no longer store: taken over, not waited for.
  local held = text(lockKey)
  if held and string.sub(held, 1, 16) == stamp then return { 'wait', redis.call('PTTL', lockKey) } end
  redis.call('SET', lockKey, stamp .. token, 'PX', lockMs)
  return { 'own', stamp, now, failures }
end)`,
);
