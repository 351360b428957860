import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimal } from '../../../machines/domain/decimal.ts';
import { singleBand } from '../../../machines/domain/price-bands.ts';
import type { Sizing } from '../../../machines/domain/session.ts';
import { entrySize, limitPrice, type SizingFacts } from '../../../machines/session/sizing.ts';

const facts: SizingFacts = {
  price: 50,
  multiplier: '1',
  lotSize: '1',
  netLiquidation: '100000',
  stopDistance: 2.5,
};
const sized = (sizing: Sizing, more: Partial<SizingFacts> = {}) => {
  const size = entrySize(sizing, { ...facts, ...more });
  return size.ok ? size.quantity.toFixed() : size.missing;
};

describe('entrySize', () => {
  it.each<[string, Sizing, Partial<SizingFacts>, string]>([
    ['fixed is as declared', { kind: 'fixed', quantity: '10' }, {}, '10'],
    ['fixed is rounded down to the lot', { kind: 'fixed', quantity: '250' }, { lotSize: '100' }, '200'],
    ['fixed needs no account', { kind: 'fixed', quantity: '3' }, { netLiquidation: null }, '3'],
    ['percent divides by the price', { kind: 'percent', percent: 10 }, {}, '200'],
    ['percent divides by the multiplier', { kind: 'percent', percent: 10 }, { multiplier: '50' }, '4'],
    ['percent is rounded down', { kind: 'percent', percent: 10 }, { price: 51 }, '196'],
    [
      'percent of a negative account is nothing',
      { kind: 'percent', percent: 10 },
      { netLiquidation: '-5' },
      '0',
    ],
    [
      'percent of an unknown account is unknown',
      { kind: 'percent', percent: 10 },
      { netLiquidation: null },
      'netLiquidation',
    ],
    ['risk divides by the stop', { kind: 'risk', percent: 1 }, {}, '400'],
    ['risk divides by the multiplier', { kind: 'risk', percent: 1 }, { multiplier: '50' }, '8'],
    ['risk never exceeds the account', { kind: 'risk', percent: 1 }, { stopDistance: 0.01 }, '2000'],
    ['risk without a stop is unknown', { kind: 'risk', percent: 1 }, { stopDistance: null }, 'stopDistance'],
    [
      'risk with a stop of zero is unknown',
      { kind: 'risk', percent: 1 },
      { stopDistance: 0 },
      'stopDistance',
    ],
  ])('%s', (_title, sizing, more, expected) => {
    expect(sized(sizing, more)).toBe(expected);
  });

  it('never spends more than the share of the account, and less than one lot is left over', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 5_000, noNaN: true }),
        fc.integer({ min: 1, max: 100 }),
        fc.constantFrom('1', '100', '0.001'),
        (price, percent, lotSize) => {
          const size = entrySize({ kind: 'percent', percent }, { ...facts, price, lotSize });
          if (!size.ok) throw new Error(size.missing);
          const budget = decimal(100_000).mul(percent).div(100);
          expect(size.quantity.mul(price).lte(budget)).toBe(true);
          expect(size.quantity.plus(lotSize).mul(price).gt(budget)).toBe(true);
        },
      ),
    );
  });
});

describe('limitPrice', () => {
  it.each([
    ['BUY', 100.01, 0, '0.01', '100.01'],
    ['SELL', 99.99, 0, '0.01', '99.99'],
    ['BUY', 100.01, 10, '0.01', '100.11'],
    ['SELL', 99.99, 10, '0.01', '99.9'],
    ['BUY', 4_000.25, 1, '0.25', '4000.5'],
    ['SELL', 4_000.25, 1, '0.25', '4000'],
  ] as const)('%s from %d with %d bps on a tick of %s is %4$s', (side, quote, bps, tick, expected) => {
    expect(limitPrice(side, quote, bps, singleBand(tick)).toFixed()).toBe(expected);
  });

  it('is on the tick and never gives away more than the offset', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 0, max: 500 }),
        fc.constantFrom('0.01', '0.05', '0.25'),
        fc.constantFrom('BUY', 'SELL'),
        (ticks, bps, tick, side) => {
          const quote = decimal(tick).mul(ticks);
          const price = limitPrice(side, quote.toNumber(), bps, singleBand(tick));
          expect(price.mod(tick).isZero()).toBe(true);
          const given = side === 'BUY' ? price.minus(quote) : quote.minus(price);
          expect(given.gte(0)).toBe(true);
          expect(given.lte(quote.mul(bps).div(10_000))).toBe(true);
        },
      ),
    );
  });
});
