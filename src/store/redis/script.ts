import { createHash } from "node:crypto";

/** A Lua script: one atomic step for each of several items, whose keys lie on one slot. */
export interface Script {
  readonly name: string;
  readonly text: string;
  /** What EVALSHA knows it by. */
  readonly sha: string;
  /** It changes nothing, so it may run again. */
  readonly readsOnly: boolean;
}

export function script(name: string, body: string, { readsOnly = false } = {}): Script {
  const text = `${HELPERS}\n${body.trim()}\n`;
  return { name, text, sha: createHash("sha1").update(text).digest("hex"), readsOnly };
}

/** What a server says of a right that a script's user lacks; before Redis 7.2 it names no command. */
const LACKED = /can't run this command or subcommand|ACL failure in script/;

/** The error reply, with the code and the commands that it may mean where it is about a right of the script's. */
export function tellRight(reply: string, { name, text }: Script): string {
  if (!LACKED.test(reply)) return reply;
  const commands = new Set([...text.matchAll(/redis\.p?call\('([A-Z]+)'/g)].map(([, command]) => command));
  const list = [...commands].sort().join(", ");
  return `NOPERM ${reply} The script "${name}" runs ${list}; ACL LOG on the server names the one.`;
}

/**
 * `text`: a key of another type is absent, and SET replaces it: what is not ours heals instead of failing for ever.
 * `each`: an item that fails (out of memory, read-only) answers `{ "!", message }` and spoils no other.
 */
const HELPERS = `
local function text(key)
  local value = redis.pcall('GET', key)
  return type(value) == 'string' and value
end

local function raise(key, ms)
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, ms) end
end

local function stampOf(key, epoch, fresh, ms)
  local present = text(key)
  if present and string.sub(present, 1, #epoch) == epoch then
    raise(key, ms)
    return present
  end
  redis.call('SET', key, fresh, 'PX', ms)
  return fresh
end

local function holds(lock, token)
  local held = text(lock)
  return held and string.sub(held, 17) == token
end

local function nowUs()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

local function each(count, step)
  local replies = {}
  for i = 1, count do
    local ok, reply = pcall(step, i)
    if not ok then
      reply = { '!', type(reply) == 'table' and reply.err or tostring(reply) }
    end
    replies[i] = reply
  end
  return replies
end`.trim();
