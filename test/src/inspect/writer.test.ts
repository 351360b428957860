import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JournalKind } from '../../../machines/domain/journal.ts';
import { type EncodedText, GapMark, type PendingEntry } from '../../../src/inspect/entry-queue.ts';
import { JournalWriter, type WriterOptions } from '../../../src/inspect/writer.ts';
import { MemorySink } from './flight.ts';

const machine = { machineId: 'm', machineHash: 'h', configHash: 'c', program: 'p' };

const plain = (entry: PendingEntry): EncodedText => ({
  seq: entry.seq,
  at: 0,
  actor: 'a',
  kind: entry.kind ?? 'step',
  cause: null,
  version: null,
  machine: entry.kind === 'spawn' ? machine : null,
  data: entry instanceof GapMark ? JSON.stringify({ lost: entry.lost, to: entry.to }) : '{}',
});

function createWriter(options: Partial<WriterOptions<PendingEntry>> = {}) {
  const sink = new MemorySink();
  const details: [string, string | null][] = [];
  const writer = new JournalWriter<PendingEntry>({
    sink,
    encode: plain,
    wanted: 'full',
    batchSize: 10,
    capacity: 100,
    retryMs: { first: 10, longest: 40 },
    onDetail: (detail, cause) => details.push([detail, cause]),
    ...options,
  });
  let seq = 0;
  const push = (kind: JournalKind, count = 1): void => {
    for (let i = 0; i < count; i += 1) {
      seq += 1;
      writer.push({ seq, kind });
    }
  };
  return { sink, writer, push, details };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the journal’s writer', () => {
  it('writes what comes within its time in one batch, in order', async () => {
    const { sink, writer, push } = createWriter();
    push('step', 3);
    await vi.advanceTimersByTimeAsync(50);
    expect(sink.batches).toEqual([]);
    await vi.advanceTimersByTimeAsync(60);
    expect(sink.batches).toEqual([3]);
    expect(sink.entries.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(writer.status).toMatchObject({ buffered: 0, written: 3, lost: 0, detail: 'full', cause: null });
  });

  it('writes a full batch at once, and one batch at a time', async () => {
    const { sink, push } = createWriter();
    let open: () => void = () => {};
    sink.gate = new Promise((resolve) => {
      open = resolve;
    });
    push('step', 25);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sink.attempts).toBe(1);
    open();
    await vi.advanceTimersByTimeAsync(200);
    expect(sink.batches).toEqual([10, 10, 5]);
    expect(sink.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
  });

  it('tries the same batch again, ever more slowly, while the database is away', async () => {
    const { sink, writer, push } = createWriter();
    sink.failure = 'away';
    push('step', 5);
    await vi.advanceTimersByTimeAsync(100);
    expect(sink.attempts).toBe(1);
    await vi.advanceTimersByTimeAsync(10 + 20 + 40 + 40);
    expect(sink.attempts).toBe(5);
    sink.failure = null;
    await vi.advanceTimersByTimeAsync(40);
    expect(sink.batches).toEqual([5]);
    expect(writer.status).toMatchObject({ written: 5, lost: 0 });
  });

  it('stores each version once and gives its id to the entries', async () => {
    const { sink, push } = createWriter();
    push('spawn', 3);
    await vi.advanceTimersByTimeAsync(200);
    push('spawn', 1);
    await vi.advanceTimersByTimeAsync(200);
    expect(sink.versions).toEqual([machine]);
    expect(sink.entries.map(({ version }) => version)).toEqual([1, 1, 1, 1]);
  });

  it('asks for less detail beyond half of its room, for facts only beyond four fifths, and says why', async () => {
    const { sink, writer, push, details } = createWriter();
    sink.failure = 'no route';
    push('step', 10);
    await vi.advanceTimersByTimeAsync(100);
    push('step', 40);
    expect(writer.detail).toBe('full');
    push('step');
    expect(writer.detail).toBe('steps');
    push('step', 29);
    expect(writer.detail).toBe('steps');
    push('step');
    expect(writer.detail).toBe('facts');
    expect(details).toEqual([
      ['steps', 'The database does not take the journal (no route): 51 of 100 entries wait.'],
      ['facts', 'The database does not take the journal (no route): 81 of 100 entries wait.'],
    ]);
    expect(writer.status.cause).toContain('no route');
  });

  it('ends a batch by its bytes, and degrades by bytes as by number', async () => {
    const { sink, writer, push, details } = createWriter({
      ...{ capacity: 1_000, capacityBytes: 10_000, batchSize: 100, batchBytes: 1_000 },
      encode: (entry) => ({ ...plain(entry), data: JSON.stringify('x'.repeat(298)) }),
    });
    sink.failure = 'away';
    const pushSome = async (kind: JournalKind, count: number): Promise<void> => {
      push(kind, count);
      await vi.advanceTimersByTimeAsync(1);
    };
    await pushSome('step', 10);
    expect(writer.status).toMatchObject({ detail: 'full', buffered: 10 });
    for (let i = 0; i < 9; i += 1) await pushSome('step', 1);
    expect(writer.detail).toBe('steps');
    for (let i = 0; i < 10; i += 1) await pushSome('step', 1);
    expect(writer.detail).toBe('facts');
    for (let i = 0; i < 100; i += 1) await pushSome('crash', 1);
    expect(writer.status.buffered).toBeLessThan(45);
    expect(writer.status.lost).toBeGreaterThan(80);
    sink.failure = null;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(Math.max(...sink.batches), 'three, and a mark').toBeLessThanOrEqual(4);
    expect(writer.status).toMatchObject({ detail: 'full', buffered: 0 });
    expect(details[0]?.[1]).toMatch(/MB of entries wait\.$/);
  });

  it('halves a batch that takes the database too long, and writes ever more again', async () => {
    const { sink, writer, push } = createWriter();
    sink.mostInTime = 3;
    push('step', 10);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(Math.max(...sink.batches)).toBeLessThanOrEqual(3);
    expect(sink.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 10 }, (_, i) => i + 1));
    expect(writer.status).toMatchObject({ written: 10, buffered: 0 });
    const { length } = sink.batches;
    sink.mostInTime = 100;
    push('step', 10);
    await vi.advanceTimersByTimeAsync(200);
    expect(sink.batches.slice(length)).toEqual([10]);
  });

  it('asks for versions that it does not know all at once, for each of them once', async () => {
    const sink = new MemorySink();
    const asked: string[] = [];
    let answer: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      answer = resolve;
    });
    sink.version = async ({ machineId }) => {
      asked.push(machineId);
      await gate;
      return asked.indexOf(machineId) + 1;
    };
    const { push } = createWriter({
      sink,
      encode: (entry) => ({ ...plain(entry), machine: { ...machine, machineId: `m${entry.seq % 3}` } }),
    });
    push('spawn', 6);
    await vi.advanceTimersByTimeAsync(200);
    expect(asked).toEqual(['m1', 'm2', 'm0']);
    answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(sink.entries.map(({ version }) => version)).toEqual([1, 2, 3, 1, 2, 3]);
  });

  it('wants all detail again once it has drained', async () => {
    const { sink, writer, push, details } = createWriter();
    sink.failure = 'away';
    push('step', 60);
    await vi.advanceTimersByTimeAsync(100);
    sink.failure = null;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(details.at(-1)).toEqual(['full', null]);
    expect(writer.status).toMatchObject({ detail: 'full', cause: null, buffered: 0, lost: 0 });
  });

  it('drops the oldest detail when it is full, keeps facts, and tells how much is missing where', async () => {
    const { sink, writer, push } = createWriter();
    sink.failure = 'away';
    push('step', 10);
    await vi.advanceTimersByTimeAsync(100);
    push('spawn', 5);
    push('step', 85);
    push('crash', 20);
    expect(writer.status).toMatchObject({ lost: 20 });
    expect(writer.status.buffered).toBeLessThanOrEqual(101);
    sink.failure = null;
    await vi.advanceTimersByTimeAsync(2_000);
    const of = (kind: string) => sink.entries.filter((entry) => entry.kind === kind);
    expect([of('spawn').length, of('crash').length]).toEqual([5, 20]);
    expect(of('gap')).toMatchObject([{ seq: 16, data: { lost: 20, to: 35 } }]);
    expect(of('step').map(({ seq }) => seq)).toEqual([
      ...Array.from({ length: 10 }, (_, i) => i + 1),
      ...Array.from({ length: 65 }, (_, i) => i + 36),
    ]);
    expect(writer.status).toMatchObject({ buffered: 0 });
  });

  it('drops the oldest facts at the very end, and stays within its room', async () => {
    const { sink, writer, push } = createWriter();
    sink.failure = 'away';
    push('crash', 1_000);
    expect(writer.status.buffered).toBeLessThanOrEqual(101);
    expect(writer.status.lost).toBe(900);
    sink.failure = null;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(sink.entries.at(-1)?.seq).toBe(1_000);
    expect(sink.entries[0]).toMatchObject({ kind: 'gap', data: { lost: 900 } });
  });

  it('writes what is left when it is closed', async () => {
    vi.useRealTimers();
    const { sink, writer, push } = createWriter();
    push('step', 35);
    await writer.close(1_000);
    expect(sink.entries).toHaveLength(35);
    push('step');
    expect(writer.status).toMatchObject({ buffered: 0, written: 35, lost: 1 });
  });

  it('gives up what it cannot write in time when it is closed', async () => {
    vi.useRealTimers();
    const { sink, writer, push } = createWriter();
    sink.failure = 'away';
    push('step', 5);
    await writer.close(50);
    expect(writer.status).toMatchObject({ written: 0, lost: 5 });
  });
});
