import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bar } from '../../../src/gateway/market/bar.ts';
import { tickPath, tradesInBar } from '../../../src/gateway/market/path.ts';
import type { PriceGrid } from '../../../src/gateway/market/price-grid.ts';

const CENTS: PriceGrid = [{ lowEdge: 0, increment: 0.01 }];

/** Any bar of any length up to a day, prices on and off the tick grid, with or without volume. */
const bar: fc.Arbitrary<Bar> = fc
  .record({
    start: fc.integer({ min: 0, max: 2_000_000_000 }).map((seconds) => seconds * 1000),
    length: fc.constantFrom(60_000, 300_000, 3_600_000, 23_400_000),
    prices: fc.array(fc.double({ min: 0.01, max: 5000, noNaN: true }), { minLength: 4, maxLength: 4 }),
    volume: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2_000_000_000 }), fc.constant(12.5)),
  })
  .map(({ start, length, prices, volume }) => {
    const [open = 1, close = 1] = prices;
    return {
      start,
      end: start + length,
      open,
      close,
      high: Math.max(...prices),
      low: Math.min(...prices),
      volume,
    };
  });

describe('tickPath', () => {
  test('bars rebuilt from the trades equal the bar exactly', () => {
    fc.assert(
      fc.property(bar, fc.nat(), (given, seed) => {
        const path = tickPath(given, 'X', seed, CENTS);
        expect(path.prices.length).toBe(tradesInBar(given));
        expect({
          open: path.prices[0],
          high: Math.max(...path.prices),
          low: Math.min(...path.prices),
          close: path.prices.at(-1),
          volume: path.volumes.reduce((sum, v) => sum + v, 0),
        }).toEqual({
          open: given.open,
          high: given.high,
          low: given.low,
          close: given.close,
          volume: given.volume,
        });
      }),
    );
  });

  test('the ticks that must be shown rebuild the prices alone, and are at least five', () => {
    fc.assert(
      fc.property(bar, fc.nat(), (given, seed) => {
        const path = tickPath(given, 'X', seed, CENTS);
        const shown = [...path.prices].filter((_, i) => path.keys[i] === 1);
        expect(shown.length).toBeGreaterThanOrEqual(5);
        expect([shown[0], Math.max(...shown), Math.min(...shown), shown.at(-1)]).toEqual([
          given.open,
          given.high,
          given.low,
          given.close,
        ]);
      }),
    );
  });

  test('times ascend inside the bar, volumes are never negative', () => {
    fc.assert(
      fc.property(bar, (given) => {
        const { times, volumes } = tickPath(given, 'X', 1, CENTS);
        expect(times[0]).toBe(given.start);
        expect(times.at(-1)).toBeLessThan(given.end);
        expect(times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0))).toBe(true);
        expect(volumes.every((v) => v >= 0)).toBe(true);
      }),
    );
  });

  test('the same seed makes the same trades, another seed others', () => {
    const given = { start: 0, end: 300_000, open: 10, high: 12, low: 9, close: 11, volume: 1000 };
    expect(tickPath(given, 'X', 1, CENTS)).toEqual(tickPath(given, 'X', 1, CENTS));
    expect(tickPath(given, 'X', 1, CENTS)).not.toEqual(tickPath(given, 'X', 2, CENTS));
    expect(tickPath(given, 'Y', 1, CENTS)).not.toEqual(tickPath(given, 'X', 1, CENTS));
  });
});
