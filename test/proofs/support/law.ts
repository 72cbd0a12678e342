import type { Reading } from "./reading.ts";

/** One request, as its process saw it. */
export interface Answer {
  readonly gateway: number;
  readonly operation: string;
  /** When it was handed to graphql-js. */
  readonly began: number;
  readonly ended: number;
  readonly user: string;
  readonly readings: readonly Reading[];
}

/** One call of `invalidate` that resolved. One that rejected promises nothing. */
export interface Invalidation {
  readonly gateway: number;
  readonly names: readonly string[];
  readonly called: number;
  readonly resolved: number;
}

export interface Violation {
  readonly law: "resurrection" | "privacy";
  readonly answer: Answer;
  readonly reading: Reading;
  readonly invalidation?: Invalidation;
}

/**
 * Guarantee 3, for every answer there was: whoever began after `invalidate` had resolved is not answered with what was
 * read from the source before it was called. Older invalidations are kept as one time per name.
 */
export class Law {
  #past = new Map<string, Invalidation>();
  #invalidations: Invalidation[] = [];

  add(invalidation: Invalidation): void {
    this.#invalidations.push(invalidation);
  }

  violations(answers: readonly Answer[]): readonly Violation[] {
    return answers.flatMap((answer) =>
      answer.readings.flatMap((reading) => {
        const broken: Violation[] = [];
        if (reading.user !== undefined && reading.user !== answer.user) {
          broken.push({ law: "privacy", answer, reading });
        }
        const invalidation = this.#latestBefore(answer.began, reading.names);
        if (invalidation !== undefined && reading.at < invalidation.called) {
          broken.push({ law: "resurrection", answer, reading, invalidation });
        }
        return broken;
      }),
    );
  }

  /** Nothing that is under way now began before these resolved. */
  settle(): void {
    for (const invalidation of this.#invalidations) {
      for (const name of invalidation.names) {
        const known = this.#past.get(name);
        if (known === undefined || known.called < invalidation.called) this.#past.set(name, invalidation);
      }
    }
    this.#invalidations = [];
  }

  /** The one that was called last, of those that had resolved by then. */
  #latestBefore(began: number, names: readonly string[]): Invalidation | undefined {
    const past = names.map((name) => this.#past.get(name));
    return [...past, ...this.#invalidations]
      .filter((one) => one !== undefined)
      .filter((one) => one.resolved < began && one.names.some((name) => names.includes(name)))
      .reduce<Invalidation | undefined>(
        (latest, one) => (latest === undefined || one.called > latest.called ? one : latest),
        undefined,
      );
  }
}

export function describeViolation({ law, answer, reading, invalidation }: Violation): string {
  const ms = (time: number) => `${(time - reading.at).toFixed(3)} after it was read`;
  return [
    `${law}: gateway ${answer.gateway} answered "${answer.operation}" of ${answer.user} with a reading of ${reading.names.join(", ")}${reading.user === undefined ? "" : ` for ${reading.user}`}`,
    ...(invalidation === undefined
      ? []
      : [
          `  gateway ${invalidation.gateway} invalidated ${invalidation.names.join()}: called ${ms(invalidation.called)}, resolved ${ms(invalidation.resolved)}`,
        ]),
    `  the request began ${ms(answer.began)}`,
  ].join("\n");
}
