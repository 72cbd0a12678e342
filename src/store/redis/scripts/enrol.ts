import { script } from "../script.ts";

/**
 * Registers a gateway until its lease is over, and counts those whose is not.
 *
 *     KEYS     gateways
 *     ARGV     gateway, lease ms: 0 takes it out
 *     returns  how many there are
 */
export const enrolScript = script(
  "enrol",
  `
local now = nowUs() / 1000
-- A server that is out of memory refuses the writes of a script until it has written: deleting comes first.
if redis.call('TYPE', KEYS[1]).ok == 'zset' then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
  redis.call('ZREM', KEYS[1], ARGV[1])
else
  redis.call('DEL', KEYS[1])
end
local lease = tonumber(ARGV[2])
if lease > 0 then
  redis.call('ZADD', KEYS[1], now + lease, ARGV[1])
  raise(KEYS[1], lease)
end
return #redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '+inf')`,
);
