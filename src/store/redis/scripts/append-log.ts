import { script } from "../script.ts";

/**
 * Appends names to the log of invalidations.
 *
 *     KEYS     head, names
 *     ARGV     epoch, epoch of a new log, life ms, names kept, then the names, 1000 at most
 *     returns  1 (appended) | 0 (forgotten)
 *
 * A log that cannot be written (out of memory, another type) is forgotten: deleting needs no memory, and a log that
 * is absent tells everybody "gap", which is as safe as the names.
 */
export const appendLogScript = script(
  "append-log",
  `
local epoch, fresh, lifeMs, kept = unpack(ARGV, 1, 4)
local written = pcall(function()
  local head = text(KEYS[1])
  local log, sequence
  if head and string.sub(head, 1, #epoch) == epoch then log, sequence = string.match(head, '^(%S+)%.(%d+)$') end
  if not log then
    log, sequence = fresh, 0
    redis.call('DEL', KEYS[2])
  end
  redis.call('RPUSH', KEYS[2], unpack(ARGV, 5))
  redis.call('LTRIM', KEYS[2], -kept, -1)
  redis.call('PEXPIRE', KEYS[2], lifeMs)
  redis.call('SET', KEYS[1], log .. '.' .. string.format('%.0f', sequence + #ARGV - 4), 'PX', lifeMs)
end)
if not written then redis.call('DEL', KEYS[1], KEYS[2]) end
return written and 1 or 0`,
);
