import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimal } from '../../machines/domain/decimal.ts';
import { noPrices, OrderType, TimeInForce } from '../../machines/domain/order.ts';
import {
  fieldsOf,
  gridProblem,
  type OrderTerms,
  priceRules,
  termsProblem,
} from '../../machines/domain/order-terms.ts';
import { isValidPrice, type PriceBands, priceBands } from '../../machines/domain/price-bands.ts';

const terms = (changes: Partial<OrderTerms>): OrderTerms => ({
  ...noPrices,
  orderType: 'MKT',
  timeInForce: 'DAY',
  ...changes,
});
/** Below 1 in ten-thousandths, from there in hundredths. */
const bands: PriceBands = priceBands([
  { from: 0, increment: 0.0001 },
  { from: 1, increment: 0.01 },
]);

describe('the terms of an order', () => {
  it.each<Partial<OrderTerms>>([
    {},
    { timeInForce: 'OPG' },
    { orderType: 'LMT', limitPrice: '1', timeInForce: 'FOK' },
    { orderType: 'STP', stopPrice: '1', timeInForce: 'GTC' },
    { orderType: 'STP LMT', stopPrice: '1', limitPrice: '1' },
    { orderType: 'TRAIL', trailAmount: '1' },
    { orderType: 'TRAIL', trailPercent: '1', stopPrice: '1' },
    { orderType: 'TRAIL LIMIT', trailAmount: '1', limitOffset: '1' },
    { orderType: 'MIT', stopPrice: '1' },
    { orderType: 'LIT', stopPrice: '1', limitPrice: '1' },
    { orderType: 'MOC' },
    { orderType: 'LOC', limitPrice: '1' },
  ])('are whole: %j', (changes) => {
    expect(termsProblem(terms(changes))).toBeNull();
  });

  it.each<[Partial<OrderTerms>, string, string, string]>([
    [
      { orderType: 'LMT' },
      'limitPrice',
      'missing',
      'limit price: found none, expected one with an order of type LMT',
    ],
    [
      { limitPrice: '5' },
      'limitPrice',
      'unwanted',
      'limit price: found 5, expected none with an order of type MKT',
    ],
    [
      { orderType: 'TRAIL' },
      'trailAmount',
      'missing',
      'trailing amount or trailing percent: found none, expected one',
    ],
    [
      { orderType: 'TRAIL', trailAmount: '1', trailPercent: '1' },
      'trailPercent',
      'unwanted',
      'trailing amount or trailing percent: found both, expected one of them',
    ],
    [{ orderType: 'TRAIL LIMIT', trailAmount: '1' }, 'limitOffset', 'missing', 'limit offset: found none'],
    [
      { orderType: 'STP', stopPrice: '1', timeInForce: 'IOC' },
      'timeInForce',
      'timeInForce',
      'time in force: found IOC, expected DAY or GTC with an order of type STP',
    ],
    [{ orderType: 'MOC', timeInForce: 'GTC' }, 'timeInForce', 'timeInForce', 'found GTC, expected DAY with'],
  ])('lack or exceed something: %j', (changes, field, kind, message) => {
    const problem = termsProblem(terms(changes));
    expect(problem).toMatchObject({ field, kind });
    expect(problem?.message).toContain(message);
  });

  it('of every type are its fields and times in force, and no others', () => {
    for (const orderType of Object.values(OrderType)) {
      const { required, oneOf = [], timesInForce } = priceRules[orderType];
      const needed = [...required, ...oneOf.slice(0, 1)];
      const whole = terms({ orderType, ...Object.fromEntries(needed.map((field) => [field, '1'])) });
      expect(fieldsOf(orderType)).toEqual(expect.arrayContaining(needed));
      for (const timeInForce of Object.values(TimeInForce)) {
        expect(termsProblem({ ...whole, timeInForce }) === null, `${orderType} ${timeInForce}`).toBe(
          timesInForce.includes(timeInForce),
        );
      }
      for (const field of needed) {
        expect(termsProblem({ ...whole, [field]: null }), `${orderType} without ${field}`).not.toBeNull();
      }
    }
  });
});

describe('the prices of an order', () => {
  it.each([
    [{ limitPrice: '1.005' }, 'limit price: found 1.005, expected a price of X, such as 1 or 1.01'],
    [{ stopPrice: '0.00005' }, 'stop price: found 0.00005, expected a price of X, such as 0.0001'],
    [
      { trailAmount: '1.00005' },
      'trailing amount: found 1.00005, expected a distance of X, such as 1 or 1.0001',
    ],
    [{ limitOffset: '0' }, 'limit offset: found 0, expected more than 0'],
    [{ trailPercent: '100' }, 'trailing percent: found 100, expected less than 100'],
  ])('are refused when the instrument cannot have them: %j', (prices, message) => {
    expect(gridProblem({ ...noPrices, ...prices }, 'X', bands)?.message).toBe(message);
  });

  it.each([
    { limitPrice: '1.01', stopPrice: '0.9999' },
    { trailAmount: '1.0001', trailPercent: '0.001', limitOffset: '0.0001' },
    {},
  ])('pass when it can: %j', (prices) => {
    expect(gridProblem({ ...noPrices, ...prices }, 'X', bands)).toBeNull();
  });

  it('that are proposed in place of a wrong one are valid', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (millionths) => {
        const limitPrice = decimal(millionths).div(1_000_000).toFixed();
        const problem = gridProblem({ ...noPrices, limitPrice }, 'X', bands);
        const proposed = problem?.message.split('such as ')[1]?.split(' or ') ?? [];
        expect(problem === null).toBe(isValidPrice(decimal(limitPrice), bands));
        for (const price of proposed) expect(isValidPrice(decimal(price), bands)).toBe(true);
      }),
    );
  });
});
