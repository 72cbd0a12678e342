import type { ReadPlan, ReadSession } from "../engine/read-plan.ts";
import type { Audience } from "../fields/audience.ts";
import type { FieldPolicy } from "../fields/field-policy.ts";
import type { Identity } from "../fields/identity.ts";
import { renderTagTemplate, settledFor } from "../fields/tag-template.ts";
import { type Keys, ROW, stampNames } from "../keys/grammar.ts";

/** What the read of one row wants of the cache. */
export function planRow(
  keys: Keys,
  policy: FieldPolicy,
  identity: Identity,
  audience: Audience,
  session: ReadSession,
): ReadPlan {
  const { home } = identity;
  const tags = new Set(knownTagsOf(policy));
  if (audience.principalTag !== undefined) tags.add(audience.principalTag);
  return {
    coordinate: policy.coordinate,
    key: keys.entry({
      home,
      field: ROW,
      version: `v${policy.version}`,
      ...(audience.part === undefined ? {} : { audience: audience.part }),
    }),
    home,
    tags: [...tags].sort(),
    lifetimes: policy.lifetimes,
    scope: policy.scope,
    session,
    ...(policy.hot ? { hot: true } : {}),
  };
}

/** Stamp names that only the row itself can tell. */
export async function tagsOfRow(policy: FieldPolicy, row: unknown): Promise<readonly string[]> {
  const templates = policy.tags.filter(({ fromValue }) => fromValue);
  return templates.length === 0 ? [] : rendered(policy, true, await settledFor("value", templates, row));
}

/** Stamp names that are known before the row is. */
export function knownTagsOf(policy: FieldPolicy): readonly string[] {
  return [stampNames.all, stampNames.type(policy.typeName), ...rendered(policy, false, undefined)];
}

function rendered(policy: FieldPolicy, fromValue: boolean, value: unknown): readonly string[] {
  return policy.tags
    .filter((template) => template.fromValue === fromValue)
    .flatMap((template) => renderTagTemplate(template, { value }).texts)
    .map(stampNames.tag);
}
