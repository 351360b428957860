import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decimal } from '../../../machines/domain/decimal.ts';
import { type Fill, holdingOf } from '../../../machines/portfolio/holding.logic.ts';

const fill = (side: 'BUY' | 'SELL', quantity: string, price: string, more: Partial<Fill> = {}): Fill => ({
  ...{ side, quantity, price, commission: '1', commissionCurrency: 'USD', at: 1 },
  ...more,
});
const [buy, sell] = [
  (quantity: string, price: string) => fill('BUY', quantity, price),
  (quantity: string, price: string) => fill('SELL', quantity, price),
];

describe('holdingOf', () => {
  it.each([
    ['nothing', [], '1', '0', null, '0'],
    ['a purchase', [buy('10', '5')], '1', '10', '5', '0'],
    ['two purchases at their average', [buy('10', '5'), buy('30', '7')], '1', '40', '6.5', '0'],
    ['a part sold at a gain', [buy('10', '5'), sell('4', '6')], '1', '6', '5', '4'],
    ['all sold at a loss', [buy('10', '5'), sell('10', '4.5')], '1', '0', null, '-5'],
    ['a short position', [sell('10', '5')], '1', '-10', '5', '0'],
    ['a short position covered at a gain', [sell('10', '5'), buy('10', '4')], '1', '0', null, '10'],
    ['a purchase turned round', [buy('10', '5'), sell('15', '6')], '1', '-5', '6', '10'],
    ['a short position turned round', [sell('10', '5'), buy('12', '7')], '1', '2', '7', '-20'],
    ['a future with its multiplier', [buy('2', '100'), sell('1', '101')], '50', '1', '100', '50'],
    ['a bust, which has no quantity', [buy('10', '5'), sell('0', '9')], '1', '10', '5', '0'],
  ] as const)('knows what is left of %s', (_, fills, multiplier, quantity, averageCost, realized) => {
    expect(holdingOf(fills, multiplier)).toMatchObject({ quantity, averageCost, realized });
  });

  it('sums commissions of one currency, and knows none when one is missing or of another', () => {
    const one = buy('1', '5');
    expect(holdingOf([one, one], '1')).toMatchObject({ commission: '2', commissionCurrency: 'USD' });
    expect(
      holdingOf([one, fill('BUY', '1', '5', { commission: null, commissionCurrency: null })], '1'),
    ).toMatchObject({
      commission: null,
    });
    expect(holdingOf([one, fill('BUY', '1', '5', { commissionCurrency: 'EUR' })], '1')).toMatchObject({
      commission: null,
    });
    const bust = fill('BUY', '0', '5', { commission: null, commissionCurrency: null });
    expect(holdingOf([one, bust], '1')).toMatchObject({ commission: '1' });
  });

  it('makes of realised and unrealised together what the money says', () => {
    const fills = fc.array(
      fc.record({
        side: fc.constantFrom('BUY', 'SELL'),
        quantity: fc.integer({ min: 1, max: 50 }).map(String),
        price: fc.integer({ min: 1, max: 10_000 }).map((cents) => String(cents / 100)),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(
        fills,
        fc.integer({ min: 1, max: 10_000 }),
        fc.constantFrom('1', '50'),
        (list, cents, multiplier) => {
          const price = new Decimal(cents).div(100);
          const { quantity, averageCost, realized } = holdingOf(
            list.map(({ side, quantity: of, price: at }) => fill(side, of, at)),
            multiplier,
          );
          const unrealized = price
            .minus(averageCost ?? 0)
            .mul(quantity)
            .mul(multiplier);
          // Cash that came in, and what is held at this price.
          const money = list.reduce(
            (sum, each) =>
              sum.plus(
                new Decimal(each.quantity)
                  .mul(each.price)
                  .mul(each.side === 'BUY' ? -1 : 1)
                  .mul(multiplier),
              ),
            price.mul(quantity).mul(multiplier),
          );
          expect(unrealized.plus(realized).minus(money).abs().toNumber()).toBeLessThan(1e-6);
        },
      ),
    );
  });
});
