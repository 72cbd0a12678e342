import { type Deferred, deferred } from "../../../src/base/deferred.ts";
import type { Random } from "../../../src/base/random.ts";
import type { Reading } from "./reading.ts";

/** How a source behaves for a while. */
export interface Mood {
  /** How often a load waits until it is let go; 0 to 1. */
  readonly holds: number;
  readonly fails: number;
  /** How often a value lives for some ms only. */
  readonly shortLives: number;
}

export const CALM: Mood = { holds: 0, fails: 0, shortLives: 0 };

export interface Load {
  readonly names: readonly string[];
  readonly began: number;
  ended: number;
}

/** What stands behind the gateways: it tells the time, and takes as long as the schedule wants. */
export class Source {
  mood = CALM;
  /** Loads since the last `report`. */
  loads: Load[] = [];
  readonly #random: Random;
  readonly #now: () => number;
  #held: Deferred<void>[] = [];

  constructor(random: Random, now: () => number) {
    this.#random = random;
    this.#now = now;
  }

  get held(): number {
    return this.#held.length;
  }

  /** One load of several rows, each with its own names: read at the beginning, answered when it is let go. */
  async readAll(rows: readonly (readonly string[])[]): Promise<readonly Reading[]> {
    const at = this.#now();
    const load: Load = { names: rows.flat(), began: at, ended: Number.POSITIVE_INFINITY };
    this.loads.push(load);
    const fails = this.#random.next() < this.mood.fails;
    if (this.#random.next() < this.mood.holds) {
      const gate = deferred<void>();
      this.#held.push(gate);
      await gate.promise;
    }
    load.ended = this.#now();
    if (fails) throw new Error("The source is out of order.");
    return rows.map((names) => ({ names: [...names, "all"], at }));
  }

  async read(names: readonly string[]): Promise<Reading> {
    return (await this.readAll([names]))[0]!;
  }

  /** Lets one of those that wait go on; the number chooses which. */
  release(chosen: number): void {
    const [gate] = this.#held.splice(Math.floor(chosen * this.#held.length), 1);
    gate?.resolve();
  }

  releaseAll(): void {
    for (const gate of this.#held.splice(0)) gate.resolve();
  }

  /** Fresh time in seconds, where the source restricts it. */
  lifeSeconds(): number | undefined {
    return this.#random.next() < this.mood.shortLives ? 0.002 + this.#random.next() * 0.03 : undefined;
  }

  /** One of a few. */
  choose<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random.next() * choices.length)]!;
  }
}
