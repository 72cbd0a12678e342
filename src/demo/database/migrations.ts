/** One step of the demo's tables. Never edited once released: a change is the next number. */
export interface Migration {
  readonly id: number;
  readonly name: string;
  readonly statements: readonly string[];
}

/** What every table that people write to has. */
const REVISED = "version integer not null default 1, updated_at timestamptz(3) not null default now()";

/** A statement that touches more objects names their type. */
const MOST_NAMED = 500;

/** Table, type whose objects its rows are of, column of their id ("": all of the type), fields that show more than the object itself. */
const CATALOGUE: readonly (readonly [table: string, type: string, id: string, ...fields: string[]])[] = [
  [
    "features",
    "Feature",
    "id",
    "Query.features",
    "FeatureGroup.features",
    "Query.search",
    "Query.statistics",
  ],
  ["feature_groups", "FeatureGroup", "id", "Query.featureGroups", "Feature.groups", "Query.search"],
  ["feature_group_members", "Feature", "feature_id", "FeatureGroup.features", "Query.features"],
  ["snapshots", "Snapshot", "id", "Query.snapshots", "Feature.snapshots"],
  ["snapshot_features", "Feature", "feature_id", "Snapshot.features"],
  ["specifications", "Specification", "id", "Query.specifications", "Query.search", "Query.statistics"],
  ["feature_specifications", "Feature", "feature_id", "Specification.features"],
  ["browsers", "Browser", "id", "Query.browsers", "Query.search", "Query.statistics"],
  [
    "releases",
    "Release",
    "",
    "Browser.currentReleases",
    "Browser.releases",
    "Query.browsers",
    "Feature.support",
  ],
  ["feature_support", "Feature", "feature_id", "Release.newFeatures", "Browser.featureCount"],
  ["compat_entries", "CompatEntry", "id", "Feature.compatEntries", "Query.statistics"],
  ["compat_support", "CompatEntry", "compat_id"],
];

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
  {
    id: 4,
    name: "events of the catalogue",
    statements: [
      `create table cache_events (
        id bigint generated always as identity primary key, tx xid8 not null default pg_current_xact_id(),
        at timestamptz not null default clock_timestamp(), message text not null)`,
      "create index cache_events_by_tx on cache_events (tx)",
      // One event a statement. Arguments: type, column of its id, fields that show more than the object itself.
      `create function catalogue_changed() returns trigger language plpgsql as $$
      declare
        targets jsonb;
        changed integer := ${MOST_NAMED + 1};
        ids text := case tg_op when 'INSERT' then 'select %1$I as id from new_rows' when 'DELETE' then 'select %1$I as id from old_rows'
          else 'select %1$I as id from old_rows union select %1$I from new_rows' end;
      begin
        if tg_op <> 'TRUNCATE' and tg_argv[1] <> '' then
          execute format('select count(*), jsonb_agg(jsonb_build_object(''entity'', %2$L, ''id'', id)) from (select distinct id from (' || ids
            || ') every_row where id is not null limit ${MOST_NAMED + 1}) some_rows', tg_argv[1], tg_argv[0]) into changed, targets;
        end if;
        if changed = 0 then return null; end if;
        if changed > ${MOST_NAMED} then targets := jsonb_build_array(jsonb_build_object('entity', tg_argv[0])); end if;
        for nth in 2 .. tg_nargs - 1 loop
          targets := targets || jsonb_build_object('field', tg_argv[nth]);
        end loop;
        insert into cache_events (message) values (jsonb_build_object('targets', targets)::text);
        perform pg_notify('cache_events', '');
        return null;
      end $$`,
      ...CATALOGUE.flatMap(([table, type, id, ...fields]) => {
        const call = `for each statement execute function catalogue_changed('${[type, id, ...fields].join("', '")}')`;
        return [
          `create trigger ${table}_inserted after insert on ${table} referencing new table as new_rows ${call}`,
          `create trigger ${table}_updated after update on ${table} referencing old table as old_rows new table as new_rows ${call}`,
          `create trigger ${table}_deleted after delete on ${table} referencing old table as old_rows ${call}`,
          `create trigger ${table}_truncated after truncate on ${table} ${call}`,
        ];
      }),
    ],
  },
  {
    id: 5,
    name: "tokens of what is written behind",
    // The last write that a row has taken: one that comes again, or too late, is none.
    statements: ["feature_views", "ratings"].map(
      (table) => `alter table ${table} add column written_by text collate "C" not null default ''`,
    ),
  },
];
