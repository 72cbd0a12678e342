/** One step of the demo's tables. Never edited once released: a change is the next number. */
export interface Migration {
  readonly id: number;
  readonly name: string;
  readonly statements: readonly string[];
}

/** What every table that people write to has. */
const REVISED = "version integer not null default 1, updated_at timestamptz(3) not null default now()";

export const MIGRATIONS: readonly Migration[] = [
  {
    id: 1,
    name: "the web platform",
    statements: [
      `create table features (
        id text primary key, name text not null, description text not null, description_html text not null,
        baseline text not null check (baseline in ('limited', 'newly', 'widely')),
        baseline_low_date date, baseline_high_date date, discouraged jsonb,
        caniuse_ids text[] not null, specification_urls text[] not null, ${REVISED})`,
      // "C": one order on every server, whatever its locale; cursors depend on it.
      `create index features_by_name on features (lower(name) collate "C", id collate "C")`,
      "create index features_by_baseline on features (baseline, baseline_low_date)",
      "create table feature_groups (id text primary key, name text not null, parent_id text)",
      "create index feature_groups_by_parent on feature_groups (parent_id)",
      `create table feature_group_members (
        group_id text not null, feature_id text not null, primary key (group_id, feature_id))`,
      "create index feature_group_members_by_feature on feature_group_members (feature_id)",
      "create table snapshots (id text primary key, name text not null, specification_url text not null)",
      `create table snapshot_features (
        snapshot_id text not null, feature_id text not null, primary key (snapshot_id, feature_id))`,
      "create index snapshot_features_by_feature on snapshot_features (feature_id)",
      "create table organisations (id text primary key, name text not null)",
      "create table working_groups (id text primary key, name text not null, url text not null)",
      `create table specifications (
        id text primary key, name text not null, short_name text not null, url text not null, nightly_url text,
        release_url text, status text, standing text not null, series_id text not null,
        organisation_id text not null, in_browsers boolean not null)`,
      `create index specifications_by_name on specifications (lower(name) collate "C", id collate "C")`,
      "create index specifications_by_organisation on specifications (organisation_id)",
      `create table specification_groups (
        specification_id text not null, working_group_id text not null,
        primary key (specification_id, working_group_id))`,
      "create index specification_groups_by_group on specification_groups (working_group_id)",
      `create table feature_specifications (
        feature_id text not null, specification_id text not null, position integer not null,
        primary key (feature_id, specification_id))`,
      "create index feature_specifications_by_specification on feature_specifications (specification_id)",
    ],
  },
  {
    id: 2,
    name: "browsers and compatibility",
    statements: [
      `create table browsers (
        id text primary key, name text not null, kind text not null, upstream_id text, preview_name text,
        accepts_flags boolean not null)`,
      `create table releases (
        browser_id text not null, version text not null, position integer not null, status text not null,
        released_on date, engine text, engine_version text, notes_url text, primary key (browser_id, version))`,
      "create index releases_by_position on releases (browser_id, position desc)",
      `create table feature_support (
        feature_id text not null, browser_id text not null, version text not null, at_most boolean not null,
        primary key (feature_id, browser_id))`,
      "create index feature_support_by_release on feature_support (browser_id, version)",
      `create table compat_entries (
        id text primary key, feature_id text, description text, mdn_url text, specification_urls text[] not null,
        deprecated boolean not null, experimental boolean not null, standard_track boolean not null)`,
      `create index compat_entries_by_feature on compat_entries (feature_id, id collate "C")`,
      `create table compat_support (
        compat_id text not null, browser_id text not null, status text not null, version_added text,
        at_most boolean not null, version_removed text, partial boolean not null, behind_flag boolean not null,
        prefix text, notes text[] not null, primary key (compat_id, browser_id))`,
    ],
  },
  {
    id: 3,
    name: "what people add",
    statements: [
      `create table users (
        id integer primary key, name text not null, email text not null unique, homepage text,
        locale text not null, joined_at timestamptz(3) not null, ${REVISED})`,
      `create table notes (
        id integer generated by default as identity primary key,
        feature_id text not null references features on delete cascade,
        author_id integer not null references users on delete cascade,
        body text not null, created_at timestamptz(3) not null default now(), ${REVISED})`,
      "create index notes_by_feature on notes (feature_id, id desc)",
      "create index notes_by_author on notes (author_id, id desc)",
      `create table ratings (
        feature_id text not null references features on delete cascade,
        user_id integer not null references users on delete cascade,
        stars smallint not null check (stars between 1 and 5), ${REVISED}, primary key (feature_id, user_id))`,
      `create table watches (
        user_id integer not null references users on delete cascade,
        feature_id text not null references features on delete cascade,
        created_at timestamptz(3) not null default now(), ${REVISED}, primary key (user_id, feature_id))`,
      "create index watches_by_feature on watches (feature_id)",
      `create table feature_views (
        feature_id text primary key references features on delete cascade, views bigint not null, ${REVISED})`,
      "create index feature_views_by_views on feature_views (views desc, feature_id)",
    ],
  },
];
