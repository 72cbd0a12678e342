import type { Identifier, SimpleSupportStatement, SupportStatement } from "@mdn/browser-compat-data";
import type { FeatureData, Packages, WebSpec } from "./packages.ts";
import type { SeedRow, SeedStep } from "./seed-step.ts";
import { SpecificationIndex } from "./specification-index.ts";

export interface PlatformOptions {
  /** Only the first so many features, by id, and what belongs to them. Default: all. */
  readonly limit?: number | undefined;
  /** true: every entry of the compatibility data; false: those that a web feature links. Default false. */
  readonly allCompat?: boolean | undefined;
}

export interface WebPlatform {
  /** In the order in which queries need the tables. */
  readonly steps: readonly SeedStep[];
  readonly featureIds: readonly string[];
}

/** The web platform as rows; the same packages give the same rows. */
export function webPlatform(packages: Packages, options: PlatformOptions = {}): WebPlatform {
  const { webFeatures, compat, specs } = packages;
  const features = Object.entries(webFeatures.features)
    .filter((entry): entry is [string, FeatureData] => entry[1].kind === "feature")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, options.limit);
  const index = new SpecificationIndex(specs);
  const groupIds = workingGroupIds(specs);
  const entries = compatEntries(compat, features, options.allCompat ?? false);
  const reference = (table: string, rows: readonly SeedRow[]): SeedStep => ({
    table,
    kind: "reference",
    rows,
  });
  const steps = [
    { ...reference("features", features.map(featureRow)), upsertBy: ["id"] },
    reference(
      "feature_groups",
      Object.entries(webFeatures.groups).map(([id, group]) => ({
        id,
        name: group.name,
        parent_id: group.parent ?? null,
      })),
    ),
    reference(
      "feature_group_members",
      features.flatMap(([id, feature]) =>
        (feature.group ?? []).map((group_id) => ({ group_id, feature_id: id })),
      ),
    ),
    reference(
      "snapshots",
      Object.entries(webFeatures.snapshots).map(([id, snapshot]) => ({
        id,
        name: snapshot.name,
        specification_url: snapshot.spec,
      })),
    ),
    reference(
      "snapshot_features",
      features.flatMap(([id, feature]) =>
        (feature.snapshot ?? []).map((snapshot_id) => ({ snapshot_id, feature_id: id })),
      ),
    ),
    reference(
      "organisations",
      unique(specs.map((spec) => spec.organization)).map((name) => ({ id: slug(name), name })),
    ),
    reference("working_groups", [...groupIds.values()]),
    reference("specifications", specs.map(specificationRow)),
    reference(
      "specification_groups",
      specs.flatMap((spec) => specificationGroupRows(spec, groupIds)),
    ),
    reference(
      "feature_specifications",
      features.flatMap(([id, feature]) => featureSpecificationRows(id, feature, index)),
    ),
    reference(
      "browsers",
      Object.entries(compat.browsers).map(([id, browser]) => ({
        id,
        name: browser.name,
        kind: browser.type,
        upstream_id: browser.upstream ?? null,
        preview_name: browser.preview_name ?? null,
        accepts_flags: browser.accepts_flags,
      })),
    ),
    reference(
      "releases",
      Object.entries(compat.browsers).flatMap(([id, browser]) => releaseRows(id, browser.releases)),
    ),
    reference(
      "feature_support",
      features.flatMap(([id, feature]) => featureSupportRows(id, feature)),
    ),
    reference("compat_entries", entries.map(compatEntryRow)),
    reference("compat_support", entries.flatMap(compatSupportRows)),
  ];
  return { steps, featureIds: features.map(([id]) => id) };
}

function featureRow([id, feature]: [string, FeatureData]): SeedRow {
  const { status, discouraged } = feature;
  return {
    id,
    name: feature.name,
    description: feature.description,
    description_html: feature.description_html,
    baseline: status.baseline === "high" ? "widely" : status.baseline === "low" ? "newly" : "limited",
    baseline_low_date: exact(status.baseline_low_date),
    baseline_high_date: exact(status.baseline_high_date),
    discouraged: discouraged
      ? {
          reason: discouraged.reason,
          accordingTo: discouraged.according_to,
          alternatives: discouraged.alternatives ?? [],
          removalDate: discouraged.removal_date ?? null,
        }
      : null,
    caniuse_ids: feature.caniuse ?? [],
    specification_urls: feature.spec,
    updated_at: "2026-01-01T00:00:00Z",
  };
}

function featureSpecificationRows(
  featureId: string,
  feature: FeatureData,
  index: SpecificationIndex,
): SeedRow[] {
  const found = unique(feature.spec.flatMap((url) => index.find(url) ?? []));
  return found.map((specification_id, position) => ({ feature_id: featureId, specification_id, position }));
}

