import { expect } from "vitest";
import type { Random } from "../../../src/base/random.ts";
import { Law } from "./law.ts";
import { type Outcome, runSchedule, type World } from "./schedule.ts";
import { seed } from "./size.ts";

/** What a run must have met, each in at least this part of its schedules: a cache that stores nothing proves nothing. */
const LEAST = 0.05;
export const MET = ["hits", "joined", "stale", "refused", "met"] as const;

/** So many random schedules, none of which breaks a law; `counted`: what they must have met. */
export async function prove(
  where: string,
  world: World,
  random: Random,
  schedules: number,
  counted: readonly Exclude<keyof Outcome, "violations">[] = MET,
): Promise<void> {
  const law = new Law();
  const outcomes: Outcome[] = [];
  const startedAt = performance.now();
  for (let at = 0; at < schedules; at++) {
    const outcome = await runSchedule({ world, random, law, name: `s${at}` });
    outcomes.push(outcome);
    if (outcome.violations.length > 0) {
      throw new Error(
        [`Schedule ${at} of seed ${seed}, ${where}:`, ...outcome.violations.slice(0, 5)].join("\n"),
      );
    }
  }
  const total = (name: Exclude<keyof Outcome, "violations">) =>
    outcomes.reduce((sum, outcome) => sum + outcome[name], 0);
  const share = (name: Exclude<keyof Outcome, "violations">) =>
    outcomes.filter((outcome) => outcome[name] > 0).length / schedules;
  const shares = counted.map((name) => `${name} ${total(name)} in ${(100 * share(name)).toFixed(0)} %`);
  console.log(
    `${where}: seed ${seed}, ${schedules} schedules in ${((performance.now() - startedAt) / 1000).toFixed(1)} s; ` +
      `${total("answers")} answers with ${total("readings")} readings, ${total("invalidations")} invalidations ` +
      `(and ${total("rejected")} that rejected), ${total("stored")} stored, ${total("bypassed")} past the store; ` +
      `of the schedules: ${shares.join(", ")}`,
  );
  for (const name of counted) expect({ name, share: share(name) >= LEAST }).toEqual({ name, share: true });
}
