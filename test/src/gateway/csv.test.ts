import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readBarFile } from '../../../src/gateway/market/csv.ts';

function file(...lines: string[]): string {
  const path = join(mkdtempSync(join(tmpdir(), 'bars-')), 'bars.csv');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const row = { date: '2006-01-02', open: 3, high: 4, low: 2, close: 3.5, volume: 7, line: 2 };

describe('readBarFile', () => {
  test.each([
    [
      'Adj Close after Volume',
      'Date,Open,High,Low,Close,Volume,Adj Close',
      '2006-01-02,3,4,2,3.5,7,1',
      undefined,
    ],
    [
      'Adj Close before Volume',
      'Date,Open,High,Low,Close,Adj Close,Volume',
      '2006-01-02,3,4,2,3.5,1,7',
      undefined,
    ],
    [
      'a separate Time',
      'Date,Time,Open,High,Low,Close,Volume',
      '2006-01-02,09:05:00,3,4,2,3.5,7',
      32_700_000,
    ],
    [
      'a header that hides Time',
      'Date,Open,High,Low,Close,Volume',
      '2006-01-02,09:05:00,3,4,2,3.5,7',
      32_700_000,
    ],
    [
      'date and time in one column',
      'date,open,high,low,close,volume',
      '2006-01-02 09:05:00,3,4,2,3.5,7',
      32_700_000,
    ],
  ])('reads a file with %s', (_, header, line, timeOfDay) => {
    expect(readBarFile(file(header, line))).toEqual({ rows: [{ ...row, timeOfDay }], refused: [] });
  });

  test('refuses bad rows with file, line and reason, and keeps the others', () => {
    const path = file(
      'date,open,high,low,close,volume',
      '2006-01-02,3,4,2,3.5,7',
      '2006-01-03,3,2,2,3.5,7',
      '2006-01-04,3,4,3.2,3.5,7',
      '2006-01-05,x,4,2,3.5,7',
      '2006-01-02,3,4,2,3.5,7',
      'yesterday,3,4,2,3.5,7',
      '2006-01-06,3,4,2,3.5,7',
    );
    const { rows, refused } = readBarFile(path);
    expect(rows.map((each) => each.line)).toEqual([2, 8]);
    expect(refused).toEqual([
      `${path}:3: high 2 is below open, close or low`,
      `${path}:4: low 3.2 is above open or close`,
      `${path}:5: open: found "x", expected a price`,
      `${path}:6: time 2006-01-02 is not after the row before`,
      `${path}:7: date: found "yesterday", expected YYYY-MM-DD`,
    ]);
  });

  test('a file without a needed column, or without a usable row, is an error of one line', () => {
    expect(() => readBarFile(file('a,b', '1,2'))).toThrow(/:1: column "date" not found, header is "a,b"/);
    expect(() => readBarFile(file('date,open,high,low,close,volume'))).toThrow(/no usable row of 0/);
  });
});
