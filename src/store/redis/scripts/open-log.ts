import { script } from "../script.ts";

/**
 * The log's newest position; begins a log where there is none of this epoch. Its life is renewed.
 *
 *     KEYS     head, names
 *     ARGV     epoch, epoch of a new log, life ms
 *     returns  head: `<epoch of the log>.<sequence>`
 */
export const openLogScript = script(
  "open-log",
  `
local epoch, fresh, lifeMs = unpack(ARGV)
local head = text(KEYS[1])
if not head or string.sub(head, 1, #epoch) ~= epoch then
  head = fresh .. '.0'
  redis.call('SET', KEYS[1], head)
  redis.call('DEL', KEYS[2])
end
redis.call('PEXPIRE', KEYS[1], lifeMs)
redis.call('PEXPIRE', KEYS[2], lifeMs)
return head`,
);
