import type { Redis } from "ioredis";
import { digest } from "../../base/digest.ts";
import { EPOCH_CHARS } from "../stamp.ts";
import { infoFields } from "./info.ts";

/** Who answers at the other end, or why it must not be used. */
export type Identity =
  | { readonly usable: true; readonly epoch: string; readonly timeUs: number }
  | { readonly usable: false; readonly why: string };

/**
 * Asks the server who it is. Its epoch changes when it restarts (`run_id`) and when its data may have become another
 * server's (`master_replid`: promotion, a new replication history). Rejects when the connection fails.
 */
export async function identify(client: Redis): Promise<Identity> {
  const replies = await client
    .pipeline([["info", "server"], ["info", "replication"], ["info", "persistence"], ["time"]])
    .exec();
  if (replies === null) throw new Error("the connection closed");
  const failure = replies.find(([error]) => error)?.[0];
  if (failure?.name === "ReplyError") return { usable: false, why: failure.message };
  if (failure) throw failure;
  const info = infoFields(
    replies
      .slice(0, 3)
      .map(([, text]) => String(text))
      .join("\r\n"),
  );
  const version = info.get("redis_version") ?? "";
  if (isTooOld(version)) {
    return { usable: false, why: `the server is Redis ${version}, but 6.2 or newer is needed` };
  }
  const runId = info.get("run_id");
  const replicationId = info.get("master_replid");
  if (runId === undefined || replicationId === undefined) {
    return { usable: false, why: "the server's INFO tells neither run_id nor master_replid" };
  }
  if (info.get("loading") === "1") return { usable: false, why: "the server is loading its data" };
  if (info.get("role") !== "master") return { usable: false, why: "the server is a replica" };
  const [seconds, micros] = replies[3]![1] as [string, string];
  return {
    usable: true,
    epoch: digest(`${runId} ${replicationId}`).slice(0, EPOCH_CHARS),
    timeUs: Number(seconds) * 1e6 + Number(micros),
  };
}

/** Valkey and others tell the version of Redis that they are compatible with; who tells none is taken at its word otherwise. */
function isTooOld(version: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  return major !== undefined && Number(major) * 1000 + Number(minor) < 6002;
}
