import { script } from "../script.ts";

/**
 * Write-behind: gives claimed names back. One with nothing pending is forgotten unless it was marked since: a swap that was
 * planned under an earlier mark cannot run any more once that mark is as old as `linger ms`.
 *
 *     KEYS     due, marked, since
 *     ARGV     linger ms; then for each name: name, "again", after ms | name, "empty", mark of the claim
 *     returns  1
 */
export const settlePendingScript = script(
  "settle-pending",
  `
local now = nowUs() / 1000
local linger = tonumber(ARGV[1])
for i = 2, #ARGV, 3 do
  local name, kind, value = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if kind == 'again' then
    redis.call('ZADD', KEYS[1], now + tonumber(value), name)
  elseif (redis.call('HGET', KEYS[2], name) or '') ~= value then
    redis.call('ZADD', KEYS[1], now, name)
  else
    local marked = (tonumber(value) or 0) / 1000
    redis.call('ZREM', KEYS[3], name)
    if now - marked > linger then
      redis.call('ZREM', KEYS[1], name)
      redis.call('HDEL', KEYS[2], name)
    else
      redis.call('ZADD', KEYS[1], marked + linger + 1, name)
    end
  end
end
return 1`,
);
