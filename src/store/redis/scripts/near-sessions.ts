import { script } from "../script.ts";

// The sessions of near copies, in one sorted set: each with its end (ms of the server's clock), and since when the list has
// been kept, under the store's epoch, as `since:<epoch>` with the negative time.
//
// A list that was restored with the server, or by a replica that was promoted, is of another epoch: begun anew, it is young.

const LIST = `
local sessions, epoch = KEYS[1], ARGV[1]
local now = nowUs() / 1000
local kind = redis.call('TYPE', sessions).ok
-- A server that is out of memory refuses the writes of a script until it has written: deleting comes first.
if kind == 'zset' then
  redis.call('ZREMRANGEBYSCORE', sessions, 0, now)
else
  redis.call('DEL', sessions)
end
local since = redis.call('ZSCORE', sessions, 'since:' .. epoch)
if not since or -since > now then
  redis.call('ZREMRANGEBYSCORE', sessions, '-inf', '(0')
  redis.call('ZADD', sessions, -now, 'since:' .. epoch)
  since = -now
end
raise(sessions, tonumber(ARGV[2]))`;

/**
 * Who may hold near copies, and for how long that has been known.
 *
 *     KEYS     sessions
 *     ARGV     epoch, life ms of the list
 *     returns  {age of the list in ms, session, session, …}
 */
export const nearSessionsScript = script(
  "near-sessions",
  `${LIST}
local live = redis.call('ZRANGEBYSCORE', sessions, '(' .. string.format('%.3f', now), '+inf')
table.insert(live, 1, math.floor(now + since))
return live`,
);

/**
 * Joins, in the place of an earlier session of the same process.
 *
 *     KEYS     sessions
 *     ARGV     epoch, life ms of the list, session, lease ms, earlier session ("" for none)
 *     returns  1
 */
export const nearJoinScript = script(
  "near-join",
  `${LIST}
if ARGV[5] ~= '' then redis.call('ZREM', sessions, ARGV[5], ARGV[5] .. '!') end
redis.call('ZADD', sessions, now + ARGV[4], ARGV[3])
return 1`,
);

/**
 * Extends a session that is not over.
 *
 *     KEYS     sessions
 *     ARGV     epoch, life ms of the list, session, lease ms
 *     returns  1 | 0 (it is over, or unknown: it must be joined anew, with nothing held)
 */
export const nearRenewScript = script(
  "near-renew",
  `${LIST}
if not redis.call('ZSCORE', sessions, ARGV[3]) then return 0 end
redis.call('ZADD', sessions, now + ARGV[4], ARGV[3])
return 1`,
);

/**
 * Ends sessions: they cannot be renewed. Until their leases are over they stay on the list, with a `!` behind their names.
 *
 *     KEYS     sessions
 *     ARGV     session, session, …
 *     returns  ms until the last of them is over
 *
 * 1. I expels G, and waits for the end of its lease · 2. I' deletes another stamp that G holds, and would find nobody to wait for
 */
export const nearExpelScript = script(
  "near-expel",
  `
local now, last = nowUs() / 1000, 0
for _, session in ipairs(ARGV) do
  local bare = string.gsub(session, '!$', '')
  local till = redis.call('ZSCORE', KEYS[1], bare) or redis.call('ZSCORE', KEYS[1], bare .. '!')
  if till then
    last = math.max(last, till - now)
    redis.call('ZREM', KEYS[1], bare)
    redis.call('ZADD', KEYS[1], till, bare .. '!')
  end
end
return math.ceil(last)`,
);
