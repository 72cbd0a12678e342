/** What resolvers get as their parent: rows as the database has them, under the names that codegen.ts maps. */
export type {
  BrowserRow,
  CompatEntryRow,
  CompatSupportRow,
  Discouragement,
  FeatureGroupRow,
  FeatureRow,
  NoteRow,
  OrganisationRow,
  RatingRow,
  ReleaseRow,
  SnapshotRow,
  SpecificationRow,
  UserRow,
  ViewCountRow,
  ViewerRow,
  WorkingGroupRow,
} from "./database/tables.ts";

/** A browser's support for a feature, with the day of the release that brought it. */
export interface FeatureSupportParent {
  readonly browserId: string;
  readonly version: string;
  readonly atMost: boolean;
  readonly releasedOn: Date | null;
}
