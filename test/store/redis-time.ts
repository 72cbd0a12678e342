import type { Redis } from "ioredis";
import type { Keys } from "../../src/keys/grammar.ts";

/** Time goes by for what lies there: every end comes nearer, in expiries, marks and announcements. No test waits. */
export async function passesInRedis(admin: Redis, keys: Keys, ms: number): Promise<void> {
  for (const key of await admin.keys("*")) {
    // Its times are for a clock of the test.
    if (key === keys.nearSessions) continue;
    if (key === keys.logAnnounced) {
      for (const announcement of await admin.zrange(key, "0", "-1"))
        await admin.zincrby(key, -ms, announcement);
    } else if (key.endsWith(":__pass")) {
      const [stamp, kind, failures, until, ...text] = ((await admin.get(key)) ?? "").split(" ");
      await admin.set(key, [stamp, kind, failures, Number(until) - ms, ...text].join(" "), "KEEPTTL");
    }
    if (key.endsWith(":__due") || key.endsWith(":__since")) {
      for (const name of await admin.zrange(key, "0", "-1")) await admin.zincrby(key, -ms, name);
    } else if (key.endsWith(":__marked")) {
      for (const name of await admin.hkeys(key)) await admin.hincrby(key, name, -ms * 1000);
    }
    const left = await admin.pttl(key);
    // What is written behind has no end.
    if (left === -1) continue;
    if (left > ms) await admin.pexpire(key, left - ms);
    else await admin.del(key);
  }
}
