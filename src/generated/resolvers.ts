import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { FeatureRow, FeatureGroupRow, SnapshotRow, Discouragement, FeatureSupportParent, BrowserRow, ReleaseRow, CompatEntryRow, CompatSupportRow, SpecificationRow, OrganisationRow, WorkingGroupRow, UserRow, NoteRow, ViewerRow, ViewCountRow, RatingRow } from '../demo/parents.ts';
import type { DemoContext } from '../demo/context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string | number; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A day, as `2026-11-23`. */
  Date: { input: Date; output: Date; }
  /** A moment, as `2026-11-23T06:20:00.000Z`; any offset is accepted. */
  DateTime: { input: Date; output: Date; }
  /** An absolute `http` or `https` address. */
  URL: { input: string; output: string; }
};

/** A note to be written. */
export type AddNoteInput = {
  /** The text, 1 to 2000 characters. */
  body: Scalars['String']['input'];
  /** The feature that it is about. */
  featureId: Scalars['ID']['input'];
};

/** What `addNote` did. */
export type AddNotePayload = {
  __typename?: 'AddNotePayload';
  /** The note as written. */
  note: Note;
};

/** How widely a feature is available, by the definition of the WebDX community group. */
export type Baseline = {
  __typename?: 'Baseline';
  /** Since when that has been so for 30 months; null before. */
  highDate: Maybe<Scalars['Date']['output']>;
  /** Since when every core browser supports it; null while one does not. */
  lowDate: Maybe<Scalars['Date']['output']>;
  /** The status today. */
  status: BaselineStatus;
};

/** How many features are at a step of Baseline. */
export type BaselineCount = {
  __typename?: 'BaselineCount';
  /** How many. */
  count: Scalars['Int']['output'];
  /** The step. */
  status: BaselineStatus;
};

/** The steps of `Baseline`. */
export type BaselineStatus =
  /** At least one core browser lacks it. */
  | 'limited'
  /** Every core browser has it, for less than 30 months. */
  | 'newly'
  /** Every core browser has had it for 30 months. */
  | 'widely';

/** A browser, or another engine that runs the web's languages. */
export type Browser = Resource & {
  __typename?: 'Browser';
  /** Whether features can be switched on by flags. */
  acceptsFlags: Scalars['Boolean']['output'];
  /** The releases that people use today, newest first: one, or several with extended support. */
  currentReleases: Array<Release>;
  /** How many features it supports. */
  featureCount: Scalars['Int']['output'];
  /** Its id, such as `firefox_android`. */
  id: Scalars['ID']['output'];
  /** What it runs on. */
  kind: BrowserKind;
  /** Its name, such as "Firefox for Android". */
  name: Scalars['String']['output'];
  /** What its preview releases are called; null when it has none. */
  previewName: Maybe<Scalars['String']['output']>;
  /** All releases, newest first. */
  releases: Array<Release>;
  /** The browser that its releases follow; null when it stands for itself. */
  upstream: Maybe<Browser>;
};


/** A browser, or another engine that runs the web's languages. */
export type BrowserReleasesArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  statuses: InputMaybe<Array<ReleaseStatus>>;
};

/** What browsers run on. */
export type BrowserKind =
  /** Computers. */
  | 'desktop'
  /** Telephones and tablets. */
  | 'mobile'
  /** Servers. */
  | 'server'
  /** Headsets. */
  | 'xr';

/** Who may share a cached value. */
export type CacheScope =
  /** One entry per principal. Without a principal the value is neither looked up nor stored, and no load of it is shared. */
  | 'PRIVATE'
  /** Everybody: one entry for all. */
  | 'PUBLIC';

/** When a write reaches the source. */
export type CacheWriteMode =
  /** After the answer, which shows the row as it was queued. */
  | 'BEHIND'
  /** Before the answer, which shows what `write` returned. */
  | 'THROUGH';

/** An entry of the browser compatibility data: an interface, a method, a property, a value. */
export type CompatEntry = {
  __typename?: 'CompatEntry';
  /** Whether it is on its way out. */
  deprecated: Scalars['Boolean']['output'];
  /** What it is, where the path does not say; may hold HTML. */
  description: Maybe<Scalars['String']['output']>;
  /** Whether it may still change. */
  experimental: Scalars['Boolean']['output'];
  /** The feature that it is part of; null when no feature claims it. */
  feature: Maybe<Feature>;
  /** Its path in the data, such as `css.properties.grid`. */
  id: Scalars['ID']['output'];
  /** Its page on MDN; null when it has none. */
  mdnUrl: Maybe<Scalars['URL']['output']>;
  /** Where it is specified, with the place in the document. */
  specificationUrls: Array<Scalars['URL']['output']>;
  /** Whether it is, or is to be, part of a standard. */
  standardTrack: Scalars['Boolean']['output'];
  /** What each browser makes of it. */
  support: Array<CompatSupport>;
};


/** An entry of the browser compatibility data: an interface, a method, a property, a value. */
export type CompatEntrySupportArgs = {
  browsers: InputMaybe<Array<Scalars['ID']['input']>>;
};

/** A page of compatibility entries. */
export type CompatEntryConnection = {
  __typename?: 'CompatEntryConnection';
  /** The entries with their cursors. */
  edges: Array<CompatEntryEdge>;
  /** The entries alone. */
  nodes: Array<CompatEntry>;
  /** Where the page lies. */
  pageInfo: PageInfo;
  /** How many there are on all pages; counted only where it is selected. */
  totalCount: Scalars['Int']['output'];
};

/** An entry in a list. */
export type CompatEntryEdge = {
  __typename?: 'CompatEntryEdge';
  /** The place in the list. */
  cursor: Scalars['String']['output'];
  /** The entry. */
  node: CompatEntry;
};

/** What a browser makes of an entry. */
export type CompatSupport = {
  __typename?: 'CompatSupport';
  /** true when an earlier version may have been the first. */
  atMost: Scalars['Boolean']['output'];
  /** Whether users have to switch it on. */
  behindFlag: Scalars['Boolean']['output'];
  /** The browser. */
  browser: Browser;
  /** What else there is to know; may hold HTML. */
  notes: Array<Scalars['String']['output']>;
  /** Whether some of it is missing or different. */
  partial: Scalars['Boolean']['output'];
  /** The prefix to write before it, such as `-webkit-`; null without one. */
  prefix: Maybe<Scalars['String']['output']>;
  /** Whether it supports the entry. */
  status: SupportStatus;
  /** The first version that does; null without support, and in previews only. */
  versionAdded: Maybe<Scalars['String']['output']>;
  /** The version that gave it up; null while it has it. */
  versionRemoved: Maybe<Scalars['String']['output']>;
};

/** What `deleteNote` did. */
export type DeleteNotePayload = {
  __typename?: 'DeleteNotePayload';
  /** The id of who wrote it. */
  authorId: Scalars['ID']['output'];
  /** The feature that it was about. */
  feature: Feature;
  /** The id of the feature that it was about. */
  featureId: Scalars['ID']['output'];
  /** The id of the note that is gone. */
  noteId: Scalars['ID']['output'];
};

/** Why a feature should not be used. */
export type Discouraged = {
  __typename?: 'Discouraged';
  /** Who says so. */
  accordingTo: Array<Scalars['URL']['output']>;
  /** Features to use instead. */
  alternatives: Array<Feature>;
  /** The reason, in a sentence or two. */
  reason: Scalars['String']['output'];
  /** When it goes, or went, from browsers; null when no date is set. */
  removalDate: Maybe<Scalars['Date']['output']>;
};

/**
 * A feature of the web platform, as web developers see it: `grid`, `fetch`, `view-transitions`.
 * What the packages say of it lives for an hour; what people add has shorter lifetimes of its own below.
 */
