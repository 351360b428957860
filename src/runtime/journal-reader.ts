import type { AnyStateMachine } from 'xstate';
import type { JournalEntry } from '../../machines/domain/journal.ts';
import type { JournalEntryView } from '../contract/supervision.schema.ts';
import { type JournalQuery, type JournalReader, Refusal } from '../http/runtime.port.ts';
import { logicAt, rebuild } from '../inspect/rebuild.ts';
import type { Store } from '../store/store.ts';

export interface JournalReaderOptions {
  readonly journal: Pick<Store['journal'], 'list' | 'entriesOf' | 'lastBefore' | 'each' | 'versions'>;
  /** Version of the program. */
  readonly program: string;
  /** Today's machine at the top of a tree, by its id; null when there is none. */
  readonly rootLogic: (id: string) => AnyStateMachine | null;
}

const PAGE = 1_000;

const entryView = ({ seq, at, actor, kind, cause, version, data }: JournalEntry): JournalEntryView => ({
  ...{ seq, at, actor, kind, cause, version },
  data,
});

/** `src` of a spawn; of one that was dropped by age or size, what actors of that id are started from. */
const srcOf = (spawn: JournalEntry | null, id: string): string => {
  const { data } = spawn ?? {};
  const src = typeof data === 'object' && data !== null && 'src' in data ? data.src : undefined;
  return typeof src === 'string' ? src : (id.split(':')[0] ?? id);
};

const busy = (message: string): Refusal => new Refusal(503, 'journal-busy', `text: ${message}`);

/** Two runs of entries, each ascending, as one. */
async function* merged(
  one: AsyncIterable<JournalEntry>,
  rare: readonly JournalEntry[],
): AsyncGenerator<JournalEntry> {
  const others = [...rare];
  for await (const entry of one) {
    while (others[0] !== undefined && others[0].seq < entry.seq) yield others.shift() as JournalEntry;
    yield entry;
  }
  yield* others;
}

/** The journal as the web server reads it. */
export function createJournalReader(options: JournalReaderOptions): JournalReader {
  const { journal, program } = options;

  async function* entriesFrom(actor: string, base: JournalEntry, until: number) {
    yield base;
    for (let afterSeq = base.seq; ; ) {
      const page = await journal.entriesOf(actor, { afterSeq, untilSeq: until, limit: PAGE });
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      afterSeq = last.seq;
    }
  }

  async function machineOf(path: string, until: number): Promise<AnyStateMachine | null> {
    const [rootId = '', ...ids] = path.split('/');
    const root = options.rootLogic(rootId);
    if (root === null) return null;
    const names: string[] = [];
    for (const [depth, id] of ids.entries()) {
      const prefix = [rootId, ...ids.slice(0, depth + 1)].join('/');
      names.push(srcOf(await journal.lastBefore(prefix, ['spawn'], until), id));
    }
    return logicAt(root, names);
  }

  /** A text has no index: looking for it takes the database long, so that there is one search at a time. */
  let isSearching = false;

  async function search(query: JournalQuery, signal?: AbortSignal): Promise<readonly JournalEntry[]> {
    if (isSearching) throw busy('found another search under way, expected to be asked again in a while');
    isSearching = true;
    try {
      return await journal.list(query, signal);
    } catch (error) {
      if (signal?.aborted !== true) throw error;
      throw busy('was not found in time, expected a narrower question: an actor, kinds or times');
    } finally {
      isSearching = false;
    }
  }

  return {
    async list(query, signal) {
      const found = query.text === undefined ? journal.list(query) : search(query, signal);
      const items = (await found).map(entryView);
      return { items, next: items.length < query.limit ? null : (items.at(-1)?.seq ?? null) };
    },
    async rebuild(path, seq) {
      const base = await journal.lastBefore(path, ['spawn', 'checkpoint'], seq);
      if (base === null) {
        const message = `actor: found no "${path}" in the journal up to entry ${seq}, expected the path of a machine`;
        throw new Refusal(404, 'unknown-actor', message);
      }
      // A gap stands at its first loss and may reach beyond the base.
      const gap = await journal.lastBefore('process', ['gap'], base.seq - 1);
      const rare: JournalEntry[] = gap === null ? [] : [gap];
      const filter = { actor: 'process', kinds: ['detail', 'gap'], fromSeq: base.seq, toSeq: seq } as const;
      for await (const entry of journal.each(filter)) rare.push(entry);
      const versions = await journal.versions(base.version === null ? [] : [base.version]);
      const rebuilt = await rebuild({
        actor: path,
        entries: merged(entriesFrom(path, base, seq), rare),
        until: seq,
        machine: await machineOf(path, seq),
        program,
        versionOf: (id) => versions.get(id) ?? null,
      });
      if (!rebuilt.ok) throw new Refusal(422, 'not-rebuilt', rebuilt.reason);
      const { at, status, value, context, folded } = rebuilt;
      return { actor: path, seq: rebuilt.seq, at, status, value, context, folded };
    },
  };
}
