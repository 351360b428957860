import { type JournalPage, journalPageSchema } from '../contract/journal.schema.ts';
import type { JournalEntryView } from '../contract/supervision.schema.ts';
import type { ControlClient } from './control.ts';

export const journalFormats = ['jsonl', 'csv'] as const;
export type JournalFormat = (typeof journalFormats)[number];

const PAGE = 1000;
const columns = ['seq', 'time', 'at', 'actor', 'kind', 'cause', 'version', 'data'] as const;

/** A cell of RFC 4180. */
const cell = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** An entry with its time in ISO 8601 as well; `at` alone keeps the fraction of the millisecond. */
const rowOf = (entry: JournalEntryView) => ({ ...entry, time: new Date(entry.at).toISOString() });

/** What stands before the first entry. */
export const journalHead = (format: JournalFormat): string =>
  format === 'csv' ? `${columns.join(',')}\r\n` : '';

/** An entry as a line of a file. In CSV a missing value is empty and `data` is JSON. */
export function journalLine(entry: JournalEntryView, format: JournalFormat): string {
  const row = rowOf(entry);
  if (format === 'jsonl') {
    return `${JSON.stringify(Object.fromEntries(columns.map((name) => [name, row[name]])))}\n`;
  }
  const text = (name: (typeof columns)[number]): string => {
    if (name === 'data') return JSON.stringify(row.data) ?? '';
    return row[name] === null ? '' : String(row[name]);
  };
  return `${columns.map((name) => cell(text(name))).join(',')}\r\n`;
}

/**
 * Asks the running system for its journal, oldest first, a page at a time and never ahead of who takes them.
 * `query` holds what restricts it. @throws UsageError as the control client does.
 */
export async function* journalPages(
  control: Pick<ControlClient, 'request'>,
  query: Readonly<Record<string, string>>,
): AsyncGenerator<JournalPage['items']> {
  for (let after: number | null = null; ; ) {
    const search = new URLSearchParams({ ...query, order: 'oldest', limit: String(PAGE) });
    if (after !== null) search.set('afterSeq', String(after));
    const page = journalPageSchema.parse(await control.request('GET', `/api/v1/journal?${search}`));
    yield page.items;
    if (page.next === null) return;
    if (after !== null && page.next <= after) {
      throw new Error(`journal: found a page that ends at ${page.next}, expected it after ${after}`);
    }
    after = page.next;
  }
}
