import { inspect } from "node:util";
import { didYouMean } from "../base/suggest.ts";
import { type DeadLetters, openDeadLetters } from "../library/dead-letters.ts";

export interface DeadLettersCall {
  /** What stands behind the command: an action, then ids. */
  readonly words: readonly string[];
  readonly all: boolean;
  readonly redis: string | undefined;
  readonly namespace: string;
}

const ACTIONS = ["list", "replay", "drop"];

/** Why the call cannot be meant; undefined: it can. */
export function misuseOf({ words: [action, ...ids], all, redis }: DeadLettersCall): string | undefined {
  if (action === undefined || !ACTIONS.includes(action)) {
    return `dead-letters takes list, replay or drop, but got: ${action ?? "nothing"}.${didYouMean(action ?? "", ACTIONS)}`;
  }
  if (redis === undefined) return "dead-letters takes --redis <url>, or REDIS_URL.";
  if (action === "list")
    return ids.length > 0 || all ? "dead-letters list takes no ids: it lists all." : undefined;
  if (all === ids.length > 0) return `dead-letters ${action} takes ids, as list prints them, or --all.`;
  return undefined;
}

/** Does it, and tells what was done. */
export async function deadLetters({
  words: [action, ...ids],
  all,
  redis,
  namespace,
}: DeadLettersCall): Promise<string> {
  const letters = await openDeadLetters({ redis: redis!, namespace });
  try {
    if (action === "list") return await listed(letters);
    const chosen = all ? (await letters.list()).map(({ id }) => id) : ids;
    if (action === "replay") return `${await letters.replay(chosen)} of ${chosen.length} replayed.`;
    return `${await letters.drop(chosen)} of ${chosen.length} dropped.`;
  } finally {
    await letters.close();
  }
}

async function listed(letters: DeadLetters): Promise<string> {
  const all = await letters.list();
  if (all.length === 0) return "There are no dead letters.";
  return all
    .map(
      ({ id, entity, kind, value, failures, error, at }) =>
        `${id}  ${at}  ${kind} ${entity}  ${failures} failures: ${error}\n  ${inspect(value, { depth: 5, breakLength: 120 }).replaceAll("\n", "\n  ")}`,
    )
    .join("\n");
}
