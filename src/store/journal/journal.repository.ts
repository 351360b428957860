import type { JournalEntry, JournalKind, MachineVersion } from '../../../machines/domain/journal.ts';
import type { BulkClient, Database } from '../database.ts';
import { errorCode, StoreError } from '../store-error.ts';
import { type EncodedEntry, encodeBatch, INSERT, sizeOf } from './journal.encode.ts';
import {
  DEFAULT_PARTITION_BYTES,
  DEFAULT_PARTITION_ENTRIES,
  JournalPartitions,
  listPartitions,
} from './journal.partitions.ts';
import type { JournalFilter, JournalQuery } from './journal.query.ts';
import { type Retained, type RetainOptions, retain } from './journal.retention.ts';
import { readPage } from './journal.search.ts';

/** @see https://www.postgresql.org/docs/18/errcodes-appendix.html, check_violation; the journal has no other checks. */
const NO_PARTITION = '23514';

export interface RunInfo {
  /** Epoch ms. */
  readonly startedAt: number;
  /** Version of the program. */
  readonly program: string;
  readonly host: string;
  readonly pid: number;
}

/** An entry and the run that wrote it. */
export interface StoredEntry extends JournalEntry {
  readonly run: number;
}

export interface JournalSize {
  /** Of tables and indexes together. */
  readonly bytes: number;
  /** Estimated from PostgreSQL's statistics. */
  readonly entries: number;
  /** Epoch ms with fraction; null while it is empty. */
  readonly oldestAt: number | null;
}

async function findVersion(client: BulkClient, values: readonly string[]): Promise<number | null> {
  const { rows } = await client.query(
    `select id from journal_versions
     where machine_id = $1 and machine_hash = $2 and config_hash = $3 and program = $4`,
    values,
  );
  return (rows as { id: number }[])[0]?.id ?? null;
}

/** What every actor did, in partitions that are dropped as a whole when they are old or too many. */
export class JournalRepository {
  readonly #db: Database;
  readonly #partitions: JournalPartitions;
  /** Versions are never removed, so their numbers may be remembered. */
  readonly #versions = new Map<string, number>();

  /**
   * `partitionEntries`, `partitionBytes`: after so many a new partition begins; of bytes also after an eighth of what
   * is to be kept, once {@link retain} was told. @default 250,000 and 256 MB
   */
  constructor(
    db: Database,
    partitionEntries = DEFAULT_PARTITION_ENTRIES,
    partitionBytes = DEFAULT_PARTITION_BYTES,
  ) {
    this.#db = db;
    this.#partitions = new JournalPartitions(db, partitionEntries, partitionBytes);
  }

