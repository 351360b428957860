import type { BulkClient } from '../database.ts';
import { edgeSql, type JournalQuery, pageSql } from './journal.query.ts';

/** Entries of which one statement reads the text: well below the time that a statement may take. */
const WINDOW = 20_000;

/**
 * Reads one page. A text has no index: it is looked for in one window of entries after the other, so that no
 * statement takes long however large the journal; `signal` ends that between two windows.
 */
export async function readPage<T extends { readonly seq: number }>(
  client: BulkClient,
  query: JournalQuery,
  signal?: AbortSignal,
  window = WINDOW,
): Promise<readonly T[]> {
  if (query.text === undefined) return (await client.query(...pageSql(query))).rows as T[];
  const isAscending = query.order === 'oldest';
  const found: T[] = [];
  let cursor: { afterSeq?: number; beforeSeq?: number } = {};
  for (;;) {
    signal?.throwIfAborted();
    const rest = { ...query, ...cursor };
    const { rows: edges } = await client.query(...edgeSql({ ...rest, text: undefined }, window));
    const edge = (edges as { seq: number }[])[0]?.seq;
    const least = isAscending ? rest.fromSeq : (edge ?? rest.fromSeq);
    const most = isAscending ? (edge ?? rest.toSeq) : rest.toSeq;
    const limit = query.limit - found.length;
    const { rows } = await client.query(...pageSql({ ...rest, fromSeq: least, toSeq: most, limit }));
    found.push(...(rows as T[]));
    if (edge === undefined || found.length >= query.limit) return found;
    cursor = isAscending ? { afterSeq: edge } : { beforeSeq: edge };
  }
}
