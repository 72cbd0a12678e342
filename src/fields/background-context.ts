import { CannotRefresh, type Load } from "../engine/read-plan.ts";
import type { Asker, Audiences } from "./audience.ts";
import type { FieldPolicy } from "./field-policy.ts";
import type { RequestState } from "./request-state.ts";
import type { TaintGuard } from "./taint-guard.ts";
import type { Warn } from "./warn-once.ts";

export type BackgroundContext = (asker: Asker) => unknown;

export interface BackgroundLoadsOptions {
  readonly policy: Pick<FieldPolicy, "coordinate" | "lifetimes">;
  /** The application's. */
  readonly backgroundContext: BackgroundContext | undefined;
  readonly audiences: Audiences;
  readonly guard: TaintGuard;
  readonly warn: Warn;
}

/** One read that may set off a refresh. */
export interface BackgroundRead {
  readonly state: RequestState;
  /** Of the request. */
  readonly context: unknown;
  /** Whether a context asks as this request does; absent where the entry is for everybody. */
  readonly fits?: ((context: unknown) => boolean) | undefined;
  readonly load: Load extends () => infer Result ? (context: unknown) => Result : never;
}

/**
 * The loads of one coordinate in the background, each with a context that is nobody's request's.
 *
 * Whoever writes `staleSeconds` gets refreshes, at worst with an empty context, until the resolver shows that it needs
 * more. An early refresh, for which nobody asked, must not run a resolver with a context that it does not know: it takes the
 * option.
 */
export class BackgroundLoads {
  readonly #options: BackgroundLoadsOptions;
  #make: BackgroundContext | undefined;

  constructor(options: BackgroundLoadsOptions) {
    this.#options = options;
    const { backgroundContext, policy } = options;
    this.#make = backgroundContext ?? (policy.lifetimes.staleMs > 0 ? () => ({}) : undefined);
  }

  /** Whether there is ever a refresh. */
  get isPossible(): boolean {
    return this.#make !== undefined;
  }

  /** undefined: a stale entry is loaded anew in the foreground. */
  of({ state, context, fits, load }: BackgroundRead): Load | undefined {
    const make = this.#make;
    if (make === undefined) return undefined;
    const contextOf = () => {
      state.background ??= { context: this.#made(make, context) };
      return state.background.context;
    };
    if (fits !== undefined) {
      try {
        const made = contextOf();
        // One that is not there yet is asked when the refresh runs.
        if (!(made instanceof Promise) && !fits(made)) return undefined;
      } catch (error) {
        this.#tell(error);
        return undefined;
      }
    }
    return () => this.#run(contextOf, fits, load);
  }

  #made(make: BackgroundContext, context: unknown): unknown {
    const { guard, audiences } = this.#options;
    const made = guard.outside(() => make(audiences.asker(context)));
    if (!isThenable(made)) return made;
    const later = Promise.resolve(made);
    // Most of them are made for a refresh that is never due.
    later.catch(() => {});
    return later;
  }

  async #run(
    contextOf: () => unknown,
    fits: BackgroundRead["fits"],
    load: BackgroundRead["load"],
  ): ReturnType<Load> {
    let context: unknown;
    try {
      context = await contextOf();
      if (fits?.(context) === false) throw new Error("its context asks as somebody else.");
    } catch (error) {
      this.#tell(error);
      throw new CannotRefresh(error);
    }
    if (this.#options.backgroundContext !== undefined) return load(context);
    try {
      return await load(context);
    } catch (error) {
      this.#make = undefined;
      this.#tell(
        `it failed with an empty context (${messageOf(error)}). Give the option backgroundContext: () => ({ … }).`,
      );
      throw new CannotRefresh(error);
    }
  }

  #tell(problem: unknown): void {
    const { coordinate } = this.#options.policy;
    this.#options.warn(
      "background-context",
      coordinate,
      `${coordinate} is not refreshed in the background: ${messageOf(problem)}`,
    );
  }
}

function messageOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
