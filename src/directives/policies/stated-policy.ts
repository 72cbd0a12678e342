import type { PolicyInput, TagTemplate } from "../../fields/field-policy.ts";

/** What one place says, checked; what it leaves out is looked for in the next place. */
export interface StatedPolicy extends Omit<PolicyInput, "tags"> {
  readonly tags?: readonly TagTemplate[];
}

/**
 * The first place's word counts, argument by argument; the next one fills in what it left out. Scope is always the
 * stricter, vary and tags the union.
 */
export function completedBy(first: StatedPolicy, next: StatedPolicy): StatedPolicy {
  return compact({
    ...next,
    ...first,
    scope: stricter(first.scope, next.scope),
    vary: union(first.vary, next.vary),
    tags: unionOfTags(first.tags, next.tags),
  });
}

/** Places of one rank: the shortest lifetime that any of them states, and the strictest of all else. */
export function strictest(places: readonly StatedPolicy[]): StatedPolicy {
  const [only] = places;
  if (only === undefined) return {};
  if (places.length === 1) return only;
  return compact({
    seconds: least(places.map(({ seconds }) => seconds)),
    staleSeconds: least(places.map(({ staleSeconds }) => staleSeconds)),
    staleIfErrorSeconds: least(places.map(({ staleIfErrorSeconds }) => staleIfErrorSeconds)),
    nullSeconds: least(places.map(({ nullSeconds }) => nullSeconds)),
    scope: places.map(({ scope }) => scope).reduce(stricter),
    vary: places.map(({ vary }) => vary).reduce(union),
    tags: places.map(({ tags }) => tags).reduce(unionOfTags),
    // An argument may be left out of the key only where all agree.
    ignoreArgs: only.ignoreArgs?.filter((name) => places.every((place) => place.ignoreArgs?.includes(name))),
    selection: places.some(({ selection }) => selection) || undefined,
    version: greatest(places.map(({ version }) => version)),
    hot: places.some(({ hot }) => hot) || undefined,
  });
}

export function isEmpty(stated: StatedPolicy): boolean {
  return Object.keys(stated).length === 0;
}

function stricter(
  a: StatedPolicy["scope"] | undefined,
  b: StatedPolicy["scope"] | undefined,
): StatedPolicy["scope"] | undefined {
  return a === "PRIVATE" || b === "PRIVATE" ? "PRIVATE" : (a ?? b);
}

function union(
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
): readonly string[] | undefined {
  return a === undefined || b === undefined ? (a ?? b) : [...new Set([...a, ...b])];
}

export function unionOfTags(
  a: readonly TagTemplate[] | undefined,
  b: readonly TagTemplate[] | undefined,
): readonly TagTemplate[] | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return [...new Map([...a, ...b].map((tag) => [JSON.stringify(tag.parts), tag])).values()];
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function greatest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** Leaves out what is undefined, so that a later spread does not write over what is known. */
function compact(stated: { readonly [K in keyof StatedPolicy]: StatedPolicy[K] | undefined }): StatedPolicy {
  return Object.fromEntries(
    Object.entries(stated).filter(([, value]) => value !== undefined),
  ) as StatedPolicy;
}
