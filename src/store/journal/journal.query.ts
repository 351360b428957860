import type { JournalKind } from '../../../machines/domain/journal.ts';
import { storableText } from './journal.encode.ts';

/** Which entries; what is left out does not restrict. */
export interface JournalFilter {
  /** Path of an actor. */
  readonly actor?: string | undefined;
  /** Also the actors below it. @default false */
  readonly below?: boolean | undefined;
  readonly kinds?: readonly JournalKind[] | undefined;
  readonly run?: number | undefined;
  /** Epoch ms, `from <= at < to`. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Both inclusive. */
  readonly fromSeq?: number | undefined;
  readonly toSeq?: number | undefined;
  /** Stands somewhere in the JSON of `data`; letters beyond ASCII only in the same case, unless the database's locale knows better. */
  readonly text?: string | undefined;
}

export interface JournalQuery extends JournalFilter {
  /** @default newest */
  readonly order?: 'newest' | 'oldest' | undefined;
  /** Cursors, exclusive: the seq of the last entry of the page before, or of its first to turn back. */
  readonly beforeSeq?: number | undefined;
  readonly afterSeq?: number | undefined;
  readonly limit: number;
}

/** Numbers as doubles, which hold every seq: the driver answers bigints as text. */
const columns =
  'seq::float8 as seq, run, at, actor, kind, cause::float8 as cause, version, data from journal';

/**
 * The statement and its parameters. Two processes that overlap may have used the same seq: a page ends after the last
 * of equals, so that none is lost between two pages, and may be that much longer than `limit`.
 */
export function journalSql(query: JournalQuery): readonly [string, readonly unknown[]] {
  const values: unknown[] = [];
  const where: string[] = [];
  const add = (value: unknown, condition: (mark: string) => string) => {
    if (value === undefined) return;
    values.push(typeof value === 'string' ? storableText(value) : value);
    where.push(condition(`$${values.length}`));
  };
  add(query.actor, (mark) =>
    // "0" follows "/".
    query.below === true
      ? `(actor = ${mark} or (actor > ${mark} || '/' and actor < ${mark} || '0'))`
      : `actor = ${mark}`,
  );
  add(query.kinds, (mark) => `kind = any(${mark}::text[])`);
  add(query.run, (mark) => `run = ${mark}`);
  add(query.from, (mark) => `at >= ${mark}`);
  add(query.to, (mark) => `at < ${mark}`);
  add(query.fromSeq, (mark) => `seq >= ${mark}`);
  add(query.toSeq, (mark) => `seq <= ${mark}`);
  add(query.afterSeq, (mark) => `seq > ${mark}`);
  add(query.beforeSeq, (mark) => `seq < ${mark}`);
  add(query.text, (mark) => `strpos(lower(data::text), lower(${mark}::text)) > 0`);
  values.push(query.limit);
  return [
    `select ${columns} ${where.length === 0 ? '' : `where ${where.join(' and ')}`}
     order by journal.seq ${query.order === 'oldest' ? 'asc' : 'desc'}
     fetch first $${values.length} rows with ties`,
    values,
  ];
}
