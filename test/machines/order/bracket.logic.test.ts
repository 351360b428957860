import { describe, expect, it } from 'vitest';
import { decimal } from '../../../machines/domain/decimal.ts';
import type { Order } from '../../../machines/domain/order.ts';
import { bracketMeasures, bracketsOf } from '../../../machines/order/bracket.logic.ts';
import { orderOfIntent } from '../../../machines/order/order.logic.ts';
import { intentOf } from './desk-world.ts';

const entryRef = intentOf(1).ref;
const entry = (changes: Partial<Order>): Order => ({
  ...orderOfIntent(intentOf(1), 1, 'DU1', 0),
  state: 'working',
  ...changes,
});
const child = (n: number, changes: Partial<Order>): Order => ({
  ...orderOfIntent(intentOf(n, { side: 'SELL', parentRef: entryRef }), n, 'DU1', 0),
  state: 'working',
  ...changes,
});
const filled = (quantity: string): Partial<Order> => ({ state: 'filled', filled: quantity });

describe('the orders of a bracket', () => {
  it.each<[string, Partial<Order>, Partial<Order>, Partial<Order>, number | null, string[]]>([
    ['wait with their entry', {}, {}, {}, 0, []],
    ['protect what it filled', filled('100'), {}, {}, 100, []],
    ['protect while it fills', { filled: '40' }, {}, {}, 40, []],
    [
      'go with an entry that was cancelled unfilled',
      { state: 'cancelled' },
      {},
      {},
      0,
      ['cancel 2', 'cancel 3'],
    ],
    ['go with an entry that was refused', { state: 'rejected' }, {}, {}, 0, ['cancel 2', 'cancel 3']],
    ['go with an entry that never was', { state: 'absent' }, {}, { state: 'absent' }, 0, ['cancel 2']],
    ['take their entry along when one was refused', {}, {}, { state: 'rejected' }, 0, ['cancel 1']],
    ['let their entry stand when a person cancelled one', {}, { state: 'cancelled' }, {}, 0, []],
    ['go when one of them has closed it', filled('100'), filled('100'), {}, 0, ['cancel 3']],
    [
      'go when they closed it together',
      filled('100'),
      { filled: '60' },
      { filled: '40' },
      0,
      ['cancel 2', 'cancel 3'],
    ],
    ['stay while one of them fills', filled('100'), { filled: '60' }, {}, 40, ['resize 3 40']],
    ['end an entry that still fills', { filled: '40' }, filled('40'), {}, 0, ['cancel 1', 'cancel 3']],
    ['go when the position was closed by another order', filled('100'), {}, {}, 0, ['cancel 2', 'cancel 3']],
    ['go when it was turned round', filled('100'), {}, {}, -5, ['cancel 2', 'cancel 3']],
    ['stay while the position is not surely known', filled('100'), {}, {}, null, []],
    ['stay while the entry fills, whatever the position', { filled: '40' }, {}, {}, 0, []],
    [
      'shrink to what was filled',
      { state: 'cancelled', filled: '30' },
      {},
      {},
      30,
      ['resize 2 30', 'resize 3 30'],
    ],
    [
      'are not resized twice at once',
      { state: 'cancelled', filled: '30' },
      { state: 'cancelling' },
      {},
      30,
      ['resize 3 30'],
    ],
    ['are missed in an alarm', filled('100'), {}, { state: 'rejected' }, 100, ['alarm 3']],
  ])('%s', (_, first, second, third, held, expected) => {
    const bracket = { entry: entry(first), children: [child(2, second), child(3, third)] };
    const found = bracketMeasures(bracket, held === null ? null : decimal(held)).map((measure) =>
      measure.do === 'resize'
        ? `resize ${Number(measure.order.ref.slice(-2))} ${measure.quantity}`
        : `${measure.do} ${Number(measure.ref.slice(-2))}`,
    );
    expect(found).toEqual(expected);
  });

  it('protect a short position as well', () => {
    const bracket = {
      entry: entry({ side: 'SELL', ...filled('100') }),
      children: [child(2, { side: 'BUY' })],
    };
    expect(bracketMeasures(bracket, decimal(-100))).toEqual([]);
    expect(bracketMeasures(bracket, decimal(0))).toHaveLength(1);
  });

  it('are grouped by their entry', () => {
    const other = entry({ ref: intentOf(9).ref });
    expect(bracketsOf([entry({}), child(2, {}), other, child(4, { parentRef: 'elsewhere' })])).toEqual([
      { entry: entry({}), children: [child(2, {})] },
    ]);
  });
});
