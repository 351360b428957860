import { describe, expect, it } from 'vitest';
import { assign, createActor, setup } from 'xstate';
import type { JournalEntry } from '../../../machines/domain/journal.ts';
import { createJournalReader, type JournalReaderOptions } from '../../../src/runtime/journal-reader.ts';
import type { JournalQuery } from '../../../src/store/journal/journal.query.ts';
import type { StoredEntry } from '../../../src/store/journal/journal.repository.ts';
import { createFlight } from '../inspect/flight.ts';

const counter = setup({ types: { context: {} as { n: number } } }).createMachine({
  id: 'counter',
  context: { n: 0 },
  on: { add: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
});

/** The store's side, over entries in memory. */
function journalOf(
  entries: readonly JournalEntry[],
  versions: ReturnType<typeof createFlight>['sink']['versions'],
): JournalReaderOptions['journal'] {
  const list = (query: JournalQuery): StoredEntry[] => {
    const found = entries
      .filter(
        ({ seq, actor, kind }) =>
          (query.actor === undefined || actor === query.actor) &&
          (query.kinds === undefined || query.kinds.includes(kind)) &&
          seq > (query.afterSeq ?? -1) &&
          seq >= (query.fromSeq ?? 0) &&
          seq <= (query.toSeq ?? Number.POSITIVE_INFINITY),
      )
      .sort((a, b) => (query.order === 'oldest' ? a.seq - b.seq : b.seq - a.seq));
    return found.slice(0, query.limit).map((entry) => ({ ...entry, run: 1 }));
  };
  return {
    list: async (query) => list(query),
    entriesOf: async (actor, { afterSeq, untilSeq, limit }) =>
      list({ actor, afterSeq, toSeq: untilSeq, limit, order: 'oldest' }),
    lastBefore: async (actor, kinds, toSeq) => list({ actor, kinds, toSeq, limit: 1 })[0] ?? null,
    async *each(filter) {
      yield* list({ ...filter, limit: 1_000, order: 'oldest' });
    },
    versions: async (ids) =>
      new Map(versions.map((version, i) => [i + 1, version] as const).filter(([id]) => ids.includes(id))),
  };
}

async function fly(more: readonly JournalEntry[] = []) {
  const flight = createFlight({ firstSeq: 10, checkpointEvery: 5 });
  const actor = createActor(counter, { id: 'root', inspect: flight.inspect }).start();
  for (let i = 0; i < 8; i += 1) actor.send({ type: 'add' });
  await flight.recorder.close(1_000);
  const entries = [...flight.sink.entries, ...more];
  const reader = createJournalReader({
    journal: journalOf(entries, flight.sink.versions),
    program: 'test',
    rootLogic: () => counter,
  });
  return { reader, last: flight.recorder.lastSeq };
}

const gap = (seq: number, to: number): JournalEntry => ({
  ...{ seq, at: 0, actor: 'process', kind: 'gap', cause: null, version: null },
  data: { lost: 1, to },
});

describe('a search for a text', () => {
  const asked = { below: false, limit: 5, order: 'newest', text: 'needle' } as const;

  function createSearched() {
    const journal = journalOf([], []);
    const searches: { readonly end: () => void }[] = [];
    const reader = createJournalReader({
      journal: {
        ...journal,
        list: (query, signal) =>
          query.text === undefined
            ? journal.list(query)
            : new Promise((resolve, reject) => {
                searches.push({ end: () => resolve([]) });
                signal?.addEventListener('abort', () => reject(signal.reason));
              }),
      },
      program: 'test',
      rootLogic: () => null,
    });
    return { reader, searches };
  }

  it('is one at a time; other pages are read meanwhile', async () => {
    const { reader, searches } = createSearched();
    const first = reader.list(asked);
    await expect(reader.list(asked)).rejects.toMatchObject({ status: 503, code: 'journal-busy' });
    expect(await reader.list({ below: false, limit: 5, order: 'newest' })).toEqual({ items: [], next: null });
    searches[0]?.end();
    expect(await first).toEqual({ items: [], next: null });
    const second = reader.list(asked);
    searches[1]?.end();
    await second;
  });

  it('ends when nobody waits for it any more', async () => {
    const { reader } = createSearched();
    const gone = new AbortController();
    const search = reader.list(asked, gone.signal);
    gone.abort();
    await expect(search).rejects.toMatchObject({ status: 503, code: 'journal-busy' });
  });
});

describe('the journal’s reader', () => {
  it('rebuilds a state from the newest checkpoint', async () => {
    const { reader, last } = await fly();
    expect(await reader.rebuild('root', last)).toMatchObject({ context: { n: 8 }, folded: 4 });
  });

  it('rebuilds nothing from a base that a gap before it reaches beyond', async () => {
    const { reader, last } = await fly([gap(3, 18)]);
    await expect(reader.rebuild('root', last)).rejects.toMatchObject({ status: 422, code: 'not-rebuilt' });
  });

  it('is not kept from it by a gap that ends before the base', async () => {
    const { reader, last } = await fly([gap(3, 9)]);
    expect(await reader.rebuild('root', last)).toMatchObject({ context: { n: 8 } });
  });
});