export type Feature = Resource & {
  __typename?: 'Feature';
  /** How widely it is available. */
  baseline: Baseline;
  /** The same as a sentence, in the language of the request. */
  baselineSummary: Scalars['String']['output'];
  /** Its names on caniuse.com. */
  caniuseIds: Array<Scalars['String']['output']>;
  /** The entries of the compatibility data that make it up. */
  compatEntries: CompatEntryConnection;
  /** What it does, in a sentence or two. */
  description: Scalars['String']['output'];
  /** Why not to use it; null where nothing speaks against it. */
  discouraged: Maybe<Discouraged>;
  /** The groups that it belongs to. */
  groups: Array<FeatureGroup>;
  /** Its id, such as `grid`. */
  id: Scalars['ID']['output'];
  /** The stars that the user gave it; null without a user, or without a rating. */
  myRating: Maybe<Scalars['Int']['output']>;
  /** Its name, such as "Grid". */
  name: Scalars['String']['output'];
  /** How many notes there are on it. */
  noteCount: Scalars['Int']['output'];
  /** The notes on it, newest first. */
  notes: NoteConnection;
  /** What people think of it. */
  rating: RatingSummary;
  /** The yearly snapshots, such as ECMAScript 2015, that it was part of. */
  snapshots: Array<Snapshot>;
  /** Where it is specified, with the place in the document. */
  specificationUrls: Array<Scalars['URL']['output']>;
  /** The documents that specify it. */
  specifications: Array<Specification>;
  /** The first release of each browser that supports it; browsers that do not are absent. */
  support: Array<FeatureSupport>;
  /** When what is known of it last changed. */
  updatedAt: Scalars['DateTime']['output'];
  /** Its page on webstatus.dev. */
  url: Scalars['URL']['output'];
  /** How often it has been looked at, what is not in the database yet included: see `ViewCount`. */
  viewCount: Scalars['Int']['output'];
  /** Whether the user watches it; null without a user. */
  watched: Maybe<Scalars['Boolean']['output']>;
};


/**
 * A feature of the web platform, as web developers see it: `grid`, `fetch`, `view-transitions`.
 * What the packages say of it lives for an hour; what people add has shorter lifetimes of its own below.
 */
export type FeatureCompatEntriesArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/**
 * A feature of the web platform, as web developers see it: `grid`, `fetch`, `view-transitions`.
 * What the packages say of it lives for an hour; what people add has shorter lifetimes of its own below.
 */
export type FeatureDescriptionArgs = {
  format?: InputMaybe<TextFormat>;
};


/**
 * A feature of the web platform, as web developers see it: `grid`, `fetch`, `view-transitions`.
 * What the packages say of it lives for an hour; what people add has shorter lifetimes of its own below.
 */
export type FeatureNotesArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/**
 * A feature of the web platform, as web developers see it: `grid`, `fetch`, `view-transitions`.
 * What the packages say of it lives for an hour; what people add has shorter lifetimes of its own below.
 */
export type FeatureSupportArgs = {
  browsers: InputMaybe<Array<Scalars['ID']['input']>>;
};

/** A page of features. */
export type FeatureConnection = {
  __typename?: 'FeatureConnection';
  /** The features with their cursors. */
  edges: Array<FeatureEdge>;
  /** The features alone. */
  nodes: Array<Feature>;
  /** Where the page lies. */
  pageInfo: PageInfo;
  /** How many there are on all pages. */
  totalCount: Scalars['Int']['output'];
};

/** A feature in a list. */
export type FeatureEdge = {
  __typename?: 'FeatureEdge';
  /** The place in the list. */
  cursor: Scalars['String']['output'];
  /** The feature. */
  node: Feature;
};

/** Which features to list. What is left out does not matter; everything given has to hold. */
export type FeatureFilter = {
  /** Available in every core browser since this day or later. */
  availableSince?: InputMaybe<Scalars['Date']['input']>;
  /** One of these steps of Baseline. */
  baseline?: InputMaybe<Array<BaselineStatus>>;
  /** true: only discouraged ones; false: none of them. */
  discouraged?: InputMaybe<Scalars['Boolean']['input']>;
  /** In the group of this id. */
  group?: InputMaybe<Scalars['ID']['input']>;
  /** This text, in any case, in the name. */
  nameContains?: InputMaybe<Scalars['String']['input']>;
  /** In the snapshot of this id. */
  snapshot?: InputMaybe<Scalars['ID']['input']>;
  /** Specified by the document of this id. */
  specification?: InputMaybe<Scalars['ID']['input']>;
  /** Supported by the browser of this id. */
  supportedIn?: InputMaybe<Scalars['ID']['input']>;
};

/**
 * Features that belong together. It has no lifetime of its own and takes that of `Resource`; without an entity loader it
 * lives inside the entries that show it.
 */
export type FeatureGroup = Resource & {
  __typename?: 'FeatureGroup';
  /** The groups that are part of it. */
  children: Array<FeatureGroup>;
  /** The features in it, by name. */
  features: FeatureConnection;
  /** Its id, such as `css`. */
  id: Scalars['ID']['output'];
  /** Its name, such as "CSS". */
  name: Scalars['String']['output'];
  /** The group that it is part of; null at the top. */
  parent: Maybe<FeatureGroup>;
};


/**
 * Features that belong together. It has no lifetime of its own and takes that of `Resource`; without an entity loader it
 * lives inside the entries that show it.
 */
export type FeatureGroupFeaturesArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** How to sort features. The id decides between equals. */
export type FeatureOrder = {
  /** Which way. */
  direction: SortDirection;
  /** By what. */
  field: FeatureOrderField;
};

/** What features can be sorted by. */
export type FeatureOrderField =
  /** The day since when every core browser has it; without one, last. */
  | 'AVAILABLE_SINCE'
  /** The name, in any case. */
  | 'NAME';

/** That a browser supports a feature, and since when. */
export type FeatureSupport = {
  __typename?: 'FeatureSupport';
  /** true when an earlier version may have brought it. */
  atMost: Scalars['Boolean']['output'];
  /** The browser. */
  browser: Browser;
  /** When that version came out; null when that is not known. */
  releasedOn: Maybe<Scalars['Date']['output']>;
  /** The version that brought the support. */
  version: Scalars['String']['output'];
};

/** Everything that can be changed. All of it needs a user: `Authorization: Bearer <user id>`. */
export type Mutation = {
  __typename?: 'Mutation';
  /** Writes a note on a feature. */
  addNote: AddNotePayload;
  /** Deletes one's own note. */
  deleteNote: DeleteNotePayload;
  /** Gives a feature stars, in place of those given before. */
  rateFeature: RateFeaturePayload;
  /** Counts one look at a feature. Works without a user. */
  recordView: RecordViewPayload;
  /** Takes a feature off the watch list, if it is there. */
  unwatchFeature: UnwatchFeaturePayload;
  /** Changes the text of one's own note. */
  updateNote: UpdateNotePayload;
  /** Puts a feature on the watch list; one that is there stays where it is. */
  watchFeature: WatchFeaturePayload;
};


/** Everything that can be changed. All of it needs a user: `Authorization: Bearer <user id>`. */
export type MutationAddNoteArgs = {
  input: AddNoteInput;
};


/** Everything that can be changed. All of it needs a user: `Authorization: Bearer <user id>`. */
export type MutationDeleteNoteArgs = {
  id: Scalars['ID']['input'];
};


/** Everything that can be changed. All of it needs a user: `Authorization: Bearer <user id>`. */
export type MutationRateFeatureArgs = {
  input: RateFeatureInput;
};


/** Everything that can be changed. All of it needs a user: `Authorization: Bearer <user id>`. */
export type MutationRecordViewArgs = {
  featureId: Scalars['ID']['input'];
};


/** Everything that can be changed. All of it needs a user: `Authorization: Bearer <user id>`. */
export type MutationUnwatchFeatureArgs = {
  featureId: Scalars['ID']['input'];
};


/** Everything that can be changed. All of it needs a user: `Authorization: Bearer <user id>`. */
export type MutationUpdateNoteArgs = {
  input: UpdateNoteInput;
};


/** Everything that can be changed. All of it needs a user: `Authorization: Bearer <user id>`. */
export type MutationWatchFeatureArgs = {
  featureId: Scalars['ID']['input'];
};

/**
 * What somebody has to say of a feature. Written through: the database first, then the cache. Lists hold references, so that a note
 * that is changed is changed in every list.
 */
export type Note = {
  __typename?: 'Note';
  /** Who wrote it. */
  author: User;
  /** The id of who wrote it. */
  authorId: Scalars['ID']['output'];
  /** The text, 1 to 2000 characters. */
  body: Scalars['String']['output'];
  /** When it was written. */
  createdAt: Scalars['DateTime']['output'];
  /** The feature that it is about. */
  feature: Feature;
  /** The id of the feature that it is about. */
  featureId: Scalars['ID']['output'];
  /** The id, a number. */
  id: Scalars['ID']['output'];
  /** When it was last changed. */
  updatedAt: Scalars['DateTime']['output'];
  /** How often it was written, the first time included. */
  version: Scalars['Int']['output'];
};

