import type { EntityManager } from '@mikro-orm/postgresql';
import type { Database } from '../database.ts';

const DAY_MS = 86_400_000;
export const DEFAULT_PARTITION_ENTRIES = 250_000;
export const DEFAULT_PARTITION_BYTES = 256 * 1024 * 1024;
/** Smaller ones are not worth a table. */
const LEAST_PARTITION_BYTES = 1024 * 1024;
/** Of what may be kept, so that dropping one is not dropping nearly everything. */
const PARTITIONS_KEPT = 8;

/** A partition of the journal: a table that is dropped as a whole. */
export interface JournalPartition {
  readonly name: string;
  /** Of PostgreSQL's bound: a number, or MINVALUE. */
  readonly from: string;
  /** With its indexes. */
  readonly bytes: number;
  /** Estimated from statistics. */
  readonly entries: number;
}

/** The newest partition and what is in it. */
interface Present {
  readonly name: string;
  entries: number;
  /** About; with its indexes. */
  bytes: number;
  /** Days since 1970, UTC, of its newest entry; null while it is empty. */
  day: number | null;
}

const dayOf = (at: number): number => Math.floor(at / DAY_MS);

/** Oldest first. */
export const listPartitions = (em: EntityManager): Promise<JournalPartition[]> =>
  em.execute(`
    select c.relname as name, substring(pg_get_expr(c.relpartbound, c.oid) from 'FROM \\(([^)]*)') as "from",
      pg_total_relation_size(c.oid)::float8 as bytes,
      greatest(c.reltuples, pg_stat_get_live_tuples(c.oid), 0)::float8 as entries
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'journal'::regclass and c.relname ~ '^journal_p[0-9]+$'
    order by substring(c.relname from 10)::bigint`);

/** Makes a partition named after its first seq; bounds as PostgreSQL writes them. */
async function makePartition(em: EntityManager, firstSeq: number, from: string, to: string): Promise<string> {
  const name = `journal_p${firstSeq}`;
  await em.execute(`create table ${name} partition of journal for values from (${from}) to (${to})`);
  // Partitions take over the row triggers of the journal, but not those of statements.
  await em.execute(
    `create trigger no_truncate before truncate on ${name}
     for each statement execute function journal_no_truncate_fn()`,
  );
  return name;
}

async function presentOf(em: EntityManager, { name, bytes }: JournalPartition): Promise<Present> {
  const [row] = await em.execute<{ entries: number; at: number | null }[]>(
    `select count(*)::float8 as entries, max(at) as at from ${name}`,
  );
  const at = row?.at ?? null;
  return { name, bytes, entries: row?.entries ?? 0, day: at === null ? null : dayOf(at) };
}

/**
 * Ends the newest partition after its last entry, or before `seq` when that is later, and begins the next one there.
 * The newest has no upper bound until then, so that no seq is without a partition.
 */
async function beginNext(em: EntityManager, { name, from }: JournalPartition, seq: number): Promise<string> {
  const [row] = await em.execute<{ last: number | null }[]>(`select max(seq)::float8 as last from ${name}`);
  const next = Math.max((row?.last ?? 0) + 1, seq);
  await em.execute(`alter table journal detach partition ${name}`);
  await em.execute(`alter table journal attach partition ${name} for values from (${from}) to ('${next}')`);
  return makePartition(em, next, `'${next}'`, 'maxvalue');
}

/** Decides into which partition the next entries go. Nobody else makes partitions. */
export class JournalPartitions {
  readonly #db: Database;
  readonly #maxEntries: number;
  #maxBytes: number;
  /** Null before the first write, and after a failure. */
  #present: Present | null = null;

  constructor(db: Database, maxEntries: number, maxBytes: number) {
    this.#db = db;
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  /** Whole partitions are dropped, and never the newest: they are small against what is kept. */
  keepTo(bytes: number): void {
    const share = Math.max(LEAST_PARTITION_BYTES, bytes / PARTITIONS_KEPT);
    this.#maxBytes = Math.min(this.#maxBytes, share);
  }

  #isOver({ entries, bytes, day }: Present, at: number): boolean {
    // An empty one is never ended: the next one would have its name.
    if (entries === 0) return false;
    return entries >= this.#maxEntries || bytes >= this.#maxBytes || (day !== null && dayOf(at) > day);
  }

  /** Sees to it that there is a partition for entries from `seq` and `at` (epoch ms) on. */
  async prepare(seq: number, at: number): Promise<void> {
    if (this.#present !== null && !this.#isOver(this.#present, at)) return;
    this.#present = null;
    this.#present = await this.#db.transaction(async (em) => {
      // Readers too: what is detached must not be missing from an answer. Another process may have been faster.
      await em.execute('lock table journal in access exclusive mode');
      const newest = (await listPartitions(em)).at(-1);
      if (newest === undefined) {
        return {
          name: await makePartition(em, seq, 'minvalue', 'maxvalue'),
          entries: 0,
          bytes: 0,
          day: null,
        };
      }
      const present = await presentOf(em, newest);
      if (!this.#isOver(present, at)) return present;
      return { name: await beginNext(em, newest, seq), entries: 0, bytes: 0, day: null };
    });
  }

  /** Makes room for entries that come after the partition they belong to was dropped. */
  async makeRoomFor(seq: number): Promise<void> {
    this.#present = null;
    await this.#db.transaction(async (em) => {
      await em.execute('lock table journal in access exclusive mode');
      const oldest = (await listPartitions(em))[0];
      if (oldest === undefined) await makePartition(em, seq, 'minvalue', 'maxvalue');
      else if (oldest.from !== 'MINVALUE') await makePartition(em, seq, 'minvalue', oldest.from);
    });
  }

  /** Counts what was written; `at` of the newest entry. */
  wrote(entries: number, bytes: number, at: number): void {
    if (this.#present === null) return;
    this.#present.entries += entries;
    this.#present.bytes += bytes;
    this.#present.day = Math.max(this.#present.day ?? 0, dayOf(at));
  }
}
