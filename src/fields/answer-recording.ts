import type { ServedRead } from "../engine/answer-parts.ts";
import type { ReadPlan, ReadResult } from "../engine/read-plan.ts";

/** What one answer is being made of, to see whether it can be made again of the same entries without running anything. */
export class AnswerRecording {
  readonly #reads: ServedRead[] = [];
  #isWhole = true;
  #unwatch: (() => void) | undefined;

  /** A read of it has ended. Only a fresh entry at its home can be found to be there again. */
  add(
    plan: ReadPlan | undefined,
    { outcome, entry }: Pick<ReadResult, "outcome" | "entry">,
    canRefresh: boolean,
  ): void {
    if (plan === undefined || outcome !== "hit" || entry === undefined) this.spoil();
    else this.#reads.push({ plan, entry, canRefresh });
  }

  /** It holds what does not come from entries, or somebody looked at who asks. */
  spoil(): void {
    this.#isWhole = false;
    this.end();
  }

  /** Execution begins: from here on the context is watched, until it ends. */
  watch(begin: (onRead: () => void) => (() => void) | undefined): void {
    if (!this.#isWhole || this.#unwatch !== undefined) return;
    this.#unwatch = begin(() => this.spoil());
    if (this.#unwatch === undefined) this.#isWhole = false;
  }

  /** Its reads; undefined unless it was made of them alone. */
  end(): readonly ServedRead[] | undefined {
    const wasWatched = this.#unwatch !== undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
    return this.#isWhole && wasWatched && this.#reads.length > 0 ? this.#reads : undefined;
  }
}
