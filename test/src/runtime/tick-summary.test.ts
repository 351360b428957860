import { describe, expect, it } from 'vitest';
import { TickSummaries } from '../../../src/runtime/tick-summary.ts';

const tick = (last: number | null, receivedAt: number, instrumentId = 'KO.STK.SMART.USD') => ({
  instrumentId,
  last,
  receivedAt,
});

describe('TickSummaries', () => {
  it('adds the ticks of each instrument up, once', () => {
    const ticks = new TickSummaries();
    for (const [at, last] of [10, 14, 9, 12].entries()) ticks.add(tick(last, 1_000 + at));
    ticks.add(tick(70, 5_000, 'PEP.STK.SMART.USD'));
    expect(ticks.take()).toEqual([
      {
        ...{ instrumentId: 'KO.STK.SMART.USD', count: 4, from: 1_000, to: 1_003 },
        ...{ first: 10, last: 12, high: 14, low: 9 },
      },
      {
        ...{ instrumentId: 'PEP.STK.SMART.USD', count: 1, from: 5_000, to: 5_000 },
        ...{ first: 70, last: 70, high: 70, low: 70 },
      },
    ]);
    expect(ticks.take()).toEqual([]);
  });

  it('has no prices while none was told, never 0', () => {
    const ticks = new TickSummaries();
    ticks.add(tick(null, 1));
    expect(ticks.take()).toMatchObject([{ count: 1, first: null, last: null, high: null, low: null }]);
  });
});
