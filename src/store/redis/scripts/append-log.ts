import { script } from "../script.ts";

/**
 * I3: logs names in the place of their announcement.
 *
 *     KEYS     head, names, announced
 *     ARGV     epoch, epoch of a new log, life ms, names kept, announcement, then the names, 1000 at most
 *     returns  1 (logged) | 0 (the announcement is gone: nothing was logged)
 *
 * 1. I announces · 2. the announcement is evicted · 3. a fill with an old input reads the log, finds nothing, stores
 * 4. I drops, or has dropped · 5. who logged now would believe that no fill had been told nothing. So it begins again.
 */
export const appendLogScript = script(
  "append-log",
  `
local epoch, fresh, lifeMs, kept, announcement = unpack(ARGV, 1, 5)
local till = redis.call('TYPE', KEYS[3]).ok == 'zset' and redis.call('ZSCORE', KEYS[3], announcement)
-- A server that is out of memory refuses the writes of a script until it has written: removing comes first.
if not till or redis.call('ZREM', KEYS[3], announcement) == 0 or tonumber(till) <= nowUs() / 1000 then return 0 end
local written = pcall(function()
  local head = text(KEYS[1])
  local log, sequence
  if head and string.sub(head, 1, #epoch) == epoch then log, sequence = string.match(head, '^(%S+)%.(%d+)$') end
  if not log then
    log, sequence = fresh, 0
    redis.call('DEL', KEYS[2])
  end
  redis.call('RPUSH', KEYS[2], unpack(ARGV, 6))
  redis.call('LTRIM', KEYS[2], -kept, -1)
  redis.call('PEXPIRE', KEYS[2], lifeMs)
  redis.call('SET', KEYS[1], log .. '.' .. string.format('%.0f', sequence + #ARGV - 5), 'PX', lifeMs)
end)
-- A log that cannot be written (another type) is forgotten: one that is absent tells everybody "gap", which is as safe.
if not written then redis.call('DEL', KEYS[1], KEYS[2]) end
return 1`,
);
