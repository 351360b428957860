import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MarketClock, mergeStretches } from '../../../src/gateway/market/clock.ts';

const stretches = [
  { from: 1000, to: 2000 },
  { from: 5000, to: 6000 },
];
const clock = (now: number, speed = 10, skipClosed = true): MarketClock =>
  new MarketClock({ now, speed, stretches, skipClosed });

describe('MarketClock', () => {
  test('jumps over time in which nothing trades', () => {
    expect(clock(0).after(50)).toBe(1500);
    expect(clock(1500).after(100)).toBe(5500);
  });

  test('stops at the end of a stretch before it jumps', () => {
    expect(clock(1500).after(50)).toBe(2000);
  });

  test('passes evenly when it may not skip', () => {
    expect(clock(1500, 10, false).after(100)).toBe(2500);
  });

  test('goes on at wall speed when everything is over', () => {
    const over = clock(6000);
    expect(over.isOver).toBe(true);
    expect(over.after(70)).toBe(6070);
  });

  test('many small steps lead where one large step leads', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }), (steps) => {
        const small = clock(0);
        for (const step of steps) small.moveTo(small.after(step));
        const whole = steps.reduce((sum, step) => sum + step, 0);
        fc.pre(whole > 0 && whole <= 200); // all that the two stretches hold at this speed
        expect(small.now).toBe(clock(0).after(whole));
      }),
    );
  });
});

test('overlapping and touching stretches become one', () => {
  expect(
    mergeStretches([
      { from: 5, to: 7 },
      { from: 1, to: 3 },
      { from: 3, to: 4 },
      { from: 6, to: 9 },
    ]),
  ).toEqual([
    { from: 1, to: 4 },
    { from: 5, to: 9 },
  ]);
});