/** A page of notes. */
export type NoteConnection = {
  __typename?: 'NoteConnection';
  /** The notes with their cursors. */
  edges: Array<NoteEdge>;
  /** The notes alone. */
  nodes: Array<Note>;
  /** Where the page lies. */
  pageInfo: PageInfo;
};

/** A note in a list. */
export type NoteEdge = {
  __typename?: 'NoteEdge';
  /** The place in the list. */
  cursor: Scalars['String']['output'];
  /** The note. */
  node: Note;
};

/** Who publishes specifications. It lives inside the entries that show it. */
export type Organisation = {
  __typename?: 'Organisation';
  /** Its id, such as `w3c`. */
  id: Scalars['ID']['output'];
  /** Its name, such as "W3C". */
  name: Scalars['String']['output'];
  /** How many documents it publishes. */
  specificationCount: Scalars['Int']['output'];
};

/** Where a page of a list lies, as Relay defines it. */
export type PageInfo = {
  __typename?: 'PageInfo';
  /** The cursor of the last item, to be given as `after`; null on an empty page. */
  endCursor: Maybe<Scalars['String']['output']>;
  /** Whether there is more behind this page. */
  hasNextPage: Scalars['Boolean']['output'];
  /** Whether this page was asked for with a cursor, so that something lies before it. */
  hasPreviousPage: Scalars['Boolean']['output'];
  /** The cursor of the first item; null on an empty page. */
  startCursor: Maybe<Scalars['String']['output']>;
};

/** Everything that can be read. */
export type Query = {
  __typename?: 'Query';
  /** The browser of this id; null when there is none. */
  browser: Maybe<Browser>;
  /** Browsers, by name. */
  browsers: Array<Browser>;
  /** The entry at this path; null when there is none. */
  compatEntry: Maybe<CompatEntry>;
  /** The feature of this id; null when there is none. */
  feature: Maybe<Feature>;
  /** The group of this id; null when there is none. */
  featureGroup: Maybe<FeatureGroup>;
  /** The groups at the top, by name. */
  featureGroups: Array<FeatureGroup>;
  /** Features, a page at a time. */
  features: FeatureConnection;
  /** Who publishes specifications, by name. */
  organisations: Array<Organisation>;
  /** A feature by chance: another one at each call, so it is never stored. */
  randomFeature: Maybe<Feature>;
  /** The newest notes on anything. */
  recentNotes: Array<Note>;
  /** Any resource, by its kind and id; null when there is none. */
  resource: Maybe<Resource>;
  /** Everything with this text in its name, best matches first; empty for a text of blanks. */
  search: Array<SearchResult>;
  /** The clock of the server that answers; never from a cache. */
  serverTime: Scalars['DateTime']['output'];
  /** The snapshots, by name. */
  snapshots: Array<Snapshot>;
  /** The specification of this id; null when there is none. */
  specification: Maybe<Specification>;
  /** Specifications by title, a page at a time. */
  specifications: SpecificationConnection;
  /** Numbers of the whole. */
  statistics: Statistics;
  /** The features at the top of a ranking. */
  topFeatures: Array<RankedFeature>;
  /** The user of this id; null when there is none. */
  user: Maybe<User>;
  /** Everybody, by name. */
  users: Array<User>;
  /** Who asks; null without a user. */
  viewer: Maybe<Viewer>;
};


/** Everything that can be read. */
export type QueryBrowserArgs = {
  id: Scalars['ID']['input'];
};


/** Everything that can be read. */
export type QueryBrowsersArgs = {
  kind: InputMaybe<BrowserKind>;
};


/** Everything that can be read. */
export type QueryCompatEntryArgs = {
  id: Scalars['ID']['input'];
};


/** Everything that can be read. */
export type QueryFeatureArgs = {
  id: Scalars['ID']['input'];
};


/** Everything that can be read. */
export type QueryFeatureGroupArgs = {
  id: Scalars['ID']['input'];
};


/** Everything that can be read. */
export type QueryFeaturesArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  filter: InputMaybe<FeatureFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<FeatureOrder>;
};


/** Everything that can be read. */
export type QueryRecentNotesArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** Everything that can be read. */
export type QueryResourceArgs = {
  id: Scalars['ID']['input'];
  kind: ResourceKind;
};


/** Everything that can be read. */
export type QuerySearchArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  origin: InputMaybe<Scalars['String']['input']>;
  text: Scalars['String']['input'];
};


/** Everything that can be read. */
export type QuerySpecificationArgs = {
  id: Scalars['ID']['input'];
};


/** Everything that can be read. */
export type QuerySpecificationsArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  organisation: InputMaybe<Scalars['ID']['input']>;
  standing?: InputMaybe<SpecificationStanding>;
};