function featureSupportRows(featureId: string, feature: FeatureData): SeedRow[] {
  return Object.entries(feature.status.support).map(([browser_id, version]) => ({
    feature_id: featureId,
    browser_id,
    version: exact(version),
    at_most: version.startsWith("≤"),
  }));
}

function specificationRow(spec: WebSpec): SeedRow {
  return {
    id: spec.shortname,
    name: spec.title,
    short_name: spec.shortTitle,
    url: spec.url,
    nightly_url: spec.nightly?.url ?? null,
    release_url: spec.release?.url ?? null,
    status: spec.release?.status ?? spec.nightly?.status ?? null,
    standing: spec.standing,
    series_id: spec.series.shortname,
    organisation_id: slug(spec.organization),
    in_browsers: spec.categories.includes("browser"),
  };
}

function specificationGroupRows(spec: WebSpec, groups: ReadonlyMap<string, WorkingGroup>): SeedRow[] {
  const ids = unique(spec.groups.map((group) => groups.get(group.url)!.id));
  return ids.map((working_group_id) => ({ specification_id: spec.shortname, working_group_id }));
}

type WorkingGroup = SeedRow & { readonly id: string };

/** One row per address; a name that two groups share gets a number. */
function workingGroupIds(specs: readonly WebSpec[]): Map<string, WorkingGroup> {
  const rows = new Map<string, WorkingGroup>();
  const taken = new Set<string>();
  const groups = specs.flatMap((spec) => spec.groups).sort((a, b) => (a.url < b.url ? -1 : 1));
  for (const { name, url } of groups) {
    if (rows.has(url)) continue;
    const base = slug(name);
    let id = base;
    for (let n = 2; taken.has(id); n++) id = `${base}-${n}`;
    taken.add(id);
    rows.set(url, { id, name, url });
  }
  return rows;
}

type Releases = Packages["compat"]["browsers"]["chrome"]["releases"];

function releaseRows(browserId: string, releases: Releases): SeedRow[] {
  return Object.entries(releases).map(([version, release]) => ({
    browser_id: browserId,
    version,
    position: release.index,
    status: release.status,
    released_on: exact(release.release_date),
    engine: release.engine ?? null,
    engine_version: release.engine_version ?? null,
    notes_url: release.release_notes ?? null,
  }));
}

interface CompatEntry {
  readonly id: string;
  readonly featureId: string | null;
  readonly statement: NonNullable<Identifier["__compat"]>;
}

function compatEntries(
  compat: Packages["compat"],
  features: readonly [string, FeatureData][],
  all: boolean,
): CompatEntry[] {
  const featureOf = new Map(
    features.flatMap(([id, feature]) => (feature.compat_features ?? []).map((key) => [key, id])),
  );
  const { __meta, browsers, webextensions, ...tree } = compat;
  const entries: CompatEntry[] = [];
  const walk = (node: Identifier, path: string): void => {
    for (const [name, child] of Object.entries(node) as [string, Identifier][]) {
      if (name === "__compat") continue;
      const id = path === "" ? name : `${path}.${name}`;
      const featureId = featureOf.get(id) ?? null;
      if (child.__compat !== undefined && (all || featureId !== null))
        entries.push({ id, featureId, statement: child.__compat });
      walk(child, id);
    }
  };
  walk(tree as unknown as Identifier, "");
  return entries.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function compatEntryRow({ id, featureId, statement }: CompatEntry): SeedRow {
  return {
    id,
    feature_id: featureId,
    description: statement.description ?? null,
    mdn_url: statement.mdn_url ?? null,
    specification_urls: listed(statement.spec_url),
    deprecated: statement.status?.deprecated ?? false,
    experimental: statement.status?.experimental ?? false,
    standard_track: statement.status?.standard_track ?? false,
  };
}

function compatSupportRows({ id, statement }: CompatEntry): SeedRow[] {
  return Object.entries(statement.support).map(([browserId, support]) => {
    // The data lists the most relevant statement first.
    const current = listed<SimpleSupportStatement>(support as SupportStatement)[0]!;
    const added = current.version_added;
    return {
      compat_id: id,
      browser_id: browserId,
      status: added === false ? "no" : added === "preview" ? "preview" : "yes",
      version_added: added === false || added === "preview" ? null : exact(added),
      at_most: typeof added === "string" && added.startsWith("≤"),
      version_removed: exact(current.version_removed),
      partial: current.partial_implementation ?? false,
      behind_flag: current.flags !== undefined,
      prefix: current.prefix ?? null,
      notes: listed(current.notes),
    };
  });
}

/** `≤2020-03-24` and `≤80` are upper bounds: the text behind the sign. */
function exact(text: string | undefined): string | null {
  return text === undefined ? null : text.replace(/^≤/, "");
}

function listed<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T];
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}
