/** A row as it goes into the database: column names in snake case, dates as `YYYY-MM-DD` or ISO texts. */
export type SeedRow = Readonly<Record<string, unknown>>;

export interface SeedStep {
  /** Also the name of the table. */
  readonly table: string;
  /**
   * `reference` rows come from the packages and are replaced when those change; `people` rows are written once and
   * belong to people from then on.
   */
  readonly kind: "reference" | "people";
  readonly rows: readonly SeedRow[];
  /** Columns that name a row: a row that is there already is brought up to date instead of refused. */
  readonly upsertBy?: readonly string[];
  /** A statement that runs with the last rows of the step. */
  readonly finish?: string;
}
