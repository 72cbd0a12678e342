import { script } from "../script.ts";

/**
 * I1: announces names that are about to be dropped. `log-since` tells them to every fill that asks, until they are
 * logged or their time is over.
 *
 *     KEYS     announced
 *     ARGV     life ms, announcement: `<token> <name> <name> …`
 *     returns  1
 */
export const announceScript = script(
  "announce",
  `
local now = nowUs() / 1000
-- A server that is out of memory refuses the writes of a script until it has written: deleting comes first.
if redis.call('TYPE', KEYS[1]).ok == 'zset' then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
else
  redis.call('DEL', KEYS[1])
end
redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[2])
raise(KEYS[1], tonumber(ARGV[1]))
return 1`,
);
