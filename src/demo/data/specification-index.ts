import type { WebSpec } from "./packages.ts";

/** Finds the specification that an address points into: `…/css-grid-2/#subgrids` is in `css-grid-2`. */
export class SpecificationIndex {
  readonly #byAddress = new Map<string, string>();

  constructor(specs: readonly WebSpec[]) {
    // Addresses of its own first: a series' address belongs to the first specification of it.
    for (const spec of specs) this.#add(spec.shortname, [spec.url, spec.nightly?.url, spec.release?.url]);
    for (const spec of specs) {
      const { nightly, release, series } = spec;
      this.#add(spec.shortname, [
        ...(nightly?.alternateUrls ?? []),
        ...(nightly?.pages ?? []),
        ...(release?.pages ?? []),
      ]);
      this.#add(spec.shortname, [series.nightlyUrl, series.releaseUrl]);
    }
  }

  /** The id of the specification with the longest matching address, or undefined. */
  find(url: string): string | undefined {
    for (
      let address = plain(url);
      address.includes("/");
      address = address.slice(0, address.lastIndexOf("/"))
    ) {
      const id = this.#byAddress.get(address);
      if (id !== undefined) return id;
    }
    return undefined;
  }

  #add(id: string, urls: readonly (string | undefined)[]): void {
    for (const url of urls) {
      if (url !== undefined && !this.#byAddress.has(plain(url))) this.#byAddress.set(plain(url), id);
    }
  }
}

function plain(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`.replace(/\/$/, "");
}
