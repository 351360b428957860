import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TopicChange } from '../../../src/http/runtime.port.ts';
import { Topics } from '../../../src/runtime/topics.ts';

function world() {
  const items = new Map<string, number>();
  const faults: string[] = [];
  let readings = 0;
  const source = {
    list: () => [...items.values()],
    items: (keys: ReadonlySet<string>) => {
      readings += 1;
      return new Map([...items].filter(([key]) => keys.has(key)));
    },
  };
  const failing = {
    list: () => Promise.reject(new Error('the database is away')),
    items: () => Promise.reject(new Error('the database is away')),
  };
  const topics = new Topics({ prices: source, bars: source, trades: failing }, (fault) => faults.push(fault));
  const heard: TopicChange[] = [];
  topics.subscribe((change) => heard.push(change));
  return { items, faults, topics, heard, readings: () => readings };
}

describe('Topics', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('costs nothing while nobody watches', async () => {
    const { topics, heard, readings } = world();
    topics.mark('prices', 'a');
    await vi.advanceTimersByTimeAsync(1_000);
    expect([heard, readings()]).toEqual([[], 0]);
  });

  it('tells a burst once, with the newest value, and names what is gone', async () => {
    const { topics, items, heard, readings } = world();
    topics.watch(new Set(['prices']));
    for (let n = 0; n < 100; n += 1) {
      items.set('a', n);
      topics.mark('prices', 'a');
      topics.mark('prices', 'b');
    }
    await vi.advanceTimersByTimeAsync(0);
    expect(heard).toEqual([{ topic: 'prices', items: [99], removed: ['b'] }]);
    expect(readings()).toBe(1);
  });

  it('tells the whole list when anything may have changed', async () => {
    const { topics, items, heard } = world();
    topics.watch(new Set(['prices']));
    items.set('a', 1).set('b', 2);
    topics.markAll('prices');
    await vi.advanceTimersByTimeAsync(0);
    expect(heard).toEqual([{ topic: 'prices', items: [1, 2], removed: [] }]);
  });

  it('says what could not be read, and goes on', async () => {
    const { topics, items, heard, faults } = world();
    topics.watch(new Set(['prices', 'trades']));
    items.set('a', 1);
    topics.mark('trades', 'x');
    topics.mark('prices', 'a');
    await vi.advanceTimersByTimeAsync(0);
    expect(faults).toEqual(['topic trades: the database is away']);
    expect(heard.map(({ topic }) => topic)).toEqual(['prices']);
  });

  it('tells the other listeners when one throws', async () => {
    const { topics, items, faults } = world();
    const heard: TopicChange[] = [];
    topics.subscribe(() => {
      throw new Error('a broken listener');
    });
    topics.subscribe((change) => heard.push(change));
    topics.watch(new Set(['prices']));
    items.set('a', 1);
    topics.mark('prices', 'a');
    await vi.advanceTimersByTimeAsync(0);
    expect(heard).toHaveLength(1);
    expect(faults).toEqual(['topic prices: a broken listener']);
  });

  it.each(['nothing', 'toString', '', 'constructor:1'])('refuses the topic "%s"', async (topic) => {
    await expect(world().topics.snapshot(topic)).rejects.toMatchObject({
      status: 404,
      code: 'unknown-topic',
    });
  });

  it('loses no mark and tells no topic more than ten times a second', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ waitMs: fc.nat(300), key: fc.constantFrom('a', 'b', 'c') })),
        async (marks) => {
          const { topics, items, heard } = world();
          const at: number[] = [];
          topics.subscribe(() => at.push(Date.now()));
          topics.watch(new Set(['prices']));
          let value = 0;
          for (const { waitMs, key } of marks) {
            await vi.advanceTimersByTimeAsync(waitMs);
            value += 1;
            items.set(key, value);
            topics.mark('prices', key);
          }
          await vi.advanceTimersByTimeAsync(200);
          const told = new Set(heard.flatMap((change) => change.items));
          for (const newest of items.values()) expect(told).toContain(newest);
          for (const [index, time] of at.entries())
            if (index > 0) expect(time - (at[index - 1] ?? 0)).toBeGreaterThanOrEqual(100);
        },
      ),
      { numRuns: 50 },
    );
  });
});
