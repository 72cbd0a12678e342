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
    const identity = this.identityOf(row);
    return this.written(identity, await this.save(row, identity, this.token()));
  }

  async remove(key: unknown, identity: Identity): Promise<void> {
    await this.erase(key, identity);
  }

  /** Throws for a row that shows no key. */
  identityOf(row: unknown): Identity {
    const { name, write, identities } = this.#options;
    if (write === undefined) throw missing(name, "write");
    const identity = identities.of(name, row);
    if (identity !== undefined) return identity;
    throw new TypeError(
      `A write of cache.entity("${name}") takes a row with its key, but got: ${print(row)}.`,
    );
  }

  identityOfKey(key: unknown): Identity {
    const { name, remove, identities } = this.#options;
    if (remove === undefined) throw missing(name, "remove");
    return identities.ofId(name, key);
  }

  token(): string {
    return this.#options.random.token(TOKEN_CHARS);
  }

  /** The row and its names as the source's answer shows them. */
  written(identity: Identity, row: unknown): WrittenRow {
    const shown = this.#options.identities.of(this.#options.name, row) ?? identity;
    return { row, names: [identity.home, shown.home, ...shown.aliases].filter(isFirst) };
  }

  /** Resolves to the row as `write` returned it. */
  save(row: unknown, identity: Identity, token: string): Promise<unknown> {
    return this.saveAs(identity, async () => {
      const [saved] = await this.callWrite([row], [token]);
      if (saved instanceof Error) throw saved;
      return saved;
    });
  }

  async erase(key: unknown, identity: Identity): Promise<void> {
    if (this.#options.remove === undefined) throw missing(this.#options.name, "remove");
    await this.eraseAs(identity, () => this.callRemove([key]));
  }

  /** What a write of one row is for the cache, whichever way `save` takes to the source. */
  saveAs(identity: Identity, save: () => Promise<unknown>): Promise<unknown> {
    const { cache, reader, onUnreached } = this.#options;
    return cache.write({
      names: this.namesOf(identity),
      entry: reader.entryOf(identity),
      save,
      written: (answer) => reader.written(identity, answer),
      onUnreached,
    });
  }

  eraseAs(identity: Identity, save: () => Promise<unknown>): Promise<unknown> {
    const { cache, onUnreached } = this.#options;
    return cache.write({
      names: this.namesOf(identity),
      save,
      written: async () => ({ names: [] }),
      onUnreached,
    });
  }

  /** The answer of `write`: a row or an Error for each of the rows. */
  async callWrite(rows: readonly unknown[], tokens: readonly string[]): Promise<readonly unknown[]> {
    const { name, write } = this.#options;
    if (write === undefined) throw missing(name, "write");
    const answer = checkRows({ name, option: "write" }, rows, await write(rows as never[], { tokens }));
    return answer.map((row) => this.#checked(row));
  }

  async callRemove(keys: readonly unknown[]): Promise<void> {
    await this.#options.remove?.(keys as never[]);
  }

  namesOf({ home, aliases }: Identity): readonly string[] {
    return [home, ...aliases, stampNames.any(this.#options.name)];
  }

  #checked(row: unknown): unknown {
    if (typeof row === "object" && row !== null) return row;
    return new TypeError(
      `The write function of cache.entity("${this.#options.name}") must return each row as it was written, but got: ${print(row)}.`,
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