  /** Registers a run; answers its number and the first seq that it is to use. */
  open(info: RunInfo): Promise<{ readonly run: number; readonly nextSeq: number }> {
    return this.#db.bulk(async (client) => {
      const { rows } = await client.query(
        `insert into journal_runs (started_at, program, host, pid) values ($1, $2, $3, $4)
         returning run, (select coalesce(max(seq), 0) + 1 from journal)::float8 as "nextSeq"`,
        [info.startedAt, info.program, info.host, info.pid],
      );
      const [row] = rows as { run: number; nextSeq: number }[];
      if (row === undefined) throw new Error('the run was not registered');
      return row;
    });
  }

  /**
   * Writes a batch, seq ascending, all of it or nothing, in one statement. Entries that are there already are left as
   * they are: after a failure whose outcome is unknown the same batch may be written again.
   */
  async append(run: number, entries: readonly EncodedEntry[]): Promise<void> {
    const first = entries[0];
    const last = entries.at(-1);
    if (first === undefined || last === undefined) return;
    const values = [run, ...encodeBatch(entries)];
    const insert = () => this.#db.bulk((client) => client.query(INSERT, values));
    await this.#partitions.prepare(first.seq, last.at);
    const { rowCount } = await insert().catch(async (error: unknown) => {
      if (!(error instanceof StoreError) || errorCode(error.cause) !== NO_PARTITION) throw error;
      await this.#partitions.makeRoomFor(first.seq);
      return insert();
    });
    const written = rowCount ?? 0;
    this.#partitions.wrote(written, written === 0 ? 0 : sizeOf(entries), last.at);
  }

  /** The number of a version; the first to ask for it makes it. */
  async version(version: MachineVersion): Promise<number> {
    const values = [version.machineId, version.machineHash, version.configHash, version.program];
    const key = values.join('\n');
    const known = this.#versions.get(key);
    if (known !== undefined) return known;
    const id = await this.#db.bulk(async (client) => {
      const found = await findVersion(client, values);
      if (found !== null) return found;
      await client.query(
        `insert into journal_versions (machine_id, machine_hash, config_hash, program)
         values ($1, $2, $3, $4) on conflict do nothing`,
        values,
      );
      return findVersion(client, values);
    });
    if (id === null) throw new Error(`version of machine "${version.machineId}" was not made`);
    this.#versions.set(key, id);
    return id;
  }

  /** What the versions with these numbers are. */
  versions(ids: readonly number[]): Promise<ReadonlyMap<number, MachineVersion>> {
    return this.#db.bulk(async (client) => {
      const { rows } = await client.query(
        `select id, machine_id as "machineId", machine_hash as "machineHash", config_hash as "configHash", program
         from journal_versions where id = any($1::int[])`,
        [ids],
      );
      return new Map(
        (rows as (MachineVersion & { id: number })[]).map(({ id, ...version }) => [id, version]),
      );
    });
  }

  /** One page, newest first unless asked otherwise. A text is looked for until `signal` aborts, which rejects. */
  list(query: JournalQuery, signal?: AbortSignal): Promise<readonly StoredEntry[]> {
    return this.#db.bulk((client) => readPage<StoredEntry>(client, query, signal));
  }

  /** What one actor did, ascending; `afterSeq` exclusive, `untilSeq` inclusive. */
  entriesOf(
    actor: string,
    query: {
      readonly afterSeq: number;
      readonly untilSeq: number;
      readonly limit: number;
      readonly run?: number | undefined;
    },
  ): Promise<readonly StoredEntry[]> {
    const { afterSeq, untilSeq, limit, run } = query;
    return this.list({ actor, afterSeq, toSeq: untilSeq, limit, run, order: 'oldest' });
  }

  /** The newest entry of some kinds at or before `seq`; null when there is none. */
  async lastBefore(actor: string, kinds: readonly JournalKind[], seq: number): Promise<StoredEntry | null> {
    return (await this.list({ actor, kinds, toSeq: seq, limit: 1 }))[0] ?? null;
  }

  /** The newest recoveries, newest first. */
  recoveries(limit: number): Promise<readonly StoredEntry[]> {
    return this.list({ kinds: ['recovery'], limit });
  }

  /** Everything that a filter lets through, oldest first; holds one page of `pageSize` at a time. */
  async *each(filter: JournalFilter, pageSize = 1_000): AsyncGenerator<StoredEntry, void, undefined> {
    let afterSeq: number | undefined;
    for (;;) {
      const page = await this.list({ ...filter, afterSeq, limit: pageSize, order: 'oldest' });
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < pageSize) return;
      afterSeq = last.seq;
    }
  }

  /** @see retain */
  retain(options: RetainOptions): Promise<Retained | null> {
    this.#partitions.keepTo(options.keepBytes);
    return retain(this.#db, options);
  }

  size(): Promise<JournalSize> {
    return this.#db.run(async (em) => {
      const partitions = await listPartitions(em);
      const [row] = await em.execute<{ at: number | null }[]>('select min(at) as at from journal');
      return {
        bytes: partitions.reduce((sum, { bytes }) => sum + bytes, 0),
        entries: partitions.reduce((sum, { entries }) => sum + entries, 0),
        oldestAt: row?.at ?? null,
      };
    });
  }
}
