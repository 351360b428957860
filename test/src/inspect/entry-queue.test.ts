import { describe, expect, it } from 'vitest';
import type { JournalKind } from '../../../machines/domain/journal.ts';
import {
  type EncodedText,
  EntryQueue,
  GapMark,
  type PendingEntry,
} from '../../../src/inspect/entry-queue.ts';
import { seeded } from './flight.ts';

const encode = (entry: PendingEntry, data = '{}'): EncodedText => ({
  seq: entry.seq,
  at: 0,
  actor: 'a',
  kind: entry.kind ?? 'step',
  cause: null,
  version: null,
  machine: null,
  data: entry instanceof GapMark ? JSON.stringify([entry.lost, entry.to]) : data,
});

describe('the queue of entries', () => {
  it.each<[string, (seq: number) => JournalKind]>([
    ['detail', () => 'step'],
    ['facts', () => 'crash'],
    ['facts after detail', (seq) => (seq < 40_000 ? 'step' : 'crash')],
    ['both in turn', (seq) => (seq % 2 === 0 ? 'step' : 'crash')],
  ])('stays within its room however much is dropped: %s', (_, kindOf) => {
    const capacity = 5_000;
    const queue = new EntryQueue<PendingEntry>();
    let mostSlots = 0;
    for (let seq = 1; seq <= capacity * 10; seq += 1) {
      if (queue.size >= capacity) queue.dropOldest();
      queue.push({ seq, kind: kindOf(seq) });
      queue.encodeNext(4, encode);
      mostSlots = Math.max(mostSlots, queue.slots);
    }
    expect(queue.size).toBeLessThanOrEqual(capacity + 2);
    expect(mostSlots).toBeLessThanOrEqual(2 * capacity + 10);
    const taken: EncodedText[] = [];
    while (queue.encodeNext(1_000, encode));
    for (let batch = queue.take(100, 1e9, encode); batch.length > 0; batch = queue.take(100, 1e9, encode)) {
      taken.push(...batch);
    }
    const marks = taken
      .filter(({ kind }) => kind === 'gap')
      .map(({ data }) => JSON.parse(data) as [lost: number, to: number]);
    const lost = marks.reduce((sum, [each]) => sum + each, 0);
    expect(taken.filter(({ kind }) => kind !== 'gap').length + lost, 'nothing is lost untold').toBe(
      capacity * 10,
    );
    const seqs = taken.map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(queue).toMatchObject({ size: 0, bytes: 0 });
  });

  it('marks gaps so that the newest mark before a moment reaches furthest after it', () => {
    const random = seeded(7);
    const queue = new EntryQueue<PendingEntry>();
    const taken: EncodedText[] = [];
    for (let seq = 1; seq <= 5_000; seq += 1) {
      queue.push({ seq, kind: random() < 0.3 ? 'step' : 'crash' });
      if (queue.size > 100) queue.dropOldest();
      queue.encodeNext(2, encode);
      if (random() < 0.02) taken.push(...queue.take(30, 1e9, encode));
    }
    const reach = taken
      .filter(({ kind }) => kind === 'gap')
      .map(({ data }) => (JSON.parse(data) as [number, number])[1]);
    expect(reach.length).toBeGreaterThan(10);
    expect(reach).toEqual([...reach].sort((a, b) => a - b));
  });

  it('cuts what is taken by bytes, and takes one entry of any size', () => {
    const queue = new EntryQueue<PendingEntry>();
    const sizes = [30, 30, 60, 500, 10];
    for (const [seq] of sizes.entries()) queue.push({ seq, kind: 'step' });
    queue.encodeNext(9, (entry) => encode(entry, 'x'.repeat(sizes[entry.seq] ?? 0)));
    expect(queue.bytes).toBe(630);
    const taken = Array.from({ length: 5 }, () => queue.take(9, 100, encode).map(({ seq }) => seq));
    expect(taken).toEqual([[0, 1], [2], [3], [4], []]);
    expect(queue.bytes).toBe(0);
  });
});
