import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bookFill, type Ledger, netValue } from '../../../src/gateway/account/ledger.ts';

const empty: Ledger = {
  cash: { USD: new Decimal(10_000) },
  month: { name: '2024-01', shares: new Decimal(0) },
  holdings: {},
  day: '',
  netLiquidationAtDayStart: new Decimal(0),
};
const share = {
  ...{ conId: 1, secType: 'STK' as const, symbol: 'ACME', currency: 'USD' },
  multiplier: new Decimal(1),
  rate: new Decimal(1),
} as const;
const future = {
  ...{ conId: 1, secType: 'FUT' as const, symbol: 'IDX', currency: 'EUR' },
  multiplier: new Decimal(10),
  rate: new Decimal('0.95'),
} as const;
const pair = {
  ...{ conId: 2, secType: 'CASH' as const, symbol: 'EUR', currency: 'USD' },
  ...{ multiplier: new Decimal(1), rate: new Decimal(1) },
} as const;
/** All cash in dollars, a euro at 0.95. */
const cashOf = ({ cash }: Ledger): Decimal =>
  (cash.USD ?? new Decimal(0)).plus((cash.EUR ?? new Decimal(0)).times('0.95'));
const D = (value: number | string): Decimal => new Decimal(value);

describe('bookFill', () => {
  test('average cost includes the commission, and closing realises the rest net of its own', () => {
    const bought = bookFill(empty, share, D(100), D(10), D(1));
    expect(bought.realized).toBeUndefined();
    expect(bought.ledger.holdings[1]?.avgCost.toString()).toBe('10.01');
    expect(bought.ledger.cash.USD?.toString()).toBe('8999');
    const sold = bookFill(bought.ledger, share, D(-100), D(11), D(1));
    expect(sold.realized?.toString()).toBe('98');
    expect(sold.ledger.cash.USD?.toString()).toBe('10098');
    expect(sold.ledger.holdings[1]?.quantity.isZero()).toBe(true);
  });

  test('a sale through zero closes the long part and opens a short one', () => {
    const bought = bookFill(empty, share, D(10), D(10), D(0)).ledger;
    const { ledger, realized } = bookFill(bought, share, D(-30), D(12), D(3));
    expect(realized?.toString()).toBe('19'); // 10 * 2 - a third of the commission
    expect(ledger.holdings[1]?.quantity.toString()).toBe('-20');
    expect(ledger.holdings[1]?.avgCost.toString()).toBe('11.9'); // 12 less 2 / 20 of commission
  });

  test('money stays in the currency of its contract', () => {
    const { ledger } = bookFill(empty, { ...share, currency: 'EUR' }, D(100), D(10), D(3));
    expect([ledger.cash.USD?.toNumber(), ledger.cash.EUR?.toNumber()]).toEqual([10_000, -1003]);
  });

  test('a currency pair exchanges one currency for the other, and is worth nothing beside them', () => {
    const { ledger } = bookFill(empty, pair, D(5000), D('1.1'), D(2));
    expect([ledger.cash.USD?.toNumber(), ledger.cash.EUR?.toNumber()]).toEqual([4498, 5000]);
    const held = ledger.holdings[2];
    if (held === undefined) throw new Error('no holding');
    expect(netValue(held, pair, D('1.2')).toNumber()).toBe(0);
    const back = bookFill(ledger, pair, D(-5000), D('1.2'), D(2)).ledger;
    expect([back.cash.USD?.toNumber(), back.cash.EUR?.toNumber()]).toEqual([10_496, 0]);
  });

  test('counts the shares of the month', () => {
    const { ledger } = bookFill(empty, share, D(-300), D(10), D(1));
    expect(bookFill(ledger, share, D(200), D(10), D(1)).ledger.month.shares.toNumber()).toBe(500);
  });

  test('whatever is traded: quantity is the sum of fills, and worth changes by price moves less commission only', () => {
    const trade = fc.record({
      signed: fc.integer({ min: -500, max: 500 }).filter((q) => q !== 0),
      price: fc.integer({ min: 1, max: 500 }),
      commission: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(trade, { minLength: 1, maxLength: 25 }),
        fc.constantFrom(share, future),
        (trades, contract) => {
          let ledger = empty;
          let quantity = D(0);
          // What the same trades are worth when every one is paid in full and marked at the last price.
          let paid = D(0);
          let last = D(0);
          for (const each of trades) {
            last = D(each.price);
            ledger = bookFill(ledger, contract, D(each.signed), last, D(each.commission)).ledger;
            quantity = quantity.plus(each.signed);
            paid = paid.plus(last.times(contract.multiplier).times(each.signed)).plus(each.commission);
          }
          const holding = ledger.holdings[1];
          if (holding === undefined) throw new Error('no holding');
          expect(holding.quantity.toString()).toBe(quantity.toString());
          const worth = cashOf(ledger).plus(netValue(holding, contract, last));
          const expected = cashOf(empty).plus(
            quantity.times(last).times(contract.multiplier).minus(paid).times(contract.rate),
          );
          expect(worth.minus(expected).abs().toNumber()).toBeLessThan(1e-9);
        },
      ),
    );
  });
});