/** Everything that can be read. */
export type QueryTopFeaturesArgs = {
  by?: InputMaybe<Ranking>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** Everything that can be read. */
export type QueryUserArgs = {
  id: Scalars['ID']['input'];
};

/** A feature in a ranking. */
export type RankedFeature = {
  __typename?: 'RankedFeature';
  /** The feature. */
  feature: Feature;
  /** Its place, from 1. */
  rank: Scalars['Int']['output'];
  /** What it is ranked by: looks, stars or notes. */
  score: Scalars['Float']['output'];
};

/** What features can be ranked by. */
export type Ranking =
  /** How many notes there are on them. */
  | 'NOTES'
  /** The mean of their stars, for those that three people or more have rated. */
  | 'RATING'
  /** How often they are looked at. */
  | 'VIEWS';

/** Stars for a feature. */
export type RateFeatureInput = {
  /** The feature. */
  featureId: Scalars['ID']['input'];
  /** How many, 1 to 5. */
  stars: Scalars['Int']['input'];
};

/** What `rateFeature` did. */
export type RateFeaturePayload = {
  __typename?: 'RateFeaturePayload';
  /** The feature that was rated. */
  feature: Feature;
  /** The same with the feature's and the user's id. */
  rating: Rating;
  /** The stars that it got. */
  stars: Scalars['Int']['output'];
};

/** The stars that one user gave one feature. Written behind: the user sees them at once, `RatingSummary` has them when the database does. */
export type Rating = {
  __typename?: 'Rating';
  /** The feature's id. */
  featureId: Scalars['ID']['output'];
  /** How many, 1 to 5. */
  stars: Scalars['Int']['output'];
  /** The user's id. */
  userId: Scalars['ID']['output'];
};

/** What people think of a feature. */
export type RatingSummary = {
  __typename?: 'RatingSummary';
  /** The mean of all stars, 1 to 5; null without any. */
  average: Maybe<Scalars['Float']['output']>;
  /** How many rated it. */
  count: Scalars['Int']['output'];
};

/** What `recordView` did. */
export type RecordViewPayload = {
  __typename?: 'RecordViewPayload';
  /** The feature that was looked at. */
  feature: Feature;
  /** How often it has been looked at, this time included. */
  viewCount: Scalars['Int']['output'];
  /** The same with its feature's id. */
  views: ViewCount;
};

/** A version of a browser. It has no id: browser and version together name it. */
export type Release = {
  __typename?: 'Release';
  /** The browser. */
  browser: Browser;
  /** The browser's id. */
  browserId: Scalars['ID']['output'];
  /** The engine in it; null when that is not known. */
  engine: Maybe<Scalars['String']['output']>;
  /** The engine's version; null when that is not known. */
  engineVersion: Maybe<Scalars['String']['output']>;
  /** The features that came with it, by name. */
  newFeatures: Array<Feature>;
  /** What is new in it; null when there is no such page. */
  notesUrl: Maybe<Scalars['URL']['output']>;
  /** When it came or comes out; null when that is not known. */
  releasedOn: Maybe<Scalars['Date']['output']>;
  /** Its step of life. */
  status: ReleaseStatus;
  /** The version, such as `129` or `17.4`. */
  version: Scalars['String']['output'];
};

/** The steps in the life of a release. */
export type ReleaseStatus =
  /** To be tried; the next but for mistakes found in it. */
  | 'beta'
  /** In use. */
  | 'current'
  /** Kept up longer than others. */
  | 'esr'
  /** Built every night. */
  | 'nightly'
  /** To come. */
  | 'planned'
  /** Its time is over. */
  | 'retired';

/**
 * Something of the web platform with a name of its own. The lifetime here holds for its members without one of theirs:
 * what comes from released packages changes with a deploy.
 */
export type Resource = {
  /** Its id, unique among its kind. */
  id: Scalars['ID']['output'];
  /** What people call it. */
  name: Scalars['String']['output'];
};

/** The kinds of `Resource`. */
export type ResourceKind =
  /** A `Browser`. */
  | 'BROWSER'
  /** A `Feature`. */
  | 'FEATURE'
  /** A `FeatureGroup`. */
  | 'FEATURE_GROUP'
  /** A `Snapshot`. */
  | 'SNAPSHOT'
  /** A `Specification`. */
  | 'SPECIFICATION';

/** What a search can find. */
export type SearchResult = Browser | Feature | FeatureGroup | Specification | User;

/** A year's, or an edition's, set of features. */
export type Snapshot = Resource & {
  __typename?: 'Snapshot';
  /** The features in it, by name. */
  features: Array<Feature>;
  /** Its id, such as `ecmascript-2015`. */
  id: Scalars['ID']['output'];
  /** Its name, such as "ECMAScript 2015". */
  name: Scalars['String']['output'];
  /** The document that defines it. */
  specificationUrl: Scalars['URL']['output'];
};

/** Which way a list runs. */
export type SortDirection =
  /** The smallest, first or earliest to begin with. */
  | 'ASC'
  /** The greatest, last or latest to begin with. */
  | 'DESC';

/** A document that specifies a part of the web. */
export type Specification = Resource & {
  __typename?: 'Specification';
  /** The features that it specifies, by name. */
  features: Array<Feature>;
  /** Its short name, such as `css-grid-2`. */
  id: Scalars['ID']['output'];
  /** Whether it is for browsers. */
  inBrowsers: Scalars['Boolean']['output'];
  /** Its title. */
  name: Scalars['String']['output'];
  /** Its newest draft; null when there is none. */
  nightlyUrl: Maybe<Scalars['URL']['output']>;
  /** Who publishes it. */
  organisation: Organisation;
  /** Its last released form; null before the first. */
  releaseUrl: Maybe<Scalars['URL']['output']>;
  /** Its series, such as `css-grid`: the short name without the level. */
  seriesId: Scalars['String']['output'];
  /** Its title, shortened. */
  shortName: Scalars['String']['output'];
  /** Whether it is a reference today. */
  standing: SpecificationStanding;
  /** How far it has come, in the words of its publisher; null when that is not known. */
  status: Maybe<Scalars['String']['output']>;
  /** Where it is, in its most stable form. */
  url: Scalars['URL']['output'];
  /** Who writes it. */
  workingGroups: Array<WorkingGroup>;
};

/** A page of specifications. */
export type SpecificationConnection = {
  __typename?: 'SpecificationConnection';
  /** The specifications with their cursors. */
  edges: Array<SpecificationEdge>;
  /** The specifications alone. */
  nodes: Array<Specification>;
  /** Where the page lies. */
  pageInfo: PageInfo;
  /** How many there are on all pages. */
  totalCount: Scalars['Int']['output'];
};

/** A specification in a list. */
export type SpecificationEdge = {
  __typename?: 'SpecificationEdge';
  /** The place in the list. */
  cursor: Scalars['String']['output'];
  /** The specification. */
  node: Specification;
};

/** Whether a document is a reference. */
export type SpecificationStanding =
  /** No more. */
  | 'discontinued'
  /** It is. */
  | 'good'
  /** Not yet. */
  | 'pending';

/**
 * Numbers of the whole. The type's lifetime holds for the field that returns it; everybody's first page shows it, so it
 * is spread over the cluster from the first read.
 */
export type Statistics = {
  __typename?: 'Statistics';
  /** How many browsers there are. */
  browserCount: Scalars['Int']['output'];
  /** How many of them are at each step of Baseline. */
  byBaseline: Array<BaselineCount>;
  /** How many compatibility entries there are. */
  compatEntryCount: Scalars['Int']['output'];
  /** How many features there are. */
  featureCount: Scalars['Int']['output'];
  /** How many notes there are. Shorter than the rest: it has no resolver of its own, so the whole entry lives no longer. */
  noteCount: Scalars['Int']['output'];
  /** How many ratings there are. */
  ratingCount: Scalars['Int']['output'];
  /** How many specifications there are. */
  specificationCount: Scalars['Int']['output'];
};

/** Whether a browser supports an entry. */
export type SupportStatus =
  /** It does not. */
  | 'no'
  /** In preview releases only. */
  | 'preview'
  /** It does, or did until `versionRemoved`. */
  | 'yes';

/** How a text is written. */
export type TextFormat =
  /** With HTML tags such as `code`. */
  | 'HTML'
  /** Without any markup. */
  | 'PLAIN';

/** What `unwatchFeature` did. */
export type UnwatchFeaturePayload = {
  __typename?: 'UnwatchFeaturePayload';
  /** The feature that is watched no more. */
  feature: Feature;
  /** Who watched it. */
  viewer: Viewer;
};

/** A change to a note. */
export type UpdateNoteInput = {
  /** The new text, 1 to 2000 characters. */
  body: Scalars['String']['input'];
  /** The `version` that was read: refused with `CONFLICT` when somebody was faster. Default: whatever is there. */
  expectedVersion?: InputMaybe<Scalars['Int']['input']>;
  /** The note's id. */
  id: Scalars['ID']['input'];
};

/** What `updateNote` did. */
export type UpdateNotePayload = {
  __typename?: 'UpdateNotePayload';
  /** The note as it is now. */
  note: Note;
};

/** Somebody who writes notes. Everything here is public; what only they may see is in `Viewer`. */
export type User = {
  __typename?: 'User';
  /** A page of their own; null when they named none. */
  homepage: Maybe<Scalars['URL']['output']>;
  /** The id, a number. */
  id: Scalars['ID']['output'];
  /** When they came. */
  joinedAt: Scalars['DateTime']['output'];
  /** The name. */
  name: Scalars['String']['output'];
  /** How many notes they wrote. */
  noteCount: Scalars['Int']['output'];
  /** Their notes, newest first. */
  notes: NoteConnection;
};


/** Somebody who writes notes. Everything here is public; what only they may see is in `Viewer`. */
export type UserNotesArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};

/**
 * How often a feature has been looked at. Written behind: a look is counted in Redis, seen by every reader from then on, and added to the
 * database a moment later, with others.
 */
export type ViewCount = {
  __typename?: 'ViewCount';
  /** The feature's id. */
  featureId: Scalars['ID']['output'];
  /** How often. */
  views: Scalars['Int']['output'];
};

/** Who asks, and what only they may see: every entry of it belongs to one user. */
export type Viewer = {
  __typename?: 'Viewer';
  /** The address that nobody else sees. */
  email: Scalars['String']['output'];
  /** The id, that of the user. */
  id: Scalars['ID']['output'];
  /** The language in which they read. */
  locale: Scalars['String']['output'];
  /** The name. */
  name: Scalars['String']['output'];
  /** What others see of them. */
  user: User;
  /** The features that they watch, the newest entry first. */
  watchlist: WatchConnection;
};


/** Who asks, and what only they may see: every entry of it belongs to one user. */
export type ViewerWatchlistArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** A page of a watch list. */
export type WatchConnection = {
  __typename?: 'WatchConnection';
  /** The entries with their cursors. */
  edges: Array<WatchEdge>;
  /** Where the page lies. */
  pageInfo: PageInfo;
  /** How many features are watched. */
  totalCount: Scalars['Int']['output'];
};

/** An entry of a watch list. */
export type WatchEdge = {
  __typename?: 'WatchEdge';
  /** The place in the list. */
  cursor: Scalars['String']['output'];
  /** The feature that is watched. */
  node: Feature;
  /** Since when. */
  watchedSince: Scalars['DateTime']['output'];
};

/** What `watchFeature` did. */
export type WatchFeaturePayload = {
  __typename?: 'WatchFeaturePayload';
  /** The feature that is watched. */
  feature: Feature;
  /** Who watches it. */
  viewer: Viewer;
};

