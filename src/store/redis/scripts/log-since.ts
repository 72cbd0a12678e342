import { script } from "../script.ts";

/**
 * F1, F4: the names logged after a position and those announced now, newest position included.
 *
 *     KEYS     head, names, announced
 *     ARGV     epoch of the store; epoch of the log and sequence of the position
 *     returns  {head, 1, names logged, announcements} | {head, 0} (cannot tell) | {"", 0} (no log)
 */
export const logSinceScript = script(
  "log-since",
  `
local head = text(KEYS[1])
local log, sequence = string.match(head or '', '^(%S+)%.(%d+)$')
-- A restored snapshot brings its log back, without what was invalidated since: it is of another epoch of the store.
if not log or string.sub(log, 1, #ARGV[1]) ~= ARGV[1] then return { '', 0 } end
local missed = sequence - ARGV[3]
if log ~= ARGV[2] or missed < 0 then return { head, 0 } end
local names = {}
if missed > 0 then
  local kept = redis.pcall('LLEN', KEYS[2])
  if type(kept) ~= 'number' or missed > kept then return { head, 0 } end
  names = redis.call('LRANGE', KEYS[2], -missed, -1)
end
local announced = redis.pcall('ZRANGEBYSCORE', KEYS[3], '(' .. string.format('%.0f', nowUs() / 1000), '+inf')
return { head, 1, names, announced.err and {} or announced }`,
  { readsOnly: true },
);
