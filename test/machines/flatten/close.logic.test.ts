import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimal } from '../../../machines/domain/decimal.ts';
import { isValidPrice, singleBand } from '../../../machines/domain/price-bands.ts';
import { type CloseLook, nextStep } from '../../../machines/flatten/close.logic.ts';

const well: CloseLook = {
  ...{ held: '250', inFlight: [], isOpen: true },
  instrument: { priceBands: singleBand('0.01'), multiplier: '1' },
  freshQuote: { bid: 99.98, ask: 100.02, last: 100 },
};
const policy = { collarBps: 100, stepNotional: '10000' };

describe('the next step of closing a position', () => {
  it.each<[string, Partial<CloseLook>, object]>([
    [
      'is an order of a step inside the collar of the bid',
      {},
      { side: 'SELL', quantity: '100', limitPrice: '98.99' },
    ],
    [
      'buys back what is short below the collar of the ask',
      { held: '-30' },
      { side: 'BUY', quantity: '30', limitPrice: '101.02' },
    ],
    [
      'takes the last trade where one side has no price',
      { held: '5', freshQuote: { bid: null, ask: 100, last: 50 } },
      { side: 'SELL', quantity: '5', limitPrice: '49.5' },
    ],
    ['is whole units first', { held: '2.5' }, { do: 'order', quantity: '2' }],
    ['is the rest below a unit last', { held: '-0.25' }, { do: 'order', side: 'BUY', quantity: '0.25' }],
    [
      'is one unit where one is worth more than a step',
      { held: '3', freshQuote: { bid: 50_000, ask: 50_001, last: null } },
      { quantity: '1' },
    ],
    [
      'counts the multiplier in the worth of a step',
      { instrument: { priceBands: singleBand('0.25'), multiplier: '50' } },
      { quantity: '2' },
    ],
    [
      'lies on the prices of the instrument, on the side of the market',
      { instrument: { priceBands: singleBand('5'), multiplier: '1' } },
      { limitPrice: '100' },
    ],
    ['is none when nothing is held', { held: '0' }, { do: 'done' }],
    [
      'is the cancel of what may still fill, before anything else',
      { inFlight: ['a', 'b'], held: null },
      { do: 'cancel', refs: ['a', 'b'] },
    ],
    ['waits for the desk', { inFlight: null }, { do: 'wait', obstacle: 'deskClosed' }],
    ['waits for the position', { held: null }, { do: 'wait', obstacle: 'positionUnknown' }],
    ['waits for the instrument', { instrument: null }, { do: 'wait', obstacle: 'instrumentUnknown' }],
    ['waits for the market', { isOpen: false }, { do: 'wait', obstacle: 'marketClosed' }],
    ['waits for a price', { freshQuote: null }, { do: 'wait', obstacle: 'noFreshPrice' }],
    [
      'takes no price below its own increment',
      {
        held: '-1',
        instrument: { priceBands: singleBand('0.25'), multiplier: '1' },
        freshQuote: { bid: 0.13, ask: 0.13, last: 0.13 },
      },
      { do: 'wait', obstacle: 'noFreshPrice' },
    ],
    [
      'takes no price of 0',
      { freshQuote: { bid: 0, ask: 0, last: 0 } },
      { do: 'wait', obstacle: 'noFreshPrice' },
    ],
  ])('%s', (_, change, expected) => {
    expect(nextStep({ ...well, ...change }, policy)).toMatchObject(expected);
  });

  it('never is for more than is held, in the wrong direction, outside the collar, or off the prices', () => {
    const step = fc.record({
      held: fc.integer({ min: -5_000, max: 5_000 }).map((n) => (n / 4).toString()),
      price: fc.integer({ min: 1, max: 500_000 }).map((n) => n / 100),
      tick: fc.constantFrom('0.01', '0.05', '0.25', '1'),
      collarBps: fc.integer({ min: 0, max: 2_000 }),
      stepNotional: fc.integer({ min: 1, max: 1_000_000 }).map(String),
    });
    fc.assert(
      fc.property(step, ({ held, price, tick, ...asked }) => {
        const bands = singleBand(tick);
        const found = nextStep(
          {
            ...{ ...well, held, freshQuote: { bid: price, ask: price, last: price } },
            instrument: { priceBands: bands, multiplier: '1' },
          },
          asked,
        );
        if (found.do !== 'order') {
          const isNone = decimal(held).isZero();
          expect(found).toEqual(isNone ? { do: 'done' } : { do: 'wait', obstacle: 'noFreshPrice' });
          return;
        }
        const { side, quantity, limitPrice } = found;
        expect(side).toBe(decimal(held).isPositive() ? 'SELL' : 'BUY');
        expect(decimal(quantity).gt(0) && decimal(quantity).lte(decimal(held).abs())).toBe(true);
        expect(isValidPrice(decimal(limitPrice), bands)).toBe(true);
        const worse = side === 'SELL' ? price - Number(limitPrice) : Number(limitPrice) - price;
        expect(worse).toBeLessThanOrEqual((price * asked.collarBps) / 10_000 + 1e-9);
      }),
    );
  });
});
