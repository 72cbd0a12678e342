import type { CacheStats } from "../index.ts";
import type { Workers } from "./overview.ts";

type ReadCounts = CacheStats["reads"];

/** Seconds between two looks. */
const refreshSeconds = 5;

/** The dashboard as one page of HTML that needs nothing else. Shows counts and names of the schema, never values or keys. */
export function dashboardPage(stats: CacheStats, workers?: Workers): string {
  const { store, reads, fills, invalidations } = stats;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="${refreshSeconds}">
<title>Fieldgate cache</title>
<style>
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1d2733; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .5rem 1rem; }
dt { color: #5b6b7b; } dd { margin: 0; overflow-wrap: anywhere; font-size: 1.2rem; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .25rem .6rem; border-bottom: 1px solid #e3e8ee; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
.wide { overflow-x: auto; }
.down { color: #b42318; } .up { color: #067647; }
@media (prefers-color-scheme: dark) { body { background: #10161d; color: #dde5ee; } th, td { border-color: #2a3541; } dt { color: #93a3b4; } }
</style>
</head>
<body>
<h1>Fieldgate cache</h1>
<dl>
${fact("Store", `<span class="${store.status === "up" ? "up" : "down"}">${escapeHtml(storeText(store))}</span>`)}
${workers === undefined ? "" : fact("Workers", `${workers.up} of ${workers.of}`)}
${fact("From entries", percent(reads))}
${fact("Reads", String(total(reads)))}
${fact("Fills stored", String(fills.stored))}
${fact("Fills not stored", String(fills["not-stored"] + fills.refused + fills.failed))}
${fact("Source errors", String(fills.errors))}
${fact("Invalidations", String(invalidations.done))}
${fact("Invalidations failed", String(invalidations.failed))}
${store.entries === undefined ? "" : fact("Entries", String(store.entries))}
${store.bytes === undefined ? "" : fact("Bytes", String(store.bytes))}
</dl>
<h2>By field, in ${workers === undefined ? "this process since it" : "all workers since this gateway"} started</h2>
<div class="wide"><table>
<thead><tr><th>Field</th><th>From entries</th><th>Reads</th><th>Hit</th><th>Stale</th><th>Miss</th><th>Wait</th><th>Bypass</th></tr></thead>
<tbody>
${rows(stats.fields)}
</tbody>
</table></div>
</body>
</html>
`;
}

function storeText({ status, detail }: CacheStats["store"]): string {
  return detail === undefined ? status : `${status}: ${detail}`;
}

function rows(fields: CacheStats["fields"]): string {
  const sorted = Object.entries(fields).sort(([, a], [, b]) => total(b) - total(a));
  if (sorted.length === 0) return '<tr><td colspan="8">No cached field has been read yet.</td></tr>';
  return sorted.map(([coordinate, counts]) => row(coordinate, counts)).join("\n");
}

function row(coordinate: string, counts: ReadCounts): string {
  const { hit, stale, miss, wait, bypass } = counts;
  const cells = [percent(counts), total(counts), hit, stale, miss, wait, bypass];
  return `<tr><td>${escapeHtml(coordinate)}</td>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

function percent(counts: ReadCounts): string {
  const all = total(counts);
  return all === 0 ? "-" : `${((100 * (counts.hit + counts.stale)) / all).toFixed(1)} %`;
}

function total({ hit, stale, miss, wait, bypass }: ReadCounts): number {
  return hit + stale + miss + wait + bypass;
}

function fact(name: string, html: string): string {
  return `<div><dt>${name}</dt><dd>${html}</dd></div>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
