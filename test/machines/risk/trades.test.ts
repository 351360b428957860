import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimal } from '../../../machines/domain/decimal.ts';
import { type Fill, holdingOf } from '../../../machines/portfolio/holding.logic.ts';
import {
  cooldownLeft,
  heldMinutes,
  losingStreak,
  reached,
  tradesOf,
} from '../../../machines/risk/trades.logic.ts';

let at = 0;
const fill = (quantity: number, price: number, commission: string | null = null): Fill => {
  at += 1;
  return {
    ...{ side: quantity < 0 ? 'SELL' : 'BUY', quantity: String(Math.abs(quantity)), price: String(price) },
    ...{ commission, commissionCurrency: commission === null ? null : 'USD', at },
  };
};
const profits = (fills: readonly Fill[], multiplier = '1') =>
  tradesOf(fills, multiplier).closed.map(({ profit }) => profit);

describe('the trades of a session', () => {
  it('go from flat to flat, over partial fills, long and short, commissions taken off', () => {
    expect(profits([fill(6, 10, '1'), fill(4, 20), fill(-10, 15, '1')])).toEqual(['8']);
    expect(profits([fill(-5, 10), fill(2, 9), fill(3, 12)], '10')).toEqual(['-40']);
  });

  it('end and begin where a fill goes through zero', () => {
    const trades = tradesOf([fill(5, 10), fill(-8, 12), fill(3, 11)], '1');
    expect(trades.closed.map(({ profit }) => profit)).toEqual(['10', '3']);
  });

  it('know since when something is held', () => {
    const opened = fill(5, 10);
    const trades = tradesOf([opened, fill(-2, 10)], '1');
    expect(trades).toMatchObject({ closed: [], openedAt: opened.at, held: '3' });
    expect(heldMinutes(trades, opened.at + 90_000)).toBe(1.5);
    expect(heldMinutes(tradesOf([], '1'), 0)).toBeNull();
  });

  it('of any fills make in sum what was realised, and hold what is left', () => {
    const drawn = fc.array(
      fc.tuple(
        fc.integer({ min: -20, max: 20 }).filter((n) => n !== 0),
        fc.integer({ min: 1, max: 200 }),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(drawn, (of) => {
        const fills = of.map(([quantity, price]) => fill(quantity, price, '1'));
        const trades = tradesOf(fills, '1');
        const { quantity, realized } = holdingOf(fills, '1');
        expect(trades.held).toBe(quantity);
        expect(trades.openedAt === null).toBe(quantity === '0');
        // Closed trades and what was realised of the open one are all of it.
        const flatAt = fills.findLastIndex(
          (_, index) => holdingOf(fills.slice(0, index + 1), '1').quantity === '0',
        );
        if (flatAt !== fills.length - 1) return;
        const sum = trades.closed.reduce((total, { profit }) => total.plus(profit), decimal(0));
        expect(Number(sum.plus(fills.length))).toBeCloseTo(Number(realized), 6);
      }),
    );
  });
});

describe('losses in a row', () => {
  const closed = ['1', '-1', '-2', '0', '-1', '-3'].map((profit, index) => ({ profit, closedAt: index }));

  it('are counted back to the last trade that lost nothing, or to the moment that was named', () => {
    expect(losingStreak(closed, -1)).toBe(2);
    expect(losingStreak(closed.slice(0, 3), -1)).toBe(2);
    expect(losingStreak(closed, 4)).toBe(1);
    expect(losingStreak(closed, 5)).toBe(0);
    expect(losingStreak([], -1)).toBe(0);
  });
});

describe('the pause after a loss', () => {
  const left = (profit: string, now: number) => cooldownLeft([{ profit, closedAt: 60_000 }], '10', now);

  it('lasts so many minutes from the close of the trade, and only after a loss', () => {
    expect([left('-0.01', 60_000), left('-0.01', 660_000 - 1), left('-0.01', 660_000)]).toEqual([10, 1, 0]);
    expect([left('0', 60_000), left('5', 60_000)]).toEqual([0, 0]);
    expect(cooldownLeft([], '10', 0)).toBe(0);
  });
});

describe('a level', () => {
  it.each([
    [2, null],
    [3, 'soft'],
    [4, 'soft'],
    [5, 'hard'],
    [null, null],
  ])('is reached by %s: %s', (figure, expected) => {
    expect(reached({ soft: '3', hard: '5' }, figure)).toBe(expected);
    expect(reached(undefined, figure)).toBeNull();
  });

  it('that is hard without a soft one warns of nothing before', () => {
    expect([reached({ soft: null, hard: '5' }, 4), reached({ soft: '3', hard: null }, 99)]).toEqual([
      null,
      'soft',
    ]);
  });
});
