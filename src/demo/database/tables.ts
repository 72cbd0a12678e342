import type { Generated, Selectable } from "kysely";

/** What a browser says of one compatibility entry. */
export type SupportStatus = "yes" | "no" | "preview";
export type BaselineStatus = "limited" | "newly" | "widely";

/** Columns of what people change: when, and how often. */
interface Revised {
  version: Generated<number>;
  updatedAt: Generated<Date>;
}

/** Why a feature should not be used, as its JSON column has it. */
export interface Discouragement {
  readonly reason: string;
  readonly accordingTo: readonly string[];
  readonly alternatives: readonly string[];
  /** `YYYY-MM-DD`, or null where no date is set. */
  readonly removalDate: string | null;
}

export interface FeatureTable extends Revised {
  id: string;
  name: string;
  description: string;
  descriptionHtml: string;
  baseline: BaselineStatus;
  baselineLowDate: Date | null;
  baselineHighDate: Date | null;
  discouraged: Discouragement | null;
  caniuseIds: string[];
  specificationUrls: string[];
}

export interface FeatureGroupTable {
  id: string;
  name: string;
  parentId: string | null;
}

export interface FeatureGroupMemberTable {
  groupId: string;
  featureId: string;
}

export interface SnapshotTable {
  id: string;
  name: string;
  specificationUrl: string;
}

export interface SnapshotFeatureTable {
  snapshotId: string;
  featureId: string;
}

export interface OrganisationTable {
  id: string;
  name: string;
}

export interface WorkingGroupTable {
  id: string;
  name: string;
  url: string;
}

export interface SpecificationTable {
  id: string;
  name: string;
  shortName: string;
  url: string;
  nightlyUrl: string | null;
  releaseUrl: string | null;
  status: string | null;
  standing: "good" | "discontinued" | "pending";
  seriesId: string;
  organisationId: string;
  inBrowsers: boolean;
}

export interface SpecificationGroupTable {
  specificationId: string;
  workingGroupId: string;
}

export interface FeatureSpecificationTable {
  featureId: string;
  specificationId: string;
  position: number;
}

export interface BrowserTable {
  id: string;
  name: string;
  kind: "desktop" | "mobile" | "server" | "xr";
  upstreamId: string | null;
  previewName: string | null;
  acceptsFlags: boolean;
}

export interface ReleaseTable {
  browserId: string;
  version: string;
  position: number;
  status: "retired" | "current" | "beta" | "nightly" | "esr" | "planned";
  releasedOn: Date | null;
  engine: string | null;
  engineVersion: string | null;
  notesUrl: string | null;
}

export interface FeatureSupportTable {
  featureId: string;
  browserId: string;
  version: string;
  /** true: supported in this version at the latest, the first one is not known. */
  atMost: boolean;
}

export interface CompatEntryTable {
  id: string;
  featureId: string | null;
  description: string | null;
  mdnUrl: string | null;
  specificationUrls: string[];
  deprecated: boolean;
  experimental: boolean;
  standardTrack: boolean;
}

export interface CompatSupportTable {
  compatId: string;
  browserId: string;
  status: SupportStatus;
  versionAdded: string | null;
  atMost: boolean;
  versionRemoved: string | null;
  partial: boolean;
  behindFlag: boolean;
  prefix: string | null;
  notes: string[];
}

export interface UserTable extends Revised {
  id: number;
  name: string;
  email: string;
  homepage: string | null;
  locale: string;
  joinedAt: Date;
}

export interface NoteTable extends Revised {
  id: Generated<number>;
  featureId: string;
  authorId: number;
  body: string;
  createdAt: Generated<Date>;
}

export interface RatingTable extends Revised {
  featureId: string;
  userId: number;
  stars: number;
  /** Token of the last write. */
  writtenBy: Generated<string>;
}

export interface WatchTable extends Revised {
  userId: number;
  featureId: string;
  createdAt: Generated<Date>;
}

export interface FeatureViewTable extends Revised {
  featureId: string;
  views: number;
  /** Token of the last write. */
  writtenBy: Generated<string>;
}

export interface SeedStateTable {
  step: string;
  fingerprint: string;
  /** Rows that are committed; a killed seeding goes on behind them. */
  rowsDone: number;
  finished: boolean;
}

/** The demo's tables, by their camel-case names (`CamelCasePlugin` translates). */
export interface Database {
  features: FeatureTable;
  featureGroups: FeatureGroupTable;
  featureGroupMembers: FeatureGroupMemberTable;
  snapshots: SnapshotTable;
  snapshotFeatures: SnapshotFeatureTable;
  organisations: OrganisationTable;
  workingGroups: WorkingGroupTable;
  specifications: SpecificationTable;
  specificationGroups: SpecificationGroupTable;
  featureSpecifications: FeatureSpecificationTable;
  browsers: BrowserTable;
  releases: ReleaseTable;
  featureSupport: FeatureSupportTable;
  compatEntries: CompatEntryTable;
  compatSupport: CompatSupportTable;
  users: UserTable;
  notes: NoteTable;
  ratings: RatingTable;
  watches: WatchTable;
  featureViews: FeatureViewTable;
  seedState: SeedStateTable;
}

export type FeatureRow = Selectable<FeatureTable>;
export type FeatureGroupRow = Selectable<FeatureGroupTable>;
export type SnapshotRow = Selectable<SnapshotTable>;
export type OrganisationRow = Selectable<OrganisationTable>;
export type WorkingGroupRow = Selectable<WorkingGroupTable>;
export type SpecificationRow = Selectable<SpecificationTable>;
export type BrowserRow = Selectable<BrowserTable>;
export type ReleaseRow = Selectable<ReleaseTable>;
export type CompatEntryRow = Selectable<CompatEntryTable>;
export type CompatSupportRow = Selectable<CompatSupportTable>;
/** What everybody may see of a user: the row of the `User` entity, which is cached for all. */
export type UserRow = Omit<ViewerRow, "email" | "locale">;
/** All that there is of a user: for that user only. */
export type ViewerRow = Selectable<UserTable>;
export type NoteRow = Selectable<NoteTable>;
/** How often a feature was looked at; when it is written, how often more. */
export type ViewCountRow = Pick<Selectable<FeatureViewTable>, "featureId" | "views">;
export type RatingRow = Pick<Selectable<RatingTable>, "featureId" | "userId" | "stars">;
