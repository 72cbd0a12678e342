import DataLoader from "dataloader";

/**
 * Field loaders gather the keys of all parents that ask in one turn and send one statement. They remember nothing
 * (`cache: false`): remembering is the cache's business, and a value remembered past a mutation would be wrong. So one
 * set may serve all requests, and requests of the same turn share a statement.
 */
export function batchLoader<K, V>(load: (keys: readonly K[]) => Promise<readonly V[]>): DataLoader<K, V> {
  return new DataLoader<K, V>((keys) => load(keys), { cache: false, maxBatchSize: 1000 });
}

/** What a statement answers for one parent of the batch. */
export type Keyed<K, Row> = Row & { readonly parentKey: K };

/** A list for each key, in the order in which the statement has the rows. */
export function listLoader<K extends string | number, Row extends object>(
  load: (keys: K[]) => Promise<readonly Keyed<K, Row>[]>,
): DataLoader<K, Row[]> {
  return batchLoader(async (keys) => {
    const lists = new Map<K, Row[]>(keys.map((key) => [key, []]));
    for (const { parentKey, ...row } of await load([...lists.keys()]))
      lists.get(parentKey)?.push(row as unknown as Row);
    return keys.map((key) => lists.get(key) ?? []);
  });
}

/** A value for each key, `missing` where the statement has no row. */
export function valueLoader<K extends string | number, V>(
  load: (keys: K[]) => Promise<readonly { readonly parentKey: K; readonly value: V }[]>,
  missing: V,
): DataLoader<K, V> {
  return batchLoader(async (keys) => {
    const rows = await load([...new Set(keys)]);
    const values = new Map(rows.map((row) => [row.parentKey, row.value]));
    return keys.map((key) => values.get(key) ?? missing);
  });
}

/** The rows of a statement that numbers the keys itself (`slot`, from 1): for keys of several parts. */
export function bySlot<Row extends object>(
  count: number,
  rows: readonly (Row & { readonly slot: number })[],
): Row[][] {
  const lists: Row[][] = Array.from({ length: count }, () => []);
  for (const { slot, ...row } of rows) lists[slot - 1]?.push(row as unknown as Row);
  return lists;
}