/** Who writes specifications. It lives inside the entries that show it. */
export type WorkingGroup = {
  __typename?: 'WorkingGroup';
  /** Its id, made from its name. */
  id: Scalars['ID']['output'];
  /** Its name. */
  name: Scalars['String']['output'];
  /** Its page. */
  url: Scalars['URL']['output'];
};



export type ResolverTypeWrapper<T> = Promise<T> | T;


export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;



/** Mapping of union types */
export type ResolversUnionTypes<_RefType extends Record<string, unknown>> = {
  SearchResult:
    | ( BrowserRow )
    | ( FeatureRow )
    | ( FeatureGroupRow )
    | ( SpecificationRow )
    | ( UserRow )
  ;
};

/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  Resource:
    | ( BrowserRow )
    | ( FeatureRow )
    | ( FeatureGroupRow )
    | ( SnapshotRow )
    | ( SpecificationRow )
  ;
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  AddNoteInput: AddNoteInput;
  AddNotePayload: ResolverTypeWrapper<Omit<AddNotePayload, 'note'> & { note: ResolversTypes['Note'] }>;
  Baseline: ResolverTypeWrapper<Baseline>;
  BaselineCount: ResolverTypeWrapper<BaselineCount>;
  BaselineStatus: null;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Browser: ResolverTypeWrapper<BrowserRow>;
  BrowserKind: null;
  CacheScope: CacheScope;
  CacheWriteMode: CacheWriteMode;
  CompatEntry: ResolverTypeWrapper<CompatEntryRow>;
  CompatEntryConnection: ResolverTypeWrapper<Omit<CompatEntryConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['CompatEntryEdge']>, nodes: Array<ResolversTypes['CompatEntry']> }>;
  CompatEntryEdge: ResolverTypeWrapper<Omit<CompatEntryEdge, 'node'> & { node: ResolversTypes['CompatEntry'] }>;
  CompatSupport: ResolverTypeWrapper<CompatSupportRow>;
  Date: ResolverTypeWrapper<Scalars['Date']['output']>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  DeleteNotePayload: ResolverTypeWrapper<Omit<DeleteNotePayload, 'feature'> & { feature: ResolversTypes['Feature'] }>;
  Discouraged: ResolverTypeWrapper<Discouragement>;
  Feature: ResolverTypeWrapper<FeatureRow>;
  FeatureConnection: ResolverTypeWrapper<Omit<FeatureConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['FeatureEdge']>, nodes: Array<ResolversTypes['Feature']> }>;
  FeatureEdge: ResolverTypeWrapper<Omit<FeatureEdge, 'node'> & { node: ResolversTypes['Feature'] }>;
  FeatureFilter: FeatureFilter;
  FeatureGroup: ResolverTypeWrapper<FeatureGroupRow>;
  FeatureOrder: FeatureOrder;
  FeatureOrderField: FeatureOrderField;
  FeatureSupport: ResolverTypeWrapper<FeatureSupportParent>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Note: ResolverTypeWrapper<NoteRow>;
  NoteConnection: ResolverTypeWrapper<Omit<NoteConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['NoteEdge']>, nodes: Array<ResolversTypes['Note']> }>;
  NoteEdge: ResolverTypeWrapper<Omit<NoteEdge, 'node'> & { node: ResolversTypes['Note'] }>;
  Organisation: ResolverTypeWrapper<OrganisationRow>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  RankedFeature: ResolverTypeWrapper<Omit<RankedFeature, 'feature'> & { feature: ResolversTypes['Feature'] }>;
  Ranking: Ranking;
  RateFeatureInput: RateFeatureInput;
  RateFeaturePayload: ResolverTypeWrapper<Omit<RateFeaturePayload, 'feature' | 'rating'> & { feature: ResolversTypes['Feature'], rating: ResolversTypes['Rating'] }>;
  Rating: ResolverTypeWrapper<RatingRow>;
  RatingSummary: ResolverTypeWrapper<RatingSummary>;
  RecordViewPayload: ResolverTypeWrapper<Omit<RecordViewPayload, 'feature' | 'views'> & { feature: ResolversTypes['Feature'], views: ResolversTypes['ViewCount'] }>;
  Release: ResolverTypeWrapper<ReleaseRow>;
  ReleaseStatus: null;
  Resource: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Resource']>;
  ResourceKind: ResourceKind;
  SearchResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['SearchResult']>;
  Snapshot: ResolverTypeWrapper<SnapshotRow>;
  SortDirection: SortDirection;
  Specification: ResolverTypeWrapper<SpecificationRow>;
  SpecificationConnection: ResolverTypeWrapper<Omit<SpecificationConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['SpecificationEdge']>, nodes: Array<ResolversTypes['Specification']> }>;
  SpecificationEdge: ResolverTypeWrapper<Omit<SpecificationEdge, 'node'> & { node: ResolversTypes['Specification'] }>;
  SpecificationStanding: null;
  Statistics: ResolverTypeWrapper<Statistics>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  SupportStatus: null;
  TextFormat: TextFormat;
  URL: ResolverTypeWrapper<Scalars['URL']['output']>;
  UnwatchFeaturePayload: ResolverTypeWrapper<Omit<UnwatchFeaturePayload, 'feature' | 'viewer'> & { feature: ResolversTypes['Feature'], viewer: ResolversTypes['Viewer'] }>;
  UpdateNoteInput: UpdateNoteInput;
  UpdateNotePayload: ResolverTypeWrapper<Omit<UpdateNotePayload, 'note'> & { note: ResolversTypes['Note'] }>;
  User: ResolverTypeWrapper<UserRow>;
  ViewCount: ResolverTypeWrapper<ViewCountRow>;
  Viewer: ResolverTypeWrapper<ViewerRow>;
  WatchConnection: ResolverTypeWrapper<Omit<WatchConnection, 'edges'> & { edges: Array<ResolversTypes['WatchEdge']> }>;
  WatchEdge: ResolverTypeWrapper<Omit<WatchEdge, 'node'> & { node: ResolversTypes['Feature'] }>;
  WatchFeaturePayload: ResolverTypeWrapper<Omit<WatchFeaturePayload, 'feature' | 'viewer'> & { feature: ResolversTypes['Feature'], viewer: ResolversTypes['Viewer'] }>;
  WorkingGroup: ResolverTypeWrapper<WorkingGroupRow>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  AddNoteInput: AddNoteInput;
  AddNotePayload: Omit<AddNotePayload, 'note'> & { note: ResolversParentTypes['Note'] };
  Baseline: Baseline;
  BaselineCount: BaselineCount;
  Boolean: Scalars['Boolean']['output'];
  Browser: BrowserRow;
  CompatEntry: CompatEntryRow;
  CompatEntryConnection: Omit<CompatEntryConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['CompatEntryEdge']>, nodes: Array<ResolversParentTypes['CompatEntry']> };
  CompatEntryEdge: Omit<CompatEntryEdge, 'node'> & { node: ResolversParentTypes['CompatEntry'] };
  CompatSupport: CompatSupportRow;
  Date: Scalars['Date']['output'];
  DateTime: Scalars['DateTime']['output'];
  DeleteNotePayload: Omit<DeleteNotePayload, 'feature'> & { feature: ResolversParentTypes['Feature'] };
  Discouraged: Discouragement;
  Feature: FeatureRow;
  FeatureConnection: Omit<FeatureConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['FeatureEdge']>, nodes: Array<ResolversParentTypes['Feature']> };
  FeatureEdge: Omit<FeatureEdge, 'node'> & { node: ResolversParentTypes['Feature'] };
  FeatureFilter: FeatureFilter;
  FeatureGroup: FeatureGroupRow;
  FeatureOrder: FeatureOrder;
  FeatureSupport: FeatureSupportParent;
  Float: Scalars['Float']['output'];
  ID: Scalars['ID']['output'];
  Int: Scalars['Int']['output'];
  Mutation: Record<PropertyKey, never>;
  Note: NoteRow;
  NoteConnection: Omit<NoteConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['NoteEdge']>, nodes: Array<ResolversParentTypes['Note']> };
  NoteEdge: Omit<NoteEdge, 'node'> & { node: ResolversParentTypes['Note'] };
  Organisation: OrganisationRow;
  PageInfo: PageInfo;
  Query: Record<PropertyKey, never>;
  RankedFeature: Omit<RankedFeature, 'feature'> & { feature: ResolversParentTypes['Feature'] };
  RateFeatureInput: RateFeatureInput;
  RateFeaturePayload: Omit<RateFeaturePayload, 'feature' | 'rating'> & { feature: ResolversParentTypes['Feature'], rating: ResolversParentTypes['Rating'] };
  Rating: RatingRow;
  RatingSummary: RatingSummary;
  RecordViewPayload: Omit<RecordViewPayload, 'feature' | 'views'> & { feature: ResolversParentTypes['Feature'], views: ResolversParentTypes['ViewCount'] };
  Release: ReleaseRow;
  Resource: ResolversInterfaceTypes<ResolversParentTypes>['Resource'];
  SearchResult: ResolversUnionTypes<ResolversParentTypes>['SearchResult'];
  Snapshot: SnapshotRow;
  Specification: SpecificationRow;
  SpecificationConnection: Omit<SpecificationConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['SpecificationEdge']>, nodes: Array<ResolversParentTypes['Specification']> };
  SpecificationEdge: Omit<SpecificationEdge, 'node'> & { node: ResolversParentTypes['Specification'] };
  Statistics: Statistics;
  String: Scalars['String']['output'];
  URL: Scalars['URL']['output'];
  UnwatchFeaturePayload: Omit<UnwatchFeaturePayload, 'feature' | 'viewer'> & { feature: ResolversParentTypes['Feature'], viewer: ResolversParentTypes['Viewer'] };
  UpdateNoteInput: UpdateNoteInput;
  UpdateNotePayload: Omit<UpdateNotePayload, 'note'> & { note: ResolversParentTypes['Note'] };
  User: UserRow;
  ViewCount: ViewCountRow;
  Viewer: ViewerRow;
  WatchConnection: Omit<WatchConnection, 'edges'> & { edges: Array<ResolversParentTypes['WatchEdge']> };
  WatchEdge: Omit<WatchEdge, 'node'> & { node: ResolversParentTypes['Feature'] };
  WatchFeaturePayload: Omit<WatchFeaturePayload, 'feature' | 'viewer'> & { feature: ResolversParentTypes['Feature'], viewer: ResolversParentTypes['Viewer'] };
  WorkingGroup: WorkingGroupRow;
};

