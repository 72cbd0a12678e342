/** ` Did you mean "price" or "prices"?`, or "" when nothing known is near. Begins with a space, to be appended. */
export function didYouMean(wrong: string, known: Iterable<string>): string {
  const near = nearest(wrong, known);
  return near.length === 0 ? "" : ` Did you mean ${inWords(near.map((name) => `"${name}"`))}?`;
}

/** `a`, `a or b`, `a, b or c`. */
export function inWords(items: readonly string[], conjunction = "or"): string {
  const last = items.at(-1) ?? "";
  return items.length < 2 ? last : `${items.slice(0, -1).join(", ")} ${conjunction} ${last}`;
}

/** At most three known names within an edit distance of 40 % of the word, nearest first. */
export function nearest(wrong: string, known: Iterable<string>): readonly string[] {
  const limit = Math.floor(wrong.length * 0.4) + 1;
  return [...new Set(known)]
    .map((name) => ({ name, distance: editDistance(wrong.toLowerCase(), name.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Levenshtein: inserted, deleted and replaced characters. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1));
    }
    above = row;
  }
  return above[b.length]!;
}
