import { describe, expect, it } from 'vitest';
import { enqueueBatch, maxPendingBars } from '../../../machines/feed/collector.machine.ts';
import type { BarBatch } from '../../../machines/feed/feed.events.ts';
import { bars, oracleId } from './feed.world.ts';

const batch = (count: number): BarBatch => ({
  instrumentId: oracleId,
  timeframe: '1m',
  bars: bars(1, count),
  late: false,
  isHistory: false,
  generation: 1,
});

describe('the collector', () => {
  it('takes a batch of any size when nothing waits', () => {
    const context = { queue: [], attempts: 0, overflowed: false };
    expect(enqueueBatch(context, batch(maxPendingBars + 1)).queue).toHaveLength(1);
  });

  it('drops everything from the first batch that does not fit', () => {
    const full = { queue: [batch(maxPendingBars)], attempts: 0, overflowed: false };
    expect(enqueueBatch(full, batch(1))).toEqual({ overflowed: true });
    expect(enqueueBatch({ ...full, queue: [batch(1)], overflowed: true }, batch(1))).toEqual({});
  });
});