export type CacheTtlDirectiveArgs = {
  hot: Maybe<Scalars['Boolean']['input']>;
  ignoreArgs: Maybe<Array<Scalars['String']['input']>>;
  nullSeconds: Maybe<Scalars['Int']['input']>;
  scope: Maybe<CacheScope>;
  seconds: Maybe<Scalars['Int']['input']>;
  selection: Maybe<Scalars['Boolean']['input']>;
  staleIfErrorSeconds: Maybe<Scalars['Int']['input']>;
  staleSeconds: Maybe<Scalars['Int']['input']>;
  tags: Maybe<Array<Scalars['String']['input']>>;
  vary: Maybe<Array<Scalars['String']['input']>>;
  version: Maybe<Scalars['Int']['input']>;
};

export type CacheTtlDirectiveResolver<Result, Parent, ContextType = DemoContext, Args = CacheTtlDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type CacheWriteDirectiveArgs = {
  entity: Scalars['String']['input'];
  mode?: CacheWriteMode;
  rowPath: Maybe<Scalars['String']['input']>;
};

export type CacheWriteDirectiveResolver<Result, Parent, ContextType = DemoContext, Args = CacheWriteDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type InvalidatesDirectiveArgs = {
  entity: Maybe<Scalars['String']['input']>;
  field: Maybe<Scalars['String']['input']>;
  id: Maybe<Scalars['String']['input']>;
  tags: Maybe<Array<Scalars['String']['input']>>;
};

export type InvalidatesDirectiveResolver<Result, Parent, ContextType = DemoContext, Args = InvalidatesDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type KeyDirectiveArgs = {
  fields: Scalars['String']['input'];
};

export type KeyDirectiveResolver<Result, Parent, ContextType = DemoContext, Args = KeyDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type AddNotePayloadResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['AddNotePayload'] = ResolversParentTypes['AddNotePayload']> = {
  note?: Resolver<ResolversTypes['Note'], ParentType, ContextType>;
};

export type BaselineResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['Baseline'] = ResolversParentTypes['Baseline']> = {
  highDate?: Resolver<Maybe<ResolversTypes['Date']>, ParentType, ContextType>;
  lowDate?: Resolver<Maybe<ResolversTypes['Date']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['BaselineStatus'], ParentType, ContextType>;
};

export type BaselineCountResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['BaselineCount'] = ResolversParentTypes['BaselineCount']> = {
  count?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['BaselineStatus'], ParentType, ContextType>;
};

export type BaselineStatusResolvers = { LIMITED: 'limited', NEWLY: 'newly', WIDELY: 'widely' };

