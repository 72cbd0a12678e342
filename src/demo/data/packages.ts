import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { CompatData } from "@mdn/browser-compat-data";

const require = createRequire(import.meta.url);

/** What this demo reads of an entry of `web-specs`. */
export interface WebSpec {
  readonly shortname: string;
  readonly title: string;
  readonly shortTitle: string;
  readonly url: string;
  readonly organization: string;
  readonly standing: "good" | "discontinued" | "pending";
  readonly categories: readonly string[];
  readonly series: { readonly shortname: string; readonly nightlyUrl?: string; readonly releaseUrl?: string };
  readonly groups: readonly { readonly name: string; readonly url: string }[];
  readonly nightly?: {
    readonly url: string;
    readonly status?: string;
    readonly alternateUrls?: readonly string[];
    readonly pages?: readonly string[];
  };
  readonly release?: { readonly url: string; readonly status?: string; readonly pages?: readonly string[] };
}

/** What this demo reads of a feature of `web-features` (its own types do not resolve under NodeNext). */
export interface FeatureData {
  readonly kind: "feature";
  readonly name: string;
  readonly description: string;
  readonly description_html: string;
  readonly spec: readonly string[];
  readonly group?: readonly string[];
  readonly snapshot?: readonly string[];
  readonly caniuse?: readonly string[];
  readonly compat_features?: readonly string[];
  readonly discouraged?: {
    readonly reason: string;
    readonly according_to: readonly string[];
    readonly alternatives?: readonly string[];
    readonly removal_date?: string;
  };
  readonly status: {
    readonly baseline: "high" | "low" | false;
    readonly baseline_low_date?: string;
    readonly baseline_high_date?: string;
    readonly support: Readonly<Record<string, string>>;
  };
}

/** An id that now leads elsewhere. */
interface RedirectData {
  readonly kind: "moved" | "split";
}

export interface WebFeatures {
  readonly features: Readonly<Record<string, FeatureData | RedirectData>>;
  readonly groups: Readonly<Record<string, { readonly name: string; readonly parent?: string }>>;
  readonly snapshots: Readonly<Record<string, { readonly name: string; readonly spec: string }>>;
}

/** The three data packages, read whole. */
export interface Packages {
  readonly webFeatures: WebFeatures;
  readonly compat: CompatData;
  readonly specs: readonly WebSpec[];
}

/** Reads about 26 MB of JSON: half a second, and only when there is something to seed. */
export async function readPackages(): Promise<Packages> {
  const [webFeatures, compat, specs] = await Promise.all([
    readJson<WebFeatures>("web-features/data.json"),
    readJson<CompatData>("@mdn/browser-compat-data"),
    readJson<WebSpec[]>("web-specs"),
  ]);
  return { webFeatures, compat, specs };
}

/** The versions of the data, as one text: another text means other data. */
export function packageVersions(): string {
  return ["web-features/data.json", "@mdn/browser-compat-data", "web-specs"]
    .map((name) => join(dirname(require.resolve(name)), "package.json"))
    .map((file) => JSON.parse(readFileSync(file, "utf8")) as { name: string; version: string })
    .map(({ name, version }) => `${name}@${version}`)
    .join(" ");
}

async function readJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(require.resolve(name), "utf8")) as T;
}
