import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { GatewayError } from '../errors.ts';
import { parseTimeOfDay } from './zone.ts';

/** One row of a bar file: local date, time of day in ms (undefined in daily files), prices as written. */
export interface SourceRow {
  date: string;
  timeOfDay: number | undefined;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  line: number;
}

export interface SourceFile {
  rows: SourceRow[];
  /** `file:line: reason` of each refused row. */
  refused: string[];
}

/**
 * Reads a CSV file of bars: date, optional time, open, high, low, close, volume, in any column order by header name;
 * other columns (Adj Close, OpenInterest) are ignored. When rows have one field more than the header and the second
 * holds a time, the header lies and date and time are separate. Bad rows are refused with file, line and reason;
 * a file without usable rows throws GatewayError BAD_DATA.
 */
export function readBarFile(path: string): SourceFile {
  const table: string[][] = parse(readFileSync(path, 'utf8'), {
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    bom: true,
  });
  const header = (table[0] ?? []).map((name) => name.toLowerCase().replaceAll(/[^a-z]/g, ''));
  const first = table[1] ?? [];
  if (
    !header.includes('time') &&
    parseTimeOfDay(first[1] ?? '') !== undefined &&
    (header[0] === 'date' || header[0] === 'datetime')
  )
    header.splice(0, 1, 'date', 'time');
  const at = (name: string): number => {
    const index = header.indexOf(name);
    if (index < 0)
      throw new GatewayError(
        'BAD_DATA',
        `${path}:1: column "${name}" not found, header is "${table[0]?.join(',')}"`,
      );
    return index;
  };
  const columns = {
    date: at('date'),
    time: header.indexOf('time'),
    open: at('open'),
    high: at('high'),
    low: at('low'),
    close: at('close'),
    volume: at('volume'),
  };
  const rows: SourceRow[] = [];
  const refused: string[] = [];
  let before = '';
  for (const [index, cells] of table.entries()) {
    if (index === 0) continue;
    const line = index + 1;
    const row = readRow(cells, columns, line);
    if (typeof row === 'string') {
      refused.push(`${path}:${line}: ${row}`);
      continue;
    }
    const key = `${row.date} ${String(row.timeOfDay ?? 0).padStart(9, '0')}`;
    if (key <= before) {
      refused.push(`${path}:${line}: time ${cells[columns.date]} is not after the row before`);
      continue;
    }
    before = key;
    rows.push(row);
  }
  if (rows.length === 0) throw new GatewayError('BAD_DATA', `${path}: no usable row of ${table.length - 1}`);
  return { rows, refused };
}

function readRow(cells: string[], columns: Record<string, number>, line: number): SourceRow | string {
  const cell = (name: string): string => cells[columns[name] ?? -1] ?? '';
  const match = /^(\d{4})[-/]?(\d{2})[-/]?(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?))?/.exec(cell('date'));
  if (match === null) return `date: found "${cell('date')}", expected YYYY-MM-DD`;
  const date = `${match[1]}-${match[2]}-${match[3]}`;
  if (Number.isNaN(Date.parse(`${date}T00:00:00Z`))) return `date: found "${date}", which does not exist`;
  const timeText = (columns.time ?? -1) >= 0 ? cell('time') : match[4];
  const timeOfDay = timeText === undefined ? undefined : parseTimeOfDay(timeText);
  if (timeText !== undefined && timeOfDay === undefined)
    return `time: found "${timeText}", expected HH:MM:SS`;
  const numbers: Record<string, number> = {};
  for (const name of ['open', 'high', 'low', 'close', 'volume']) {
    const text = cell(name);
    const value = text === '' ? Number.NaN : Number(text);
    if (!Number.isFinite(value) || value < 0 || (name !== 'volume' && value === 0))
      return `${name}: found "${text}", expected a ${name === 'volume' ? 'number' : 'price'}`;
    numbers[name] = value;
  }
  const { open = 0, high = 0, low = 0, close = 0, volume = 0 } = numbers;
  if (high < Math.max(open, close, low)) return `high ${high} is below open, close or low`;
  if (low > Math.min(open, close)) return `low ${low} is above open or close`;
  return { date, timeOfDay, open, high, low, close, volume, line };
}
