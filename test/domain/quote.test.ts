import { describe, expect, it } from 'vitest';
import { isFresh, type Quote } from '../../machines/domain/quote.ts';

const quote: Quote = {
  instrumentId: 'ORCL.STK.SMART.USD',
  bid: 1,
  ask: 1,
  last: 1,
  bidSize: null,
  askSize: null,
  lastSize: null,
  open: null,
  high: null,
  low: null,
  previousClose: null,
  volume: null,
  quality: 'live',
  marketTime: null,
  receivedAt: 1_000,
};

describe('isFresh', () => {
  it('holds up to the limit of age and not beyond', () => {
    expect(isFresh(quote, 6_000, 5_000)).toBe(true);
    expect(isFresh(quote, 6_001, 5_000)).toBe(false);
  });

  it.each(['frozen', 'delayed', 'delayedFrozen', 'stale', 'none'] as const)(
    'never holds for a %s quote',
    (quality) => {
      expect(isFresh({ ...quote, quality }, 1_000, 5_000)).toBe(false);
    },
  );
});
