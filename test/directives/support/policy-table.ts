import type { SchemaPolicies } from "../../../src/directives/read-policies.ts";
import type { FieldPolicy, TagTemplate } from "../../../src/fields/field-policy.ts";

/** A line per policy, rows first: `Query.a 60s +stale 10 PRIVATE vary=locale tags=a,b`. Defaults are left out. */
export function policyTable({ fields, rows }: SchemaPolicies): readonly string[] {
  return [...rows.values(), ...fields.values()].map(line);
}

function line(policy: FieldPolicy): string {
  const { freshMs, staleMs, staleIfErrorMs, nullMs } = policy.lifetimes;
  const usualNull = Math.min(freshMs, 5000);
  return [
    policy.coordinate,
    `${freshMs / 1000}s`,
    staleMs > 0 && `stale=${staleMs / 1000}`,
    staleIfErrorMs > 0 && `error=${staleIfErrorMs / 1000}`,
    nullMs !== usualNull && `null=${nullMs / 1000}`,
    policy.scope === "PRIVATE" && "PRIVATE",
    policy.vary.length > 0 && `vary=${policy.vary.join()}`,
    policy.ignoreArgs.length > 0 && `ignore=${policy.ignoreArgs.join()}`,
    policy.selection && "selection",
    policy.tags.length > 0 && `tags=${policy.tags.map(tagText).join()}`,
    !policy.version.startsWith("1.") && `v${policy.version.split(".")[0]}`,
    policy.hot && "hot",
  ]
    .filter((part) => part !== false)
    .join(" ");
}

/** As it will be read, which is not always as it was written: tags of a type are moved to where its objects are. */
function tagText({ parts }: TagTemplate): string {
  return parts
    .map((part) =>
      typeof part === "string"
        ? part
        : `{${part.path.reduce((text, step) => (step === "[]" ? `${text}[]` : `${text}.${step}`), part.root as string)}}`,
    )
    .join("");
}
