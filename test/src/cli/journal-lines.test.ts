import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { journalHead, journalLine, journalPages } from '../../../src/cli/journal-lines.ts';
import type { JournalEntryView } from '../../../src/contract/supervision.schema.ts';

const entry: JournalEntryView = {
  seq: 12,
  at: 1_767_323_045_000.25,
  actor: 'root/sessions/session:spx',
  kind: 'step',
  cause: null,
  version: 3,
  data: { event: { type: 'order.rejected', message: 'said "no",\r\nthen, nothing' }, from: 'ordering' },
};

describe('a line of the journal', () => {
  it('is read back from CSV as it was, whatever its data contain', () => {
    const rows = parse(`${journalHead('csv')}${journalLine(entry, 'csv')}`, { columns: true });
    expect(rows).toEqual([
      {
        seq: '12',
        time: '2026-01-02T03:04:05.000Z',
        at: '1767323045000.25',
        actor: 'root/sessions/session:spx',
        kind: 'step',
        cause: '',
        version: '3',
        data: JSON.stringify(entry.data),
      },
    ]);
  });

  it.each([
    ['a quote', 'a"b', '"""a\\""b"""'],
    ['a comma', 'a,b', '"""a,b"""'],
    ['nothing special', 5, '5'],
    ['nothing', null, 'null'],
  ])('quotes %s as RFC 4180 does', (_, data, written) => {
    expect(journalLine({ ...entry, data }, 'csv')).toBe(
      `12,2026-01-02T03:04:05.000Z,1767323045000.25,root/sessions/session:spx,step,,3,${written}\r\n`,
    );
  });

  it('is one line of JSON, without a head', () => {
    const line = journalLine(entry, 'jsonl');
    expect(journalHead('jsonl')).toBe('');
    expect(line.split('\n')).toEqual([expect.any(String), '']);
    expect(JSON.parse(line)).toEqual({ ...entry, time: '2026-01-02T03:04:05.000Z' });
  });
});

/** A journal of `length` entries that answers as the server does, and how it was asked. */
function journal(length: number) {
  const asked: string[] = [];
  const request = async (_method: string, path: string) => {
    asked.push(path);
    const search = new URL(path, 'http://here').searchParams;
    const [after, limit] = [Number(search.get('afterSeq') ?? 0), Number(search.get('limit'))];
    const items = Array.from({ length: Math.min(limit, length - after) }, (_, index) => ({
      ...entry,
      seq: after + index + 1,
    }));
    const last = items.at(-1)?.seq ?? null;
    return { items, next: last === null || last === length ? null : last };
  };
  return { asked, request };
}

describe('the pages of the journal', () => {
  it('hold each entry once, in order, over as many pages as it takes', async () => {
    const { asked, request } = journal(2300);
    const seqs: number[] = [];
    for await (const page of journalPages({ request }, { kind: 'crash' })) {
      seqs.push(...page.map(({ seq }) => seq));
    }
    expect(seqs).toEqual(Array.from({ length: 2300 }, (_, index) => index + 1));
    expect(asked).toEqual(
      ['', '&afterSeq=1000', '&afterSeq=2000'].map(
        (rest) => `/api/v1/journal?kind=crash&order=oldest&limit=1000${rest}`,
      ),
    );
  });

  it('are asked for one by one, as they are taken', async () => {
    const { asked, request } = journal(5000);
    const pages = journalPages({ request }, {});
    await pages.next();
    expect(asked).toHaveLength(1);
    await pages.next();
    expect(asked).toHaveLength(2);
  });

  it('end with a fault when the server does not move on', async () => {
    const request = async () => ({ items: [entry], next: 12 });
    const pages = journalPages({ request }, {});
    await pages.next();
    await pages.next();
    await expect(pages.next()).rejects.toThrow('found a page that ends at 12, expected it after 12');
  });
});
