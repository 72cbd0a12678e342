import type { Clock } from "../base/clock.ts";
import { FieldgateError } from "../base/errors.ts";
import { didYouMean } from "../base/suggest.ts";
import {
  type InvalidationTarget,
  stampNamesOf,
  type TargetWords,
} from "../directives/invalidation-targets.ts";
import { parseEntry } from "../engine/entry.ts";
import { isReplica, type Keys } from "../keys/grammar.ts";
import type { StampCopies } from "../keys/stamp-copies.ts";
import { type Store, StoreFailure } from "../store/store.ts";
import type { Logger } from "./logger.ts";
import { isPlainObject, print } from "./option-checks.ts";
import type { PendingInvalidations } from "./pending-invalidations.ts";

/** Options of {@link FieldCache.invalidate}. */
export interface InvalidateOptions {
  /** Invalidates nothing and tells what would be hit. Scans the whole namespace: never on a request's path. Default false. */
  readonly dryRun?: boolean;
  /**
   * Once more after so many ms, in the background: for a source whose replicas lag, as a load that follows at once may
   * still read the old data there. Default: not.
   */
  readonly again?: number;
  /** Who asked for it; for the audit line of the log. Default none. */
  readonly by?: string;
}

/** What an invalidation would reach. */
export interface InvalidationPreview {
  /** Live entries. */
  readonly entries: number;
  /** How many of each field: `Product.price`, or `Product` for rows. */
  readonly coordinates: Readonly<Record<string, number>>;
}

export interface InvalidateDeps {
  readonly words: () => TargetWords;
  readonly invalidate: (names: readonly string[]) => Promise<void>;
  readonly pending: PendingInvalidations;
  readonly store: Store;
  readonly keys: Keys;
  readonly copies: StampCopies;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** `cache.invalidate`: checked whole before anything happens. */
export async function invalidate(
  deps: InvalidateDeps,
  target: InvalidationTarget | readonly InvalidationTarget[],
  options: InvalidateOptions = {},
): Promise<InvalidationPreview | undefined> {
  checkInvalidateOptions(options);
  const targets = Array.isArray(target)
    ? (target as readonly InvalidationTarget[])
    : [target as InvalidationTarget];
  const names = stampNamesOf(targets, deps.words());
  if (options.dryRun === true) return preview(deps, new Set(names));

  const startedAt = deps.clock.monotonic();
  const audit = { targets, ...(options.by === undefined ? {} : { by: options.by }) };
  try {
    await deps.invalidate(names);
  } catch (error) {
    deps.logger.error(
      { ...audit, ms: deps.clock.monotonic() - startedAt, err: error },
      "An invalidation failed.",
    );
    throw error;
  }
  deps.logger.info({ ...audit, ms: deps.clock.monotonic() - startedAt }, "Invalidated.");
  if (options.again !== undefined) deps.pending.repeat(names, options.again);
  return undefined;
}

/** Entries read at a time. */
const CHUNK = 500;

async function preview(deps: InvalidateDeps, names: ReadonlySet<string>): Promise<InvalidationPreview> {
  const entryKeys: string[] = [];
  const failure = await deps.store.scan((key) => entryKeys.push(key));
  if (failure !== undefined) throw unreachable(failure);
  const coordinates = new Map<string, number>();
  for (let at = 0; at < entryKeys.length; at += CHUNK) {
    for (const coordinate of await liveHits(deps, entryKeys.slice(at, at + CHUNK), names)) {
      coordinates.set(coordinate, (coordinates.get(coordinate) ?? 0) + 1);
    }
  }
  return {
    entries: [...coordinates.values()].reduce((sum, count) => sum + count, 0),
    coordinates: Object.fromEntries([...coordinates].sort()),
  };
}

/** Coordinates of those entries that are valid and depend on one of the names. */
async function liveHits(
  { store, keys, copies }: InvalidateDeps,
  entryKeys: readonly string[],
  names: ReadonlySet<string>,
): Promise<readonly string[]> {
  const read = await store.read({ entryKeys, stampKeys: [], log: false });
  const hits = read.entries.flatMap((text, at) => {
    if (text instanceof StoreFailure) throw unreachable(text);
    const parts = keys.parseEntry(entryKeys[at]!);
    const entry = text === null ? undefined : parseEntry(text);
    // A copy at a replica is not another entry.
    if (parts === undefined || entry === undefined || isReplica(parts.home)) return [];
    const needed = [parts.home, ...entry.tagNames];
    if (!needed.some((name) => names.has(name))) return [];
    const stampKeys = needed.map((name) => copies.keyFor(name, parts.home));
    return [{ coordinate: coordinateOf(parts), stampKeys, stamps: [entry.homeStamp, ...entry.tagStamps] }];
  });
  const stampKeys = hits.flatMap((hit) => hit.stampKeys);
  const present = await store.read({ entryKeys: [], stampKeys, log: false });
  let at = 0;
  return hits.flatMap(({ coordinate, stamps }) => {
    const isLive = stamps.map((stamp) => present.stamps[at++] === stamp).every((same) => same);
    return isLive ? [coordinate] : [];
  });
}

/** `Product.price` of `Product:42` and `price`, `Product` of a row, `Query.products` of a root field's home. */
function coordinateOf({ home, field }: { readonly home: string; readonly field?: string }): string {
  const name = home.split(/[:~]/, 1)[0]!.split("@", 1)[0]!;
  return field === undefined || field.startsWith("__") ? name : `${name}.${field}`;
}

function unreachable(failure: StoreFailure): FieldgateError {
  return new FieldgateError(
    "STORE_UNREACHABLE",
    `The dry run could not read the store: ${failure.message} (${failure.reason}).`,
    "Repeat it when the store answers.",
  );
}

const OPTIONS = ["dryRun", "again", "by"];

function checkInvalidateOptions(options: unknown): asserts options is InvalidateOptions {
  const problems: string[] = [];
  if (!isPlainObject(options)) problems.push(`The options must be an object, but got: ${print(options)}.`);
  else {
    const { dryRun, again, by } = options;
    for (const name of Object.keys(options)) {
      if (!OPTIONS.includes(name)) problems.push(`There is no option "${name}".${didYouMean(name, OPTIONS)}`);
    }
    if (dryRun !== undefined && typeof dryRun !== "boolean") {
      problems.push(`"dryRun" must be true or false, but got: ${print(dryRun)}.`);
    }
    if (again !== undefined && !(Number.isFinite(again) && (again as number) > 0)) {
      problems.push(`"again" must be a positive number of milliseconds, but got: ${print(again)}.`);
    }
    if (by !== undefined && typeof by !== "string")
      problems.push(`"by" must be a string, but got: ${print(by)}.`);
  }
  if (problems.length === 0) return;
  throw new FieldgateError(
    "BAD_OPTIONS",
    `cache.invalidate(target, options): ${problems.join(" ")}`,
    "Nothing was invalidated.",
  );
}
