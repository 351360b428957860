import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  incrementAt,
  isOnGrid,
  minTickOf,
  onGrid,
  type PriceGrid,
  quoteAround,
  stepped,
} from '../../../src/gateway/market/price-grid.ts';

/** Dollars of the US (penny stocks in hundredths of a cent), Paris-like bands, pips. */
const US: PriceGrid = [
  { lowEdge: 0, increment: 0.0001 },
  { lowEdge: 1, increment: 0.01 },
];
const BANDS: PriceGrid = [
  { lowEdge: 0, increment: 0.001 },
  { lowEdge: 10, increment: 0.005 },
  { lowEdge: 50, increment: 0.01 },
  { lowEdge: 100, increment: 0.05 },
];
const PIPS: PriceGrid = [{ lowEdge: 0, increment: 0.00005 }];
const grids = fc.constantFrom(US, BANDS, PIPS);
const prices = fc.double({ min: 0.01, max: 500, noNaN: true });

describe('a grid of prices', () => {
  test.each([
    [US, 0.9999, 0.0001],
    [US, 1, 0.01],
    [US, -1, 0.01],
    [BANDS, 9.999, 0.001],
    [BANDS, 10, 0.005],
    [BANDS, 250, 0.05],
  ] as const)('of %j has at %d the increment %d', (grid, price, increment) => {
    expect(incrementAt(grid, price)).toBe(increment);
  });

  test('tells its smallest increment', () => {
    expect([minTickOf(US), minTickOf(BANDS), minTickOf(PIPS)]).toEqual([0.0001, 0.001, 0.00005]);
  });

  test.each([
    [1, -1, 0.9999],
    [0.9999, 1, 1],
    [1, 1, 1.01],
    [1.01, -2, 0.9999],
    [0.0001, -1, 0.0001],
  ])('steps from %d by %d to %d across an edge', (price, steps, expected) => {
    expect(stepped(price, steps, US)).toBe(expected);
  });

  test('is met by every rounded price, step and quote', () => {
    fc.assert(
      fc.property(grids, prices, fc.integer({ min: -12, max: 12 }), (grid, price, steps) => {
        const at = onGrid(price, grid);
        const { bid, ask } = quoteAround(price, grid, 2);
        for (const each of [at, stepped(at, steps, grid), bid, ask])
          expect(isOnGrid(new Decimal(each), grid)).toBe(true);
      }),
    );
  });

  test('has quotes that stand around the price and never meet', () => {
    fc.assert(
      fc.property(grids, prices, fc.integer({ min: 1, max: 6 }), (grid, price, spread) => {
        const { bid, ask } = quoteAround(price, grid, spread);
        expect(bid).toBeLessThan(ask);
        expect(bid).toBeLessThanOrEqual(price + 1e-9);
        if (spread > 1) expect(ask).toBeGreaterThanOrEqual(price - 1e-9);
      }),
    );
  });
});
