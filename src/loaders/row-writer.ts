import { inspect } from "node:util";
import { FieldgateError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import type { Identities, Identity } from "../fields/identity.ts";
import { stampNames } from "../keys/grammar.ts";
import { checkRows } from "./check-rows.ts";
import type { RowCache, RowReader } from "./row-reader.ts";

/** Beside what is written. */
export interface WriteBatch {
  /** One per row, of this write alone: a source that keeps it can tell that it has this write already. */
  readonly tokens: readonly string[];
}

export interface RowWriterOptions {
  readonly name: string;
  readonly write: ((rows: readonly never[], batch: WriteBatch) => unknown) | undefined;
  readonly remove: ((keys: readonly never[]) => unknown) | undefined;
  readonly cache: Pick<RowCache, "write">;
  readonly identities: Identities;
  readonly reader: Pick<RowReader, "entryOf" | "written">;
  readonly random: Random;
  readonly onUnreached: (error: unknown, names: readonly string[]) => void;
}

/** What became of one write. */
export interface WrittenRow {
  readonly row: unknown;
  /** Stamp names under which the row is known, its own first. */
  readonly names: readonly string[];
}

const TOKEN_CHARS = 22;

/** Writes rows of one entity: the source first, then the cache, in the order of docs/protocol.md, "Write-through". */
export class RowWriter {
  readonly #options: RowWriterOptions;

  constructor(options: RowWriterOptions) {
    this.#options = options;
  }

  async write(row: unknown): Promise<WrittenRow> {
    const { name, write, cache, identities, reader, random, onUnreached } = this.#options;
    if (write === undefined) throw missing(name, "write");
    const identity = identities.of(name, row);
    if (identity === undefined) {
      throw new TypeError(
        `A write of cache.entity("${name}") takes a row with its key, but got: ${print(row)}.`,
      );
    }
    const tokens = [random.token(TOKEN_CHARS)];
    const saved = await cache.write({
      names: this.#namesOf(identity),
      entry: reader.entryOf(identity),
      save: async () => this.#one(row, await write([row as never], { tokens })),
      written: (answer) => reader.written(identity, answer),
      onUnreached,
    });
    const shown = identities.of(name, saved) ?? identity;
    return { row: saved, names: [identity.home, shown.home, ...shown.aliases].filter(isFirst) };
  }

  async remove(key: unknown, identity: Identity): Promise<void> {
    const { name, remove, cache, onUnreached } = this.#options;
    if (remove === undefined) throw missing(name, "remove");
    await cache.write({
      names: this.#namesOf(identity),
      save: async () => remove([key as never]),
      written: async () => ({ names: [] }),
      onUnreached,
    });
  }

  #namesOf({ home, aliases }: Identity): readonly string[] {
    return [home, ...aliases, stampNames.any(this.#options.name)];
  }

  #one(given: unknown, answer: unknown): unknown {
    const { name } = this.#options;
    const [row] = checkRows({ name, option: "write" }, [given], answer);
    if (row instanceof Error) throw row;
    if (typeof row === "object" && row !== null) return row;
    throw new TypeError(
      `The write function of cache.entity("${name}") must return each row as it was written, but got: ${print(row)}.`,
    );
  }
}

function missing(name: string, option: "write" | "remove"): FieldgateError {
  return new FieldgateError(
    "NOT_WRITABLE",
    `The entity "${name}" was asked to ${option}, but has nothing to do it with.`,
    `Give it the option: cache.entity("${name}", { load, ${option} }).`,
  );
}

function isFirst(name: string, at: number, names: readonly string[]): boolean {
  return names.indexOf(name) === at;
}

function print(value: unknown): string {
  return inspect(value, { depth: 1, maxStringLength: 80, breakLength: Number.POSITIVE_INFINITY });
}