export type BrowserResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['Browser'] = ResolversParentTypes['Browser']> = {
  acceptsFlags?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  currentReleases?: Resolver<Array<ResolversTypes['Release']>, ParentType, ContextType>;
  featureCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['BrowserKind'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  previewName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  releases?: Resolver<Array<ResolversTypes['Release']>, ParentType, ContextType, RequireFields<BrowserReleasesArgs, 'first'>>;
  upstream?: Resolver<Maybe<ResolversTypes['Browser']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type BrowserKindResolvers = { DESKTOP: 'desktop', MOBILE: 'mobile', SERVER: 'server', XR: 'xr' };

export type CompatEntryResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['CompatEntry'] = ResolversParentTypes['CompatEntry']> = {
  deprecated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  experimental?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  feature?: Resolver<Maybe<ResolversTypes['Feature']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  mdnUrl?: Resolver<Maybe<ResolversTypes['URL']>, ParentType, ContextType>;
  specificationUrls?: Resolver<Array<ResolversTypes['URL']>, ParentType, ContextType>;
  standardTrack?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  support?: Resolver<Array<ResolversTypes['CompatSupport']>, ParentType, ContextType, Partial<CompatEntrySupportArgs>>;
};

export type CompatEntryConnectionResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['CompatEntryConnection'] = ResolversParentTypes['CompatEntryConnection']> = {
  edges?: Resolver<Array<ResolversTypes['CompatEntryEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['CompatEntry']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type CompatEntryEdgeResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['CompatEntryEdge'] = ResolversParentTypes['CompatEntryEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['CompatEntry'], ParentType, ContextType>;
};

export type CompatSupportResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['CompatSupport'] = ResolversParentTypes['CompatSupport']> = {
  atMost?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  behindFlag?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  browser?: Resolver<ResolversTypes['Browser'], ParentType, ContextType>;
  notes?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  partial?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  prefix?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['SupportStatus'], ParentType, ContextType>;
  versionAdded?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  versionRemoved?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export interface DateScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Date'], any> {
  name: 'Date';
}

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type DeleteNotePayloadResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['DeleteNotePayload'] = ResolversParentTypes['DeleteNotePayload']> = {
  authorId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  feature?: Resolver<ResolversTypes['Feature'], ParentType, ContextType>;
  featureId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  noteId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type DiscouragedResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['Discouraged'] = ResolversParentTypes['Discouraged']> = {
  accordingTo?: Resolver<Array<ResolversTypes['URL']>, ParentType, ContextType>;
  alternatives?: Resolver<Array<ResolversTypes['Feature']>, ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  removalDate?: Resolver<Maybe<ResolversTypes['Date']>, ParentType, ContextType>;
};

export type FeatureResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['Feature'] = ResolversParentTypes['Feature']> = {
  baseline?: Resolver<ResolversTypes['Baseline'], ParentType, ContextType>;
  baselineSummary?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  caniuseIds?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  compatEntries?: Resolver<ResolversTypes['CompatEntryConnection'], ParentType, ContextType, RequireFields<FeatureCompatEntriesArgs, 'first'>>;
  description?: Resolver<ResolversTypes['String'], ParentType, ContextType, RequireFields<FeatureDescriptionArgs, 'format'>>;
  discouraged?: Resolver<Maybe<ResolversTypes['Discouraged']>, ParentType, ContextType>;
  groups?: Resolver<Array<ResolversTypes['FeatureGroup']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  myRating?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  noteCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  notes?: Resolver<ResolversTypes['NoteConnection'], ParentType, ContextType, RequireFields<FeatureNotesArgs, 'first'>>;
  rating?: Resolver<ResolversTypes['RatingSummary'], ParentType, ContextType>;
  snapshots?: Resolver<Array<ResolversTypes['Snapshot']>, ParentType, ContextType>;
  specificationUrls?: Resolver<Array<ResolversTypes['URL']>, ParentType, ContextType>;
  specifications?: Resolver<Array<ResolversTypes['Specification']>, ParentType, ContextType>;
  support?: Resolver<Array<ResolversTypes['FeatureSupport']>, ParentType, ContextType, Partial<FeatureSupportArgs>>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  url?: Resolver<ResolversTypes['URL'], ParentType, ContextType>;
  viewCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  watched?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FeatureConnectionResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['FeatureConnection'] = ResolversParentTypes['FeatureConnection']> = {
  edges?: Resolver<Array<ResolversTypes['FeatureEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Feature']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type FeatureEdgeResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['FeatureEdge'] = ResolversParentTypes['FeatureEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Feature'], ParentType, ContextType>;
};

export type FeatureGroupResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['FeatureGroup'] = ResolversParentTypes['FeatureGroup']> = {
  children?: Resolver<Array<ResolversTypes['FeatureGroup']>, ParentType, ContextType>;
  features?: Resolver<ResolversTypes['FeatureConnection'], ParentType, ContextType, RequireFields<FeatureGroupFeaturesArgs, 'first'>>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  parent?: Resolver<Maybe<ResolversTypes['FeatureGroup']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FeatureSupportResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['FeatureSupport'] = ResolversParentTypes['FeatureSupport']> = {
  atMost?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  browser?: Resolver<ResolversTypes['Browser'], ParentType, ContextType>;
  releasedOn?: Resolver<Maybe<ResolversTypes['Date']>, ParentType, ContextType>;
  version?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type MutationResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  addNote?: Resolver<ResolversTypes['AddNotePayload'], ParentType, ContextType, RequireFields<MutationAddNoteArgs, 'input'>>;
  deleteNote?: Resolver<ResolversTypes['DeleteNotePayload'], ParentType, ContextType, RequireFields<MutationDeleteNoteArgs, 'id'>>;
  rateFeature?: Resolver<ResolversTypes['RateFeaturePayload'], ParentType, ContextType, RequireFields<MutationRateFeatureArgs, 'input'>>;
  recordView?: Resolver<ResolversTypes['RecordViewPayload'], ParentType, ContextType, RequireFields<MutationRecordViewArgs, 'featureId'>>;
  unwatchFeature?: Resolver<ResolversTypes['UnwatchFeaturePayload'], ParentType, ContextType, RequireFields<MutationUnwatchFeatureArgs, 'featureId'>>;
  updateNote?: Resolver<ResolversTypes['UpdateNotePayload'], ParentType, ContextType, RequireFields<MutationUpdateNoteArgs, 'input'>>;
  watchFeature?: Resolver<ResolversTypes['WatchFeaturePayload'], ParentType, ContextType, RequireFields<MutationWatchFeatureArgs, 'featureId'>>;
};

export type NoteResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['Note'] = ResolversParentTypes['Note']> = {
  author?: Resolver<ResolversTypes['User'], ParentType, ContextType>;
  authorId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  body?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  feature?: Resolver<ResolversTypes['Feature'], ParentType, ContextType>;
  featureId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type NoteConnectionResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['NoteConnection'] = ResolversParentTypes['NoteConnection']> = {
  edges?: Resolver<Array<ResolversTypes['NoteEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Note']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type NoteEdgeResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['NoteEdge'] = ResolversParentTypes['NoteEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Note'], ParentType, ContextType>;
};

export type OrganisationResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['Organisation'] = ResolversParentTypes['Organisation']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  specificationCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  browser?: Resolver<Maybe<ResolversTypes['Browser']>, ParentType, ContextType, RequireFields<QueryBrowserArgs, 'id'>>;
  browsers?: Resolver<Array<ResolversTypes['Browser']>, ParentType, ContextType, Partial<QueryBrowsersArgs>>;
  compatEntry?: Resolver<Maybe<ResolversTypes['CompatEntry']>, ParentType, ContextType, RequireFields<QueryCompatEntryArgs, 'id'>>;
  feature?: Resolver<Maybe<ResolversTypes['Feature']>, ParentType, ContextType, RequireFields<QueryFeatureArgs, 'id'>>;
  featureGroup?: Resolver<Maybe<ResolversTypes['FeatureGroup']>, ParentType, ContextType, RequireFields<QueryFeatureGroupArgs, 'id'>>;
  featureGroups?: Resolver<Array<ResolversTypes['FeatureGroup']>, ParentType, ContextType>;
  features?: Resolver<ResolversTypes['FeatureConnection'], ParentType, ContextType, RequireFields<QueryFeaturesArgs, 'first' | 'orderBy'>>;
  organisations?: Resolver<Array<ResolversTypes['Organisation']>, ParentType, ContextType>;
  randomFeature?: Resolver<Maybe<ResolversTypes['Feature']>, ParentType, ContextType>;
  recentNotes?: Resolver<Array<ResolversTypes['Note']>, ParentType, ContextType, RequireFields<QueryRecentNotesArgs, 'first'>>;
  resource?: Resolver<Maybe<ResolversTypes['Resource']>, ParentType, ContextType, RequireFields<QueryResourceArgs, 'id' | 'kind'>>;
  search?: Resolver<Array<ResolversTypes['SearchResult']>, ParentType, ContextType, RequireFields<QuerySearchArgs, 'first' | 'text'>>;
  serverTime?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  snapshots?: Resolver<Array<ResolversTypes['Snapshot']>, ParentType, ContextType>;
  specification?: Resolver<Maybe<ResolversTypes['Specification']>, ParentType, ContextType, RequireFields<QuerySpecificationArgs, 'id'>>;
  specifications?: Resolver<ResolversTypes['SpecificationConnection'], ParentType, ContextType, RequireFields<QuerySpecificationsArgs, 'first' | 'standing'>>;
  statistics?: Resolver<ResolversTypes['Statistics'], ParentType, ContextType>;
  topFeatures?: Resolver<Array<ResolversTypes['RankedFeature']>, ParentType, ContextType, RequireFields<QueryTopFeaturesArgs, 'by' | 'first'>>;
  user?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType, RequireFields<QueryUserArgs, 'id'>>;
  users?: Resolver<Array<ResolversTypes['User']>, ParentType, ContextType>;
  viewer?: Resolver<Maybe<ResolversTypes['Viewer']>, ParentType, ContextType>;
};

export type RankedFeatureResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['RankedFeature'] = ResolversParentTypes['RankedFeature']> = {
  feature?: Resolver<ResolversTypes['Feature'], ParentType, ContextType>;
  rank?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  score?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type RateFeaturePayloadResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['RateFeaturePayload'] = ResolversParentTypes['RateFeaturePayload']> = {
  feature?: Resolver<ResolversTypes['Feature'], ParentType, ContextType>;
  rating?: Resolver<ResolversTypes['Rating'], ParentType, ContextType>;
  stars?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RatingResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['Rating'] = ResolversParentTypes['Rating']> = {
  featureId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  stars?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  userId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type RatingSummaryResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['RatingSummary'] = ResolversParentTypes['RatingSummary']> = {
  average?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  count?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type RecordViewPayloadResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['RecordViewPayload'] = ResolversParentTypes['RecordViewPayload']> = {
  feature?: Resolver<ResolversTypes['Feature'], ParentType, ContextType>;
  viewCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  views?: Resolver<ResolversTypes['ViewCount'], ParentType, ContextType>;
};

export type ReleaseResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['Release'] = ResolversParentTypes['Release']> = {
  browser?: Resolver<ResolversTypes['Browser'], ParentType, ContextType>;
  browserId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  engine?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  engineVersion?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  newFeatures?: Resolver<Array<ResolversTypes['Feature']>, ParentType, ContextType>;
  notesUrl?: Resolver<Maybe<ResolversTypes['URL']>, ParentType, ContextType>;
  releasedOn?: Resolver<Maybe<ResolversTypes['Date']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['ReleaseStatus'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ReleaseStatusResolvers = { BETA: 'beta', CURRENT: 'current', ESR: 'esr', NIGHTLY: 'nightly', PLANNED: 'planned', RETIRED: 'retired' };

export type ResourceResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['Resource'] = ResolversParentTypes['Resource']> = {
  __resolveType: TypeResolveFn<'Browser' | 'Feature' | 'FeatureGroup' | 'Snapshot' | 'Specification', ParentType, ContextType>;
};

export type SearchResultResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['SearchResult'] = ResolversParentTypes['SearchResult']> = {
  __resolveType: TypeResolveFn<'Browser' | 'Feature' | 'FeatureGroup' | 'Specification' | 'User', ParentType, ContextType>;
};

export type SnapshotResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['Snapshot'] = ResolversParentTypes['Snapshot']> = {
  features?: Resolver<Array<ResolversTypes['Feature']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  specificationUrl?: Resolver<ResolversTypes['URL'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SpecificationResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['Specification'] = ResolversParentTypes['Specification']> = {
  features?: Resolver<Array<ResolversTypes['Feature']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  inBrowsers?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  nightlyUrl?: Resolver<Maybe<ResolversTypes['URL']>, ParentType, ContextType>;
  organisation?: Resolver<ResolversTypes['Organisation'], ParentType, ContextType>;
  releaseUrl?: Resolver<Maybe<ResolversTypes['URL']>, ParentType, ContextType>;
  seriesId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  shortName?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  standing?: Resolver<ResolversTypes['SpecificationStanding'], ParentType, ContextType>;
  status?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  url?: Resolver<ResolversTypes['URL'], ParentType, ContextType>;
  workingGroups?: Resolver<Array<ResolversTypes['WorkingGroup']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SpecificationConnectionResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['SpecificationConnection'] = ResolversParentTypes['SpecificationConnection']> = {
  edges?: Resolver<Array<ResolversTypes['SpecificationEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Specification']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type SpecificationEdgeResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['SpecificationEdge'] = ResolversParentTypes['SpecificationEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Specification'], ParentType, ContextType>;
};

export type SpecificationStandingResolvers = { DISCONTINUED: 'discontinued', GOOD: 'good', PENDING: 'pending' };

export type StatisticsResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['Statistics'] = ResolversParentTypes['Statistics']> = {
  browserCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  byBaseline?: Resolver<Array<ResolversTypes['BaselineCount']>, ParentType, ContextType>;
  compatEntryCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  featureCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  noteCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  ratingCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  specificationCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type SupportStatusResolvers = { NO: 'no', PREVIEW: 'preview', YES: 'yes' };

export interface UrlScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['URL'], any> {
  name: 'URL';
}

export type UnwatchFeaturePayloadResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['UnwatchFeaturePayload'] = ResolversParentTypes['UnwatchFeaturePayload']> = {
  feature?: Resolver<ResolversTypes['Feature'], ParentType, ContextType>;
  viewer?: Resolver<ResolversTypes['Viewer'], ParentType, ContextType>;
};

export type UpdateNotePayloadResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['UpdateNotePayload'] = ResolversParentTypes['UpdateNotePayload']> = {
  note?: Resolver<ResolversTypes['Note'], ParentType, ContextType>;
};

export type UserResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['User'] = ResolversParentTypes['User']> = {
  homepage?: Resolver<Maybe<ResolversTypes['URL']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  joinedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  noteCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  notes?: Resolver<ResolversTypes['NoteConnection'], ParentType, ContextType, RequireFields<UserNotesArgs, 'first'>>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ViewCountResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['ViewCount'] = ResolversParentTypes['ViewCount']> = {
  featureId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  views?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ViewerResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['Viewer'] = ResolversParentTypes['Viewer']> = {
  email?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  locale?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  user?: Resolver<ResolversTypes['User'], ParentType, ContextType>;
  watchlist?: Resolver<ResolversTypes['WatchConnection'], ParentType, ContextType, RequireFields<ViewerWatchlistArgs, 'first'>>;
};

export type WatchConnectionResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['WatchConnection'] = ResolversParentTypes['WatchConnection']> = {
  edges?: Resolver<Array<ResolversTypes['WatchEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type WatchEdgeResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['WatchEdge'] = ResolversParentTypes['WatchEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Feature'], ParentType, ContextType>;
  watchedSince?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type WatchFeaturePayloadResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['WatchFeaturePayload'] = ResolversParentTypes['WatchFeaturePayload']> = {
  feature?: Resolver<ResolversTypes['Feature'], ParentType, ContextType>;
  viewer?: Resolver<ResolversTypes['Viewer'], ParentType, ContextType>;
};

export type WorkingGroupResolvers<ContextType = DemoContext, ParentType extends ResolversParentTypes['WorkingGroup'] = ResolversParentTypes['WorkingGroup']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  url?: Resolver<ResolversTypes['URL'], ParentType, ContextType>;
};

export type Resolvers<ContextType = DemoContext> = {
  AddNotePayload?: AddNotePayloadResolvers<ContextType>;
  Baseline?: BaselineResolvers<ContextType>;
  BaselineCount?: BaselineCountResolvers<ContextType>;
  BaselineStatus?: BaselineStatusResolvers;
  Browser?: BrowserResolvers<ContextType>;
  BrowserKind?: BrowserKindResolvers;
  CompatEntry?: CompatEntryResolvers<ContextType>;
  CompatEntryConnection?: CompatEntryConnectionResolvers<ContextType>;
  CompatEntryEdge?: CompatEntryEdgeResolvers<ContextType>;
  CompatSupport?: CompatSupportResolvers<ContextType>;
  Date?: GraphQLScalarType;
  DateTime?: GraphQLScalarType;
  DeleteNotePayload?: DeleteNotePayloadResolvers<ContextType>;
  Discouraged?: DiscouragedResolvers<ContextType>;
  Feature?: FeatureResolvers<ContextType>;
  FeatureConnection?: FeatureConnectionResolvers<ContextType>;
  FeatureEdge?: FeatureEdgeResolvers<ContextType>;
  FeatureGroup?: FeatureGroupResolvers<ContextType>;
  FeatureSupport?: FeatureSupportResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Note?: NoteResolvers<ContextType>;
  NoteConnection?: NoteConnectionResolvers<ContextType>;
  NoteEdge?: NoteEdgeResolvers<ContextType>;
  Organisation?: OrganisationResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  RankedFeature?: RankedFeatureResolvers<ContextType>;
  RateFeaturePayload?: RateFeaturePayloadResolvers<ContextType>;
  Rating?: RatingResolvers<ContextType>;
  RatingSummary?: RatingSummaryResolvers<ContextType>;
  RecordViewPayload?: RecordViewPayloadResolvers<ContextType>;
  Release?: ReleaseResolvers<ContextType>;
  ReleaseStatus?: ReleaseStatusResolvers;
  Resource?: ResourceResolvers<ContextType>;
  SearchResult?: SearchResultResolvers<ContextType>;
  Snapshot?: SnapshotResolvers<ContextType>;
  Specification?: SpecificationResolvers<ContextType>;
  SpecificationConnection?: SpecificationConnectionResolvers<ContextType>;
  SpecificationEdge?: SpecificationEdgeResolvers<ContextType>;
  SpecificationStanding?: SpecificationStandingResolvers;
  Statistics?: StatisticsResolvers<ContextType>;
  SupportStatus?: SupportStatusResolvers;
  URL?: GraphQLScalarType;
  UnwatchFeaturePayload?: UnwatchFeaturePayloadResolvers<ContextType>;
  UpdateNotePayload?: UpdateNotePayloadResolvers<ContextType>;
  User?: UserResolvers<ContextType>;
  ViewCount?: ViewCountResolvers<ContextType>;
  Viewer?: ViewerResolvers<ContextType>;
  WatchConnection?: WatchConnectionResolvers<ContextType>;
  WatchEdge?: WatchEdgeResolvers<ContextType>;
  WatchFeaturePayload?: WatchFeaturePayloadResolvers<ContextType>;
  WorkingGroup?: WorkingGroupResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = DemoContext> = {
  cacheTTL?: CacheTtlDirectiveResolver<any, any, ContextType>;
  cacheWrite?: CacheWriteDirectiveResolver<any, any, ContextType>;
  invalidates?: InvalidatesDirectiveResolver<any, any, ContextType>;
  key?: KeyDirectiveResolver<any, any, ContextType>;
};
