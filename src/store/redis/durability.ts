import type { Durability } from "../behind-store.ts";
import { infoFields } from "./info.ts";

/**
 * What a server's INFO (sections persistence and memory) says of writes that are only there. Managed servers forbid CONFIG; of
 * `appendfsync` INFO says nothing.
 */
export function durabilityFrom(info: string): Durability {
  const fields = infoFields(info);
  const warnings: string[] = [];
  if (fields.get("aof_enabled") !== "1") {
    warnings.push(
      "Redis keeps no append-only file: a write behind that was answered is lost if Redis restarts before it is flushed. Set appendonly yes, and appendfsync always where none may be lost.",
    );
  } else if (fields.get("aof_last_write_status") === "err") {
    warnings.push("Redis could not write its append-only file lately: writes behind are not safe there.");
  }
  const policy = fields.get("maxmemory_policy") ?? "";
  return { warnings, ...(policy.startsWith("allkeys-") ? { evicts: policy } : {}) };
}
