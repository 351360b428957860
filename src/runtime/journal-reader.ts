import type { JournalEntry } from '../../machines/domain/journal.ts';
import type { JournalEntryView } from '../contract/supervision.schema.ts';
import type { JournalReader } from '../http/runtime.port.ts';
import type { Store } from '../store/store.ts';

const entryView = ({ seq, at, actor, kind, cause, version, data }: JournalEntry): JournalEntryView => ({
  ...{ seq, at, actor, kind, cause, version },
  data,
});

/** The journal as the web server reads it. */
export function createJournalReader(journal: Store['journal']): JournalReader {
  return {
    async list(query) {
      const items = (await journal.list(query)).map(entryView);
      return { items, next: items.length < query.limit ? null : (items.at(-1)?.seq ?? null) };
    },
    rebuild: () => Promise.reject(new Error('not yet')),
  };
}
