import type { FastifyBaseLogger } from "fastify";

/** One step of a shutdown. */
export interface ShutdownStep {
  readonly name: string;
  readonly run: () => unknown;
  /** Says what is left where the step is not done in time, and lets go of it. */
  readonly abandon?: () => string;
}

/** What a shutdown could not finish, one line each; empty when everything was. */
export type ShutdownReport = readonly string[];

/** Runs the steps one after the other within `budgetMs` altogether. A step that fails or is late does not keep the next from running. */
export async function shutDown(options: {
  readonly steps: readonly ShutdownStep[];
  readonly budgetMs: number;
  readonly log: FastifyBaseLogger;
}): Promise<ShutdownReport> {
  const endsAt = performance.now() + options.budgetMs;
  const left: string[] = [];
  for (const step of options.steps) {
    const problem = await runWithin(step, Math.max(0, endsAt - performance.now()));
    if (problem === undefined) continue;
    left.push(`${step.name}: ${problem}`);
    options.log.error({ step: step.name, problem }, "the shutdown left something undone");
  }
  return left;
}

async function runWithin(step: ShutdownStep, ms: number): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(step.abandon?.() ?? "not done in time"), ms);
  });
  try {
    return await Promise.race([Promise.resolve(step.run()).then(() => undefined), late]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}
