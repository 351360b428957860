import { describe, expect, it } from 'vitest';
import { applyTick, emptyQuote } from '../../../../src/broker/ib/quotes.ts';

const none = emptyQuote('ORCL.STK.SMART.USD', 0);

describe('applyTick', () => {
  it.each([
    ['price', 1, 'bid'],
    ['price', 66, 'bid'],
    ['price', 2, 'ask'],
    ['price', 67, 'ask'],
    ['price', 4, 'last'],
    ['price', 68, 'last'],
    ['price', 6, 'high'],
    ['price', 72, 'high'],
    ['price', 7, 'low'],
    ['price', 73, 'low'],
    ['price', 9, 'previousClose'],
    ['price', 75, 'previousClose'],
    ['price', 14, 'open'],
    ['price', 76, 'open'],
    ['size', 0, 'bidSize'],
    ['size', 69, 'bidSize'],
    ['size', 3, 'askSize'],
    ['size', 70, 'askSize'],
    ['size', 5, 'lastSize'],
    ['size', 71, 'lastSize'],
    ['size', 8, 'volume'],
    ['size', 74, 'volume'],
  ] as const)('a %s of tick type %i is the %s', (kind, field, figure) => {
    expect(applyTick(none, { kind, field, value: 12.5 })).toEqual({ ...none, [figure]: 12.5 });
  });

  it.each([-1, undefined, Number.MAX_VALUE, Number.NaN])('a price of %s is none', (value) => {
    expect(applyTick({ ...none, bid: 10 }, { kind: 'price', field: 1, value }).bid).toBeNull();
  });

  it('a size of 0 is none, a volume of 0 is a volume', () => {
    expect(applyTick(none, { kind: 'size', field: 3, value: 0 }).askSize).toBeNull();
    expect(applyTick(none, { kind: 'size', field: 8, value: 0 }).volume).toBe(0);
  });

  it('leaves the quote as it is on a tick that is not shown', () => {
    expect(applyTick(none, { kind: 'price', field: 37, value: 10 })).toBe(none);
  });
});
