import { readFileSync } from "node:fs";
import type { RedisServer } from "./redis-server.ts";

const block = /^ACL SETUSER fieldgate on >a-long-password ([\s\S]*?)^```/m;

/** What docs/operations.md says that a user of Fieldgate needs, in the namespace `shop`. */
export const leastRights: readonly string[] = rightsIn(
  readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8"),
);

function rightsIn(text: string): readonly string[] {
  const rights = block
    .exec(text)?.[1]
    ?.split(/\s+/)
    .filter((right) => right !== "");
  if (rights === undefined) throw new Error("docs/operations.md shows no ACL SETUSER fieldgate.");
  return rights;
}

/** A user with these rights on the server; answers with the URL that such a user connects to. */
export async function limitedUser(
  server: RedisServer,
  rights: readonly string[] = leastRights,
): Promise<string> {
  await server.client().call("ACL", "SETUSER", "fieldgate", "reset", "on", ">a-long-password", ...rights);
  return server.url.replace("redis://", "redis://fieldgate:a-long-password@");
}

/** What somebody wanted to do on the server and may not, each once. */
export async function refusedOn(server: RedisServer): Promise<readonly string[]> {
  const log = (await server.client().call("ACL", "LOG", "128")) as unknown[][];
  const told = log.map((entry) => {
    const fields = new Map<unknown, unknown>();
    for (let at = 0; at < entry.length; at += 2) fields.set(entry[at], entry[at + 1]);
    return `${fields.get("reason")} ${fields.get("object")}`;
  });
  return [...new Set(told)].sort();
}
