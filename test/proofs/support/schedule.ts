import type { Random } from "../../../src/base/random.ts";
import type { InvalidationTarget } from "../../../src/index.ts";
import type { Report, Wish } from "./gateway.ts";
import { type Answer, describeViolation, type Invalidation, type Law } from "./law.ts";
import { operations } from "./operations.ts";
import { AUTHORS, MAKERS, USERS } from "./shop.ts";
import type { Load, Mood } from "./source.ts";

/** Gateways and what they share, as a schedule drives them. */
export interface World {
  readonly gateways: number;
  read(gateway: number, wish: Wish): Promise<Answer>;
  /** undefined: it rejected. */
  invalidate(gateway: number, target: InvalidationTarget): Promise<Invalidation | undefined>;
  feel(mood: Mood): void;
  /** Lets one load of the gateway that is being held go on. */
  release(gateway: number, chosen: number): void;
  /** Some harm to the store or to the way to it; what it needs to be mended is done by `calm`. */
  harm(): Promise<void>;
  /** A moment: other things get on, in ever other ways. */
  pause(): Promise<void>;
  /** No load is held any more, the store and the way to it are whole. */
  calm(): void;
  /** Resolves when all of that is done, and nothing else is under way in any gateway. */
  settled(work: readonly Promise<unknown>[]): Promise<void>;
  /** What each gateway has counted since the last call. */
  reports(): Promise<readonly Report[]>;
  /** Checks of the store's own content; what it returns breaks a law. */
  inspect(): Promise<readonly string[]>;
}

/** What one schedule met. */
export interface Outcome extends Omit<Report, "loads"> {
  readonly answers: number;
  readonly readings: number;
  readonly invalidations: number;
  readonly rejected: number;
  /** Invalidations called while a load ran that they are about. */
  readonly met: number;
  readonly violations: readonly string[];
}

export interface ScheduleOptions {
  readonly world: World;
  readonly random: Random;
  readonly law: Law;
  /** Tells the entities of this schedule from those of others. */
  readonly name: string;
}

/** One random interleaving, driven to its end. */
export async function runSchedule({ world, random, law, name }: ScheduleOptions): Promise<Outcome> {
  const chance = (of: number) => random.next() < of;
  const below = (count: number) => Math.floor(random.next() * count);
  const oneOf = <T>(choices: readonly T[]): T => choices[below(choices.length)]!;
  // "0" is there in all schedules: it grows old, and carries what earlier ones have left.
  const ids = [`${name}a`, `${name}b`, "0"];
  const many = Array.from({ length: 20 }, (_, at) => `${name}m${at}`);
  // Few kinds of reads and invalidations at a time, so that they meet.
  const kinds = Array.from({ length: 1 + below(4) }, () => below(operations.length));
  const targets = Array.from({ length: 1 + below(4) }, () => target());

  const answers: Promise<Answer>[] = [];
  const invalidations: Promise<void>[] = [];
  const done: Invalidation[] = [];
  let rejected = 0;

  const wish = (): Wish => {
    const id = oneOf(ids);
    const several = chance(0.1) ? many : [id, oneOf(ids)];
    return { operation: oneOf(kinds), id, ids: [...new Set(several)], user: oneOf(USERS) };
  };

  function target(): InvalidationTarget {
    if (chance(0.03)) return { all: true };
    switch (below(6)) {
      case 0:
        return { entity: oneOf(["Product", "Review", "Bundle"]) };
      case 1:
        return {
          field: oneOf([
            "Product.price",
            "Product.stock",
            "Query.shelf",
            "Query.reviews",
            "Review.score",
            "Query.hits",
            "Query.me",
          ]),
        };
      case 2:
        return {
          tags: [
            oneOf([
              `shelf:${oneOf(ids)}`,
              ...AUTHORS.map((one) => `author:${one}`),
              ...MAKERS.map((one) => `maker:${one}`),
            ]),
          ],
        };
      case 3:
        return { principal: oneOf(USERS) };
      default:
        return {
          entity: oneOf(["Product", "Product", "Review", "Review", "Bundle"]),
          id: oneOf([...ids, ...ids, oneOf(many)]),
        };
    }
  }

  async function invalidate(): Promise<void> {
    const invalidation = await world.invalidate(
      below(world.gateways),
      chance(0.8) ? oneOf(targets) : target(),
    );
    if (invalidation === undefined) {
      rejected += 1;
      return;
    }
    law.add(invalidation);
    done.push(invalidation);
  }

  world.feel({ holds: oneOf([0.2, 0.5, 0.8]), fails: oneOf([0, 0, 0.1]), shortLives: oneOf([0, 0.3, 0.7]) });
  const harms = oneOf([0, 0, 0.03, 0.15]);
  for (let step = 25 + below(35); step > 0; step--) {
    const kind = random.next();
    if (kind < harms) await world.harm();
    else if (kind < 0.45) answers.push(world.read(below(world.gateways), wish()));
    else if (kind < 0.72) world.release(below(world.gateways), random.next());
    else if (kind < 0.84) invalidations.push(invalidate());
    else if (kind < 0.9) await Promise.all(invalidations);
    else await world.pause();
    if (chance(0.5)) await world.pause();
  }
  world.calm();
  await world.settled([...answers, ...invalidations]);
  // Now whatever should not have been stored would show.
  for (let gateway = 0; gateway < world.gateways; gateway++) {
    for (const operation of kinds) {
      for (const id of ids)
        answers.push(world.read(gateway, { operation, id, ids: [id, "0"], user: oneOf(USERS) }));
    }
    await world.settled(answers);
  }
  const read = await Promise.all(answers);
  const violations = [...law.violations(read).map(describeViolation), ...(await world.inspect())];
  law.settle();
  const reports = await world.reports();
  const loads = reports.flatMap((report) => report.loads);
  const sum = (count: (report: Report) => number) => reports.reduce((total, one) => total + count(one), 0);
  return {
    answers: read.length,
    readings: read.reduce((total, { readings }) => total + readings.length, 0),
    invalidations: done.length,
    rejected,
    met: done.filter((invalidation) => loads.some((load) => meets(invalidation, load))).length,
    hits: sum(({ hits }) => hits),
    replicas: sum(({ replicas }) => replicas),
    near: sum(({ near }) => near),
    joined: sum(({ joined }) => joined),
    stale: sum(({ stale }) => stale),
    stored: sum(({ stored }) => stored),
    refused: sum(({ refused }) => refused),
    bypassed: sum(({ bypassed }) => bypassed),
    violations,
  };
}

function meets({ called, names }: Invalidation, load: Load): boolean {
  return load.began < called && called < load.ended && names.some((name) => load.names.includes(name));
}
