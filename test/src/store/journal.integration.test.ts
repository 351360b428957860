import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JournalEntry, Json } from '../../../machines/domain/journal.ts';
import type { EncodedEntry } from '../../../src/store/journal/journal.encode.ts';
import type { StoredEntry } from '../../../src/store/journal/journal.repository.ts';
import { createOrm } from '../../../src/store/orm.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { StoreError } from '../../../src/store/store-error.ts';
import { sql, type TestDatabase, testDatabase } from '../../support/postgres.ts';

const DAY_MS = 86_400_000;
/** Noon of a day, UTC. */
const NOON = Date.UTC(2026, 0, 5, 12);

let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(async () => {
  store = await openStore({ url: database.url, journalPartitionEntries: 10 });
});
afterEach(async () => {
  await store.close();
  await sql(
    database.url,
    `do $$ declare part text; begin
       for part in select inhrelid::regclass from pg_inherits where inhparent = 'journal'::regclass loop
         execute 'drop table ' || part;
       end loop;
     end $$`,
  );
});
afterAll(() => database.drop());

const entry = (seq: number, overrides: Partial<JournalEntry> = {}): JournalEntry => ({
  seq,
  at: NOON + seq + 0.25,
  actor: 'root/sessions/session:a',
  kind: 'step',
  cause: seq > 1 ? seq - 1 : null,
  version: null,
  data: { event: { type: 'bar.closed' }, from: 'idle' },
  ...overrides,
});
const encoded = (entries: readonly JournalEntry[]): EncodedEntry[] =>
  entries.map((each) => ({ ...each, data: JSON.stringify(each.data) }));
const series = (first: number, last: number, overrides: Partial<JournalEntry> = {}) =>
  Array.from({ length: last - first + 1 }, (_, i) => entry(first + i, overrides));
const append = (entries: readonly JournalEntry[], run = 1) => store.journal.append(run, encoded(entries));
const seqs = (entries: readonly JournalEntry[]) => entries.map(({ seq }) => seq);
const stored = (entries: readonly JournalEntry[], run = 1): StoredEntry[] =>
  entries.map((each) => ({ ...each, run }));
const everything = () => store.journal.list({ order: 'oldest', limit: 10_000 });

