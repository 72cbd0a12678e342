import type { FieldPolicy } from "../fields/field-policy.ts";

const columns = ["field", "fresh", "stale", "if error", "null", "scope", "key", "tags"] as const;

/** Policies as a table of text, one line each, sorted by coordinate. */
export function policyTable(policies: readonly FieldPolicy[]): string {
  if (policies.length === 0) return "No field of this schema is cached.";
  const rows = [...policies].sort((a, b) => (a.coordinate < b.coordinate ? -1 : 1)).map(rowOf);
  const table = [columns, ...rows];
  const widths = columns.map((_name, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function rowOf(policy: FieldPolicy): readonly string[] {
  const { freshMs, staleMs, staleIfErrorMs, nullMs } = policy.lifetimes;
  return [
    policy.kind === "row" ? `${policy.coordinate} (row)` : policy.coordinate,
    seconds(freshMs),
    seconds(staleMs),
    seconds(staleIfErrorMs),
    seconds(nullMs),
    policy.scope,
    keyOf(policy),
    policy.tags.map((tag) => tag.source).join(" ") || "-",
  ];
}

/** What besides the entity and the arguments tells entries apart. */
function keyOf(policy: FieldPolicy): string {
  const parts = [
    `v${policy.version}`,
    ...(policy.scope === "PRIVATE" ? ["principal"] : []),
    ...policy.vary,
    ...(policy.selection ? ["selection"] : []),
    ...policy.ignoreArgs.map((name) => `-${name}`),
  ];
  return parts.join(" ");
}

function seconds(ms: number): string {
  return ms === 0 ? "-" : `${ms / 1000} s`;
}
