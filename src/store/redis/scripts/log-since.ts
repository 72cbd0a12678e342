import { script } from "../script.ts";

/**
 * F4: the names logged after a position, newest position included.
 *
 *     KEYS     head, names
 *     ARGV     epoch of the store; epoch of the log and sequence of the position
 *     returns  {head, 1, names} | {head, 0} (cannot tell) | {"", 0} (no log)
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
if missed == 0 then return { head, 1, {} } end
local kept = redis.pcall('LLEN', KEYS[2])
if type(kept) ~= 'number' or missed > kept then return { head, 0 } end
return { head, 1, redis.call('LRANGE', KEYS[2], -missed, -1) }`,
);
