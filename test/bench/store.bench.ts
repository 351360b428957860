import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/store/embedded.ts';
import { openStore } from '../../src/store/store.ts';
import { type Benchmark, type Figure, median } from './figure.ts';

const BATCH = 1_000;
const BATCHES = 40;

const data = JSON.stringify({
  event: {
    type: 'market.bar',
    bar: { time: 1_700_000_000_000, open: 1, high: 2, low: 0.5, close: 1.5, volume: 9 },
  },
  from: 'collecting',
  to: 'signaling',
  transitions: ['session.signaling'],
  actions: ['takeBar', 'pickBar', 'stampState', 'announce'],
  draws: [1_700_000_000_000],
});

/** How fast PostgreSQL takes the journal: what a busy runtime can sustain at full detail. */
export const journalStoreBench: Benchmark = {
  names: ['journal.append'],
  async run(): Promise<Figure[]> {
    const folder = mkdtempSync(join(tmpdir(), 'tradewarden-bench-'));
    const server = await startEmbeddedPostgres({
      dataDir: join(folder, 'postgres'),
      log: () => undefined,
      warn: () => undefined,
    });
    const store = await openStore({ url: server.url });
    const { run, nextSeq } = await store.journal.open({
      ...{ startedAt: Date.now(), program: 'bench', host: 'bench', pid: process.pid },
    });
    const rates: number[] = [];
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const entries = Array.from({ length: BATCH }, (_, index) => ({
        ...{
          seq: nextSeq + batch * BATCH + index,
          at: Date.now(),
          actor: 'root/sessions/group:1/session:bench',
        },
        ...{ kind: 'step' as const, cause: null, version: null, data },
      }));
      const began = performance.now();
      await store.journal.append(run, entries);
      rates.push(BATCH / ((performance.now() - began) / 1_000));
    }
    await store.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
    return [
      {
        ...{ name: 'journal.append', value: median(rates), unit: 'entries/s into the embedded PostgreSQL' },
        ...{ better: 'higher', baseline: null, ratio: null, aim: null, met: null },
      },
    ];
  },
};
