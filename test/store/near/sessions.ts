import type { Redis } from "ioredis";
import type { Keys } from "../../../src/keys/grammar.ts";

/** Makes the list of sessions as old as one that has been kept for days: nobody waits for those whom it may have lost. */
export async function ageSessions(admin: Redis, keys: Keys): Promise<void> {
  for (const member of await admin.zrange(keys.nearSessions, "0", "-1"))
    if (member.startsWith("since:")) await admin.zadd(keys.nearSessions, -1, member);
}