/** Names of the partitions with the number of their entries, oldest first. */
async function partitions(): Promise<Record<string, number>> {
  const names = await sql<{ name: string }>(
    database.url,
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'journal'::regclass`,
  );
  const counted: [string, number][] = [];
  for (const { name } of names.sort((a, b) => Number(a.name.slice(9)) - Number(b.name.slice(9)))) {
    const [row] = await sql<{ n: string }>(database.url, `select count(*) as n from ${name}`);
    counted.push([name, Number(row?.n)]);
  }
  return Object.fromEntries(counted);
}

describe('append', () => {
  it('keeps every field as it was', async () => {
    const odd: Json = {
      text: 'quotes " and \\ and \n, a tab \t, {braces}, NULL, ü 漢 🙂',
      list: [1, -0.5, 1e21, null, true],
      nested: { '': {} },
    };
    const entries = [
      entry(1, { kind: 'run', actor: 'process', data: null }),
      entry(2, { actor: 'root/with "quotes", commas and \\', version: 3, data: odd }),
      entry(9, { cause: null, data: 'text' }),
    ];
    await append(entries, 7);
    expect(await everything()).toStrictEqual(stored(entries, 7));
  });

  it('writes a batch once, however often it is told to', async () => {
    await append(series(1, 5));
    await append(series(1, 5, { data: 'again' }));
    await append(series(4, 8));
    expect(await everything()).toStrictEqual(stored(series(1, 8)));
  });

  it('takes an empty batch for nothing', async () => {
    await append([]);
    expect(await partitions()).toEqual({});
  });

  it('keeps the entries of two processes that overlap apart', async () => {
    await append(series(1, 6), 1);
    await append(series(4, 8), 2);
    expect(await store.journal.list({ order: 'oldest', limit: 100, run: 2 })).toStrictEqual(
      stored(series(4, 8), 2),
    );
    expect(await everything()).toHaveLength(11);
  });

  it.each<[string, Json]>([
    ['NUL', ['a\0b', '\\\0', { '\0': 1 }]],
    ['halves of surrogate pairs', '\ud83d and \ude42'],
    ['the text of an escape', '\\u0000'],
    ['line ends and separators', 'a\n\r\u001f\u2028\t\u007f'],
    ['names in their order', [{ b: 1, a: 2 }, { text: '1e400' }]],
  ])('stores %s to the letter', async (_, data) => {
    await append([entry(1), entry(2, { data }), entry(3)]);
    expect(await everything()).toStrictEqual(stored([entry(1), entry(2, { data }), entry(3)]));
  });

  it('stores control characters in the path of an actor without losing its batch', async () => {
    await append([entry(1, { actor: 'a\0b\u001fc\nd' }), entry(2)]);
    expect((await everything()).map(({ actor }) => actor)).toEqual([
      'a\\u0000b c\nd',
      'root/sessions/session:a',
    ]);
    expect(await store.journal.list({ actor: 'a\0b c\nd', limit: 1 })).toHaveLength(1);
  });

  it('writes all of a batch or nothing of it', async () => {
    await append([entry(1)]);
    const batch = [...encoded([entry(2)]), { ...entry(3), data: '{"cut off' }];
    await expect(store.journal.append(1, batch)).rejects.toMatchObject({
      name: 'StoreError',
      code: 'QUERY_FAILED',
    });
    expect(seqs(await everything())).toEqual([1]);
  });
});

describe('partitions', () => {
  it('are begun when the present one has taken its number of entries', async () => {
    for (let first = 1; first <= 45; first += 5) await append(series(first, first + 4));
    expect(await partitions()).toEqual({
      journal_p1: 10,
      journal_p11: 10,
      journal_p21: 10,
      journal_p31: 10,
      journal_p41: 5,
    });
    expect(await everything()).toStrictEqual(stored(series(1, 45)));
  });

  /** Random, so that the database cannot compress it. */
  const large = (seq: number, bytes: number) => [
    entry(seq, { data: randomBytes(bytes / 2).toString('hex') }),
  ];

  it('are begun when the present one has taken its bytes, also those of an earlier process', async () => {
    const options = { url: database.url, journalPartitionBytes: 1_000_000 };
    for (const first of [1, 8]) {
      await store.close();
      store = await openStore(options);
      for (let seq = first; seq < first + 7; seq += 1) await append(large(seq, 200_000));
    }
    const counts = Object.values(await partitions());
    expect(counts.length).toBeGreaterThanOrEqual(2);
    expect(Math.max(...counts)).toBeLessThan(10);
  });

  it('are small against what is kept, so that something can be dropped', async () => {
    await store.close();
    store = await openStore({ url: database.url });
    await store.journal.retain({ keepDays: 30, keepBytes: 8 * 1024 * 1024, now: NOON });
    for (let seq = 1; seq <= 12; seq += 1) await append(large(seq, 500_000));
    expect(Object.keys(await partitions()).length).toBeGreaterThan(2);
  });

  it('are begun by the first write of a new UTC day', async () => {
    await append([entry(1)]);
    await append([entry(2, { at: Date.UTC(2026, 0, 5, 23, 59, 59, 999) })]);
    await append([entry(3, { at: Date.UTC(2026, 0, 6) })]);
    await append([entry(4, { at: NOON })]);
    expect(await partitions(), 'a clock that was set back begins none').toEqual({
      journal_p1: 2,
      journal_p3: 2,
    });
  });

  it('count what an earlier process wrote', async () => {
    await append(series(1, 8));
    await store.close();
    store = await openStore({ url: database.url, journalPartitionEntries: 10 });
    await append(series(9, 10));
    await append(series(11, 12));
    await store.close();
    store = await openStore({ url: database.url, journalPartitionEntries: 10 });
    await append([entry(13, { at: NOON + DAY_MS })]);
    expect(await partitions()).toEqual({ journal_p1: 10, journal_p11: 2, journal_p13: 1 });
  });

  it('are begun once by two processes that write at the same time', async () => {
    const other = await openStore({ url: database.url, journalPartitionEntries: 10 });
    for (let first = 1; first <= 60; first += 6) {
      await Promise.all([
        append(series(first, first + 5), 1),
        other.journal.append(2, encoded(series(first, first + 5))),
      ]);
    }
    await other.close();
    const counts = Object.values(await partitions());
    expect(counts.reduce((a, b) => a + b, 0)).toBe(120);
    expect(counts.length).toBeGreaterThan(3);
    expect(await everything()).toHaveLength(120);
  });

  it('have a place for what comes late, after its partition was dropped', async () => {
    for (let first = 1; first <= 30; first += 10) await append(series(first, first + 9));
    await store.journal.retain({ keepDays: 30, keepBytes: 0, now: NOON });
    await append(series(18, 22), 2);
    await append([entry(31)]);
    expect(await partitions()).toEqual({ journal_p18: 3, journal_p21: 12, journal_p31: 1 });
  });

  it.each(['journal', 'journal_p1', 'journal_p11', 'journal_runs', 'journal_versions'])(
    '%s refuses update, delete and truncate',
    async (table) => {
      await store.journal.open({ startedAt: NOON, program: '1.0.0', host: 'here', pid: 1 });
      await store.journal.version({ machineId: 'm', machineHash: 'h', configHash: 'c', program: '1' });
      await append(series(1, 10));
      await append(series(11, 12));
      const column = { journal_runs: 'pid = 2', journal_versions: `program = ''` }[table] ?? `at = 0`;
      for (const statement of [
        `update ${table} set ${column}`,
        `delete from ${table}`,
        `truncate ${table}`,
      ]) {
        await expect(sql(database.url, statement), statement).rejects.toThrow('is append-only');
      }
    },
  );
});

describe('retain', () => {
  const day = (number: number) => NOON + number * DAY_MS;
  const fiveDays = async () => {
    for (let d = 0; d < 5; d += 1) {
      await append([entry(d * 2 + 1, { at: day(d) + 0.5 }), entry(d * 2 + 2, { at: day(d) + 1.5 })]);
    }
  };
  const plenty = 1e12;

  it('answers null when there is nothing to drop', async () => {
    expect(await store.journal.retain({ keepDays: 1, keepBytes: 0, now: day(900) })).toBeNull();
    await fiveDays();
    expect(await store.journal.retain({ keepDays: 30, keepBytes: plenty, now: day(5) })).toBeNull();
    expect(Object.keys(await partitions())).toHaveLength(5);
  });

  it('drops the partitions of which every entry is too old, and tells what they held', async () => {
    await fiveDays();
    // The last entry of the third day is exactly as old as it may be.
    const dropped = await store.journal.retain({ keepDays: 2, keepBytes: plenty, now: day(4) + 1.5 });
    expect(dropped).toStrictEqual({
      byAge: 2,
      bySize: 0,
      entries: 4,
      bytes: expect.any(Number),
      firstSeq: 1,
      lastSeq: 4,
      firstAt: day(0) + 0.5,
      lastAt: day(1) + 1.5,
    });
    expect(dropped?.bytes).toBeGreaterThan(2 * 8_192);
    expect(seqs(await everything())).toEqual([5, 6, 7, 8, 9, 10]);
  });

  it('drops the oldest partitions until the rest is small enough', async () => {
    await fiveDays();
    const { bytes } = await store.journal.size();
    const dropped = await store.journal.retain({
      keepDays: 30,
      keepBytes: bytes - bytes / 5 - 1,
      now: day(4),
    });
    expect(dropped).toMatchObject({ byAge: 0, bySize: 2, entries: 4, firstSeq: 1, lastSeq: 4 });
    expect((await store.journal.size()).bytes).toBe(bytes - (dropped?.bytes ?? 0));
    expect(await partitions()).toEqual({ journal_p5: 2, journal_p7: 2, journal_p9: 2 });
  });

  it('never drops the newest, however old and large', async () => {
    await fiveDays();
    expect(await store.journal.retain({ keepDays: 1, keepBytes: 0, now: day(900) })).toMatchObject({
      byAge: 4,
      bySize: 0,
      lastSeq: 8,
    });
    expect(await store.journal.retain({ keepDays: 1, keepBytes: 0, now: day(900) })).toBeNull();
    await append([entry(11, { at: day(4) })]);
    expect(seqs(await everything())).toEqual([9, 10, 11]);
  });

  it('does it once when two processes do it together', async () => {
    await fiveDays();
    const other = await openStore({ url: database.url });
    const options = { keepDays: 1, keepBytes: plenty, now: day(900) };
    const answers = await Promise.all([store.journal.retain(options), other.journal.retain(options)]);
    await other.close();
    expect(answers.reduce((sum, dropped) => sum + (dropped?.entries ?? 0), 0)).toBe(8);
    expect(await partitions()).toEqual({ journal_p9: 2 });
  });
});

describe('size', () => {
  it('is nothing at first, and grows with what is written', async () => {
    expect(await store.journal.size()).toEqual({ bytes: 0, entries: 0, oldestAt: null });
    await append(series(3, 12));
    await append(series(13, 15));
    const { bytes, oldestAt } = await store.journal.size();
    expect(bytes).toBeGreaterThan(2 * 8_192);
    expect(oldestAt).toBe(NOON + 3.25);
    await sql(database.url, 'analyze');
    expect((await store.journal.size()).entries).toBe(13);
  });
});

describe('list', () => {
  const a = 'root/sessions/session:a';
  const b = 'root/sessions/session:b';
  const entries = [
    entry(1, { actor: 'root', kind: 'spawn' }),
    entry(2, { actor: 'root/sessions', kind: 'spawn' }),
    entry(3, { actor: a, kind: 'spawn', data: { note: '100 % _sure_', type: 'Äpfel' } }),
    entry(4, { actor: `${a}/order` }),
    entry(5, { actor: `${a}-2`, data: { type: 'risk.Halted' } }),
    entry(6, { actor: b, kind: 'crash' }),
    entry(7, { actor: 'root/sessions0', kind: 'stop' }),
    entry(8, { actor: a }),
  ];
  const found = async (filter: object) =>
    seqs(await store.journal.list({ ...filter, order: 'oldest', limit: 100 }));
  beforeEach(() => append(entries));

  it('shows the newest first unless asked otherwise', async () => {
    expect(seqs(await store.journal.list({ limit: 3 }))).toEqual([8, 7, 6]);
    expect(seqs(await store.journal.list({ limit: 3, order: 'oldest' }))).toEqual([1, 2, 3]);
  });

  it('filters by an actor, and by all below it', async () => {
    expect(await found({ actor: a })).toEqual([3, 8]);
    expect(await found({ actor: a, below: true })).toEqual([3, 4, 8]);
    expect(await found({ actor: 'root/sessions', below: true })).toEqual([2, 3, 4, 5, 6, 8]);
    expect(await found({ actor: 'root/session', below: true })).toEqual([]);
  });

  it('filters by kinds, times and seqs', async () => {
    expect(await found({ kinds: ['spawn', 'crash'] })).toEqual([1, 2, 3, 6]);
    expect(await found({ kinds: [] })).toEqual([]);
    expect(await found({ from: NOON + 2.25, to: NOON + 5.25 })).toEqual([2, 3, 4]);
    expect(await found({ fromSeq: 3, toSeq: 5 })).toEqual([3, 4, 5]);
    expect(await found({ actor: a, kinds: ['step'], from: NOON, fromSeq: 4 })).toEqual([8]);
  });

  it('finds a text in the data, letter by letter, in upper or lower case', async () => {
    expect(await found({ text: 'RISK.halted' })).toEqual([5]);
    expect(await found({ text: '100 % _' })).toEqual([3]);
    expect(await found({ text: '1%_' })).toEqual([]);
    expect(await found({ text: 'ÄpFEL' })).toEqual([3]);
    expect(await found({ text: '\0' })).toEqual([]);
  });

  it('finds a text across many windows of entries, and stops between them when told to', async () => {
    await append(series(9, 30_000, { data: 'hay' }));
    await append(series(30_001, 30_002, { data: 'a needle' }));
    await append(series(30_003, 55_000, { data: 'hay' }));
    const text = 'needle';
    expect(seqs(await store.journal.list({ text, limit: 5 }))).toEqual([30_002, 30_001]);
    expect(seqs(await store.journal.list({ text, limit: 5, order: 'oldest' }))).toEqual([30_001, 30_002]);
    expect(seqs(await store.journal.list({ text, limit: 1 }))).toEqual([30_002]);
    expect(seqs(await store.journal.list({ text, limit: 5, beforeSeq: 30_002 }))).toEqual([30_001]);
    expect(seqs(await store.journal.list({ text: 'hay', limit: 45_000 }))).toHaveLength(45_000);
    expect(seqs(await Array.fromAsync(store.journal.each({ text }, 1)))).toEqual([30_001, 30_002]);
    const stop = new AbortController();
    const search = store.journal.list({ text: 'nowhere', limit: 1 }, stop.signal);
    stop.abort(new Error('enough'));
    await expect(search).rejects.toThrow('enough');
  });

  it('goes through pages to the end and back', async () => {
    const page = async (cursor: object) => seqs(await store.journal.list({ ...cursor, limit: 3 }));
    expect(await page({ beforeSeq: 6 })).toEqual([5, 4, 3]);
    expect(await page({ beforeSeq: 3 })).toEqual([2, 1]);
    expect(await page({ beforeSeq: 1 })).toEqual([]);
    expect(await page({ afterSeq: 2, order: 'oldest' })).toEqual([3, 4, 5]);
    expect(await page({ afterSeq: 5, order: 'oldest' })).toEqual([6, 7, 8]);
  });

  it('never cuts a page between two processes that used the same seq', async () => {
    await append(series(5, 6), 2);
    expect(seqs(await store.journal.list({ order: 'oldest', limit: 5 }))).toEqual([1, 2, 3, 4, 5, 5]);
    expect(seqs(await store.journal.list({ order: 'oldest', limit: 5, afterSeq: 5 }))).toEqual([6, 6, 7, 8]);
  });

  it('reads what one actor did after an entry and up to another', async () => {
    await append(series(9, 20, { actor: b }));
    const query = { afterSeq: 6, untilSeq: 17, limit: 5 };
    expect(await store.journal.entriesOf(b, query)).toStrictEqual(stored(series(9, 13, { actor: b })));
    expect(seqs(await store.journal.entriesOf(b, { ...query, afterSeq: 13 }))).toEqual([14, 15, 16, 17]);
    expect(await store.journal.entriesOf(b, { ...query, run: 2 })).toEqual([]);
  });

  it('finds the newest entry of some kinds at or before another', async () => {
    await append([entry(9, { actor: b, kind: 'checkpoint' }), entry(10, { actor: b, kind: 'step' })]);
    const last = async (seq: number) =>
      (await store.journal.lastBefore(b, ['checkpoint', 'crash'], seq))?.seq ?? null;
    expect([await last(5), await last(6), await last(8), await last(9), await last(99)]).toEqual([
      null,
      6,
      6,
      9,
      9,
    ]);
  });

  it('finds the newest recoveries', async () => {
    await append(series(9, 12, { kind: 'recovery' }));
    await append([entry(13)]);
    expect(seqs(await store.journal.recoveries(3))).toEqual([12, 11, 10]);
  });
});

describe('each', () => {
  it('goes through everything in order, whatever the pages are cut to', async () => {
    for (let first = 1; first <= 40; first += 8) await append(series(first, first + 7));
    for (const pageSize of [1, 7, 40, 1_000]) {
      const all = await Array.fromAsync(store.journal.each({}, pageSize));
      expect(all).toStrictEqual(stored(series(1, 40)));
    }
    expect(seqs(await Array.fromAsync(store.journal.each({ fromSeq: 12, toSeq: 15 }, 2)))).toEqual([
      12, 13, 14, 15,
    ]);
  });

  it('asks for no page before the last one was used up', async () => {
    await append(series(1, 9));
    const seen: number[] = [];
    for await (const { seq } of store.journal.each({}, 3)) {
      seen.push(seq);
      // Comes too late for the first page, in time for the next.
      if (seq === 3) await append([entry(10)]);
      if (seq === 10) break;
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

describe('runs and versions', () => {
  it('number runs, and continue the seq of all runs before', async () => {
    const info = { startedAt: NOON, program: '1.2.3', host: 'desk', pid: 42 };
    const { run, nextSeq } = await store.journal.open(info);
    expect(nextSeq).toBe(1);
    await append(series(1, 12), run);
    await append([entry(30)], run);
    expect(await store.journal.open({ ...info, pid: 43 })).toEqual({ run: run + 1, nextSeq: 31 });
    const rows = await sql(database.url, `select * from journal_runs where run >= ${run} order by run`);
    expect(rows).toEqual([
      { run, started_at: String(NOON), program: '1.2.3', host: 'desk', pid: 42 },
      { run: run + 1, started_at: String(NOON), program: '1.2.3', host: 'desk', pid: 43 },
    ]);
  });

  it('number each version once, in this process and in others', async () => {
    const version = { machineId: 'order', machineHash: 'aa', configHash: 'bb', program: '1.2.3' };
    const other = await openStore({ url: database.url });
    const ids = await Promise.all([
      store.journal.version(version),
      other.journal.version(version),
      store.journal.version(version),
    ]);
    expect(new Set(ids).size).toBe(1);
    const next = await store.journal.version({ ...version, configHash: 'cc' });
    expect(ids).not.toContain(next);
    expect(await other.journal.versions([next, ids[0] ?? 0, 999])).toEqual(
      new Map([
        [ids[0], version],
        [next, { ...version, configHash: 'cc' }],
      ]),
    );
    await other.close();
  });
});

describe('while the database is away', () => {
  it('append rejects with a StoreError, and the same batch is written once it is back', async () => {
    const base = new URL(database.url);
    const name = base.pathname.slice(1);
    base.pathname = '/postgres';
    await append(series(1, 3));
    await sql(
      base.href,
      `alter database ${name} allow_connections false`,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
    );
    await expect(append(series(2, 6))).rejects.toBeInstanceOf(StoreError);
    await expect(append(series(2, 12))).rejects.toBeInstanceOf(StoreError);
    await expect(store.journal.list({ limit: 1 })).rejects.toBeInstanceOf(StoreError);
    await sql(base.href, `alter database ${name} allow_connections true`);
    await append(series(2, 12));
    await append([entry(13)]);
    expect(await everything()).toStrictEqual(stored(series(1, 13)));
    expect(await partitions()).toEqual({ journal_p1: 12, journal_p13: 1 });
  });
});

describe('a database of the version before the journal', () => {
  it('is migrated and keeps its data', async () => {
    const old = await testDatabase();
    const orm = createOrm({ url: old.url });
    await orm.migrator.up({ to: 'Migration20261122221204_initial' });
    await orm.close(true);
    await sql(old.url, `insert into app_state (key, value) values ('risk', '{"state": "halted"}')`);
    const lines: string[] = [];
    const migrated = await openStore({ url: old.url, log: (line) => lines.push(line) });
    expect(lines.map((line) => line.split(' ').at(-1))).toContain('Migration20261125225658_add_journal');
    expect(await migrated.state.get('risk')).toEqual({ state: 'halted' });
    await migrated.journal.append(1, encoded([entry(1)]));
    expect(seqs(await migrated.journal.list({ limit: 5 }))).toEqual([1]);
    await migrated.close();
    await old.drop();
  });
});
