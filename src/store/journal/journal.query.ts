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
  /** Stands in the JSON of `data`, in either case; for letters beyond ASCII that depends on the database's locale. */
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

export type Statement = readonly [text: string, values: readonly unknown[]];

/** Numbers as doubles, which hold every seq: the driver answers bigints as text. */
const columns = 'seq::float8 as seq, run, at, actor, kind, cause::float8 as cause, version, data';

const direction = ({ order }: JournalQuery): string => (order === 'oldest' ? 'asc' : 'desc');

/** Conditions and their parameters; there is always one, so that more may follow. */
function where(query: JournalQuery): { readonly conditions: string; readonly values: readonly unknown[] } {
  const values: unknown[] = [];
  const conditions = ['true'];
  const add = (value: unknown, condition: (mark: string) => string) => {
    if (value === undefined) return;
    values.push(typeof value === 'string' ? storableText(value) : value);
    conditions.push(condition(`$${values.length}`));
  };
  add(query.actor, (mark) =>
    // "0" follows "/".
    query.below === true
      ? `(actor = ${mark} or (actor > ${mark} || '/' and actor < ${mark} || '0'))`
      : `actor = ${mark}`,
  );
  // Of one kind the index knows the order.
  if (query.kinds?.length === 1) add(query.kinds[0], (mark) => `kind = ${mark}`);
  else add(query.kinds, (mark) => `kind = any(${mark}::text[])`);
  add(query.run, (mark) => `run = ${mark}`);
  add(query.from, (mark) => `at >= ${mark}`);
  add(query.to, (mark) => `at < ${mark}`);
  add(query.fromSeq, (mark) => `seq >= ${mark}`);
  add(query.toSeq, (mark) => `seq <= ${mark}`);
  add(query.afterSeq, (mark) => `seq > ${mark}`);
  add(query.beforeSeq, (mark) => `seq < ${mark}`);
  add(query.text, (mark) => `strpos(lower(data::text), lower(${mark}::text)) > 0`);
  return { conditions: conditions.join(' and '), values };
}

/**
 * One page. Two processes that overlap may have used the same seq: a page ends after the last of equals, so that none
 * is lost between two pages, and may be that much longer than `limit`.
 */
export function pageSql(query: JournalQuery): Statement {
  const { conditions, values } = where(query);
  return [
    `select ${columns} from journal where ${conditions}
     order by journal.seq ${direction(query)} fetch first $${values.length + 1} rows with ties`,
    [...values, query.limit],
  ];
}

/** The seq of the entry that is number `count` of those that the query finds; no row when there are fewer. */
export function edgeSql(query: JournalQuery, count: number): Statement {
  const { conditions, values } = where(query);
  return [
    `select seq::float8 as seq from journal where ${conditions}
     order by journal.seq ${direction(query)} offset $${values.length + 1} limit 1`,
    [...values, count - 1],
  ];
}
