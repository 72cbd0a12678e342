import type { FastifyBaseLogger } from "fastify";

/** One step of a shutdown. */
export interface ShutdownStep {
  readonly name: string;
  /** May answer with a list of what it had to leave. */
  readonly run: () => unknown;
  /** Says what is left where the step is not done in time, and lets go of it. */
  readonly abandon?: () => string;
}

/** What a shutdown could not finish, one line each; empty when everything was. */
export type ShutdownReport = readonly string[];

/** Part of the budget that each later step keeps for itself, however long an earlier one takes. */
const reserve = 0.1;

/** Runs the steps one after the other within `budgetMs` altogether. A step that fails or is late does not keep the next from running. */
export async function shutDown(options: {
  readonly steps: readonly ShutdownStep[];
  readonly budgetMs: number;
  readonly log: FastifyBaseLogger;
}): Promise<ShutdownReport> {
  const endsAt = performance.now() + options.budgetMs;
  const left: string[] = [];
  for (const [index, step] of options.steps.entries()) {
    const later = options.steps.length - 1 - index;
    const ms = endsAt - performance.now() - later * reserve * options.budgetMs;
    for (const problem of await runWithin(step, Math.max(0, ms))) {
      left.push(`${step.name}: ${problem}`);
      options.log.error({ step: step.name, problem }, "the shutdown left something undone");
    }
  }
  return left;
}

async function runWithin(step: ShutdownStep, ms: number): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve([step.abandon?.() ?? "not done in time"]), ms);
  });
  const done = async () => {
    const answer = await step.run();
    return Array.isArray(answer) ? answer.map(String) : [];
  };
  try {
    return await Promise.race([done(), late]);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  } finally {
    clearTimeout(timer);
  }
}
