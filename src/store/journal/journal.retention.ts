import type { Database } from '../database.ts';
import { type JournalPartition, listPartitions } from './journal.partitions.ts';

const DAY_MS = 86_400_000;

export interface RetainOptions {
  readonly keepDays: number;
  /** Of tables and indexes together. */
  readonly keepBytes: number;
  /** Epoch ms. */
  readonly now: number;
}

/** What was dropped: whole partitions, oldest first. */
export interface Retained {
  /** How many partitions, and why. */
  readonly byAge: number;
  readonly bySize: number;
  readonly entries: number;
  readonly bytes: number;
  /** Null when what was dropped was empty. */
  readonly firstSeq: number | null;
  readonly lastSeq: number | null;
  /** Epoch ms with fraction. */
  readonly firstAt: number | null;
  readonly lastAt: number | null;
}

interface Dropped
  extends Pick<Retained, 'entries' | 'bytes' | 'firstSeq' | 'lastSeq' | 'firstAt' | 'lastAt'> {
  readonly isOld: boolean;
}

const known = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);
const least = (values: readonly (number | null)[]): number | null =>
  known(values).reduce<number | null>((a, b) => (a === null ? b : Math.min(a, b)), null);
const greatest = (values: readonly (number | null)[]): number | null =>
  known(values).reduce<number | null>((a, b) => (a === null ? b : Math.max(a, b)), null);

const total = (dropped: readonly Dropped[]): Retained => ({
  byAge: dropped.filter(({ isOld }) => isOld).length,
  bySize: dropped.filter(({ isOld }) => !isOld).length,
  entries: dropped.reduce((sum, { entries }) => sum + entries, 0),
  bytes: dropped.reduce((sum, { bytes }) => sum + bytes, 0),
  firstSeq: least(dropped.map(({ firstSeq }) => firstSeq)),
  lastSeq: greatest(dropped.map(({ lastSeq }) => lastSeq)),
  firstAt: least(dropped.map(({ firstAt }) => firstAt)),
  lastAt: greatest(dropped.map(({ lastAt }) => lastAt)),
});

/** Drops a partition that is too old or too much; `gone` when another process dropped it first. */
function dropIf(
  db: Database,
  { name, bytes }: JournalPartition,
  isTooMuch: boolean,
  oldestAt: number,
): Promise<Dropped | 'stays' | 'gone'> {
  return db.transaction(async (em) => {
    // Keeps out those who would drop, not those who read and write.
    await em.execute('lock table journal in share update exclusive mode');
    const found = await em.execute('select 1 where to_regclass(?) is not null', [name]);
    if (found.length === 0) return 'gone';
    const [newest] = await em.execute<{ at: number | null }[]>(`select max(at) as at from ${name}`);
    const isOld = (newest?.at ?? Number.NEGATIVE_INFINITY) < oldestAt;
    if (!isTooMuch && !isOld) return 'stays';
    const [contents] = await em.execute<Omit<Dropped, 'isOld' | 'bytes'>[]>(
      `select count(*)::float8 as entries, min(seq)::float8 as "firstSeq", max(seq)::float8 as "lastSeq",
         min(at) as "firstAt", max(at) as "lastAt"
       from ${name}`,
    );
    await em.execute(`drop table ${name}`);
    return contents === undefined ? 'gone' : { ...contents, bytes, isOld };
  });
}

/**
 * Drops the oldest partitions while all of their entries are older than `keepDays`, or all partitions together are
 * larger than `keepBytes`; never the newest. Answers null when nothing was dropped.
 */
export async function retain(db: Database, options: RetainOptions): Promise<Retained | null> {
  const oldestAt = options.now - options.keepDays * DAY_MS;
  const partitions = await db.run(listPartitions);
  let held = partitions.reduce((sum, { bytes }) => sum + bytes, 0);
  const dropped: Dropped[] = [];
  for (const partition of partitions.slice(0, -1)) {
    const outcome = await dropIf(db, partition, held > options.keepBytes, oldestAt);
    if (outcome === 'stays') break;
    held -= partition.bytes;
    if (outcome !== 'gone') dropped.push(outcome);
  }
  return dropped.length === 0 ? null : total(dropped);
}
